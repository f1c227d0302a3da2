/**
 * What TypeScript nodes import: types for ports, metrics, progress, and facts about the attempt.
 *
 *     import { type Table, Metrics } from 'drawloom';
 *     export default async function run(flights: Table, { low = 0 }: { low?: number }): Promise<[Table, Metrics]> { … }
 *
 * Positional parameters are input ports, the members of the last object are fields of the node's form, the return type
 * gives outputs.
 */
declare module 'drawloom' {
  export interface Column {
    readonly name: string;
    /** The type as DuckDB names it: BIGINT, DOUBLE, VARCHAR, TIMESTAMP … */
    readonly type: string;
    readonly nullable?: boolean;
  }
  /** One row: numbers, text, booleans, `Date` for timestamps, text for dates, `bigint` where a number is not exact. */
  // biome-ignore lint/suspicious/noExplicitAny: a row holds what the table holds
  export type Row = Record<string, any>;
  /** A number in the form that takes whole numbers only. */
  export type Integer = number;
  /** A secret of the project, chosen in the form by its name and given to this attempt alone. A text where it is used. */
  export type Secret = string;
  /** What JSON can hold. */
  export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
  /** An input of any kind. */
  export type Artifact = Table | Model | Metrics | Figure | Document | File | Folder | Value;

  /** A table on disk that is read when it is asked for. A list of rows may be returned where a Table is declared. */
  export class Table implements AsyncIterable<Row> {
    private constructor();
    readonly columns: readonly Column[];
    /** Known for inputs and results of queries. */
    readonly rowCount: number | undefined;
    /** A table of rows, which may come one by one. Types come from the values, or from `columns`. */
    static fromRows(rows: Iterable<Row> | AsyncIterable<Row>, options?: { columns?: readonly Column[] }): Table;
    /** Says so, with the nearest name, when one of these columns is not there. */
    require(...names: string[]): void;
    /** Row by row; only a part of the table is in memory at a time: `for await (const row of table.rows())`. */
    rows(): AsyncGenerator<Row>;
    [Symbol.asyncIterator](): AsyncGenerator<Row>;
    /** All rows at once. */
    toArray(): Promise<Row[]>;
    /** The values of one column. */
    // biome-ignore lint/suspicious/noExplicitAny: a column holds what the table holds
    column(name: string): Promise<any[]>;
    /** A DuckDB query over this table, which it calls `this`. `$name` stands for a parameter. */
    sql(query: string, parameters?: Record<string, unknown>): Promise<Table>;
  }

  /** A DuckDB query over tables by name; the result stays on disk. */
  export function sql(
    query: string,
    options?: { tables?: Record<string, Table>; parameters?: Record<string, unknown> },
  ): Promise<Table>;
  /** A DuckDB query whose few rows are wanted at once. */
  export function query(
    text: string,
    options?: { tables?: Record<string, Table>; parameters?: Record<string, unknown> },
  ): Promise<Row[]>;

  /**
   * Tables under each other, in their order. Their columns have to agree; with `fill` a column may be missing in some. `label` adds a
   * column before all others that says which table a row comes from. `names` are what an error calls them.
   */
  export function concat(
    tables: readonly Table[],
    options?: {
      names?: readonly string[];
      fill?: boolean;
      label?: { column: string; values: readonly (string | null)[] };
    },
  ): Promise<Table>;

  /** Something that arrived at an input, as it is. */
  export interface Arrival {
    /** What the item of a map is called that it comes from; null when it comes from none. */
    readonly item: string | null;
    readonly kind: 'table' | 'model' | 'metrics' | 'figure' | 'document' | 'file' | 'folder' | 'value' | 'any';
    /** A folder, when it is of several files. */
    readonly path: string;
    readonly mediaType: string;
  }
  /** What arrived at an input that takes several, in its order. */
  export function arrivals(port: string): Arrival[];

  /** A name of a column, quoted for use in a query. */
  export const identifier: (name: string) => string;
  /** A text, quoted for use in a query. */
  export const literal: (text: string) => string;

  /** Named numbers: `new Metrics({ auc: 0.71 })`. A plain object of numbers will do as well. */
  export class Metrics {
    constructor(values: Record<string, number>);
    [key: string]: number;
  }
  /** A text to read: Markdown unless told otherwise. A plain string will do as well. */
  export class Document {
    /** `facts` tells programs the same: JSON that is kept beside the text. */
    constructor(text: string, mediaType?: string, facts?: Record<string, unknown>);
    readonly text: string;
    readonly mediaType: string;
    readonly facts: Record<string, unknown> | undefined;
    static markdown(text: string): Document;
    /** A page in HTML; it is shown in a sandbox, without scripts. */
    static html(text: string): Document;
  }
  /** A picture: the text of an SVG, or the bytes of a PNG, JPEG, GIF or WebP. */
  export class Figure {
    constructor(content: string | Uint8Array, mediaType?: string);
    readonly content: string | Uint8Array;
    readonly mediaType: string;
    static svg(text: string): Figure;
    static png(bytes: Uint8Array): Figure;
  }
  /** A file as it is: an input to read, or the path of one that the node has written. */
  export class File {
    constructor(path: string, mediaType?: string);
    readonly path: string;
    readonly mediaType: string;
    bytes(): Uint8Array;
    text(): string;
    json(): unknown;
  }
  /** A folder with all it holds. */
  export class Folder {
    constructor(path: string);
    readonly path: string;
    /** Paths of its files, relative to it. */
    files(): string[];
  }
  /** A trained model as the Python that made it wrote it; TypeScript code hands it on. */
  export class Model extends Folder {}

  /** Logs one number under `key`. `step` orders the points of a curve; `time` is when it was measured. */
  export function logMetric(key: string, value: number, step?: number, time?: Date | number): void;
  export function logMetrics(values: Record<string, number>, step?: number): void;
  /** Tells how far the node is, from 0 to 1, and what it is doing. */
  export function progress(share: number, text?: string): void;

  export interface Context {
    readonly run: string | number;
    readonly node: string;
    readonly name: string;
    readonly mapIndex: number;
    readonly attempt: number;
    /** The same for every attempt of this node run: hand it to services that must not do a thing twice. */
    readonly idempotencyKey: string;
    /** The W3C trace context of this attempt, for code that makes spans of its own; also in the variable TRACEPARENT. */
    readonly traceparent: string;
    readonly seed: number | null;
  }
  /** Facts about this attempt. */
  export function context(): Context;
}
