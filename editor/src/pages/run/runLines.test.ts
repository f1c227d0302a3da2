import { expect, test } from 'vitest';
import { RunLines } from './runLines.ts';

const part = (node: string, text: string, mapIndex = 0) => ({ node, mapIndex, attempt: 1, at: '', text });
const told = (lines: RunLines) =>
  Array.from({ length: lines.count }, (_, index) => `${lines.sourceOf(index).node}: ${lines.textOf(index)}`);

test('lines of several nodes stand in the order in which they came', () => {
  const lines = new RunLines();
  for (const one of [part('a', 'one\ntwo\n'), part('b', 'other\n'), part('a', '\nthree\n')]) lines.add(one);
  expect(told(lines)).toEqual(['a: one', 'a: two', 'b: other', 'a: ', 'a: three']);
});

test('a line that was left open goes on where it began, though others spoke in between', () => {
  const lines = new RunLines();
  for (const one of [part('a', 'begun'), part('b', 'other\n'), part('a', ', ended\nnext'), part('a', ' one', 1)])
    lines.add(one);
  expect(told(lines)).toEqual(['a: begun, ended', 'b: other', 'a: next', 'a:  one']);
  lines.add(part('a', '\n'));
  lines.add(part('a', 'after\n'));
  expect(told(lines).slice(2)).toEqual(['a: next', 'a:  one', 'a: after']);
});
