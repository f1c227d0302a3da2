import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Json } from '@drawloom/shared/json.ts';
import { describe, expect, test } from 'vitest';
import { carryOut, type Done, type Given, rowsOf } from '../carryOut.testing.ts';
import { catalog } from '../catalog.ts';
import { drawn, flowOf } from '../drawnNode.testing.ts';

const collect = (items: Given[], parameters: Record<string, unknown> = {}) =>
  carryOut(catalog.get('collect')!, { inputs: { items }, parameters });
const saying = async (items: Given[], parameters: Record<string, unknown> = {}) =>
  (await collect(items, parameters)).failure?.error.message;
const table = (item: string, ...rows: Record<string, Json>[]): Given => ({ item, rows });
const value = (text: string, item?: string): Given => ({ kind: 'value', text, ...(item !== undefined && { item }) });
const textOf = ({ folder, outputs }: Done, port: string) =>
  readFileSync(path.join(folder, outputs[port]!.path), 'utf8');

describe('collect', { timeout: 120_000 }, () => {
  test('tables come under each other in the order of the items, each row beside the name of its item', async () => {
    const done = await collect([table('b', { x: 2 }, { x: 1 }), table('a', { x: 3 }), { rows: [{ x: 4 }] }], {
      item: 'from',
    });
    expect(done.failure).toBeUndefined();
    expect(await rowsOf(done)).toEqual([
      { from: 'b', x: 2 },
      { from: 'b', x: 1 },
      { from: 'a', x: 3 },
      { from: 3, x: 4 }, // of no map: its place, which the test reads as a number
    ]);
  });

  test('more tables than are read at once keep their order and their names', async () => {
    const rows = [0, 1, 2].map((x) => [{ x }]);
    const items = Array.from({ length: 1100 }, (_, index) => ({ item: `n${1100 - index}`, rows: rows[index % 3]! }));
    const done = await collect(items, { item: 'from' });
    expect(await rowsOf(done)).toEqual(items.map(({ item, rows: [row] }) => ({ from: item, ...row })));
  });

  test('a column that differs is told with its item', async () => {
    const one = table('UA', { dest: 'BOS', delay: 1 });
    expect(await saying([one, table('AA', { dest: 'LAX', delay: 'late' })])).toBe(
      'The column "delay" is VARCHAR in item 2 (AA), and BIGINT in item 1 (UA). Give it one type, for example with Select columns before it.',
    );
    expect(await saying([one, one, table('DL', { dest: 'LAX' })])).toMatch(
      /^item 3 \(DL\) has no column "delay", which item 1 \(UA\) has/,
    );
    expect(await saying([one, table('DL', { dest: 'LAX', delay: 1, gate: 'B' })])).toMatch(
      /^item 2 \(DL\) has a column "gate"/,
    );
    expect(await saying([one], { item: 'dest' })).toMatch(/have a column "dest" of their own/);
    expect(await saying([one, value('1', 'AA')])).toMatch(
      /^Item 2 \(AA\) is of the kind value. A table is made of tables/,
    );
  });

  test('what some do not have is filled up where that is wanted, and numbers take the widest type', async () => {
    const done = await collect([table('UA', { dest: 'BOS', delay: 1 }), table('AA', { delay: 2.5, gate: 'B' })], {
      columns: 'fill',
    });
    expect(await rowsOf(done)).toEqual([
      { dest: 'BOS', delay: 1, gate: null },
      { dest: null, delay: 2.5, gate: 'B' },
    ]);
    expect(done.outputs.table!.columns!.map(({ type }) => type)).toEqual(['VARCHAR', 'DOUBLE', 'VARCHAR']);
  });

  test('metrics become a table, a row per item', async () => {
    const metrics = (item: string, json: unknown): Given => ({ item, kind: 'metrics', json });
    const done = await collect([metrics('UA', { auc: 0.5 }), metrics('AA', { auc: 0.75, rows: 3 })], {
      as: 'metrics',
      item: 'carrier',
    });
    expect(await rowsOf(done)).toEqual([
      { carrier: 'UA', auc: 0.5, rows: null },
      { carrier: 'AA', auc: 0.75, rows: 3 },
    ]);
    expect(await saying([value('{"auc": 1}')], { as: 'metrics' })).toMatch(/is of the kind value. A table of metrics/);
  });

  test('values become a list, and none of their numbers changes', async () => {
    const done = await collect([value('12345678901234567890'), value('{"a": 1.50}'), value('null')], { as: 'list' });
    expect(done.failure).toBeUndefined();
    expect(textOf(done, 'list')).toBe('[12345678901234567890,\n{"a": 1.50},\nnull]');
  });

  test('files lie in a folder under the names of their items, and none hides another', async () => {
    const note = (item: string, text: string): Given => ({ item, kind: 'document', text, mediaType: 'text/markdown' });
    const done = await collect([note('UA/1', 'one'), note('ua_1', 'two'), note('../..', 'three')], { as: 'folder' });
    const folder = path.join(done.folder, done.outputs.folder!.path);
    expect(readdirSync(folder).sort()).toHaveLength(3);
    expect(readFileSync(path.join(folder, 'UA_1'), 'utf8')).toBe('one');
    expect(readFileSync(path.join(folder, 'ua_1-2'), 'utf8')).toBe('two');
  });

  test('of no item there is an empty list, an empty folder, and no table', async () => {
    const none = async (as: string) => {
      const done = await collect([], { as });
      expect(done.failure).toBeUndefined();
      return Object.keys(done.outputs);
    };
    expect(await none('table')).toEqual([]);
    expect(await none('metrics')).toEqual([]);
    expect(await none('folder')).toEqual(['folder']);
    expect(textOf(await collect([], { as: 'list' }), 'list')).toBe('[]');
  });
});

test('the columns of a collected table are known as soon as those of its items are', () => {
  const columns = [{ name: 'dest', type: 'VARCHAR' }];
  const given = (parameters: Record<string, unknown>) => {
    const { document, tables } = drawn('collect', parameters, { items: columns });
    return flowOf({ document, tables }).gives('node', 'table');
  };
  expect(given({})).toMatchObject({ columns });
  expect(given({ item: 'carrier' })).toMatchObject({ columns: [{ name: 'carrier', type: 'VARCHAR' }, ...columns] });
});
