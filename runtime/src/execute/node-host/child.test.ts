import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Outcome, runChild, type Task } from './testChild.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'drawloom-in-'));
const flights = path.join(folder, 'flights.parquet');
const weather = path.join(folder, 'weather.parquet');

async function duck(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowsJson();
  instance.closeSync();
  return rows;
}
const rowsOf = (outcome: Outcome, port = 'table') =>
  duck(`from read_parquet('${path.join(outcome.jobFolder, outcome.outputs[port]!.path)}')`);

beforeAll(async () => {
  await duck(`copy (select i as id, 'F' || i as carrier, i * 1.5 as delay, timestamp '2013-01-01' + to_hours(i::int) as at,
    date '2013-01-01' + i::int as day, if(i = 3, null, i % 2 = 0) as late from range(10) r(i)) to '${flights}' (format parquet)`);
  await duck(`copy (select i as id, i * 10 as temp from range(5) r(i)) to '${weather}' (format parquet)`);
});

const inputs = [
  { port: 'flights', path: flights },
  { port: 'weather', path: weather },
];
const sql = (code: string, more: Partial<Task> = {}) =>
  runChild({ language: 'sql', code, inputs, outputs: [{ port: 'table', kind: 'table' }], ...more });
const typescript = (
  code: string,
  outputs: Task['outputs'] = [{ port: 'table', kind: 'table' }],
  more: Partial<Task> = {},
) => runChild({ language: 'typescript', code, inputs: inputs.slice(0, 1), outputs, ...more });

describe('a SQL node', { timeout: 120_000 }, () => {
  test('reads its inputs by name, binds its parameters, and tells rows and columns', async () => {
    const outcome = await sql(
      'select id, sum(temp) as temp from flights join weather using (id)\nwhere id >= $low::int and carrier <> $name group by id order by id; -- done',
      {
        parameters: { low: 2, name: 'F3', unused: 1 },
      },
    );
    expect(outcome.failure).toBeUndefined();
    expect(outcome.outputs.table).toEqual({
      type: 'output',
      port: 'table',
      kind: 'table',
      path: 'out/table.parquet',
      mediaType: 'application/vnd.apache.parquet',
      rowCount: 2,
      columns: [
        { name: 'id', type: 'BIGINT', nullable: false },
        { name: 'temp', type: 'BIGINT', nullable: false },
      ],
    });
    expect(await rowsOf(outcome)).toEqual([
      ['2', '20'],
      ['4', '40'],
    ]);
    expect(outcome).toMatchObject({ done: true, exitCode: 0 });
  });

  test('gives equal bytes for equal seeds', async () => {
    const [first, second, other] = await Promise.all([
      sql('select random() as r from range(5)'),
      sql('select random() as r from range(5)'),
      sql('select random() as r from range(5)', { seed: 8 }),
    ]);
    expect(await rowsOf(first)).toEqual(await rowsOf(second));
    expect(await rowsOf(first)).not.toEqual(await rowsOf(other));
  });

  test('nested too deeply, it is told what to do, and nothing of settings that are locked', async () => {
    const { failure } = await sql(`select ${'('.repeat(1500)}1${'+1)'.repeat(1500)} as x`);
    expect(failure).toMatchObject({ reason: 'user_error' });
    expect(failure!.error.message).toMatch(/^The query is nested deeper than 1,000 expressions, .* Make it flatter/);
    const long = await sql(`select ${'1+'.repeat(3000)}1 as x`);
    expect(long.failure?.error.message ?? '').not.toMatch(/\b(SET|PRAGMA)\b/);
  });

  test('a sum that fits no BIGINT becomes DOUBLE instead of failing', async () => {
    const outcome = await sql('select sum(9223372036854775807) as big from flights');
    expect(outcome.outputs.table?.columns).toMatchObject([{ name: 'big', type: 'DOUBLE' }]);
  });

  test.each([
    ['select\n  carier from flights', 'There is no column "carier" here. Did you mean "carrier"', 2, 3],
    ['selec 1', 'syntax error at or near "selec".', 1, 1],
    ['select 1 from\n(select 2', 'syntax error at end of input.', 2, 10],
    [
      "select 'é',\n cast(carrier as int) from flights",
      "Could not convert string 'F0' to INT32 when casting from source column carrier.",
      2,
      2,
    ],
    ['select foo(1)', 'Scalar Function with name foo does not exist. Did you mean "floor"?', 1, 8],
    [
      'select 1 as a, 2 as A',
      'Two columns of the result are called "A". Give one of them another name with AS.',
      undefined,
      undefined,
    ],
    ['select $x', "The parameter $x has no value. Set it in the node's form.", undefined, undefined],
    [
      'insert into flights values (1)',
      'A SQL node is one SELECT, and this is another statement.',
      undefined,
      undefined,
    ],
    ['select 1; select 2', 'A SQL node is one SELECT, and this holds several statements.', undefined, undefined],
    ["from read_text('/etc/passwd')", 'read_text(…) reads past the node', undefined, undefined],
    ['pivot flights on carrier using count(*)', 'A PIVOT in a node lists its values', undefined, undefined],
  ])('%s fails with its place', async (code, message, line, column) => {
    const { failure, done } = await sql(code);
    expect(done).toBe(false);
    expect(failure?.reason).toBe('user_error');
    expect(failure?.error.message).toContain(message);
    if (line) expect(failure?.error).toMatchObject({ line, column });
  });

  test('cannot reach a file outside, load an extension or change a setting, even where the reading by name finds nothing', async () => {
    for (const code of [
      "from '/etc/passwd'",
      'from main.flights',
      "select * from flights where id in (from '/etc/hosts')",
    ]) {
      const outcome = await sql(code);
      expect(outcome.failure, code).toBeDefined();
      expect(JSON.stringify(outcome.messages)).not.toContain('root:');
    }
  });

  test('a missing input and a broken input are told as such', async () => {
    expect((await sql('from planes')).failure).toMatchObject({
      reason: 'bad_input',
      error: { message: expect.stringContaining('reads "planes", and nothing is connected there') },
    });
    const broken = path.join(folder, 'broken.parquet');
    writeFileSync(broken, 'PAR1 and no more');
    expect((await sql('from flights', { inputs: [{ port: 'flights', path: broken }] })).failure).toMatchObject({
      reason: 'bad_input',
    });
  });

  test('too little memory is told, not died of', async () => {
    const outcome = await sql("select list(i || repeat('x', 1000)) as l from range(2000000) r(i)", {
      limits: { memoryBytes: 128 * 2 ** 20, threads: 1 },
    });
    expect(outcome.failure?.error.message).toContain('needs more memory than the node has');
  });
});

describe('a TypeScript node', { timeout: 120_000 }, () => {
  test('streams rows in and out with their types', async () => {
    const outcome = await typescript(
      `import { type Table, Metrics, logMetric, progress, context } from 'drawloom';
export default async function run(flights: Table, { low = 1 }: { low?: number } = {}): Promise<[Table, Metrics]> {
  const kept = [];
  let sum = 0;
  for await (const row of flights.rows()) { if (row.id >= low) kept.push({ ...row, at: row.at, twice: row.delay * 2, tags: ['a', row.carrier] }); sum += row.delay; }
  console.log('kept', kept.length, flights.columns.length, context().node);
  logMetric('delay', sum, 3); logMetric('nothing', NaN); progress(0.5, 'half');
  return [kept, new Metrics({ sum })];
}`,
      [
        { port: 'table', kind: 'table' },
        { port: 'metrics', kind: 'metrics' },
      ],
      { parameters: { low: 8 } },
    );
    expect(outcome.failure).toBeUndefined();
    expect(outcome.logs).toContain('kept 2 6 node');
    expect(outcome.messages).toMatchObject([
      { type: 'metric', key: 'delay', value: 67.5, step: 3 },
      { type: 'metric', key: 'nothing', value: 'NaN', step: null },
      { type: 'progress', share: 0.5, text: 'half' },
      { type: 'metric', key: 'sum', value: 67.5, step: null },
      { type: 'output', port: 'table', rowCount: 2 },
      { type: 'output', port: 'metrics', facts: { metrics: { sum: 67.5 } } },
      { type: 'done' },
    ]);
    expect(outcome.json('metrics')).toEqual({ sum: 67.5 });
    expect(outcome.outputs.table!.columns!.map((column) => `${column.name} ${column.type}`)).toEqual([
      'id BIGINT',
      'carrier VARCHAR',
      'delay DOUBLE',
      'at TIMESTAMP',
      'day VARCHAR',
      'late BOOLEAN',
      'twice BIGINT',
      'tags VARCHAR[]',
    ]);
    expect((await rowsOf(outcome))[1]).toEqual([
      '9',
      'F9',
      13.5,
      '2013-01-01 09:00:00',
      '2013-01-10',
      false,
      '27',
      ['a', 'F9'],
    ]);
  });

  test('queries tables with SQL and hands inputs on', async () => {
    const outcome = await typescript(
      `import { sql, Table } from 'drawloom';
export async function run(flights: Table) {
  const late = await flights.sql('select id, delay from this where delay > $d', { d: 10 });
  const joined = await sql('select count(*) as n from a, b', { tables: { a: late, b: flights } });
  return { late, same: flights, n: (await joined.toArray())[0].n };
}`,
      [
        { port: 'late', kind: 'table' },
        { port: 'same', kind: 'table' },
        { port: 'n', kind: 'value' },
      ],
    );
    expect(outcome.failure).toBeUndefined();
    expect(outcome.outputs.late!.rowCount).toBe(3);
    expect(outcome.outputs.same!.rowCount).toBe(10);
    expect(outcome.json('n')).toBe(30);
  });

  test('writes documents, figures, files, folders and values', async () => {
    const outcome = await typescript(
      `import { Document, Figure, File, Folder } from 'drawloom';
import { mkdirSync, writeFileSync } from 'node:fs';
export default function run() {
  writeFileSync('a.txt', 'hello'); mkdirSync('f/g', { recursive: true }); writeFileSync('f/g/x', '1');
  return { text: '# Hi', page: Document.html('<p>'), picture: Figure.svg('<svg/>'), file: new File('a.txt', 'text/plain'), folder: new Folder('f'), value: { a: [1, null] }, any: 3 };
}`,
      (
        [
          ['text', 'document'],
          ['page', 'document'],
          ['picture', 'figure'],
          ['file', 'file'],
          ['folder', 'folder'],
          ['value', 'value'],
          ['any', 'any'],
        ] as const
      ).map(([port, kind]) => ({ port, kind })),
      { inputs: [] },
    );
    expect(outcome.failure).toBeUndefined();
    expect(
      Object.values(outcome.outputs).map(
        (output) => `${output.port} ${output.kind} ${output.path} ${output.mediaType}`,
      ),
    ).toEqual([
      'text document out/text.md text/markdown',
      'page document out/page.html text/html',
      'picture figure out/picture.svg image/svg+xml',
      'file file out/file.txt text/plain',
      'folder folder out/folder inode/directory',
      'value value out/value.json application/json',
      'any value out/any.json application/json',
    ]);
  });

  test('an optional port that is not connected is undefined, and one that takes several is a list', async () => {
    const code = 'export default (a, b, c) => ({ value: [typeof a, b.length, c === undefined] });';
    const outcome = await typescript(code, [{ port: 'value', kind: 'value' }], {
      ports: [
        { port: 'a', many: false },
        { port: 'b', many: true },
        { port: 'c', many: false },
      ],
      inputs: [
        { port: 'b', path: flights, many: true, position: 1 },
        { port: 'b', path: weather, many: true, position: 0 },
      ],
    });
    expect(outcome.json('value')).toEqual({ value: ['undefined', 2, true] });
  });

  test.each([
    ['export default function run(t: Table): Table {\n  throw new TypeError("bad");\n}', 'user_error', 'bad', 2, 9],
    ['export default (t) => {\n  const x = ;\n}', 'user_error', 'Expression expected', 2, 13],
    ['enum A { x }\nexport default () => 1', 'user_error', 'TypeScript enum is not supported', 1, undefined],
    [
      "import x from 'lodash';\nexport default () => 1",
      'user_error',
      "lodash is not there. A TypeScript node has Node's own modules",
      undefined,
      undefined,
    ],
    ['const x = 1', 'user_error', 'The code exports no function', 1, 1],
    [
      'export default async () => { await new Promise(() => {}); }',
      'user_error',
      'The function never finished',
      undefined,
      undefined,
    ],
    [
      'export default () => process.exit(0)',
      'user_error',
      'The code ended the process itself (exit code 0)',
      undefined,
      undefined,
    ],
    [
      'export default () => { throw "text" }',
      'user_error',
      'The code threw "text", which is not an Error.',
      undefined,
      undefined,
    ],
    [
      'export default () => {}',
      'bad_output',
      'The function returned nothing, and the node declares a table. Return a Table, or a list of rows.',
      undefined,
      undefined,
    ],
    [
      'export default () => 3',
      'bad_output',
      '"table" is declared as a table, and the function returned a number.',
      undefined,
      undefined,
    ],
    [
      'export default () => [{ a: 1 }, { a: "x" }]',
      'bad_output',
      'The column "a" holds numbers in some rows and text in others.',
      undefined,
      undefined,
    ],
    [
      'export default () => [1, 2]',
      'bad_output',
      'Row 1 of the returned table is 1. A row is an object',
      undefined,
      undefined,
    ],
    ['export default () => []', 'bad_output', 'The returned table has no columns.', undefined, undefined],
    [
      'export default async (flights) => { await flights.sql("select nope from this"); }',
      'user_error',
      'There is no column "nope" here.',
      1,
      undefined,
    ],
  ])('%s is told at its place', async (code, reason, message, line, column) => {
    const { failure } = await typescript(code);
    expect(failure).toMatchObject({ reason });
    expect(failure?.error.message).toContain(message);
    if (line) expect(failure?.error.line).toBe(line);
    if (column) expect(failure?.error.column).toBe(column);
    expect(JSON.stringify(failure)).not.toContain(tmpdir());
  });

  test('Math.random repeats with the seed', async () => {
    const code = 'export default () => Math.random()';
    const value = [{ port: 'value', kind: 'value' as const }];
    const [a, b, c] = await Promise.all([
      typescript(code, value),
      typescript(code, value),
      typescript(code, value, { seed: 8 }),
    ]);
    expect(a.json('value')).toBe(b.json('value'));
    expect(a.json('value')).not.toBe(c.json('value'));
  });
});
