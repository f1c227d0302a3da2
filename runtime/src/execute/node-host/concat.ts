/**
 * Decides how tables come under each other: only where they agree on what their columns are, and in their order. Thousands of files
 * are read some at a time, so that they need not be open at once.
 */
import { rmSync } from 'node:fs';
import type { ColumnFacts } from './message.ts';
import { database, engine, scratch } from './tables.ts';

export interface Part {
  file: string;
  columns: readonly ColumnFacts[];
  /** What an error calls it. */
  name: string;
}
export interface ConcatOptions {
  /** true: a column that some do not have is missing in their rows. */
  fill?: boolean;
  /** A column before all others that says of each row which table it comes from. */
  label?: { column: string; values: readonly (string | null)[] };
}

const filesAtOnce = 500;

/** The Parquet file of them all. throws  Error  at the first column that differs, with the table in which it does */
export async function concatFiles(parts: readonly Part[], { fill = false, label }: ConcatOptions): Promise<string> {
  const columns = commonColumns(parts, fill);
  if (label && columns.some(({ name }) => name.toLowerCase() === label.column.toLowerCase()))
    throw new Error(
      `The tables have a column "${label.column}" of their own. Give the column for the item another name.`,
    );
  const { identifier, literal } = await engine();
  const connection = await database();
  const pieces: string[] = [];
  for (let from = 0; from < parts.length; from += filesAtOnce) {
    const some = parts.slice(from, from + filesAtOnce);
    const here = new Set(some.flatMap((part) => part.columns.map((column) => column.name)));
    const values = columns.map(({ name, type }) =>
      here.has(name)
        ? `cast(${identifier(name)} as ${type}) as ${identifier(name)}`
        : `null::${type} as ${identifier(name)}`,
    );
    if (label) {
      const names = label.values
        .slice(from, from + filesAtOnce)
        .map((text) => (text === null ? 'null' : literal(text)));
      values.unshift(`([${names.join(', ')}]::varchar[])[file_index::bigint + 1] as ${identifier(label.column)}`);
    }
    const piece = scratch('parquet');
    const files = some.map((part) => literal(part.file)).join(', ');
    await connection.run(
      `copy (select ${values.join(', ')} from read_parquet([${files}], union_by_name = true)) to ${literal(piece)} (format parquet, compression zstd)`,
    );
    pieces.push(piece);
  }
  if (pieces.length === 1) return pieces[0]!;
  const whole = scratch('parquet');
  await connection.run(
    `copy (from read_parquet([${pieces.map(literal).join(', ')}])) to ${literal(whole)} (format parquet, compression zstd)`,
  );
  for (const piece of pieces) rmSync(piece, { force: true });
  return whole;
}

/** The columns of all, in the order of the first that has them. Numbers take the widest type among them. */
export function commonColumns(parts: readonly Part[], fill: boolean): ColumnFacts[] {
  const common = new Map<string, { column: ColumnFacts; from: Part }>();
  const first = parts[0]!;
  for (const part of parts) {
    for (const column of part.columns) {
      const known = common.get(column.name);
      if (!known) {
        if (part !== first && !fill)
          throw new Error(
            `${part.name} has a column "${column.name}", and ${first.name} has none. Let all give the same columns, or fill up what some do not have.`,
          );
        common.set(column.name, { column: { name: column.name, type: column.type }, from: part });
        continue;
      }
      const type = widest(known.column.type, column.type);
      if (type === undefined)
        throw new Error(
          `The column "${column.name}" is ${column.type} in ${part.name}, and ${known.column.type} in ${known.from.name}. Give it one type, for example with Select columns before it.`,
        );
      known.column.type = type;
    }
    if (!fill && part.columns.length < first.columns.length) {
      const gone = first.columns.find(({ name }) => !part.columns.some((column) => column.name === name))!;
      throw new Error(
        `${part.name} has no column "${gone.name}", which ${first.name} has. Let all give the same columns, or fill up what some do not have.`,
      );
    }
  }
  return [...common.values()].map(({ column }) => column);
}

const whole = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'];
const broken = ['FLOAT', 'DOUBLE'];

function widest(a: string, b: string): string | undefined {
  if (a === b) return a;
  for (const order of [whole, broken])
    if (order.includes(a) && order.includes(b)) return order[Math.max(order.indexOf(a), order.indexOf(b))];
  const numbers = [...whole, ...broken];
  return numbers.includes(a) && numbers.includes(b) ? 'DOUBLE' : undefined;
}
