/** Decides how the beginning of a file is shown that is not a table of ours: as rows, as text, or not at all. */

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import type { DuckDBConnection } from '@duckdb/node-api';
import { cellOf } from './cells.ts';
import type { Preview } from './request.ts';

export async function previewOf(
  connection: DuckDBConnection,
  file: string,
  rows: number,
  maxBytes: number,
): Promise<Preview> {
  const bytes = firstBytes(file, maxBytes);
  const size = statSync(file).size;
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = isGzip ? unzipped(bytes) : bytes;
  const wide = (plain[0] === 0xff && plain[1] === 0xfe) || (plain[0] === 0xfe && plain[1] === 0xff);
  const nothing = { columns: null, rows: null, text: null };
  if (!wide && plain.subarray(0, 8000).includes(0)) return { ...nothing, format: 'binary', truncated: size > 0 };
  const text = decode(plain, wide);
  const truncated = size > bytes.length || isGzip;
  const compression = isGzip ? 'gzip' : 'uncompressed';
  const name = `'${file.replaceAll("'", "''")}'`;
  const begins = text.trimStart()[0];
  if (begins === '{' || begins === '[') {
    const table = await tableOf(
      connection,
      `read_json(${name}, compression = '${compression}', maximum_object_size = 16777216)`,
      rows,
    );
    return { format: 'json', text, truncated, ...(table ?? { columns: null, rows: null }) };
  }
  const table = await tableOf(
    connection,
    `read_csv(${name}, compression = '${isGzip ? 'gzip' : 'none'}', encoding = '${wide ? 'utf-16' : 'utf-8'}', ignore_errors = true, sample_size = 2000)`,
    rows,
  );
  if (table && table.columns.length > 1) return { format: 'csv', text, truncated, ...table };
  return { ...nothing, format: 'text', text, truncated };
}

async function tableOf(
  connection: DuckDBConnection,
  source: string,
  limit: number,
): Promise<(Pick<Preview, 'columns' | 'rows'> & { columns: object[] }) | undefined> {
  try {
    const reader = await connection.runAndReadAll(
      `from ${source} limit ${Math.min(1000, Math.max(1, Math.trunc(limit)))}`,
    );
    const types = reader.columnTypes();
    const columns = reader.columnNames().map((column, index) => ({ name: column, type: String(types[index]) }));
    return { columns, rows: reader.getRows().map((row) => row.map((value) => cellOf(value))) };
  } catch {
    return undefined; // then it is shown as text
  }
}

function firstBytes(file: string, maxBytes: number): Buffer {
  const handle = openSync(file, 'r');
  const bytes = Buffer.alloc(Math.min(1 << 20, Math.max(1, Math.trunc(maxBytes))));
  const length = readSync(handle, bytes, 0, bytes.length, 0);
  closeSync(handle);
  return bytes.subarray(0, length);
}

function unzipped(bytes: Buffer): Buffer {
  try {
    // Bounded: a small file may hold a very long run of one byte.
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 << 20 }).subarray(0, 1 << 20);
  } catch {
    return Buffer.alloc(0);
  }
}

function decode(bytes: Buffer, wide: boolean): string {
  if (wide) return new TextDecoder(bytes[0] === 0xfe ? 'utf-16be' : 'utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}
