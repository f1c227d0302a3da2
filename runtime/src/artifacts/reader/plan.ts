/** Decides what a query would give: DuckDB plans it over empty tables, and what is wrong with it is told with its place. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier, sqlFailure } from '../../execute/node-host/duckdb.ts';
import { judge } from '../../execute/node-host/judge.ts';
import { pureTableFunctions } from '../../execute/node-host/pure.ts';
import { bindable, withoutLastSemicolon } from '../../execute/node-host/sql.ts';
import type { Column, Plan, Question } from './request.ts';

const mostColumns = 20_000;
const before = 'select * from (';

export async function planOf(connection: DuckDBConnection, { query, tables, parameters }: Question): Promise<Plan> {
  const sql = withoutLastSemicolon(query);
  const verdict = await judge(connection, sql);
  if (verdict.error)
    return /only select/i.test(verdict.error.message) || verdict.error.several
      ? { unknown: 'It is not one SELECT.' } // its reader says so in better words
      : refused(await failureOf(connection, sql), sql, 'syntax');
  if (verdict.qualified.length > 0 || verdict.functions.some((name) => !pureTableFunctions.has(name)))
    return { unknown: 'It reads past its inputs.' };
  if (tables === null) return { unknown: 'The columns of its inputs are not known.' };
  if (Object.values(tables).reduce((sum, columns) => sum + columns.length, 0) > mostColumns)
    return { unknown: `Its inputs have more than ${mostColumns} columns.` };
  await connection.run('begin');
  try {
    for (const [name, columns] of Object.entries(tables)) {
      const failed = await make(connection, name, columns);
      if (failed) return failed;
    }
    return { columns: await columnsOf(connection, sql, parameters) };
  } catch (error) {
    return refused(error, sql, 'other', Buffer.byteLength(before));
  } finally {
    await connection.run('rollback');
  }
}

/** A type is a text from outside, so it is only taken when it is nothing but one. */
async function make(connection: DuckDBConnection, name: string, columns: readonly Column[]): Promise<Plan | null> {
  const parts = columns.map(
    (column) => `cast(null as ${plainType(column.type) ?? 'varchar'}) as ${identifier(column.name)}`,
  );
  const strange = columns.find((column) => plainType(column.type) === null);
  if (strange) return { unknown: `The type of "${strange.name}" (${strange.type}) cannot be planned with.` };
  if (parts.length === 0) return { unknown: `The table "${name}" has no columns.` };
  try {
    await connection.run(`create temp table ${identifier(name)} as select ${parts.join(', ')} limit 0`);
    return null;
  } catch {
    return { unknown: `A table with the columns of "${name}" cannot be made.` };
  }
}

/** Words, numbers, brackets and quoted names: STRUCT("a b" INTEGER)[], ENUM('x', 'y'), DECIMAL(9,2). */
const plainType = (type: string): string | null =>
  /^(?:[A-Za-z_][A-Za-z0-9_ ]*|"(?:[^"]|"")*"|'(?:[^']|'')*'|\d+|[(),[\] ])+$/.test(type) ? type : null;

async function columnsOf(
  connection: DuckDBConnection,
  sql: string,
  parameters: Record<string, unknown>,
): Promise<Column[]> {
  const prepared = await connection.prepare(`${before}${sql}\n) limit 0`);
  const names = Array.from({ length: prepared.parameterCount }, (_, index) => prepared.parameterName(index + 1));
  prepared.destroySync();
  const values = Object.fromEntries(names.map((name) => [name, bindable(parameters[name] ?? null)]));
  const read = await connection.runAndReadAll(`${before}${sql}\n) limit 0`, values);
  const types = read.columnTypes().map(String);
  // as the run writes them: Parquet has no 128 bits
  return read.columnNames().map((name, index) => ({ name, type: types[index]!.replace(/^U?HUGEINT$/, 'BIGINT') }));
}

/** Preparing finds the fault that parsing found, and tells more of it. */
const failureOf = (connection: DuckDBConnection, sql: string): Promise<unknown> =>
  connection.prepare(sql).then(
    (prepared) => prepared.destroySync(),
    (error: unknown) => error,
  );

function refused(error: unknown, sql: string, kind: 'syntax' | 'other', shift = 0): Plan {
  if (error === undefined) return { unknown: 'It cannot be read.' };
  const failure = sqlFailure(error, sql, shift);
  const name = /^There is no column "(.+)" here\./.exec(failure.message)?.[1];
  const { line, column } = failure;
  return {
    problem: {
      kind: name === undefined ? kind : 'column',
      message: failure.message,
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
      ...(name !== undefined && { name }),
    },
  };
}
