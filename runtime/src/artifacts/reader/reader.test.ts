import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { modes } from '../../execute/sandbox/fixtures/hosts.ts';
import { SandboxHost } from '../../execute/sandbox/host.ts';
import { readerFolders, readerProgram, TableReader } from './index.ts';

const cache = path.resolve(import.meta.dirname, '../../../../node_modules/.cache');
const folder = mkdtempSync(path.join(cache, 'drawloom-reader-'));
const files = new Map<string, string>();
const keep = (name: string, file: string): string => {
  files.set(name, file);
  return name;
};
let host: SandboxHost;
let reader: TableReader;

async function make(name: string, sql: string): Promise<string> {
  const file = path.join(folder, `${name}.parquet`);
  const instance = await DuckDBInstance.create(':memory:');
  await (await instance.connect()).run(`copy (${sql}) to '${file}' (format parquet, compression zstd)`);
  instance.closeSync();
  return keep(name, file);
}
const put = (name: string, content: string | Buffer): string => {
  writeFileSync(path.join(folder, name), content, { mode: 0o644 });
  return keep(name, path.join(folder, name));
};
const open = (more: Partial<ConstructorParameters<typeof TableReader>[0]> = {}) =>
  new TableReader({
    acquire: async () => {
      const slot = await host.acquire(readerProgram);
      return { slot, inside: host.mode === 'none' ? slot.jobFolder.replace(/job$/, 'in') : '/in' };
    },
    localFile: async (sha256) => files.get(sha256)!,
    folder: path.join(folder, 'requests'),
    ...more,
  });

beforeAll(async () => {
  const mode = modes[0]!;
  host = await SandboxHost.start(
    { name: 'reader', python: mode.python, preload: [], pythonPath: [], readOnly: readerFolders(), entry: 'none:none' },
    { folder: path.join(folder, 'slots'), ...mode.options },
  );
  host.prepare(readerProgram, 2);
  reader = open();
}, 60_000);
afterAll(async () => {
  await reader.close();
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

describe('the reader of tables', { timeout: 90_000 }, () => {
  test('gives rows with values as JSON can hold them', async () => {
    const sha = await make(
      'types',
      `select 1 as i, 9007199254740993::bigint as big, 1.5::double as d, 'nan'::double as nan, 1.25::decimal(9, 2) as dec, true as b, 'é' as s,
      timestamp '2013-01-01 05:00:00.5' as t, timestamptz '2013-01-01 05:00:00+02' as tz, date '2013-01-01' as day, [1, null] as l, {'x': 1} as st, null::int as nothing, 'ab'::blob as bl`,
    );
    const page = await reader.page(sha, { offset: 0, limit: 10 });
    expect(page).toMatchObject({ rowCount: 1, filteredCount: 1 });
    expect(Object.fromEntries(page.columns.map((column, index) => [column.name, page.rows[0]![index]]))).toEqual({
      i: 1,
      big: '9007199254740993',
      d: 1.5,
      nan: 'NaN',
      dec: 1.25,
      b: true,
      s: 'é',
      t: '2013-01-01T05:00:00.5',
      tz: '2013-01-01T03:00:00Z',
      day: '2013-01-01',
      l: [1, null],
      st: { x: 1 },
      nothing: null,
      bl: '0x6162',
    });
    expect(await reader.schema(sha)).toMatchObject({
      rowCount: 1,
      columns: expect.arrayContaining([{ name: 'nothing', type: 'INTEGER', nullable: true }]),
    });
  });

  test('pages, sorts and filters, and equal values keep their order', async () => {
    const sha = await make(
      'rows',
      "select i, i % 3 as g, 'Name ' || i as s, if(i % 4 = 0, null, i * 0.5) as v, date '2013-01-01' + i::int as d from range(100) r(i)",
    );
    const rows = async (request: object) =>
      (await reader.page(sha, { offset: 0, limit: 5, columns: ['i'], ...request })).rows.flat();
    expect(await rows({ offset: 98 })).toEqual([98, 99]);
    expect(await rows({ sort: [{ column: 'g', descending: true }] })).toEqual([2, 5, 8, 11, 14]);
    expect(await rows({ sort: [{ column: 'g', descending: true }], offset: 5 })).toEqual([17, 20, 23, 26, 29]);
    expect(await rows({ sort: [{ column: 'v' }], offset: 73 })).toEqual([98, 99, 0, 4, 8].slice(0, 5));
    expect(
      await rows({
        filter: [
          { column: 'v', is: 'null' },
          { column: 'i', is: '>', value: 10 },
        ],
      }),
    ).toEqual([12, 16, 20, 24, 28]);
    expect(await rows({ filter: [{ column: 's', is: 'contains', value: 'NAME 9' }] })).toEqual([9, 90, 91, 92, 93]);
    expect(await rows({ filter: [{ column: 'd', is: '>=', value: '2013-04-09' }] })).toEqual([98, 99]);
    expect(await rows({ filter: [{ column: 'i', is: 'in', value: [3, '7', 500] }] })).toEqual([3, 7]);
    expect(await rows({ filter: [{ column: 'i', is: '<', value: 1.5 }] })).toEqual([0, 1]);
    expect(
      (await reader.page(sha, { offset: 0, limit: 0, filter: [{ column: 'g', is: '=', value: 1 }] })).filteredCount,
    ).toBe(33);
  });

  test('nothing that is typed becomes part of a query', async () => {
    const sha = await make('quotes', `select 'it''s' as "a""b; drop", 1 as "x y"`);
    expect(
      (
        await reader.page(sha, {
          offset: 0,
          limit: 1,
          filter: [{ column: 'a"b; drop', is: '=', value: "it's" }],
          sort: [{ column: 'x y' }],
        })
      ).rows,
    ).toEqual([["it's", 1]]);
    expect(
      (
        await reader.page(sha, {
          offset: 0,
          limit: 1,
          filter: [{ column: 'a"b; drop', is: 'contains', value: "' or 1=1 --" }],
        })
      ).filteredCount,
    ).toBe(0);
    await expect(reader.page(sha, { offset: 0, limit: 1, sort: [{ column: '1; select 2' }] })).rejects.toMatchObject({
      code: 'unknown_column',
    });
    await expect(
      reader.page(sha, { offset: 0, limit: 1, filter: [{ column: 'x y', is: '=', value: 'one' }] }),
    ).rejects.toMatchObject({ code: 'bad_value', message: '"one" is no number, and "x y" holds nothing else.' });
    await expect(reader.page(sha, { offset: 0, limit: 1, filter: [{ column: 'x y', is: '=' }] })).rejects.toMatchObject(
      { code: 'bad_value' },
    );
  });

  test('profiles every column', async () => {
    const sha = await make(
      'profile',
      "select i, if(i < 10, null, i / 10.0) as v, ['a', 'b', 'b', 'b'][1 + i % 4] as s, i % 2 = 0 as b, timestamp '2013-01-01' + to_hours(i::int) as t, [i] as l from range(1000) r(i)",
    );
    const { rowCount, columns } = await reader.profile(sha);
    expect(rowCount).toBe(1000);
    const by = Object.fromEntries(columns.map((column) => [column.name, column]));
    expect(by.i).toMatchObject({ type: 'BIGINT', nullCount: 0, min: 0, max: 999, mean: 499.5, top: null });
    expect(by.i!.histogram!.reduce((sum, bin) => sum + bin.count, 0)).toBe(1000);
    expect(by.v).toMatchObject({ nullCount: 10, min: 1, max: 99.9 });
    expect(by.v!.quartiles![1]).toBeCloseTo(50.5, 0);
    expect(by.s).toMatchObject({
      top: [
        { value: 'b', count: 750 },
        { value: 'a', count: 250 },
      ],
      distinctCount: 2,
      histogram: null,
    });
    expect(by.b).toMatchObject({
      top: [
        { value: 'false', count: 500 },
        { value: 'true', count: 500 },
      ],
    });
    expect(by.t).toMatchObject({ min: '2013-01-01T00:00:00', max: '2013-02-11T15:00:00' });
    expect(by.l).toMatchObject({ min: null, distinctCount: null });
  });

  test('previews CSV, JSON and text, and says what is binary', async () => {
    expect(await reader.preview(put('a.csv', 'a,b\n1,x\n2,y\n'))).toMatchObject({
      format: 'csv',
      columns: [{ name: 'a' }, { name: 'b' }],
      rows: [
        [1, 'x'],
        [2, 'y'],
      ],
    });
    expect(await reader.preview(put('a.json', '[{"a": 1}]'))).toMatchObject({ format: 'json', rows: [[1]] });
    expect(await reader.preview(put('a.txt', 'Hello\nworld é\n'))).toMatchObject({
      format: 'text',
      text: 'Hello\nworld é\n',
      truncated: false,
    });
    expect(await reader.preview(put('a.bin', Buffer.from([1, 0, 2, 0])))).toMatchObject({
      format: 'binary',
      text: null,
    });
  });

  test('what is no table, or damaged, is refused and nothing else is disturbed', async () => {
    await expect(reader.page(put('no.parquet', 'PAR1 not really'), { offset: 0, limit: 1 })).rejects.toMatchObject({
      code: 'not_a_table',
    });
    const whole = readFileSync(
      files.get(await make('later', 'select i, md5(i::varchar) as s from range(50000) r(i)'))!,
    );
    whole.fill(7, 1000, 20_000);
    await expect(reader.page(put('damaged.parquet', whole), { offset: 0, limit: 1000 })).rejects.toMatchObject({
      code: 'damaged',
    });
    expect((await reader.page('types', { offset: 0, limit: 1 })).rowCount).toBe(1);
  });

  test('a process is ended when it is idle, when others need its place, and when it takes too long', async () => {
    const small = open({ mostProcesses: 1, idleMs: 50, folder: path.join(folder, 'small') });
    expect((await small.page('types', { offset: 0, limit: 1 })).rowCount).toBe(1);
    expect((await small.page('rows', { offset: 0, limit: 1 })).rowCount).toBe(100);
    await vi.waitFor(() => expect(readdirSync(path.join(folder, 'small'))).toEqual([]), 10_000);
    expect((await small.page('rows', { offset: 0, limit: 1 })).rowCount).toBe(100);
    await small.close();
    const hasty = open({ requestTimeoutMs: 1 });
    await expect(hasty.profile('rows')).rejects.toMatchObject({ code: 'timeout' });
    await hasty.close();
  });

  test('plans a query over empty tables, and tells what is wrong with it and where', async () => {
    const flights = [
      { name: 'carrier', type: 'VARCHAR' },
      { name: 'dep delay', type: 'DECIMAL(9,2)' },
      { name: 'stops', type: 'STRUCT("at" TIMESTAMP, city VARCHAR)[]' },
    ];
    const plan = (query: string, tables: Record<string, typeof flights> | null = { flights }, parameters = {}) =>
      reader.plan('first', { query, tables, parameters });
    const query =
      'select carrier, sum(stops[1].city = $city) as n, max("dep delay") as worst from flights group by all; -- by carrier';
    expect(await plan(query, { flights }, { city: 'JFK' })).toEqual({
      columns: [
        { name: 'carrier', type: 'VARCHAR' },
        { name: 'n', type: 'BIGINT' },
        { name: 'worst', type: 'DECIMAL(9,2)' },
      ],
    });
    expect(await plan('select carrier,\n  carier from flights')).toEqual({
      problem: {
        kind: 'column',
        message: expect.stringContaining('There is no column "carier" here. Did you mean "carrier"'),
        line: 2,
        column: 3,
        name: 'carier',
      },
    });
    const wrong = 'select carrier frm flights where';
    expect(await plan(wrong)).toMatchObject({ problem: { kind: 'syntax', line: 1 } });
    expect(await plan(wrong, null)).toMatchObject({ problem: { kind: 'syntax' } });
    expect(await plan('select lower(stops) from flights')).toMatchObject({ problem: { kind: 'other' } });
    expect(await plan('select * from flights', null)).toEqual({ unknown: expect.any(String) });
    expect(await plan("from read_csv('/etc/passwd')")).toEqual({ unknown: 'It reads past its inputs.' });
    expect(await plan('drop table flights')).toEqual({ unknown: 'It is not one SELECT.' });
    // nothing of one question is left for the next
    expect(await plan('from flights', { other: flights })).toMatchObject({ problem: { kind: 'other' } });
    const sly = [{ name: 'a', type: "integer); copy (select 1) to '/tmp/x' --" }];
    expect(await plan('from flights', { flights: sly })).toEqual({
      unknown: expect.stringContaining('The type of "a"'),
    });
  });

  test('the first rows of a million come within a second, and sorting them is bounded', async () => {
    const sha = await make(
      'million',
      "select i, hash(i) % 1000000 as k, md5(i::varchar) as s, i * 0.37 as v, timestamp '2013-01-01' + to_seconds(i::int) as t from range(1000000) r(i)",
    );
    const took = async (work: () => Promise<unknown>) => {
      const start = performance.now();
      await work();
      return Math.round(performance.now() - start);
    };
    const figures = {
      first: await took(() => reader.page(sha, { offset: 0, limit: 100 })),
      deep: await took(() => reader.page(sha, { offset: 900_000, limit: 100 })),
      sorted: await took(() => reader.page(sha, { offset: 0, limit: 100, sort: [{ column: 'k' }] })),
      filtered: await took(() =>
        reader.page(sha, { offset: 0, limit: 100, filter: [{ column: 's', is: 'contains', value: 'abc' }] }),
      ),
      profile: await took(() => reader.profile(sha)),
    };
    expect(figures.first).toBeLessThan(5000);
  });
});
