import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { runChild, type Task } from '../../execute/node-host/testChild.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'drawloom-files-'));
const code = readFileSync(path.join(import.meta.dirname, 'main.ts'), 'utf8');
let count = 0;

async function read(
  content: string | Buffer,
  name: string,
  parameters: Record<string, unknown> = {},
  memoryBytes = 2 ** 30,
) {
  const file = path.join(folder, String(++count));
  writeFileSync(file, content);
  return readPath(file, name, parameters, memoryBytes);
}

async function readPath(file: string, name: string, parameters: Record<string, unknown> = {}, memoryBytes = 2 ** 30) {
  const outcome = await runChild(taskOf(file, name, parameters, memoryBytes));
  const table = outcome.outputs.table;
  const rows = table ? await duck(`from read_parquet('${path.join(outcome.jobFolder, table.path)}') limit 100`) : [];
  return {
    ...outcome,
    rows,
    message: outcome.failure?.error.message ?? '',
    columns: table?.columns?.map((each) => `${each.name} ${each.type}`),
  };
}

function taskOf(file: string, name: string, parameters: Record<string, unknown> = {}, memoryBytes = 2 ** 30): Task {
  return {
    language: 'typescript',
    code,
    inputs: [{ port: 'file', kind: 'file', path: file, mediaType: 'application/octet-stream' }],
    outputs: [{ port: 'table', kind: 'table' }],
    parameters: { file: name, ...parameters },
    limits: { memoryBytes, threads: 2 },
  };
}

async function duck(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  try {
    return (await (await instance.connect()).runAndReadAll(sql)).getRowsJson();
  } finally {
    instance.closeSync();
  }
}

describe('a read-file node', { timeout: 180_000 }, () => {
  test('finds delimiter, types, quotes and missing values of a CSV', async () => {
    const { rows, columns } = await read(
      'id;name;when;v\n1;"a;b";2013-01-01;1.5\n2;"say ""hi""";2013-01-02;NA\n',
      'a.csv',
    );
    expect(columns).toEqual(['id BIGINT', 'name VARCHAR', 'when DATE', 'v DOUBLE']);
    expect(rows).toEqual([
      ['1', 'a;b', '2013-01-01', 1.5],
      ['2', 'say "hi"', '2013-01-02', null],
    ]);
  });

  test('reads a byte-order mark, UTF-16, Latin-1 and gzip', async () => {
    const text = 'città,n\nOrléans,1\nMünchen,2\n';
    expect((await read(`\ufeff${text}`, 'a.csv')).columns).toEqual(['città VARCHAR', 'n BIGINT']);
    expect((await read(Buffer.from(`\ufeff${text}`, 'utf16le'), 'a.csv')).rows).toEqual([
      ['Orléans', '1'],
      ['München', '2'],
    ]);
    expect((await read(Buffer.from(text, 'latin1'), 'a.csv', { encoding: 'latin-1' })).rows).toEqual([
      ['Orléans', '1'],
      ['München', '2'],
    ]);
    expect((await read(gzipSync(text), 'a.csv.gz')).rows).toEqual([
      ['Orléans', '1'],
      ['München', '2'],
    ]);
    expect((await read(Buffer.from(text, 'latin1'), 'a.csv')).message).toMatch(
      /is not text in the chosen encoding. Choose another one under "Encoding": Latin-1/,
    );
  });

  test('an encoding that is not read, or text that is none, is told and never becomes a table of nonsense', async () => {
    const text = 'a,b\n1,é\n';
    const backwards = Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
    expect((await read(backwards, 'a.csv')).message).toMatch(/a.csv is UTF-16 .*big-endian.* Save it as UTF-8/);
    const unmarked = Buffer.from(text, 'utf16le');
    expect((await read(unmarked, 'a.csv')).message).toMatch(/holds NUL characters.* choose UTF-16 under "Encoding"/);
    expect((await read(unmarked, 'a.csv', { encoding: 'utf-16' })).rows).toEqual([['1', 'é']]);
    expect((await read(Buffer.alloc(1000), 'a.csv')).message).toContain('holds NUL characters');
    const late = Buffer.concat([Buffer.from(`a,n\n${'x,1\n'.repeat(50_000)}`), Buffer.from('Orléans,1\n', 'latin1')]);
    expect((await read(late, 'a.csv')).message).toMatch(/^Line 50002 of a.csv is not text in the chosen encoding/);
  });

  test('a compressed file that was cut or damaged is told, though its beginning could be read', async () => {
    const text = `a,b\n${Array.from({ length: 20_000 }, (_, i) => `${i},${(i * 7919) % 104729}`).join('\n')}\n`;
    for (const [whole, name] of [
      [gzipSync(text), 'a.csv.gz'],
      [zstdCompressSync(text), 'a.csv.zst'],
    ] as const)
      for (const missing of [1, 20, 10_000])
        expect((await read(whole.subarray(0, -missing), name)).message).toBe(
          `${name} is cut short: its compressed data ends in the middle. Upload it again.`,
        );
    const damaged = gzipSync(text);
    damaged[damaged.length - 6]! ^= 0xff;
    expect((await read(damaged, 'a.csv.gz')).message).toMatch(/^a.csv.gz is damaged: .* Upload it again.$/);
  });

  test('a file with a header and no rows is a table with no rows; an empty file is an error', async () => {
    expect(await read('a,b\n', 'a.csv')).toMatchObject({ rows: [], outputs: { table: { rowCount: 0 } } });
    expect((await read('', 'a.csv')).message).toContain('a.csv is empty');
    for (const blank of ['\n', '\n\n\n', '   ', '\ufeff'])
      expect((await read(blank, 'a.csv')).message).toContain('a.csv holds nothing but blank space');
  });

  test('broken rows are told with their line, or left out and counted', async () => {
    const short = 'a,b,c\n1,2,3\n4,5,6\n7,8\n9,10,11\n';
    expect((await read(short, 'a.csv', { delimiter: ',', header: 'yes' })).message).toBe(
      'The row in line 4 of a.csv has 2 values, and the ones above it have 3. Repair it, or leave broken rows out under "Broken rows".',
    );
    const skipped = await read(short, 'a.csv', { delimiter: ',', header: 'yes', badRows: 'skip' });
    expect(skipped.rows).toHaveLength(3);
    expect(skipped.messages).toContainEqual(expect.objectContaining({ type: 'metric', key: 'skipped_rows', value: 1 }));
    expect(skipped.logs).toContain('line 4');
    const quoted = await read(`a,b\n1,"x"\n2,"never closed\n${'3,y\n'.repeat(10)}`, 'a.csv', { delimiter: ',' });
    expect(quoted.message).toMatch(/A quote in .*a.csv is never closed/);
    const deep = await read(`a,b\n${'1,"x"\n'.repeat(60_000)}2,"oops\n${'3,y\n'.repeat(100)}`, 'a.csv');
    expect(deep.message).toMatch(/^A quote in line 60,002 of a.csv is never closed/);
    const header = await read(Buffer.from('città,n\nx,1\n', 'latin1'), 'a.csv', { badRows: 'skip' });
    expect(header.message).toMatch(/^The first row of a.csv, which names the columns, is itself broken: /);
    const long = await read(`a,b\n1,${'x'.repeat(3_000_000)}\n`, 'a.csv');
    expect(long.message).toMatch(/^A row in line \d of a.csv is longer than 2 MB/);
  });

  test('a value that breaks the type far down widens the column instead of failing', async () => {
    const { columns, outputs } = await read(`v\n${'1\n'.repeat(60_000)}1.5\n`, 'a.csv');
    expect(columns).toEqual(['v DOUBLE']);
    expect(outputs.table?.rowCount).toBe(60_001);
    const late = (value: string) => read(`v\n${'1\n'.repeat(60_000)}${value}\n`, 'a.csv');
    expect((await late('1e5')).columns).toEqual(['v DOUBLE']);
    expect((await late('1_000')).columns).toEqual(['v VARCHAR']);
    expect((await late(' 7 ')).columns).toEqual(['v BIGINT']);
  });

  test('reads JSON as a list or line by line, and says where it is broken', async () => {
    expect((await read('[{"a": 1, "b": "x"}, {"a": 2}]', 'a.json')).rows).toEqual([
      ['1', 'x'],
      ['2', null],
    ]);
    expect((await read('{"a": 1}\n{"a": 2}\n', 'a.ndjson')).rows).toEqual([['1'], ['2']]);
    expect((await read('{"a": 1}\n{"a": \n', 'a.ndjson')).message).toMatch(/a.ndjson is not whole JSON/);
  });

  test('a Parquet file is read by columns and window, and one that was cut is told', async () => {
    const file = path.join(folder, 'whole.parquet');
    await duck(
      `copy (select i as id, timestamp '2013-01-01' + to_days(i::int) as day, 's' || i as s from range(365) r(i)) to '${file}' (format parquet)`,
    );
    const found = await readPath(file, 'whole.parquet', {
      columns: ['s', 'day'],
      dateColumn: 'day',
      from: '2013-02-01',
      until: '2013-02-03',
    });
    expect(found.rows).toEqual([
      ['s31', '2013-02-01 00:00:00'],
      ['s32', '2013-02-02 00:00:00'],
    ]);
    const bytes = readFileSync(file);
    expect((await read(bytes.subarray(0, bytes.length - 100), 'cut.parquet')).message).toMatch(
      /cut.parquet is cut short: .* Upload it again./,
    );
    const damaged = Buffer.from(bytes);
    damaged.fill(0, 4, 2000);
    expect((await read(damaged, 'damaged.parquet')).message).toMatch(/damaged.parquet is damaged inside/);
  });

  test('a column that is gone is named beside those that are there', async () => {
    expect((await read('a,Carrier\n1,2\n', 'a.csv', { columns: ['carrier'] })).message).toBe(
      'a.csv has no column "carrier". Did you mean "Carrier"?',
    );
    expect((await read('a,b\n1,2\n', 'a.csv', { dateColumn: 'a', from: '2013-01-01' })).message).toContain(
      '"a" holds BIGINT, not dates',
    );
  });

  test('a table of two thousand columns is read, or told to need more memory', async () => {
    const names = Array.from({ length: 2000 }, (_, index) => `c${index}`);
    const text = `${names.join(',')}\n${names.map((_, index) => index).join(',')}\n`;
    const { columns, message } = await read(text, 'a.csv');
    expect(message).toBe('');
    expect(columns).toEqual(names.map((name) => `${name} BIGINT`));
    expect((await read(text, 'a.csv', {}, 64 * 2 ** 20)).message).toBe(
      'a.csv needs more memory than the node may have. Raise its memory limit, or choose fewer columns.',
    );
  });

  test('an engine that cannot be loaded is our fault, and the file is not blamed', async () => {
    const file = path.join(folder, 'sound.parquet');
    await duck(`copy (select 1 as a) to '${file}' (format parquet)`);
    const taken = path.join(folder, 'taken.mjs');
    writeFileSync(
      taken,
      `import { registerHooks } from 'node:module';
registerHooks({ resolve(name, context, next) {
  if (name === '@duckdb/node-api') throw new Error('duckdb.node: cannot open shared object file');
  return next(name, context);
} });`,
    );
    const { failure } = await runChild(taskOf(file, 'sound.parquet'), ['--import', taken]);
    expect(failure?.reason).toBe('infra');
    expect(failure?.error.message).toMatch(
      /^The table engine of this server .* cannot be loaded.* are not at fault\. .* run `npm ci`.* cannot open shared object file$/,
    );
    expect(failure?.error.message).not.toContain('damaged');
  });

  test('a file much larger than its memory is read', async () => {
    const file = path.join(folder, 'large.csv');
    await duck(
      `copy (select i as id, md5(i::varchar) as a, md5((i + 1)::varchar) as b, i * 0.1 as v from range(4000000) r(i)) to '${file}' (format csv)`,
    );
    const { outputs, message } = await readPath(file, 'large.csv', {}, 256 * 2 ** 20);
    expect(message).toBe('');
    expect(outputs.table?.rowCount).toBe(4_000_000);
  });
});
