/**
 * Decides what `import … from 'drawloom'` gives to TypeScript nodes: types of what travels between nodes, metrics, progress,
 * and facts about the attempt. `drawloom.d.ts` tells the editor the same; a test holds the two together.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { send } from './channel.ts';
import { concatFiles } from './concat.ts';
import { badOutput, type Failure } from './failure.ts';
import type { ColumnFacts, InputMessage, Kind } from './message.ts';
import { allowance, database, engine, plain, type Row, readRows, scratch, writeRows } from './tables.ts';

export type { Row };
export type Column = ColumnFacts;
/** Types alone; here so that an import without the word `type` finds something. */
export const Integer = Number;
export const Value = undefined;
export const Artifact = undefined;

type Rows = Iterable<Row> | AsyncIterable<Row>;

export class Table {
  readonly columns: readonly Column[];
  readonly rowCount: number | undefined;
  /** @internal */ readonly source: { file: string } | { rows: Rows; columns?: readonly Column[] };

  /** @internal */
  constructor(source: Table['source'], columns: readonly Column[] = [], rowCount?: number) {
    this.source = source;
    this.columns = columns;
    this.rowCount = rowCount;
  }

  /** A table of rows, which may come one by one. Types come from the values, or from `columns`. */
  static fromRows(rows: Rows, options: { columns?: readonly (Column | { name: string; type: string })[] } = {}): Table {
    if (rows === null || typeof rows !== 'object' || !(Symbol.iterator in rows || Symbol.asyncIterator in rows))
      throw new TypeError(`Table.fromRows takes a list of rows, not ${rows === null ? 'null' : typeof rows}.`);
    return new Table({ rows, ...(options.columns && { columns: options.columns }) }, options.columns ?? []);
  }

  /** Says so, with the nearest name, when one of these columns is not there. */
  require(...names: string[]): void {
    for (const name of names)
      if (!this.columns.some((column) => column.name === name)) throw new Error(missingColumn(name, this.columns));
  }

  /** Row by row; only a part of the table is in memory at a time. */
  rows(): AsyncGenerator<Row> {
    return 'file' in this.source ? readRows(this.source.file) : each(this.source.rows);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Row> {
    return this.rows();
  }

  async toArray(): Promise<Row[]> {
    const all: Row[] = [];
    for await (const row of this.rows()) all.push(row);
    return all;
  }

  /** The values of one column. */
  async column(name: string): Promise<unknown[]> {
    const found = await this.sql(`select "${name.replaceAll('"', '""')}" as value from this`);
    return (await found.toArray()).map((row) => row.value);
  }

  /** A query over this table, which it calls `this`. */
  sql(query: string, parameters: Record<string, unknown> = {}): Promise<Table> {
    return sql(query, { tables: { this: this }, parameters });
  }

  /** @internal The table as a Parquet file. */
  async file(): Promise<string> {
    if ('file' in this.source) return this.source.file;
    const file = scratch('parquet');
    await writeRows(this.source.rows, file, this.source.columns);
    return file;
  }
}

/**
 * Tables under each other, in their order. Their columns have to agree; with `fill` a column may be missing in some. `names` are what an
 * error calls them. `label` adds a column before all others that says which table a row comes from.
 */
export async function concat(
  tables: readonly Table[],
  {
    names = [],
    fill = false,
    label,
  }: { names?: readonly string[]; fill?: boolean; label?: { column: string; values: readonly (string | null)[] } } = {},
): Promise<Table> {
  if (tables.length === 0) throw new Error('There is no table to put under another.');
  const parts: { file: string; columns: readonly Column[]; name: string }[] = [];
  for (const [index, table] of tables.entries()) {
    const file = await table.file();
    const columns = 'file' in table.source ? table.columns : await columnsOf(file);
    parts.push({ file, columns, name: names[index] ?? `table ${index + 1}` });
  }
  const file = await concatFiles(parts, { fill, ...(label && { label }) });
  const { parquetFacts } = await engine();
  const facts = await parquetFacts(await database(), file);
  return new Table({ file }, facts.columns, facts.rowCount);
}

const columnsOf = async (file: string): Promise<readonly Column[]> =>
  (await (await engine()).parquetFacts(await database(), file)).columns;

/** A name in a query, and a text in a query, quoted so that they stay what they are. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function missingColumn(name: string, columns: readonly Column[]): string {
  const names = columns.map((column) => column.name);
  const near = names.filter(
    (other) => distance(other.toLowerCase(), name.toLowerCase()) <= Math.max(1, Math.floor(name.length / 3)),
  );
  const hint = near.length
    ? ` Did you mean ${near
        .slice(0, 3)
        .map((other) => `"${other}"`)
        .join(' or ')}?`
    : ` The table has ${names
        .slice(0, 20)
        .map((other) => `"${other}"`)
        .join(', ')}${names.length > 20 ? ' …' : ''}.`;
  return `There is no column "${name}".${hint}`;
}

/** How many letters have to change to make one word of the other (Levenshtein 1965). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}

async function* each(rows: Rows): AsyncGenerator<Row> {
  yield* rows;
}

/** A query over tables by name, run by DuckDB; the result is a table on disk. `$name` stands for a parameter. */
export async function sql(
  query: string,
  { tables = {}, parameters = {} }: { tables?: Record<string, Table>; parameters?: Record<string, unknown> } = {},
): Promise<Table> {
  const connection = await database();
  const { identifier, literal, parquetFacts, sqlFailure } = await engine();
  for (const [name, table] of Object.entries(tables))
    await connection.run(
      `create or replace temp view ${identifier(name)} as from read_parquet(${literal(await table.file())})`,
    );
  const file = scratch('parquet');
  const prefix = 'copy (';
  try {
    await connection.run(
      `${prefix}${query}\n) to ${literal(file)} (format parquet, compression zstd)`,
      bindings(parameters),
    );
  } catch (error) {
    throw asError(sqlFailure(error, query, Buffer.byteLength(prefix)));
  } finally {
    for (const name of Object.keys(tables)) await connection.run(`drop view if exists temp.${identifier(name)}`);
  }
  const facts = await parquetFacts(connection, file);
  return new Table({ file }, facts.columns, facts.rowCount);
}

/** A query whose few rows are wanted at once, as plain objects. */
export async function query(
  text: string,
  { tables = {}, parameters = {} }: { tables?: Record<string, Table>; parameters?: Record<string, unknown> } = {},
): Promise<Row[]> {
  const connection = await database();
  const { identifier, literal, sqlFailure } = await engine();
  for (const [name, table] of Object.entries(tables))
    await connection.run(
      `create or replace temp view ${identifier(name)} as from read_parquet(${literal(await table.file())})`,
    );
  try {
    const reader = await connection.runAndReadAll(text, bindings(parameters));
    const names = reader.columnNames();
    const types = reader.columnTypes();
    return reader
      .getRows()
      .map((values) => Object.fromEntries(names.map((name, index) => [name, plain(values[index], types[index])])));
  } catch (error) {
    throw asError(sqlFailure(error, text));
  }
}

/** The same sentence as a plain error, so that it carries the user's own place in the code. */
function asError(failure: Failure): Error {
  const place = failure.line === undefined ? '' : ` (line ${failure.line}, column ${failure.column} of the query)`;
  const error = new Error(`${failure.message}${place}`, { cause: failure.cause });
  error.name = failure.kind;
  return error;
}

const bindings = (parameters: Record<string, unknown>): Record<string, string | number | boolean | null> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      value instanceof Date
        ? value.toISOString().slice(0, -1)
        : value === undefined
          ? null
          : typeof value === 'object' && value !== null
            ? JSON.stringify(value)
            : (value as string | number | boolean | null),
    ]),
  );

/** Named numbers: `new Metrics({ auc: 0.71 })`. A plain object of numbers will do as well. */
export class Metrics {
  [key: string]: number;
  constructor(values: Record<string, number>) {
    Object.assign(this, values);
  }
}

export class Document {
  readonly text: string;
  readonly mediaType: string;
  /** The same for programs: what is kept beside the bytes. */
  readonly facts: Record<string, unknown> | undefined;
  constructor(text: string, mediaType = 'text/markdown', facts?: Record<string, unknown>) {
    this.text = String(text);
    this.mediaType = mediaType;
    this.facts = facts;
  }
  static markdown(text: string): Document {
    return new Document(text);
  }
  static html(text: string): Document {
    return new Document(text, 'text/html');
  }
  toString(): string {
    return this.text;
  }
}

export class Figure {
  readonly content: string | Uint8Array;
  readonly mediaType: string;
  constructor(content: string | Uint8Array, mediaType?: string) {
    this.content = content;
    const found = mediaType ?? figureType(content);
    if (!found) throw new TypeError('A Figure takes the text of an SVG, or the bytes of a PNG, JPEG, GIF or WebP.');
    this.mediaType = found;
  }
  static svg(text: string): Figure {
    return new Figure(text, 'image/svg+xml');
  }
  static png(bytes: Uint8Array): Figure {
    return new Figure(bytes, 'image/png');
  }
}

function figureType(content: string | Uint8Array): string | undefined {
  if (typeof content === 'string') return /<svg[\s>]/i.test(content.slice(0, 2000)) ? 'image/svg+xml' : undefined;
  const head = Buffer.from(content.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\x89PNG')) return 'image/png';
  if (head.startsWith('\xff\xd8')) return 'image/jpeg';
  if (head.startsWith('GIF8')) return 'image/gif';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'image/webp';
  return /<svg[\s>]/i.test(Buffer.from(content.subarray(0, 2000)).toString('utf8')) ? 'image/svg+xml' : undefined;
}

/** A file as it is: an input to read, or one that the node has written. */
export class File {
  readonly path: string;
  readonly mediaType: string;
  constructor(file: string, mediaType = 'application/octet-stream') {
    if (typeof file !== 'string' || !file)
      throw new TypeError('A File takes the path of a file that the node has written.');
    this.path = file;
    this.mediaType = mediaType;
  }
  bytes(): Uint8Array {
    return readFileSync(this.path);
  }
  text(): string {
    return readFileSync(this.path, 'utf8');
  }
  json(): unknown {
    return JSON.parse(this.text());
  }
}

export class Folder {
  readonly path: string;
  constructor(folder: string) {
    if (typeof folder !== 'string' || !folder)
      throw new TypeError('A Folder takes the path of a folder that the node has written.');
    this.path = folder;
  }
  files(): string[] {
    return readdirSync(this.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(this.path, path.join(entry.parentPath, entry.name)))
      .sort();
  }
}

/** A trained model as the Python that made it wrote it; TypeScript code hands it on. */
export class Model extends Folder {}

/** Logs one number under `key`. `step` orders the points of a curve; `time` is when it was measured. */
export function logMetric(key: string, value: number, step?: number, time: Date | number = Date.now()): void {
  if (typeof key !== 'string' || key === '' || key.length > 250)
    throw new TypeError(`A metric's key is a text of 1 to 250 characters, not ${JSON.stringify(key)?.slice(0, 60)}.`);
  if (typeof value !== 'number') throw new TypeError(`The metric "${key}" takes a number, not ${typeof value}.`);
  if (step !== undefined && !Number.isInteger(step))
    throw new TypeError(`The step of "${key}" is a whole number, not ${step}.`);
  const told = Number.isFinite(value) ? value : String(value);
  send({ type: 'metric', key, value: told, step: step ?? null, time: Math.trunc(Number(time)) });
}

export function logMetrics(values: Record<string, number>, step?: number): void {
  for (const [key, value] of Object.entries(values)) logMetric(key, value, step);
}

/** Tells how far the node is, from 0 to 1, and what it is doing. */
export function progress(share: number, text = ''): void {
  if (typeof share !== 'number' || Number.isNaN(share))
    throw new TypeError(`progress takes a share from 0 to 1, not ${share}.`);
  send({ type: 'progress', share: Math.min(1, Math.max(0, share)), text: String(text).slice(0, 500) });
}

export interface Context {
  readonly run: string | number;
  readonly node: string;
  readonly name: string;
  readonly mapIndex: number;
  readonly attempt: number;
  /** The same for every attempt of this node run: hand it to services that must not do a thing twice. */
  readonly idempotencyKey: string;
  readonly traceparent: string;
  readonly seed: number | null;
}

/** Something that arrived at an input, as it is. */
export interface Arrival {
  /** What the item of a map is called that it comes from; null when it comes from none. */
  readonly item: string | null;
  readonly kind: Kind;
  /** A folder, when it is of several files. */
  readonly path: string;
  readonly mediaType: string;
}

let came: readonly InputMessage[] = [];
/** What arrived at an input that takes several, in its order. */
export const arrivals = (port: string): Arrival[] =>
  came
    .filter((input) => input.port === port)
    .sort((a, b) => a.position - b.position)
    .map(({ item = null, kind, path, mediaType }) => ({ item, kind, path, mediaType }));

let current: Context | undefined;
/** Facts about this attempt. */
export function context(): Context {
  if (!current) throw new Error('context() tells about an attempt, and none is under way.');
  return current;
}

/** @internal */
export function begin(facts: Context, limits: typeof allowance, inputs: readonly InputMessage[]): void {
  came = inputs;
  current = Object.freeze({ ...facts });
  Object.assign(allowance, limits);
}

/** @internal */
export const refuse = badOutput;
