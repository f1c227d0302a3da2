/** What a SQL node may not do, in the real sandbox: reach files, the network, settings or more than its share, or get out of its one query. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Bench, type Carried, handOn, openBench } from './work.testing.ts';

vi.setConfig({ testTimeout: 90_000 });

let bench: Bench;
let rows: Carried;
beforeAll(async () => {
  bench = await openBench();
  rows = await query('select range::int as x from range(1000)');
}, 600_000);
afterAll(() => bench.close());

const query = (code: string, more: object = {}): Promise<Carried> => bench.carry({ language: 'sql', code, ...more });
const overRows = (code: string, more: object = {}) => query(code, { inputs: [handOn(rows, 'table', 't')], ...more });

/** It fails as whoever wrote it, with words, with nothing handed on, and with none of what it was after. */
function expectRefused(done: Carried, doing: string): void {
  const seen = `${doing}: ${done.reason} ${JSON.stringify(done.error)}`;
  expect(['user_error', 'bad_input', 'timeout', 'oom', 'disk_full'], seen).toContain(done.reason);
  expect(done.error?.message, seen).toMatch(/\S/);
  expect(done.outputs, seen).toEqual([]);
  expect(`${JSON.stringify(done.error)}${done.log}`, seen).not.toMatch(/root:x:0|127\.0\.0\.1:5432|PGPASSWORD/);
}

describe('a query reads its tables and nothing else', () => {
  test.each([
    "select * from read_csv('/etc/passwd', columns = {'a': 'varchar'}, delim = '\\0')",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/proc/self/environ')",
    "select * from glob('/**')",
    "select * from '/etc/passwd'",
    "select * from 'file:///etc/passwd'",
    "select * from parquet_scan('/in/*')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from read_json_objects('/etc/hosts')",
    "select * from read_csv('https://example.org/x.csv')",
    "select * from 's3://bucket/x.parquet'",
    "select * from query('select * from read_text(''/etc/passwd'')')",
    "select * from query_table('/etc/passwd')",
    'select * from duckdb_settings()',
    'select * from duckdb_secrets()',
    'select * from pragma_database_list()',
    "select getenv('HOME')",
    "select getvariable('x') from read_text('/proc/self/maps')",
  ])('%s', async (code) => {
    expectRefused(await query(code), code);
  });
});

describe('a query changes nothing', () => {
  test.each([
    "attach '/tmp/x.db' as x",
    "copy t to '/job/out.csv'",
    "copy (select 1) to '/tmp/x.parquet'",
    "export database '/tmp/all'",
    'install httpfs',
    "load '/tmp/x.duckdb_extension'",
    'set enable_external_access = true',
    'set lock_configuration = false',
    "set memory_limit = '100GB'",
    'reset all',
    'pragma enable_profiling',
    'call force_checkpoint()',
    'create table u as select 1',
    'create macro f() as 1',
    "create secret s (type s3, key_id 'x', secret 'y')",
    'drop table t',
    'delete from t',
    'update t set x = 0',
    'insert into t values (1)',
    'prepare p as select 1',
    'execute p',
    'begin',
    "import database '/tmp'",
    'checkpoint',
    'use memory',
    'vacuum',
  ])('%s', async (code) => {
    expectRefused(await overRows(code), code);
  });
});

describe('a query stays one query', () => {
  test.each([
    'select 1; drop table t',
    'select 1) as q; drop table t; select * from (select 1',
    "select 1) to '/tmp/x'; --",
    "select 1 --\n) ; attach '/tmp/x.db' as x; (select 1",
    'select 1 /* ',
    "select 'never closed",
    'select "never closed',
    'select $$never closed',
    '',
    ' \n -- nothing but a comment',
    '\u0000select 1',
  ])('%j', async (code) => {
    expectRefused(await overRows(code), JSON.stringify(code));
  });
});

describe('a query that asks for too much ends at its limit, and the next one goes on', () => {
  const few = { timeoutMs: 6000, memoryBytes: 300 * 1024 ** 2, diskBytes: 50 * 1024 ** 2 };
  test.each([
    ['recursion', 'with recursive r as (select 1 as n union all select n + 1 from r) select count(*) from r'],
    ['a cross join', 'select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3'],
    ['a text of gigabytes', "select repeat('x', 2000000000) as much"],
    ['a list of a billion', 'select list(range) from range(1000000000)'],
    ['padding', "select format('{:>2000000000}', 'x')"],
    ['a billion rows', 'select range as x, md5(range::text) as y from range(1000000000)'],
    ['parentheses', `select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`],
    ['20,000 columns', `select ${Array.from({ length: 20_000 }, (_, at) => `x + ${at} as c${at}`).join(', ')} from t`],
    ['a slow pattern', "select regexp_matches(repeat('a', 100000) || 'b', '(a+)+$') from range(1000000)"],
  ])('%s', async (_, code) => {
    const done = await overRows(code, few);
    // Some of these DuckDB does within its means; none may be blamed on the house, or take more than was allowed.
    if (done.reason !== 'ok') expectRefused(done, code.slice(0, 100));
    expect(done.wallMs).toBeLessThan(60_000);
    expect(done.peakMemoryBytes ?? 0).toBeLessThan(330 * 1024 ** 2);
    expect(await overRows('select count(*) as n from t')).toMatchObject({ reason: 'ok' });
  });
});

test('what a column is called, or holds, is never taken for a statement', async () => {
  const named = await query(`select 1 as "x""; drop table t; --", 'it''s; drop' as "__proto__", 2 as "constructor"`);
  expect(named).toMatchObject({
    reason: 'ok',
    outputs: [{ columns: [{ name: 'x"; drop table t; --' }, { name: '__proto__' }, { name: 'constructor' }] }],
  });
  const again = await query('select * from t', { inputs: [handOn(named, 'table', 't')] });
  expect(again.outputs[0]!.columns).toEqual(named.outputs[0]!.columns);
});
