/** Decides how a SQL node runs: its inputs become views, its parameters are bound by name, its one SELECT becomes Parquet. */

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { identifier, literal, openEnclosed, parquetFacts, placeOf, sqlFailure } from './duckdb.ts';
import { Failure } from './failure.ts';
import { judge } from './judge.ts';
import type { InputMessage, OutputMessage, TaskMessage } from './message.ts';
import { pureTableFunctions } from './pure.ts';

export async function runSql(task: TaskMessage, code: string): Promise<OutputMessage[]> {
  const workFolder = process.cwd();
  const connection = await openEnclosed({
    folders: [workFolder, ...task.inputs.map((input) => path.dirname(input.path))],
    workFolder,
    ...(task.limits.memoryBytes && { memoryBytes: task.limits.memoryBytes * 0.75 }),
    ...(task.limits.threads && { threads: task.limits.threads }),
    seed: task.seed,
  });
  for (const input of task.inputs) await view(connection, input);
  const sql = withoutLastSemicolon(code);
  await refuseHiddenInputs(connection, sql, task.inputs);
  const values = await boundValues(connection, sql, task.parameters);
  const port = task.outputs.find((output) => output.kind === 'table' || output.kind === 'any')?.port ?? 'table';
  const file = path.join('out', `${port}.parquet`);
  mkdirSync('out', { recursive: true });
  await copyToParquet(connection, sql, values, file);
  return [
    {
      type: 'output',
      port,
      kind: 'table',
      path: file,
      mediaType: 'application/vnd.apache.parquet',
      ...(await parquetFacts(connection, file)),
    },
  ];
}

async function view(connection: DuckDBConnection, input: InputMessage): Promise<void> {
  const source = /json/.test(input.mediaType) ? 'read_json' : /csv/.test(input.mediaType) ? 'read_csv' : 'read_parquet';
  try {
    await connection.run(`create or replace view ${identifier(input.port)} as from ${source}(${literal(input.path)})`);
  } catch (error) {
    const { message } = sqlFailure(error, '');
    throw new Failure(
      'bad_input',
      `The table at "${input.port}" cannot be read: ${message.replaceAll(input.path, 'its file')} Run the node before it again.`,
      { kind: 'InputError' },
    );
  }
}

/** What DuckDB would fetch past the node's inputs is refused here by name, and by its own settings in any case. */
async function refuseHiddenInputs(
  connection: DuckDBConnection,
  sql: string,
  inputs: readonly InputMessage[],
): Promise<void> {
  const verdict = await judge(connection, sql);
  if (verdict.error) {
    const place = verdict.error.position === undefined ? {} : placeOf(sql, verdict.error.position);
    if (verdict.error.several) throw new Failure('user_error', verdict.error.message, { kind: 'SqlError' });
    if (/only select/i.test(verdict.error.message)) {
      const isPivot = /\bpivot\b/i.test(sql);
      const message = isPivot
        ? 'A PIVOT in a node lists its values: ON column IN (value, …). Without them its columns would depend on the data.'
        : 'A SQL node is one SELECT, and this is another statement.';
      throw new Failure('user_error', message, { kind: 'SqlError' });
    }
    // Preparing finds the same fault and tells it with candidates.
    try {
      (await connection.prepare(sql)).destroySync();
    } catch (error) {
      throw sqlFailure(error, sql);
    }
    throw new Failure('user_error', verdict.error.message, { kind: 'SqlError', ...place });
  }
  const hidden = verdict.functions.find((name) => !pureTableFunctions.has(name));
  if (hidden)
    throw new Failure(
      'user_error',
      `${hidden}(…) reads past the node's inputs, so it could not be traced. Read the data with a Read file node and name that table.`,
      { kind: 'SqlError' },
    );
  if (verdict.qualified[0])
    throw new Failure(
      'user_error',
      `${verdict.qualified[0]} names a table in a schema, and a node has only its inputs. Write the plain name of an input.`,
      { kind: 'SqlError' },
    );
  const there = new Set(inputs.map((input) => input.port.toLowerCase()));
  const missing = verdict.tables.find((table) => !there.has(table.toLowerCase()));
  if (missing !== undefined)
    throw new Failure(
      'bad_input',
      `The query reads "${missing}", and nothing is connected there. Connect a table to that port${inputs.length ? `, or use ${inputs.map((input) => `"${input.port}"`).join(', ')}` : ''}.`,
      { kind: 'InputError' },
    );
}

/** Values for the parameters that the query names; one that the form has and the query does not is not an error. */
async function boundValues(
  connection: DuckDBConnection,
  sql: string,
  parameters: Record<string, unknown>,
): Promise<Record<string, DuckDBValue>> {
  let names: string[] = [];
  try {
    const prepared = await connection.prepare(sql);
    names = Array.from({ length: prepared.parameterCount }, (_, index) => prepared.parameterName(index + 1));
    refuseEqualColumns(prepared);
    prepared.destroySync();
  } catch (error) {
    throw error instanceof Failure ? error : sqlFailure(error, sql);
  }
  const values: Record<string, DuckDBValue> = {};
  for (const name of names) {
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (value === undefined)
      throw new Failure('user_error', `The parameter $${name} has no value. Set it in the node's form.`, {
        kind: 'ParameterError',
      });
    values[name] = bindable(value);
  }
  return values;
}

function refuseEqualColumns(prepared: { columnCount: number; columnName(index: number): string }): void {
  const seen = new Set<string>();
  for (let index = 0; index < prepared.columnCount; index++) {
    let name: string;
    try {
      name = prepared.columnName(index);
    } catch {
      return; // not known before its parameters are bound
    }
    const key = name.toLowerCase();
    if (seen.has(key))
      throw new Failure(
        'user_error',
        `Two columns of the result are called "${name}". Give one of them another name with AS.`,
        { kind: 'SqlError' },
      );
    seen.add(key);
  }
}

export function bindable(value: unknown): DuckDBValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && Math.abs(value) > 2 ** 31 - 1 ? BigInt(value) : value;
  return JSON.stringify(value);
}

/**
 * Parquet has no 128-bit integers, and DuckDB would write sums of integers as floating point: they become BIGINT, and only
 * where a value does not fit DOUBLE after all.
 */
async function copyToParquet(
  connection: DuckDBConnection,
  sql: string,
  values: Record<string, DuckDBValue>,
  file: string,
): Promise<void> {
  const probePrefix = 'select * from (';
  let wide: string[] = [];
  try {
    const probe = await connection.runAndReadAll(`${probePrefix}${sql}\n) limit 0`, values);
    const names = probe.columnNames();
    wide = probe.columnTypes().flatMap((type, index) => (/^U?HUGEINT$/.test(String(type)) ? [names[index]!] : []));
  } catch (error) {
    throw sqlFailure(error, sql, Buffer.byteLength(probePrefix));
  }
  const write = async (as: string) => {
    const replaced = wide.map((name) => `${identifier(name)}::${as} as ${identifier(name)}`).join(', ');
    const prefix = wide.length ? `copy (select * replace (${replaced}) from (` : 'copy (';
    const suffix = `${wide.length ? '\n)' : ''}\n) to ${literal(file)} (format parquet, compression zstd)`;
    try {
      await connection.run(prefix + sql + suffix, values);
    } catch (error) {
      throw sqlFailure(error, sql, Buffer.byteLength(prefix));
    }
  };
  try {
    await write('bigint');
  } catch (error) {
    if (!wide.length || (error as Failure).kind !== 'ConversionError') throw error;
    await write('double');
  }
}

/** A last semicolon belongs to the statement, not to the query it is wrapped in. One inside a comment or a string stays. */
export function withoutLastSemicolon(code: string): string {
  const at = code.lastIndexOf(';');
  if (at < 0) return code;
  const after = code.slice(at + 1);
  return /^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)*$/.test(after)
    ? withoutLastSemicolon(`${code.slice(0, at)} ${after}`)
    : code;
}
