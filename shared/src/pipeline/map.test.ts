import { describe, expect, test } from 'vitest';
import { change, draw, drawnTypes } from '../../../test/support/draw.ts';
import { namesOfWork } from '../columns/flow.ts';
import { catalogOf, type NodeType } from '../node-type/definition.ts';
import { checkPipeline, shapesOf } from './checks.ts';
import { ItemMap, type PipelineDocument } from './document.ts';

const code = (type: string, language: 'python' | 'sql'): NodeType => ({
  ...drawnTypes.get('step')!,
  type,
  language,
  code: 'user',
  inputs: [],
  outputs: [],
  parameters: { type: 'object', properties: {}, additionalProperties: false },
});
const value: NodeType = {
  ...drawnTypes.get('list')!,
  type: 'value',
  outputs: [{ name: 'value', kind: 'value' }],
  parameters: { type: 'object', properties: { value: {} }, additionalProperties: false },
};
const catalog = catalogOf([...drawnTypes.values(), code('python', 'python'), code('sql', 'sql'), value]);
const problemsOf = (document: PipelineDocument) =>
  checkPipeline(document, catalog).map(({ code, at, severity }) => `${severity} ${code} ${at}`);
const over = (name: string) => change(draw('list > each > y'), { each: { map: { over: name } } });

test('a list goes in, and what each item gave goes on together', () => {
  expect(problemsOf(draw('list > each > y'))).toEqual([]);
  expect(shapesOf(draw('list > each > y'), catalog).get('each')!.outputs).toMatchObject([{ name: 'out', many: true }]);
});

test('what cannot be gone through is told at the map, with what to do', () => {
  expect(problemsOf(over('nothing'))).toEqual(['error map_over /nodes/each/map/over']);
  expect(problemsOf(over('side'))).toEqual(['error map_kind /nodes/each/map/over']);
  const part = change(draw('list > sub > y'), { sub: { map: { over: 'in' } } });
  expect(problemsOf(part)).toContain('error map_type /nodes/sub/map');
  expect(problemsOf(draw('each > y'))).toEqual(['error input_missing /nodes/each']);
});

test('what goes on together does not go where one is taken', () => {
  const document = draw('list > each > y');
  document.nodes.fit = { type: 'fit', name: 'Fit', parameters: {} };
  document.edges['each.out>fit.in'] = { from: { node: 'each', port: 'out' }, to: { node: 'fit', port: 'in' } };
  expect(problemsOf(document)).toEqual(['error edge_many /edges/each.out>fit.in']);
  expect(checkPipeline(document, catalog)[0]!.message).toContain('gives one for each item');
});

test('a value that is written down and is no list is told where it is written', () => {
  const document = (written: unknown) => {
    const drawing = draw('each > y');
    drawing.nodes.v = { type: 'value', name: 'V', parameters: { value: written as never } };
    drawing.edges['v.value>each.in'] = { from: { node: 'v', port: 'value' }, to: { node: 'each', port: 'in' } };
    return drawing;
  };
  expect(problemsOf(document(['UA', 'AA']))).toEqual([]);
  expect(problemsOf(document({ carrier: 'UA' }))).toEqual(['error map_no_list /nodes/v/parameters/value']);
});

test('an item may go to a parameter, which then is an input and no field of the form any more', () => {
  const document = draw('list; a');
  document.nodes.late = {
    type: 'sql',
    name: 'Late',
    parameters: {},
    code: 'select * from flights where carrier = $carrier and delay > $delay',
    map: { over: 'carrier' },
  };
  document.edges['list.out>late.carrier'] = {
    from: { node: 'list', port: 'out' },
    to: { node: 'late', port: 'carrier' },
  };
  document.edges['a.out>late.flights'] = { from: { node: 'a', port: 'out' }, to: { node: 'late', port: 'flights' } };
  expect(problemsOf(document)).toEqual(['error parameter_invalid /nodes/late/parameters/delay']);
  document.nodes.late.parameters = { delay: 15 };
  expect(problemsOf(document)).toEqual([]);
  const shape = shapesOf(document, catalog).get('late')!;
  expect(shape.inputs.map((port) => `${port.name} ${port.kind}`)).toEqual(['flights table', 'carrier value']);
  expect(Object.keys(shape.parameters.properties as object)).toEqual(['delay']);
});

test('an optional list that nothing brings is told, since nothing would ever be done', () => {
  const document = draw('a');
  document.nodes.f = {
    type: 'python',
    name: 'F',
    parameters: {},
    code: 'def f(item: int | None = None) -> str:\n    return str(item)',
    map: { over: 'item' },
  };
  expect(problemsOf(document)).toContain('error map_unwired /nodes/f/map/over');
});

test('a secret is no item: which one a node gets is settled before there are any', () => {
  const document = draw('list');
  document.nodes.f = {
    type: 'python',
    name: 'F',
    parameters: {},
    code: 'from drawloom import Secret\ndef f(*, key: Secret) -> str:\n    return key',
    map: { over: 'key' },
  };
  expect(problemsOf(document)).toContain('error map_over /nodes/f/map/over');
});

test('limits that make no sense are refused where they stand', () => {
  const at = (map: object) => ItemMap.safeParse({ over: 'item', ...map }).error?.issues[0]?.path.join('/');
  expect(at({ concurrency: 0 })).toBe('concurrency');
  expect(at({ concurrency: 1.5 })).toBe('concurrency');
  expect(at({ minSuccessShare: 1.01 })).toBe('minSuccessShare');
  expect(at({ minSuccessShare: -0.1 })).toBe('minSuccessShare');
  expect(at({ minSuccessShare: 0, concurrency: 1000 })).toBeUndefined();
});

describe('a table', () => {
  const by = (map: object) => {
    const document = draw('a');
    document.nodes.late = {
      type: 'sql',
      name: 'Late',
      parameters: {},
      code: 'select carrier from flights',
      map: { over: 'flights', ...map },
    };
    document.edges['a.out>late.flights'] = { from: { node: 'a', port: 'out' }, to: { node: 'late', port: 'flights' } };
    return document;
  };

  test('is gone through by its groups, or by so many rows, and not without saying which', () => {
    expect(problemsOf(by({ by: ['carrier'] }))).toEqual([]);
    expect(problemsOf(by({ rows: 100 }))).toEqual([]);
    expect(problemsOf(by({}))).toEqual(['error map_kind /nodes/late/map/over']);
    expect(checkPipeline(by({}), catalog)[0]!.message).toContain('with "by" a group, with "rows" so many rows');
    const list = change(draw('list > each > y'), { each: { map: { over: 'in', rows: 3 } } });
    expect(problemsOf(list)).toEqual(['error map_kind /nodes/each/map/over']);
  });

  test('has the columns by which it is grouped, as far as the drawing tells', () => {
    const document = by({ by: ['carrier', 'mnth'] });
    const problems = checkPipeline(document, catalog, {
      tables: [
        {
          node: 'a',
          port: 'out',
          run: 3,
          columns: ['carrier', 'month'].map((name) => ({ name, type: 'VARCHAR' })),
          fingerprint: namesOfWork(document).get('a')!,
        },
      ],
    });
    expect(problems).toMatchObject([
      { code: 'column_missing', at: '/nodes/late/map/by/1', severity: 'warning', instead: 'month', node: 'late' },
    ]);
  });

  test('is cut in one way, into parts of one row or more', () => {
    const at = (map: object) => ItemMap.safeParse({ over: 'item', ...map }).error?.issues[0]?.path.join('/');
    expect(at({ by: ['a'], rows: 3 })).toBe('rows');
    expect(at({ by: [] })).toBe('by');
    expect(at({ by: ['a', 'a'] })).toBe('by');
    expect(at({ rows: 0 })).toBe('rows');
    expect(at({ by: ['a', 'b'] })).toBeUndefined();
  });
});
