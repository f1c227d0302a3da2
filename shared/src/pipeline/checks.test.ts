import { expect, test } from 'vitest';
import { draw, drawnTypes, set } from '../../../test/support/draw.ts';
import type { Json } from '../json.ts';
import { bindParameters, bindPipeline, checkPipeline, findCycle, judgeEdge, shapesOf } from './checks.ts';
import { edgeId, meaningOf, type PipelineDocument } from './document.ts';
import { readDocument } from './upgrade/index.ts';

const check = (document: PipelineDocument) => checkPipeline(document, drawnTypes);
const codes = (document: PipelineDocument) => check(document).map((problem) => problem.code);
const join = (document: PipelineDocument, from: [string, string], to: [string, string]) => {
  const edge = { from: { node: from[0], port: from[1] }, to: { node: to[0], port: to[1] } };
  document.edges[edgeId(edge)] = edge;
  return document;
};

test('a sound pipeline has no problems', () => {
  expect(check(draw('load > split > train > score; split > score'))).toEqual([]);
});

test('nodes that wait for each other are named in their order', () => {
  const problems = check(draw('load > a > b > c > a'));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ code: 'cycle', at: '/nodes/a', severity: 'error' });
  expect(problems[0]!.message).toContain('"a" → "b" → "c" → "a"');
});

test('a row of 20,000 nodes is checked without overflowing the stack, and quickly enough to type along', () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `n${index}`);
  expect(check(draw(names.join(' > ')))).toEqual([]);
  expect(findCycle(draw([...names, 'n0'].join(' > ')))).toHaveLength(20_000);
});

test('an unknown type is told at its node, and its edges are left alone', () => {
  const document = draw('load > odd');
  document.nodes.odd!.type = 'quantum-fit';
  expect(check(document)).toMatchObject([{ code: 'node_type_unknown', at: '/nodes/odd/type', node: 'odd' }]);
});

test('an edge between kinds that do not fit says what each side is', () => {
  const document = draw('load > next');
  document.nodes.fit = { type: 'fit', name: 'Fit', parameters: {} };
  join(document, ['load', 'out'], ['fit', 'in']);
  join(document, ['fit', 'model'], ['next', 'in']);
  expect(check(document)).toMatchObject([
    { code: 'edge_kind', message: '"in" of "next" takes a table, but "model" of "Fit" gives a model.' },
  ]);
});

test('an input that needs an edge, a port that takes one and gets two, a port that is not there: each is told', () => {
  const document = draw('load; other');
  document.nodes.fit = { type: 'fit', name: 'Fit', parameters: {} };
  expect(codes(document)).toEqual(['input_missing']);
  join(document, ['load', 'out'], ['fit', 'in']);
  join(document, ['other', 'out'], ['fit', 'in']);
  expect(codes(document)).toEqual(['input_crowded']);
  join(document, ['load', 'rows'], ['fit', 'features']);
  expect(codes(document)).toContain('port_unknown');
});

test('a dangling edge and one filed under a wrong name are told', () => {
  const document = draw('load > next');
  join(document, ['gone', 'out'], ['next', 'in']);
  document.edges.wrong = Object.values(document.edges)[0]!;
  expect(codes(document)).toEqual(['edge_dangling', 'edge_id']);
});

test('a parameter out of its bounds, of another type, or unknown is told at its place', () => {
  expect(check(set(draw('load > split'), 'split', { share: 1.5 }))).toMatchObject([
    { code: 'parameter_invalid', at: '/nodes/split/parameters/share' },
  ]);
  expect(check(set(draw('load'), 'load', { rows: 'ten' }))[0]!.message).toContain('Rows of "load"');
  expect(check(set(draw('load'), 'load', { speed: 3 }))).toMatchObject([{ at: '/nodes/load/parameters/speed' }]);
});

test('a reference stands for a parameter of the pipeline, and an unknown one is told', () => {
  const document = set(draw('load'), 'load', { rows: { $parameter: 'size' } });
  expect(codes(document)).toEqual(['parameter_unknown']);
  document.parameters.size = { type: 'integer', default: 20 };
  expect(check(document)).toEqual([]);
  document.parameters.size = { type: 'integer', default: -1 };
  expect(codes(document)).toEqual(['parameter_invalid']);
});

test('what is wrong with a value is told in words of people, and what to give instead', () => {
  const told = (schema: object, value?: Json) => {
    const bound = bindParameters(
      { type: 'object', properties: { it: schema }, required: ['it'] } as never,
      value === undefined ? {} : { it: value },
      {},
    );
    return 'issues' in bound && bound.issues.map(({ message }) => message).join(' ');
  };
  expect(told({ type: 'string' })).toBe('a value is missing. Give it one.');
  expect(told({ type: 'string', minLength: 1 }, '')).toBe('a value is missing. Give it one.');
  expect(told({ type: 'number' }, 'many')).toBe('it takes a number.');
  expect(told({ type: 'integer' }, 1.5)).toBe('it takes a whole number.');
  expect(told({ type: 'integer', minimum: 2 }, 1)).toBe('2 or more.');
  expect(told({ type: 'number', exclusiveMaximum: 1 }, 1)).toBe('less than 1.');
  expect(told({ enum: ['random', 'time'] }, 'both')).toBe('it takes one of random, time.');
  expect(told({ type: 'array', items: { type: 'string' }, minItems: 1 }, [])).toBe('a value is missing. Give it one.');
});

test('the values of a run are the given ones over the defaults, and what does not fit is told', () => {
  const parameters = { day: { type: 'date' as const }, size: { type: 'integer' as const, default: 5, maximum: 9 } };
  expect(bindPipeline(parameters, { day: '2013-02-01' })).toEqual({ values: { day: '2013-02-01', size: 5 } });
  const wrong = bindPipeline(parameters, { size: 10, speed: 1 });
  expect('problems' in wrong && wrong.problems.map((problem) => problem.at)).toEqual([
    '/parameters/speed',
    '/parameters/day',
    '/parameters/size',
  ]);
});

test('while a wire is dragged, the same judge answers', () => {
  const document = draw('load > next');
  document.nodes.fit = { type: 'fit', name: 'Fit', parameters: {} };
  const shapes = shapesOf(document, drawnTypes);
  const edge = (from: [string, string], to: [string, string]) => ({
    from: { node: from[0], port: from[1] },
    to: { node: to[0], port: to[1] },
  });
  expect(judgeEdge(document, shapes, edge(['load', 'out'], ['fit', 'in']))).toBe(null);
  expect(judgeEdge(document, shapes, edge(['fit', 'model'], ['next', 'in']))?.message).toContain('gives a model');
});

test('moving a card or renaming the pipeline changes no meaning; a parameter does', () => {
  const document = draw('load > next');
  const moved = { ...document, name: 'other', looks: { positions: { load: { x: 5, y: 5 } } } };
  expect(meaningOf(moved)).toBe(meaningOf(document));
  expect(meaningOf(set(document, 'load', { rows: 3 }))).not.toBe(meaningOf(document));
});

test('a document is read back as it was written, and what is not understood is told rather than dropped', () => {
  const document = draw('load > next');
  expect(readDocument(JSON.stringify(document))).toEqual({ document });
  expect(readDocument(JSON.stringify({ ...document, extra: 1 }))).toMatchObject({
    problems: [{ code: 'document_invalid' }],
  });
  expect(readDocument(JSON.stringify({ ...document, schemaVersion: 99 }))).toMatchObject({
    problems: [{ code: 'document_newer' }],
  });
  expect(readDocument('[]')).toMatchObject({ problems: [{ code: 'document_shape' }] });
  expect(readDocument('{"openapi": "3.1.0"}')).toMatchObject({ problems: [{ code: 'document_version' }] });
});

test('a pipeline of a million nodes is refused by its size', () => {
  const many = JSON.stringify({
    ...draw('a'),
    nodes: Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`n${i}`, 0])),
  });
  expect(readDocument(many)).toMatchObject({ problems: [{ code: 'document_too_big', at: '/nodes' }] });
});
