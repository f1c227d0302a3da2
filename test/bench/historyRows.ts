/** Decides how a long past is made up quickly: the newest finished run with all its rows, copied on and on, an earlier minute each. */
import type { Sql } from '../../runtime/src/db/connection.ts';
import type { Tell } from './frame.ts';

/** Everything that a run of nodes leaves behind. What is hot is empty by then, and events are kept for days only. */
const partTables = ['node_run', 'attempt'] as const;
const runsAtOnce = 2000;

/** Copies the newest run of the database `runs` times. The tables' own columns are asked for, so that new ones come along. */
export async function fillHistory(sql: Sql, runs: number, tell: Tell): Promise<{ runs: number; nodeRuns: number }> {
  const [like] = await sql`select max(id)::text as id from drawloom.run where finished_at is not null`;
  if (!like!.id) throw new Error('There is no finished run to make a past of.');
  const columns = new Map<string, string[]>();
  for (const table of ['run', ...partTables]) columns.set(table, await copiedColumns(sql, table));
  for (let done = 0; done < runs; done += runsAtOnce) {
    const count = Math.min(runsAtOnce, runs - done);
    const [first, last] = await sql.begin(async (tx) => {
      const [made] = await tx.unsafe<[{ first: string; last: string }]>(
        `with made as (
          insert into drawloom.run (${names(columns.get('run')!)})
          select ${values(columns.get('run')!, done)} from drawloom.run r, generate_series(1, ${count}) n
          where r.id = ${like!.id} returning id)
        select min(id)::text as first, max(id)::text as last from made`,
      );
      for (const table of partTables) {
        const own = columns.get(table)!;
        await tx.unsafe(
          `insert into drawloom.${table} (run_id, ${names(own)})
          select ${made.first} + n - 1, ${values(own, done)} from drawloom.${table} r, generate_series(1, ${count}) n
          where r.run_id = ${like!.id}`,
        );
      }
      return [made.first, made.last];
    });
    if (Number(last) - Number(first) !== count - 1)
      throw new Error('Somebody else started runs while the past was made up.');
    if ((done / runsAtOnce) % 10 === 9) tell(`${done + count} runs of history`);
  }
  for (const table of ['run', ...partTables]) await sql.unsafe(`vacuum (analyze) drawloom.${table}`);
  const [counted] = await sql`
    select (select count(*) from drawloom.run)::int as runs, (select count(*) from drawloom.node_run)::int as nodes`;
  return { runs: counted!.runs, nodeRuns: counted!.nodes };
}

/** With a star behind those that hold a time. */
async function copiedColumns(sql: Sql, table: string): Promise<string[]> {
  const rows = await sql<{ name: string; time: boolean }[]>`
    select column_name as name, data_type like 'timestamp%' as time from information_schema.columns
    where table_schema = 'drawloom' and table_name = ${table} and is_identity = 'NO' and is_generated = 'NEVER'
      and column_name <> 'run_id'
    order by ordinal_position`;
  return rows.map(({ name, time }) => (time ? `${name}*` : name));
}

const bare = (column: string) => column.replace('*', '');
const names = (columns: readonly string[]) => columns.map((column) => `"${bare(column)}"`).join(', ');
const values = (columns: readonly string[], done: number) =>
  columns
    .map((column) => `r."${bare(column)}"${column.endsWith('*') ? ` - (${done} + n) * interval '1 minute'` : ''}`)
    .join(', ');
