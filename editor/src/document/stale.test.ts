import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import { expect, test } from 'vitest';
import { staleSince } from './stale.ts';

const value = (parameters: PipelineDocument['nodes'][string]['parameters'] = {}) => ({
  type: 'value',
  name: 'V',
  parameters,
});
const wire = (from: string, to: string) => ({ from: { node: from, port: 'out' }, to: { node: to, port: 'in' } });
/** a > b > c; d alone; b takes the pipeline's parameter `share`. */
const drawn: PipelineDocument = {
  ...emptyPipeline('Drawn'),
  parameters: { share: { type: 'number', default: 1 } },
  nodes: { a: value({ n: 1 }), b: value({ share: { $parameter: 'share' } }), c: value(), d: value() },
  edges: { 'a.out>b.in': wire('a', 'b'), 'b.out>c.in': wire('b', 'c') },
};
const since = (change: (draft: PipelineDocument) => void) => {
  const now = structuredClone(drawn);
  change(now);
  return [...staleSince(drawn, now)].sort();
};

test('a changed parameter makes exactly its node and what follows it stale', () => {
  expect(since((now) => (now.nodes.b!.parameters = { share: 3 }))).toEqual(['b', 'c']);
  expect(since((now) => (now.nodes.a!.parameters = { n: 2 }))).toEqual(['a', 'b', 'c']);
  expect(since((now) => (now.nodes.a!.seed = 7))).toEqual(['a', 'b', 'c']);
});

test('nothing is stale that only looks or is carried out otherwise, or was put back', () => {
  expect(since(() => {})).toEqual([]);
  expect(
    since((now) => {
      now.nodes.a!.name = 'Another';
      now.nodes.a!.execution = { timeoutMs: 1000 };
      now.looks.positions.a = { x: 3, y: 4 };
    }),
  ).toEqual([]);
});

test('a value that nodes are bound to makes them stale, and no others', () => {
  expect(since((now) => (now.parameters.share!.default = 2))).toEqual(['b', 'c']);
});

test('a wire that is gone or new makes stale what it led to; a node that never ran is not stale itself', () => {
  expect(since((now) => delete now.edges['a.out>b.in'])).toEqual(['b', 'c']);
  expect(
    since((now) => {
      now.nodes.e = value();
      now.edges['e.out>d.in'] = wire('e', 'd');
    }),
  ).toEqual(['d']);
});
