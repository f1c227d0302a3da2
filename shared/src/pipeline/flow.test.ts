import { expect, test } from 'vitest';
import { change, draw, drawnTypes } from '../../../test/support/draw.ts';
import { checkPipeline } from './checks.ts';
import type { PipelineDocument } from './document.ts';

const problemsOf = (document: PipelineDocument) =>
  checkPipeline(document, drawnTypes).map(({ code, at, severity }) => `${severity} ${code} ${at}`);
const fit = { type: 'fit' };

test('a node that needs what comes in may not run without it, and is told what to do', () => {
  const rule = (triggerRule: 'all_done' | 'one_success' | 'none_failed' | 'none_failed_min_one_success') =>
    change(draw('a > m; b'), { m: { ...fit, triggerRule, after: ['b'] } });
  for (const name of ['all_done', 'one_success', 'none_failed', 'none_failed_min_one_success'] as const)
    expect(problemsOf(rule(name))).toEqual(['error input_may_be_missing /nodes/m/triggerRule']);
  const [problem] = checkPipeline(rule('all_done'), drawnTypes);
  expect(problem!.message).toContain('Make that input optional');
  // With one node before it, one that did well is that one.
  expect(problemsOf(change(draw('a > m'), { m: { ...fit, triggerRule: 'one_success' } }))).toEqual([]);
  expect(problemsOf(change(draw('a > m'), { m: { ...fit, triggerRule: 'all_done' } }))).toHaveLength(1);
  expect(problemsOf(change(draw('a > s; b > s'), { s: { triggerRule: 'all_done' } }))).toEqual([]);
});

test('whom a node waits for must be there, once, and be another one', () => {
  expect(problemsOf(change(draw('a; b'), { b: { after: ['b', 'gone', 'a', 'a'] } }))).toEqual([
    'error after_itself /nodes/b/after/0',
    'error after_unknown /nodes/b/after/1',
    'error after_twice /nodes/b/after/3',
    'error cycle /nodes/b',
  ]);
  expect(problemsOf(change(draw('a > b'), { a: { after: ['b'] } }))).toEqual(['error cycle /nodes/a']);
  expect(problemsOf(change(draw('a; b'), { b: { after: ['a'] } }))).toEqual([]);
});

test('finally-nodes come last: nothing ordinary follows them, no rule of their own, and not all nodes are such', () => {
  expect(problemsOf(change(draw('a > tidy > b'), { tidy: { finally: true } }))).toEqual([
    'error finally_followed /nodes/b',
  ]);
  expect(problemsOf(change(draw('a > tidy'), { tidy: { finally: true, triggerRule: 'all_failed' } }))).toEqual([
    'error finally_rule /nodes/tidy/triggerRule',
  ]);
  expect(problemsOf(change(draw('a > tidy'), { tidy: { ...fit, finally: true } }))).toEqual([
    'error input_may_be_missing /nodes/tidy/finally',
  ]);
  expect(problemsOf(change(draw('a > b'), { a: { finally: true }, b: { finally: true } }))).toEqual([
    'error finally_only /nodes/a/finally',
  ]);
  expect(
    problemsOf(change(draw('a > b; tidy > report'), { tidy: { finally: true }, report: { finally: true } })),
  ).toEqual([]);
});

test('a rule about nodes before it, where there are none, is only remarked', () => {
  expect(problemsOf(change(draw('a > b'), { a: { triggerRule: 'one_failed' } }))).toEqual([
    'warning rule_alone /nodes/a/triggerRule',
  ]);
});
