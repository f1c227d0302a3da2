import { expect, test } from 'vitest';
import { differenceOf, isSame } from './difference.ts';
import { emptyPipeline, type PipelineDocument, type PipelineNode } from './document.ts';

const node = (name: string, more: Partial<PipelineNode> = {}): PipelineNode => ({
  type: 'python',
  name,
  parameters: {},
  ...more,
});

const drawn: PipelineDocument = {
  ...emptyPipeline('flights'),
  nodes: {
    load: node('Load', { type: 'read-file', parameters: { path: 'a.csv', options: { header: true, separator: ',' } } }),
    fit: node('Fit', { code: 'def fit(flights):\n    return flights\n' }),
    draw: node('Draw'),
  },
  edges: {
    one: { from: { node: 'load', port: 'table' }, to: { node: 'fit', port: 'flights' } },
    two: { from: { node: 'fit', port: 'result' }, to: { node: 'draw', port: 'table' } },
  },
  looks: { positions: { load: { x: 0, y: 0 }, fit: { x: 312, y: 0 }, draw: { x: 624, y: 0 } } },
};

test('a document does not differ from its copy, whatever its edges are called and in whatever order its keys stand', () => {
  const copy: PipelineDocument = {
    ...structuredClone(drawn),
    nodes: Object.fromEntries(Object.entries(drawn.nodes).reverse()),
    edges: { other: drawn.edges.two!, names: drawn.edges.one! },
  };
  expect(isSame(differenceOf(drawn, copy))).toBe(true);
});

test('a node is told added, removed, changed with the fields, and moved, each apart', () => {
  const { draw: _, ...kept } = drawn.nodes;
  const now: PipelineDocument = {
    ...drawn,
    nodes: {
      ...kept,
      load: { ...drawn.nodes.load!, parameters: { path: 'a.csv', options: { header: true, separator: ';' } } },
      report: node('Report'),
    },
    edges: { one: drawn.edges.one!, new: { from: { node: 'fit', port: 'result' }, to: { node: 'report', port: 'x' } } },
    looks: { positions: { load: { x: 0, y: 0 }, fit: { x: 312, y: 64 }, report: { x: 624, y: 0 } } },
  };
  const difference = differenceOf(drawn, now);
  expect(difference.nodes).toEqual([
    { node: 'draw', name: 'Draw', change: 'removed', moved: false, fields: [] },
    { node: 'fit', name: 'Fit', change: null, moved: true, fields: [] },
    {
      node: 'load',
      name: 'Load',
      change: 'changed',
      moved: false,
      fields: [{ path: ['parameters', 'options', 'separator'], before: ',', now: ';' }],
    },
    { node: 'report', name: 'Report', change: 'added', moved: false, fields: [] },
  ]);
  expect(difference.edges.map(({ id, change }) => [id, change])).toEqual([
    ['fit.result>draw.table', 'removed'],
    ['fit.result>report.x', 'added'],
  ]);
  expect(isSame(difference)).toBe(false);
});

test('what differs of the pipeline itself is told by its field: a parameter that is gone has no value now', () => {
  const before: PipelineDocument = { ...drawn, parameters: { share: { type: 'number', default: 0.2 } } };
  const now: PipelineDocument = { ...drawn, name: 'delays', settings: { timeoutMs: 1000 } };
  expect(differenceOf(before, now).pipeline).toEqual([
    { path: ['name'], before: 'flights', now: 'delays' },
    { path: ['parameters', 'share'], before: { type: 'number', default: 0.2 }, now: undefined },
    { path: ['settings'], before: undefined, now: { timeoutMs: 1000 } },
  ]);
});

test('names such as constructor and __proto__ are names like any other', () => {
  const odd = JSON.parse('{"__proto__": 1, "constructor": 2}') as Record<string, number>;
  const now: PipelineDocument = { ...drawn, nodes: { ...drawn.nodes, draw: node('Draw', { parameters: odd }) } };
  expect(differenceOf(drawn, now).nodes[0]!.fields.map(({ path, now }) => [path.join('.'), now])).toEqual([
    ['parameters.__proto__', 1],
    ['parameters.constructor', 2],
  ]);
});

test('another place among the edges of a port that takes many is a change of the edge', () => {
  const now: PipelineDocument = { ...drawn, edges: { ...drawn.edges, one: { ...drawn.edges.one!, order: 2 } } };
  expect(differenceOf(drawn, now).edges).toMatchObject([{ id: 'load.table>fit.flights', change: 'changed' }]);
});
