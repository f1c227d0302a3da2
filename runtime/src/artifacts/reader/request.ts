/** Decides what can be asked about the bytes of an artifact, and how the answers look. */

/** As in the API: `value` is a text, a number, true or false, or for `in` a list. */
export interface Filter {
  column: string;
  is: '=' | '!=' | '<' | '<=' | '>' | '>=' | 'contains' | 'starts' | 'null' | 'not-null' | 'in';
  value?: string | number | boolean | (string | number)[] | undefined;
}
export interface Sort {
  column: string;
  descending?: boolean;
}
export interface PageRequest {
  offset: number;
  limit: number;
  columns?: string[] | undefined;
  sort?: Sort[];
  filter?: Filter[];
}
export interface Column {
  name: string;
  type: string;
  nullable?: boolean;
}
export type Cell = null | boolean | number | string | Cell[] | { [key: string]: Cell };
export interface Page {
  columns: Column[];
  rows: Cell[][];
  rowCount: number;
  filteredCount: number;
}
export interface ColumnProfile {
  name: string;
  type: string;
  nullCount: number;
  /** Approximate (HyperLogLog). */
  distinctCount: number | null;
  min: number | string | null;
  max: number | string | null;
  mean: number | null;
  deviation: number | null;
  /** The 25, 50 and 75 % quantiles, approximate. */
  quartiles: number[] | null;
  histogram: { from: number; to: number; count: number }[] | null;
  top: { value: string; count: number }[] | null;
}
export interface Profile {
  rowCount: number;
  columns: ColumnProfile[];
}
export interface Schema {
  rowCount: number;
  columns: Column[];
}
/** A query to be planned over empty tables of these columns; without tables it is only parsed. */
export interface Question {
  query: string;
  tables: Record<string, Column[]> | null;
  parameters: Record<string, unknown>;
}
export interface QueryProblem {
  kind: 'syntax' | 'column' | 'other';
  message: string;
  line?: number;
  column?: number;
  name?: string;
}
export type Plan = { columns: Column[] } | { problem: QueryProblem } | { unknown: string };

/** The beginning of a file that is no table of ours: as rows where it can be read as such, else as text. */
export interface Preview {
  format: 'csv' | 'json' | 'text' | 'binary';
  columns: Column[] | null;
  rows: Cell[][] | null;
  text: string | null;
  truncated: boolean;
}

export type ReaderRequest =
  | ({ ask: 'page' } & PageRequest)
  | { ask: 'profile' }
  | { ask: 'schema' }
  | ({ ask: 'plan' } & Question)
  | { ask: 'preview'; rows: number; maxBytes: number };

/** What the child is told first: the file it may look at, if any, and within which bounds. */
export interface Opening {
  file: string;
  folder: string;
  memoryBytes: number;
  threads: number;
}

export type ReaderProblem = 'damaged' | 'unknown_column' | 'bad_value' | 'too_big' | 'not_a_table';
export type Answer =
  | { type: 'answer'; id: number; value: unknown }
  | { type: 'refused'; id: number; code: ReaderProblem; message: string };
