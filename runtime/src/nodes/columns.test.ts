import type { Column } from '@drawloom/shared/node-type/ports.ts';
import { checkPipeline } from '@drawloom/shared/pipeline/checks.ts';
import { edgeId } from '@drawloom/shared/pipeline/document.ts';
import { describe, expect, test } from 'vitest';
import { catalog } from './catalog.ts';
import { type Drawn, drawn, flowOf, source } from './drawnNode.testing.ts';

const problemsOf = ({ document, tables }: Drawn) =>
  checkPipeline(document, catalog, { tables }).filter(({ code }) => code === 'column_missing');
const text = (...names: string[]): Column[] => names.map((name) => ({ name, type: 'VARCHAR' }));

describe('a column that is not there', () => {
  const flights = text('carrier', 'dep_delay', 'dest');

  test('is told at its field with the nearest name, as a warning where only the last run tells it', () => {
    const select = drawn(
      'select',
      { columns: ['carrier', 'dep_dealy'], rename: [{ column: 'dst', name: 'to' }] },
      { table: flights },
    );
    expect(problemsOf(select)).toEqual([
      {
        code: 'column_missing',
        message:
          '"Node" names the column "dep_dealy", and the table at "table" had none of that name in run 3, as "From table" gave it. Did you mean "dep_delay"?',
        at: '/nodes/node/parameters/columns/1',
        severity: 'warning',
        node: 'node',
        instead: 'dep_delay',
      },
      expect.objectContaining({ at: '/nodes/node/parameters/rename/0/column', instead: 'dest' }),
    ]);
  });

  test('is an error where the drawing itself takes it away, and nobody needs a run to know it', () => {
    const { document } = drawn(
      'select',
      { columns: ['carrier', 'dest'], rename: [{ column: 'dest', name: 'to' }] },
      { table: flights },
    );
    document.nodes.fit = {
      type: 'train',
      name: 'Fit',
      parameters: { target: 'late', features: ['carrier', 'dest', 'to'] },
    };
    const edge = { from: { node: 'node', port: 'table' }, to: { node: 'fit', port: 'table' } };
    document.edges[edgeId(edge)] = edge;
    expect(checkPipeline(document, catalog).map(({ at, severity, message }) => [at, severity, message])).toEqual([
      [
        '/nodes/fit/parameters/target',
        'error',
        '"Fit" names the column "late", and the table at "table" has none of that name. It has "carrier", "to".',
      ],
      ['/nodes/fit/parameters/features/1', 'error', expect.stringContaining('"dest"')],
    ]);
  });

  test('is looked for on the side of a join where it belongs', () => {
    const parameters = {
      keys: [
        { left: 'carrier', right: '' },
        { left: 'dest', right: 'to' },
      ],
      leftTime: 'nonsense',
    };
    const join = drawn('join', parameters, { left: flights, right: text('code', 'to') });
    expect(problemsOf(join).map(({ at }) => at)).toEqual(['/nodes/node/parameters/keys/0/right']);
    const asof = drawn('join', { ...parameters, how: 'asof' }, { left: flights, right: text('carrier', 'to') });
    expect(problemsOf(asof).map(({ at }) => at)).toEqual([
      '/nodes/node/parameters/leftTime',
      '/nodes/node/parameters/rightTime',
    ]);
  });

  test('is not looked for by a field that is not asked, nor where columns are not all known', () => {
    expect(problemsOf(drawn('split', { how: 'random', column: 'gone' }, { table: flights }))).toEqual([]);
    expect(problemsOf(drawn('split', { how: 'group', column: 'gone' }, { table: flights }))).toHaveLength(1);
    const changed = drawn('split', { how: 'group', column: 'gone' }, { table: flights });
    changed.document.nodes.from_table = { ...changed.document.nodes.from_table!, code: `${source}# other\n` };
    expect(problemsOf(changed)).toEqual([]);
    expect(flowOf(changed).takes('node', 'table')).toMatchObject({
      columns: flights,
      more: expect.stringContaining('since run 3'),
    });
    expect(problemsOf({ ...changed, tables: [] })).toEqual([]);
    expect(flowOf({ ...changed, tables: [] }).takes('node', 'table')).toEqual({
      unknown: 'Its columns are known once "From table" has run.',
    });
  });

  test('may be one that a parameter of the pipeline names', () => {
    const bound = drawn('split', { how: 'group', column: { $parameter: 'by' } }, { table: flights });
    bound.document.parameters.by = { type: 'string', default: 'gone' };
    expect(problemsOf(bound)).toEqual([]);
    const keep = drawn('select', { columns: { $parameter: 'by' } }, { table: flights });
    expect(flowOf(keep).gives('node', 'table')).toEqual({ unknown: 'Only the run tells "columns".' });
  });
});

test('types and missing values of the last run are told beside what the drawing tells', () => {
  const seen: Column[] = [
    { name: 'a', type: 'BIGINT', nullable: true },
    { name: 'b', type: 'VARCHAR', nullable: false },
  ];
  const select = drawn(
    'select',
    { drop: ['a'], types: [{ column: 'b', type: 'DATE' }], rename: [{ column: 'b', name: 'day' }] },
    { table: seen },
  );
  const { document } = select;
  expect(flowOf(select).gives('node', 'table')).toEqual({
    columns: [{ name: 'day', type: 'DATE' }],
    seen: { run: 3, node: 'from_table' },
  });
  document.nodes.node!.parameters = {};
  expect(flowOf(select).gives('node', 'table')).toMatchObject({ columns: seen });
});
