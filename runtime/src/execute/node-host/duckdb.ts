/**
 * Decides how a child holds DuckDB: in memory, with a bound on memory and threads, shut in to the folders of the attempt,
 * its settings locked before any code of a user is near it.
 */

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { Failure } from './failure.ts';
import type { ColumnFacts } from './message.ts';

let parked: Promise<DuckDBInstance> | undefined;

/** Makes the database ahead of the work, while the child is parked: it takes longer than the settings that come later. */
export function preload(): Promise<DuckDBInstance> {
  parked ??= DuckDBInstance.create(':memory:', { threads: '1' });
  return parked;
}

export interface Enclosure {
  /** The only folders that may be read or written. */
  folders: readonly string[];
  workFolder: string;
  memoryBytes?: number;
  threads?: number;
  seed?: number | null;
}

export async function openEnclosed({
  folders,
  workFolder,
  memoryBytes,
  threads,
  seed,
}: Enclosure): Promise<DuckDBConnection> {
  const instance = await preload();
  const connection = await instance.connect();
  const temporary = path.join(workFolder, '.duckdb');
  mkdirSync(temporary, { recursive: true });
  const allowed = [...new Set(folders.map((folder) => `${path.resolve(folder)}/`))];
  await connection.run(
    [
      `set memory_limit = '${Math.max(64, Math.floor((memoryBytes ?? 2 ** 30) / 2 ** 20))}MiB'`,
      `set threads = ${Math.max(1, Math.floor(threads ?? 1))}`,
      `set temp_directory = ${literal(temporary)}`,
      'set autoinstall_known_extensions = false',
      'set autoload_known_extensions = false',
      'set allow_community_extensions = false',
      "set TimeZone = 'UTC'",
      'set errors_as_json = true',
      `set allowed_directories = [${allowed.map(literal).join(', ')}]`,
      'set enable_external_access = false',
      'set lock_configuration = true',
      // random() repeats with the seed as long as one thread draws from it.
      ...(seed === null || seed === undefined ? [] : [`select setseed(${(seed % 1_000_003) / 1_000_003})`]),
    ].join(';\n'),
  );
  return connection;
}

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

interface DuckDBTrouble {
  exception_type?: string;
  exception_message?: string;
  candidates?: string;
  position?: string;
  error_subtype?: string;
  name?: string;
}

/** DuckDB's error as a sentence with line and column. `shift` is how much text was put before the user's query. */
export function sqlFailure(error: unknown, sql: string, shift = 0): Failure {
  const text = error instanceof Error ? error.message : String(error);
  const brace = text.indexOf('{');
  let trouble: DuckDBTrouble = {};
  try {
    if (brace >= 0) trouble = JSON.parse(text.slice(brace)) as DuckDBTrouble;
  } catch {
    // A message that is no JSON is told as it stands.
  }
  const message = trouble.exception_message ?? text;
  // Whoever asked knows more about what was meant; all that DuckDB said is for them.
  const cause = new Error(message);
  const kind = trouble.exception_type ? `${trouble.exception_type.replaceAll(' ', '')}Error` : 'SqlError';
  const position = trouble.position === undefined ? undefined : Number(trouble.position) - shift;
  const place = position !== undefined && position >= 0 ? placeOf(sql, position) : {};
  const first = withoutSettings(message.split('\n')[0]!)
    .replace(/!$/, '.')
    .replace(/\s*LINE \d+:.*$/, '');
  const candidates = (trouble.candidates ?? '')
    .split(',')
    .map((name) => name.trim().replace(/^"|"$/g, ''))
    .filter(Boolean);
  const hint = candidates.length
    ? ` Did you mean ${candidates
        .slice(0, 5)
        .map((name) => `"${name}"`)
        .join(' or ')}?`
    : '';
  if (trouble.error_subtype === 'COLUMN_NOT_FOUND' && trouble.name)
    return new Failure('user_error', `There is no column "${trouble.name}" here.${hint}`, { kind, cause, ...place });
  if (trouble.exception_type === 'Out of Memory')
    return new Failure(
      'user_error',
      `The query needs more memory than the node has: ${first} Give the node more memory, or read fewer rows at once.`,
      { kind, cause },
    );
  return new Failure('user_error', `${first.endsWith('.') ? first : `${first}.`}${hint}`, { kind, cause, ...place });
}

/** DuckDB's own advice on its settings helps nobody here, where they are locked. */
function withoutSettings(message: string): string {
  const depth = /^Max expression depth limit of (\d+) exceeded/.exec(message);
  if (depth)
    return `The query is nested deeper than ${Number(depth[1]).toLocaleString('en')} expressions, the most there may be. Make it flatter, or do a part of it in a node before.`;
  return message.replaceAll(/ [^.!?]*\b(?:SET|PRAGMA|INSTALL|LOAD) [^.!?]*[.!?]/g, '');
}

/** DuckDB counts bytes from 0; people count lines and columns from 1. */
export function placeOf(sql: string, position: number): { line: number; column: number } {
  const before = Buffer.from(sql).subarray(0, position).toString('utf8');
  return { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') };
}

/** Columns and row count of a Parquet file, from its footer alone. */
export async function parquetFacts(
  connection: DuckDBConnection,
  file: string,
): Promise<{ rowCount: number; columns: ColumnFacts[] }> {
  const name = literal(file);
  const described = await connection.runAndReadAll(`describe from read_parquet(${name})`);
  const counted = await connection.runAndReadAll(`select num_rows from parquet_file_metadata(${name})`);
  const nulls = await connection.runAndReadAll(
    `select path_in_schema, sum(stats_null_count) from parquet_metadata(${name}) group by 1 having count(stats_null_count) = count(*)`,
  );
  const nullCounts = new Map(nulls.getRows().map(([column, count]) => [String(column), Number(count)]));
  return {
    rowCount: counted.getRows().reduce((sum, [rows]) => sum + Number(rows), 0),
    columns: described.getRows().map(([column, type]) => {
      const nullCount = nullCounts.get(String(column));
      return { name: String(column), type: String(type), ...(nullCount !== undefined && { nullable: nullCount > 0 }) };
    }),
  };
}
