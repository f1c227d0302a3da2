/**
 * Decides how TypeScript code sees a table: rows as plain objects, streamed from Parquet; and how rows become Parquet again.
 * DuckDB is loaded with the first table that is really read, since a node that touches none should not wait for it.
 */

import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import { badOutput, Failure } from './failure.ts';
import type { ColumnFacts } from './message.ts';

export type Row = Record<string, unknown>;

/** What the attempt allows; set by the child before any code of a user runs. */
export const allowance: { folders: string[]; memoryBytes?: number; threads?: number; seed?: number | null } = {
  folders: [],
};

/** Where it cannot be loaded, neither the file that was to be read nor the code that wanted it is to blame. */
export async function engine(): Promise<typeof import('./duckdb.ts')> {
  try {
    return await import('./duckdb.ts');
  } catch (cause) {
    const why = String((cause as Error).message ?? cause).split('\n')[0]!;
    throw new Failure(
      'infra',
      `The table engine of this server (DuckDB) cannot be loaded, so no table can be read. Your data and your code are not at fault. Whoever runs the server can mend it: stop it, run \`npm ci\`, start it again. It said: ${why}`,
      { kind: 'EngineError', cause },
    );
  }
}

let opened: Promise<DuckDBConnection> | undefined;

export function database(): Promise<DuckDBConnection> {
  opened ??= engine().then(({ openEnclosed }) =>
    openEnclosed({ ...allowance, folders: [...allowance.folders, process.cwd()], workFolder: process.cwd() }),
  );
  return opened;
}

let count = 0;
export const scratch = (ending: string): string => {
  mkdirSync('.tables', { recursive: true });
  return path.join('.tables', `${++count}.${ending}`);
};

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const named = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Rows of a Parquet file, a few thousand in memory at a time. */
export async function* readRows(file: string): AsyncGenerator<Row> {
  const connection = await database();
  const result = await connection.stream(`from read_parquet(${quoted(file)})`);
  const names = result.columnNames();
  const types = result.columnTypes();
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return;
    for (const values of chunk.getRows()) {
      const row: Row = {};
      for (let index = 0; index < names.length; index++) row[names[index]!] = plain(values[index], types[index]!);
      yield row;
    }
  }
}

/** A value of DuckDB as JavaScript writes it: numbers while they are exact, Date for instants, text for dates and times. */
export function plain(value: unknown, type?: DuckDBType): unknown {
  if (value === null || value === undefined || typeof value !== 'object') {
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    return value ?? null;
  }
  const held = value as {
    micros?: bigint;
    milliseconds?: bigint;
    nanos?: bigint;
    seconds?: bigint;
    items?: unknown[];
    entries?: unknown;
    bytes?: Uint8Array;
  };
  const name = value.constructor.name;
  if (name.startsWith('DuckDBTimestamp')) return instant(held);
  if (name === 'DuckDBDecimalValue') return (value as { toDouble(): number }).toDouble();
  if (name === 'DuckDBListValue' || name === 'DuckDBArrayValue') return held.items!.map((item) => plain(item));
  if (name === 'DuckDBStructValue')
    return Object.fromEntries(Object.entries(held.entries as Row).map(([key, member]) => [key, plain(member)]));
  if (name === 'DuckDBMapValue')
    return (held.entries as { key: unknown; value: unknown }[]).map((entry) => ({
      key: plain(entry.key),
      value: plain(entry.value),
    }));
  if (name === 'DuckDBBlobValue') return held.bytes;
  if (name === 'DuckDBUnionValue') return plain((value as { value: unknown }).value);
  return String(value) || type?.toString();
}

function instant(value: {
  micros?: bigint;
  milliseconds?: bigint;
  nanos?: bigint;
  nanoseconds?: bigint;
  seconds?: bigint;
  millis?: bigint;
}): Date {
  const nanos = value.nanos ?? value.nanoseconds;
  const millis = value.milliseconds ?? value.millis;
  if (value.micros !== undefined) return new Date(Number(value.micros / 1000n));
  if (nanos !== undefined) return new Date(Number(nanos / 1_000_000n));
  if (millis !== undefined) return new Date(Number(millis));
  return new Date(Number((value.seconds ?? 0n) * 1000n));
}

/** What the values of a column have in common, from the narrowest type to the widest. */
type Guess = 'boolean' | 'bigint' | 'double' | 'timestamp' | 'blob' | 'varchar' | 'json' | Guess[];

/**
 * Writes rows as Parquet. They pass through a file of JSON lines first, so that neither the rows nor the table need to fit
 * into memory; types come from all the values, or from `columns` where they are given.
 */
export async function writeRows(
  rows: Iterable<Row> | AsyncIterable<Row>,
  file: string,
  columns?: readonly ColumnFacts[],
): Promise<void> {
  const lines = scratch('ndjson');
  const guesses = new Map<string, Guess | undefined>(columns?.map((column) => [column.name, undefined]));
  const given = new Map(columns?.map((column) => [column.name, column.type]));
  const handle = openSync(lines, 'w');
  let total = 0;
  let longest = 0;
  try {
    let batch: string[] = [];
    let size = 0;
    const flush = () => {
      writeSync(handle, batch.join(''));
      batch = [];
      size = 0;
    };
    for await (const row of rows) {
      if (typeof row !== 'object' || row === null || Array.isArray(row))
        throw badOutput(
          `Row ${total + 1} of the returned table is ${Array.isArray(row) ? 'a list' : String(row)}. A row is an object: { column: value }.`,
        );
      const held: Row = {};
      for (const [name, value] of Object.entries(row)) {
        if (columns && !given.has(name)) continue;
        held[name] = jsonOf(value);
        if (!given.has(name)) guesses.set(name, wider(guesses.get(name), guessOf(value), name));
      }
      const line = `${stringify(held)}\n`;
      batch.push(line);
      size += line.length;
      longest = Math.max(longest, line.length);
      total++;
      if (size > 1 << 20) flush();
    }
    flush();
  } finally {
    closeSync(handle);
  }
  if (guesses.size === 0)
    throw badOutput(
      'The returned table has no columns. Return at least one row, or name the columns: Table.fromRows(rows, { columns }).',
    );
  const connection = await database();
  const types = [...guesses].map(([name, guess]) => [name, given.get(name) ?? typeOf(guess)] as const);
  const read = types.map(([name, type]) => `${quoted(name)}: ${quoted(type === 'BLOB' ? 'VARCHAR' : type)}`).join(', ');
  const select = types
    .map(([name, type]) => (type === 'BLOB' ? `from_base64(${named(name)}) as ${named(name)}` : named(name)))
    .join(', ');
  const { literal, sqlFailure } = await engine();
  try {
    await connection.run(
      total === 0
        ? `copy (select ${types.map(([name, type]) => `null::${type} as ${named(name)}`).join(', ')} limit 0) to ${literal(file)} (format parquet, compression zstd)`
        : `copy (select ${select} from read_json(${literal(lines)}, format = 'newline_delimited', columns = {${read}}, maximum_object_size = ${Math.max(16 << 20, longest * 4)})) to ${literal(file)} (format parquet, compression zstd)`,
    );
  } catch (error) {
    throw badOutput(`The returned rows cannot be written as a table: ${sqlFailure(error, '').message}`);
  } finally {
    rmSync(lines, { force: true });
  }
}

function guessOf(value: unknown, depth = 0): Guess | undefined {
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'number':
      return Number.isInteger(value) && Number.isSafeInteger(value) ? 'bigint' : 'double';
    case 'bigint':
      return 'bigint';
    case 'string':
      return 'varchar';
    case 'object':
      if (value === null) return undefined;
      if (value instanceof Date) return 'timestamp';
      if (value instanceof Uint8Array) return 'blob';
      if (Array.isArray(value) && depth < 3) {
        let inner: Guess | undefined;
        for (const item of value) inner = wider(inner, guessOf(item, depth + 1), '');
        return inner === undefined ? [] : [inner];
      }
      return 'json';
  }
  return undefined;
}

function wider(a: Guess | undefined, b: Guess | undefined, column: string): Guess | undefined {
  if (a === undefined || a === b) return b ?? a;
  if (b === undefined) return a;
  if (Array.isArray(a) && Array.isArray(b)) {
    const inner = wider(a[0], b[0], column);
    return inner === undefined ? [] : [inner];
  }
  if ((a === 'bigint' && b === 'double') || (a === 'double' && b === 'bigint')) return 'double';
  if (column)
    throw badOutput(
      `The column "${column}" holds ${wordFor(a)} in some rows and ${wordFor(b)} in others. Give it one type, for example with String(…).`,
    );
  return 'json';
}

const words: Record<string, string> = {
  boolean: 'true or false',
  bigint: 'numbers',
  double: 'numbers',
  timestamp: 'dates',
  blob: 'bytes',
  varchar: 'text',
  json: 'objects',
};
const wordFor = (guess: Guess): string => (Array.isArray(guess) ? 'lists' : words[guess]!);
const typeOf = (guess: Guess | undefined): string =>
  guess === undefined ? 'VARCHAR' : Array.isArray(guess) ? `${typeOf(guess[0])}[]` : guess.toUpperCase();

function jsonOf(value: unknown): unknown {
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString().slice(0, -1);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  // JSON has no word for these; DuckDB reads them back from text.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === 'bigint') return new Digits(value);
  return value;
}

/** A whole number beyond the exact ones of JavaScript, written digit by digit. */
class Digits {
  readonly digits: string;
  constructor(value: bigint) {
    this.digits = String(value);
  }
}
const stringify = (row: Row): string => {
  let digits = false;
  const text = JSON.stringify(row, (_, value: unknown) => {
    if (value instanceof Digits) {
      digits = true;
      return `\u0001${value.digits}\u0001`;
    }
    return typeof value === 'bigint' ? Number(value) : value;
  });
  return digits ? text.replace(/"\\u0001(-?\d+)\\u0001"/g, '$1') : text;
};
