/**
 * Decides what the sandboxed reader process does: it opens DuckDB while parked, is told of one file, and then answers one
 * request after the other until it is ended. Requests arrive as files beside the data, numbered, since the channel into a
 * slot carries one message only; answers go out over file descriptor 3.
 */

import { existsSync, readFileSync, watch } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { receive, send } from '../../execute/node-host/channel.ts';
import { literal, openEnclosed, parquetFacts, preload } from '../../execute/node-host/duckdb.ts';
import { cellOf } from './cells.ts';
import { conditionOf, pageSql, Refusal } from './pageQuery.ts';
import { planOf } from './plan.ts';
import { previewOf } from './preview.ts';
import { profileOf } from './profile.ts';
import type { Opening, Page, PageRequest, ReaderRequest, Schema } from './request.ts';

async function serve(opening: Opening): Promise<void> {
  const connection = await openEnclosed({
    folders: [opening.folder],
    workFolder: process.cwd(),
    memoryBytes: opening.memoryBytes,
    threads: opening.threads,
  });
  const table = new Table(connection, opening.file);
  for (let id = 1; ; id++) {
    const request = await nextRequest(opening.folder, id);
    try {
      send({ type: 'answer', id, value: await answer(table, request) });
    } catch (error) {
      send({ type: 'refused', id, ...refusalOf(error, opening.file) });
    }
  }
}

function answer(table: Table, request: ReaderRequest): Promise<unknown> {
  switch (request.ask) {
    case 'page':
      return table.page(request);
    case 'profile':
      return table.profile();
    case 'schema':
      return table.schema();
    case 'plan':
      return planOf(table.connection, request);
    case 'preview':
      return previewOf(table.connection, table.file, request.rows, request.maxBytes);
  }
}

class Table {
  readonly connection: DuckDBConnection;
  readonly file: string;
  readonly #source: string;
  #schema: Promise<Schema> | undefined;
  /** Counts by filter: scrolling asks for the same one again and again. */
  readonly #counts = new Map<string, number>();

  constructor(connection: DuckDBConnection, file: string) {
    this.connection = connection;
    this.file = file;
    this.#source = `read_parquet(${literal(file)}, file_row_number = true)`;
  }

  schema(): Promise<Schema> {
    this.#schema ??= parquetFacts(this.connection, this.file);
    return this.#schema;
  }

  async page(request: PageRequest): Promise<Page> {
    const { columns, rowCount } = await this.schema();
    const condition = conditionOf(columns, request.filter ?? []);
    const sql = pageSql(this.#source, columns, request, condition);
    for (const { value, type, column } of condition.casts) {
      const read = await this.connection.runAndReadAll(`select try_cast($1::varchar as ${type}) is not null`, [value]);
      if (read.getRows()[0]![0] !== true)
        throw new Refusal(
          'bad_value',
          `"${value.slice(0, 60)}" is no ${words(type)}, and "${column}" holds nothing else.`,
        );
    }
    const reader = await this.connection.runAndReadAll(sql, condition.values);
    const wanted = request.columns ?? columns.map((column) => column.name);
    const rows = wanted.length
      ? reader.getRows().map((row) => row.map((value) => cellOf(value)))
      : reader.getRows().map(() => []);
    return {
      columns: wanted.map((name) => columns.find((column) => column.name === name)!),
      rows: bounded(rows),
      rowCount,
      filteredCount: condition.sql ? await this.#count(condition.sql, condition.values) : rowCount,
    };
  }

  async #count(sql: string, values: string[]): Promise<number> {
    const key = JSON.stringify([sql, values]);
    let count = this.#counts.get(key);
    if (count === undefined) {
      const reader = await this.connection.runAndReadAll(`select count(*) from ${this.#source} where ${sql}`, values);
      count = Number(reader.getRows()[0]![0]);
      if (this.#counts.size > 200) this.#counts.clear();
      this.#counts.set(key, count);
    }
    return count;
  }

  async profile(): Promise<unknown> {
    const { columns, rowCount } = await this.schema();
    return profileOf(this.connection, `read_parquet(${literal(this.file)})`, columns, rowCount);
  }
}

/** One answer is one line, and a line has an end: very wide rows give fewer of them, never a broken answer. */
function bounded<T>(rows: T[]): T[] {
  let size = 0;
  for (let index = 0; index < rows.length; index++) {
    size += JSON.stringify(rows[index]).length;
    if (size > 12_000_000) return rows.slice(0, index);
  }
  return rows;
}

const words = (type: string): string =>
  /^(DOUBLE|HUGEINT)$/.test(type)
    ? 'number'
    : type === 'DATE'
      ? 'date'
      : type === 'BOOLEAN'
        ? 'true or false'
        : type.startsWith('TIMESTAMP')
          ? 'date and time'
          : type.toLowerCase();

function refusalOf(error: unknown, file: string): { code: string; message: string } {
  if (error instanceof Refusal) return { code: error.code, message: error.message };
  const text = error instanceof Error ? error.message : String(error);
  let told = text;
  let kind = '';
  try {
    const parsed = JSON.parse(text.slice(text.indexOf('{'))) as { exception_message?: string; exception_type?: string };
    told = parsed.exception_message ?? text;
    kind = parsed.exception_type ?? '';
  } catch {
    // It is told as it stands.
  }
  if (kind === 'Out of Memory')
    return {
      code: 'too_big',
      message:
        'This needs more memory than looking into a table may take. Sort or filter by fewer columns, or use a SQL node.',
    };
  if (/no magic bytes|not a parquet|too small/i.test(told))
    return { code: 'not_a_table', message: 'This is no whole Parquet file, so there are no rows to show.' };
  return { code: 'damaged', message: `The file cannot be read: ${told.split('\n')[0]!.replaceAll(file, 'it')}` };
}

/** Waits for the request with this number. The folder tells of new files; a slow look beside it covers for what it misses. */
async function nextRequest(folder: string, id: number): Promise<ReaderRequest> {
  const file = path.join(folder, `request-${id}.json`);
  for (;;) {
    const request = readWhole(file);
    if (request) return request;
    await changeIn(folder, file);
  }
}

function readWhole(file: string): ReaderRequest | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ReaderRequest;
  } catch {
    return undefined; // where it could not be linked it is copied, and may be there in part
  }
}

function changeIn(folder: string, file: string): Promise<void> {
  return new Promise((resolve) => {
    let slow: NodeJS.Timeout | undefined;
    const watcher = watch(folder, () => over());
    const over = () => {
      clearTimeout(slow);
      watcher.close();
      resolve();
    };
    slow = setTimeout(over, existsSync(file) ? 5 : 100);
  });
}

await preload();
send({ type: 'ready' });
const opening = receive() as Opening | undefined;
if (opening) await serve(opening);
