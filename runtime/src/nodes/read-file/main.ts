/**
 * Reads one file as a table. What the file is shows in its first bytes, not in its name; what is wrong with it is told with
 * the row and the column, and what to do about it.
 */
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createZstdDecompress, gunzipSync } from 'node:zlib';
import { type File, identifier, literal, logMetric, query, type Row, sql, type Table } from 'drawloom';

interface Options {
  file?: string;
  format?: 'auto' | 'csv' | 'parquet' | 'json';
  columns?: string[];
  dateColumn?: string;
  from?: string | null;
  until?: string | null;
  delimiter?: string;
  header?: 'auto' | 'yes' | 'no';
  encoding?: 'auto' | 'utf-8' | 'latin-1' | 'utf-16';
  decimal?: '.' | ',';
  nulls?: string[];
  text?: boolean;
  badRows?: 'fail' | 'skip';
}

/** The table function call that reads the file, with further settings behind its own. */
type Source = (more?: string) => string;

export default async function readFile(file: File, options: Options): Promise<Table> {
  const head = firstBytes(file.path);
  const size = statSync(file.path).size;
  const name = options.file || 'The file';
  if (size === 0)
    throw new Problem(`${name} is empty: it has no bytes at all. Upload it again, or choose another file.`);
  const format = !options.format || options.format === 'auto' ? formatOf(head, name) : options.format;
  if (format === 'parquet') checkParquet(file.path, size, name);
  else await checkUnpacks(file.path, compressionOf(head), name);
  if (format === 'csv') checkText(head, size, name, options);
  try {
    return await (format === 'csv'
      ? readCsv(file.path, head, name, options)
      : read(sources[format]!(file.path, head), name, options));
  } catch (error) {
    if (error instanceof Problem || (error as { reason?: string }).reason === 'infra') throw error;
    throw new Problem(explain(error as Error, format, name, options));
  }
}

async function read(source: Source, name: string, options: Options): Promise<Table> {
  const described = await query(`describe from ${source()}`);
  const [columns, where, parameters] = wanted(described, name, options);
  return sql(`select ${columns.map(identifier).join(', ')} from ${source()}${where}`, { parameters });
}

/** The columns that are kept, and the window as a condition with its values. */
function wanted(described: Row[], name: string, options: Options): [string[], string, Record<string, string>] {
  const names = described.map((row) => String(row.column_name));
  const columns = options.columns?.length ? options.columns : names;
  for (const column of [...columns, ...(options.dateColumn ? [options.dateColumn] : [])])
    if (!names.includes(column)) throw new Problem(missing(column, names, name));
  return [columns, ...windowOf(options, described)];
}

/**
 * Types are guessed from the first rows. A later one that does not fit is a reason to look at all of them, once; and since
 * DuckDB would round 1.5 in a column of whole numbers without a word, those are read as text and held to be whole here.
 */
async function readCsv(path: string, head: Uint8Array, name: string, options: Options): Promise<Table> {
  const skips = options.badRows === 'skip';
  const source = csv(path, head, options);
  const attempt = async (more: string): Promise<Table> => {
    const described = await query(`describe from ${source(more)}`);
    const [columns, where, parameters] = wanted(described, name, options);
    const whole = skips
      ? []
      : described.filter((row) => /INT/.test(String(row.column_type))).map((row) => String(row.column_name));
    const types = whole.length
      ? `, types = {${whole.map((column) => `${literal(column)}: 'VARCHAR'`).join(', ')}}`
      : '';
    const parts = columns.map((column) => {
      const value = identifier(column);
      if (!whole.includes(column)) return value;
      const type = described.find((row) => row.column_name === column)!.column_type;
      // What would be rounded has a point or an exponent; spoiled, it is no number at all. A condition would cost a wide table minutes.
      return `translate(${value}, '.eE_', '####')::${type} as ${value}`;
    });
    return sql(`select ${parts.join(', ')} from ${source(more + types)}${where}`, { parameters });
  };
  try {
    const table = await attempt(skips ? ', store_rejects = true, sample_size = -1' : '');
    if (skips) await countRejects(name, options);
    return table;
  } catch (error) {
    if (error instanceof Problem) throw error;
    const text = detail(error as Error);
    if (!skips && !options.text && /Error when converting|Could not convert/.test(text))
      return attempt(', sample_size = -1');
    if (/sniffing|detect/i.test(text)) await findBrokenRow(path, head, options);
    throw error;
  }
}

/** Guessing gives up on a broken file without saying where; reading it as plain text finds the row. */
async function findBrokenRow(path: string, head: Uint8Array, options: Options): Promise<void> {
  const delimiter = delimiterOf(head, options);
  const first = textOf(head, options).split(/\r?\n/)[0] ?? '';
  const count = delimiter ? fieldsIn(first, delimiter) : 1;
  const names = Array.from({ length: count }, (_, index) => `c${index}: 'VARCHAR'`).join(', ');
  await query(
    `select count(*) from ${csv(path, head, { ...options, header: 'no' })(`, auto_detect = false, columns = {${names}}`)}`,
  );
}

class Problem extends Error {
  override name = 'FileError';
}

function windowOf(options: Options, described: Row[]): [string, Record<string, string>] {
  const { dateColumn, from, until } = options;
  if (!from && !until) return ['', {}];
  if (!dateColumn)
    throw new Problem('A window needs a date column. Choose one under "Date column", or clear "From" and "Until".');
  const type = String(described.find((row) => row.column_name === dateColumn)?.column_type ?? '');
  const column = identifier(dateColumn);
  const moment = /^(DATE|TIMESTAMP)/.test(type) ? column : `try_cast(${column} as timestamp)`;
  const as = /TIME ZONE/.test(type) ? 'timestamptz' : 'timestamp';
  if (!/^(DATE|TIMESTAMP|VARCHAR)/.test(type))
    throw new Problem(`"${dateColumn}" holds ${type}, not dates. Choose a column of dates for the window.`);
  const parts = [from ? `${moment} >= $from::${as}` : '', until ? `${moment} < $until::${as}` : ''].filter(Boolean);
  return [` where ${parts.join(' and ')}`, { ...(from && { from }), ...(until && { until }) }];
}

async function countRejects(name: string, options: Options): Promise<void> {
  const rejects = await query('select line, column_name, error_message from reject_errors order by line');
  const lines = new Set(rejects.map((row) => row.line));
  if (options.header !== 'no' && lines.has(1))
    throw new Problem(
      `The first row of ${name}, which names the columns, is itself broken: ${String(rejects[0]!.error_message).split('\n')[0]} Repair it or choose another encoding; if it is data, say so under "First row".`,
    );
  logMetric('skipped_rows', lines.size);
  if (!lines.size) return;
  console.warn(`${name}: ${lines.size} broken ${lines.size === 1 ? 'row was' : 'rows were'} left out.`);
  for (const row of rejects.slice(0, 20))
    console.warn(
      `  line ${row.line}${row.column_name ? `, column ${row.column_name}` : ''}: ${String(row.error_message).split('\n')[0]}`,
    );
}

const sources: Record<string, (path: string, head: Uint8Array) => Source> = {
  parquet: (path) => () => `read_parquet(${literal(path)})`,
  json: (path, head) => () =>
    `read_json(${literal(path)}, compression = ${literal(compressionOf(head) === 'none' ? 'uncompressed' : compressionOf(head))}, maximum_object_size = 67108864)`,
};

/** The dialect is decided here and not by trial: a file that is broken must not pass as one with other quotes. */
function csv(path: string, head: Uint8Array, options: Options): Source {
  const set = [`compression = ${literal(compressionOf(head))}`, `encoding = ${literal(encodingOf(head, options))}`];
  const delimiter = delimiterOf(head, options);
  if (delimiter) set.push(`delim = ${literal(delimiter)}`);
  set.push("quote = '\"'", "escape = '\"'", 'strict_mode = true', 'null_padding = false');
  if (options.header && options.header !== 'auto') set.push(`header = ${options.header === 'yes'}`);
  if (options.decimal === ',') set.push("decimal_separator = ','");
  set.push(`nullstr = [${(options.nulls ?? ['', 'NA', 'NULL']).map(literal).join(', ')}]`);
  if (options.text) set.push('all_varchar = true');
  return (more) => `read_csv(${literal(path)}, ${set.join(', ')}${more ?? ''})`;
}

const encodingOf = (head: Uint8Array, options: Options): string =>
  !options.encoding || options.encoding === 'auto' ? markOf(head) : options.encoding;

/** The beginning of the file as text; empty for a compression that is not undone here. */
function textOf(head: Uint8Array, options: Options): string {
  let bytes = head;
  const compression = compressionOf(head);
  try {
    if (compression === 'gzip') bytes = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return '';
  }
  if (compression === 'zstd') return '';
  const encoding = encodingOf(bytes, options);
  return new TextDecoder(
    encoding === 'utf-16' ? (startsWith(bytes, 0xfe, 0xff) ? 'utf-16be' : 'utf-16le') : encoding.replace('-1', '1'),
  ).decode(bytes);
}

/** The mark that cuts the first lines into the same number of fields, more than one, most often. */
function delimiterOf(head: Uint8Array, options: Options): string | undefined {
  if (options.delimiter && options.delimiter !== 'auto') return options.delimiter;
  const lines = textOf(head, options)
    .split(/\r?\n/)
    .slice(0, 100)
    .filter((line) => line.trim());
  let best: { mark: string; score: number } | undefined;
  for (const mark of [',', ';', '\t', '|']) {
    const counts = lines.map((line) => fieldsIn(line, mark));
    const first = counts[0] ?? 1;
    const score =
      first > 1 ? counts.filter((count) => count === first).length / counts.length + Math.min(first, 50) / 1000 : 0;
    if (score > (best?.score ?? 0)) best = { mark, score };
  }
  return best ? best.mark : lines.length ? ',' : undefined;
}

const fieldsIn = (line: string, mark: string): number => line.replace(/"(?:[^"]|"")*"/g, '').split(mark).length;

function firstBytes(path: string): Uint8Array {
  const handle = openSync(path, 'r');
  const bytes = Buffer.alloc(65536);
  const length = readSync(handle, bytes, 0, bytes.length, 0);
  closeSync(handle);
  return bytes.subarray(0, length);
}

const startsWith = (head: Uint8Array, ...bytes: number[]): boolean =>
  bytes.every((byte, index) => head[index] === byte);
const compressionOf = (head: Uint8Array): string =>
  startsWith(head, 0x1f, 0x8b) ? 'gzip' : startsWith(head, 0x28, 0xb5, 0x2f, 0xfd) ? 'zstd' : 'none';
const markOf = (head: Uint8Array): string =>
  startsWith(head, 0xff, 0xfe) || startsWith(head, 0xfe, 0xff) ? 'utf-16' : 'utf-8';

function formatOf(head: Uint8Array, name: string): 'csv' | 'parquet' | 'json' {
  if (startsWith(head, 0x50, 0x41, 0x52, 0x31)) return 'parquet';
  if (startsWith(head, 0x50, 0x4b))
    throw new Problem(`${name} is a ZIP archive or a spreadsheet. Save it as CSV or Parquet and upload that.`);
  const ending = name.toLowerCase().replace(/\.(gz|zst)$/, '');
  if (/\.(json|ndjson|jsonl)$/.test(ending)) return 'json';
  if (/\.(csv|tsv|txt)$/.test(ending)) return 'csv';
  if (/\.(parquet|pq)$/.test(ending)) return 'parquet';
  const text = Buffer.from(head)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  return /^[[{]/.test(text) && !compressed(head) ? 'json' : 'csv';
}
const compressed = (head: Uint8Array): boolean => compressionOf(head) !== 'none';

/** A Parquet file ends as it begins; one that was cut short lacks its end, where all of its structure stands. */
function checkParquet(path: string, size: number, name: string): void {
  const handle = openSync(path, 'r');
  const ends = Buffer.alloc(4);
  readSync(handle, ends, 0, 4, Math.max(0, size - 4));
  const starts = Buffer.alloc(4);
  readSync(handle, starts, 0, 4, 0);
  closeSync(handle);
  if (starts.toString('latin1') !== 'PAR1')
    throw new Problem(`${name} is no Parquet file: it does not begin as one. Choose its real format under "Format".`);
  if (ends.toString('latin1') !== 'PAR1')
    throw new Problem(
      `${name} is cut short: a Parquet file keeps its structure at the end, and after ${size.toLocaleString('en')} bytes the end is missing. Upload it again.`,
    );
}

/** What a cut archive still gives would pass for the whole of it, so it is unpacked to its end first, a piece at a time. */
async function checkUnpacks(path: string, compression: string, name: string): Promise<void> {
  if (compression === 'none') return;
  const unpack = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    await pipeline(createReadStream(path), unpack, nowhere);
  } catch (error) {
    const cut = (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR';
    throw new Problem(
      cut
        ? `${name} is cut short: its compressed data ends in the middle. Upload it again.`
        : `${name} is damaged: its compressed data cannot be unpacked (${(error as Error).message}). Upload it again.`,
    );
  }
}

/** What no reading as CSV would refuse, and what none could make sense of. */
function checkText(head: Uint8Array, size: number, name: string, options: Options): void {
  const unreadable = startsWith(head, 0xff, 0xfe, 0, 0)
    ? 'UTF-32'
    : startsWith(head, 0xfe, 0xff)
      ? 'UTF-16 with its bytes the other way round (big-endian)'
      : '';
  if (unreadable) throw new Problem(`${name} is ${unreadable}, which is not read. Save it as UTF-8 and upload that.`);
  const text = textOf(head, options);
  if (text.includes('\0'))
    throw new Problem(
      `${name} holds NUL characters, so it is no text in this encoding. If a spreadsheet wrote it, choose UTF-16 under "Encoding"; else it may be no table at all.`,
    );
  if (compressionOf(head) === 'none' && size <= head.length && text.trim() === '')
    throw new Problem(`${name} holds nothing but blank space: no names of columns and no rows. Choose another file.`);
}

function missing(column: string, names: string[], name: string): string {
  const same = names.find((other) => other.toLowerCase().trim() === column.toLowerCase().trim());
  const shown = names
    .slice(0, 30)
    .map((other) => `"${other}"`)
    .join(', ');
  return `${name} has no column "${column}".${same ? ` Did you mean "${same}"?` : ` It has ${shown}${names.length > 30 ? ' …' : ''}.`}`;
}

/** All that DuckDB said; the error itself carries the first line. */
const detail = (error: Error): string => (error.cause instanceof Error ? error.cause.message : error.message);

/** DuckDB's own words are for those who call it; these are for the one who chose the file. */
function explain(error: Error, format: string, name: string, options: Options): string {
  const text = detail(error);
  const repair = options.badRows === 'skip' ? '.' : ', or leave broken rows out under "Broken rows".';
  const line = /(?:CSV Error on Line|Line|line):?\s*(\d+)/.exec(text)?.[1];
  const at = line ? `line ${Number(line).toLocaleString('en')} of ${name}` : name;
  if (/unicode|utf-?8|byte sequence|not.*encoded/i.test(text))
    return `${line ? `Line ${line} of ${name}` : name} is not text in the chosen encoding. Choose another one under "Encoding": Latin-1 for files of older Western programs, UTF-16 for some spreadsheets.`;
  if (/unterminated quote|quoted value/i.test(text))
    return `A quote in ${at} is never closed, or stands where none may. Repair that row${repair}`;
  const counts = /Expected Number of Columns:\s*(\d+)\s*Found:\s*(\d+)/i.exec(text);
  if (counts)
    return `The row in ${at} has ${counts[2]} values, and the ones above it have ${counts[1]}. Repair it${repair}`;
  const cast =
    /(?:Error when converting column|Column:?)\s*"?([^".\n]+)"?[\s\S]*?Could not convert string\s*"([^"\n]*)"\s*to\s*'?(\w+)/i.exec(
      text,
    );
  if (cast)
    return `Column "${cast[1]}" of ${at} holds "${cast[2]}", which is no ${cast[3]}. Repair the row, name the text under "Missing values", or read everything as text.`;
  if (/failed to allocate|out of memory/i.test(text))
    return `${name} needs more memory than the node may have. Raise its memory limit, or choose fewer columns.`;
  if (/maximum.*line.*size|line size.*exceed/i.test(text))
    return `A row in ${at} is longer than 2 MB, which is more than is read at once. Usually a quote is never closed; if its text is really that long, save the file as Parquet.`;
  if (/sniff|detect/i.test(text))
    return `${name} could not be understood as CSV: no delimiter gives rows of equal length. Set the delimiter and the encoding by hand, or check that it is a table at all.`;
  if (format === 'json' && /malformed|json/i.test(text)) {
    const byte = /at byte (\d+)/.exec(text)?.[1];
    return `${name} is not whole JSON${line ? `: line ${line}${byte ? `, byte ${byte}` : ''} cannot be read` : ''}. It should be a list of objects, or one object per line.`;
  }
  if (/too large|maximum.*size/i.test(text))
    return `A single value of ${at} is larger than can be read at once. Check that quotes are closed.`;
  if (format === 'parquet') return `${name} is damaged inside: ${text.split('\n')[0]} Upload it again.`;
  return `${name} cannot be read: ${text.split('\n')[0]}`;
}
