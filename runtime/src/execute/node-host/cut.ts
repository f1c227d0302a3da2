/**
 * Decides what the items of a table are: its groups, in the order of what they have in common, or so many rows after another. Each becomes
 * a table of its own, with its rows in the order they had, so that equal items are equal work.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.ts';
import type { OutputMessage, TaskMessage } from './message.ts';
import { allowance, database, engine } from './tables.ts';

const refuse = (message: string) => new Failure('bad_input', message, { kind: 'InputError' });
/** Columns of the house beside those of the table. */
const [place, group] = ['drawloom place', 'drawloom group'];

export async function cutTable(
  task: TaskMessage,
  { by, rows, most }: NonNullable<TaskMessage['cut']>,
): Promise<OutputMessage[]> {
  const input = task.inputs[0]!;
  const { port } = input;
  Object.assign(allowance, {
    folders: task.inputs.map((one) => path.dirname(one.path)),
    memoryBytes: (task.limits.memoryBytes ?? 2 ** 30) * 0.8,
    threads: task.limits.threads ?? 1,
  });
  const { identifier, literal } = await engine();
  const connection = await database();
  const ask = async (query: string) => (await connection.runAndReadAll(query)).getRows();
  const table = `read_parquet(${literal(input.path)})`;
  const columns = (await ask(`describe from ${table}`)).map(([name, type]) => ({
    name: String(name),
    type: String(type),
  }));
  const gone = by?.find((name) => !columns.some((column) => column.name === name));
  if (gone !== undefined)
    throw refuse(
      `The table at "${port}" is gone through by its column "${gone}", and has none of that name. It has ${listed(columns.map(({ name }) => name))}. Choose one of these.`,
    );
  const keys = by?.map(identifier) ?? [];
  const [[total]] = (await ask(
    by
      ? `select count(*) from (select distinct ${keys.join(', ')} from ${table})`
      : `select ceil(count(*) / ${rows}) from ${table}`,
  )) as [[bigint | number]];
  if (Number(total) > most)
    throw refuse(
      `The table at "${port}" makes ${Number(total)} items; ${most} is the most. ${by ? 'Group by fewer columns, or by one with fewer values.' : 'Take more rows at once.'}`,
    );
  const numbered = by
    ? `dense_rank() over (order by ${keys.map((key) => `${key} nulls last`).join(', ')})`
    : `(${identifier(place)} - 1) // ${rows} + 1`;
  await connection.run(
    `create temp table cut as select *, ${numbered} as ${identifier(group)}
     from (select *, row_number() over () as ${identifier(place)} from ${table}) order by ${identifier(group)}, ${identifier(place)}`,
  );
  const named = by
    ? `array_to_string([${keys.map((key) => `coalesce(left(first(${key})::varchar, 200), '(missing)')`).join(', ')}], ', ')`
    : `'rows ' || min(${identifier(place)}) || ' to ' || max(${identifier(place)})`;
  const groups = await ask(`select ${identifier(group)}, count(*), left(${named}, 200) from cut group by 1 order by 1`);
  mkdirSync('out', { recursive: true });
  const items: OutputMessage[] = [];
  for (const [number, count, item] of groups) {
    const file = path.join('out', `${number}.parquet`);
    await connection.run(
      `copy (select * exclude (${identifier(group)}, ${identifier(place)}) from cut where ${identifier(group)} = ${number} order by ${identifier(place)})
       to ${literal(file)} (format parquet, compression zstd)`,
    );
    items.push({
      type: 'output',
      port,
      kind: 'table',
      path: file,
      mediaType: 'application/vnd.apache.parquet',
      position: items.length,
      item: String(item),
      rowCount: Number(count),
      columns,
    });
  }
  return items;
}

const listed = (names: readonly string[]): string =>
  `${names
    .slice(0, 10)
    .map((name) => `"${name}"`)
    .join(', ')}${names.length > 10 ? ' …' : ''}`;
