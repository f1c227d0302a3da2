/** Decides which names there are in an experiment, to choose from: each is looked up after the one before, so that many runs cost nothing. */
import type { Sql } from '../db/connection.ts';

const most = 500;

export async function namesIn(
  sql: Sql,
  experiment: number,
): Promise<{ metrics: string[]; parameters: string[]; tags: string[] }> {
  const of = async (table: string): Promise<string[]> => {
    const rows = await sql<{ key: string }[]>`
      with recursive names as (
        (select key from drawloom.${sql(table)} where experiment_id = ${experiment} order by key limit 1)
        union all
        select (select f.key from drawloom.${sql(table)} f where f.experiment_id = ${experiment} and f.key > n.key order by f.key limit 1)
        from names n where n.key is not null
      ) select key from names where key is not null limit ${most}`;
    return rows.map(({ key }) => key);
  };
  return {
    metrics: await of('tracked_latest'),
    parameters: await of('tracked_parameter'),
    tags: await of('tracked_tag'),
  };
}
