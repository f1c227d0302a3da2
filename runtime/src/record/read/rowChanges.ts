/** Decides what the rows of a run's outputs are compared with: each with the newest earlier run that went well and had it. */
import type { RowChange } from '@drawloom/shared/api/rowChanges.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';

/** Runs of a part leave nodes out, so that one run alone may know nothing of an output; further back than this nobody compares. */
const runsBack = 20;

export async function readRowChanges(tx: Tx, run: number): Promise<RowChange[]> {
  const rows = await tx.execute<{
    node: string;
    port: string;
    rows: string;
    before_run: string | null;
    before_rows: string | null;
  }>(sql`
    with earlier as (
      select e.id, e.plan_id from drawloom.run r
      join drawloom.run e on e.pipeline_id = r.pipeline_id and e.id < r.id and e.status = 'succeeded' and e.leaving_at is null
      where r.id = ${run}::bigint order by e.id desc limit ${runsBack}
    ), counted as (
      select n.run_id, p.node_id, u.port, sum(a.row_count)::bigint as rows
      from (select id, plan_id from earlier union all select id, plan_id from drawloom.run where id = ${run}::bigint) r
      join drawloom.node_run n on n.run_id = r.id and n.map_index = 0
      join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
      join drawloom.artifact_use u on u.run_id = n.run_id and u.node = n.node and u.map_index = 0 and u.attempt = n.attempt and u.direction = 'out'
      join drawloom.artifact a on a.id = u.artifact_id
      where a.row_count is not null group by n.run_id, p.node_id, u.port
    )
    select distinct on (now.node_id, now.port) now.node_id as node, now.port, now.rows, b.run_id as before_run, b.rows as before_rows
    from counted now
    left join counted b on b.node_id = now.node_id and b.port = now.port and b.run_id < now.run_id
    where now.run_id = ${run}::bigint order by now.node_id, now.port, b.run_id desc`);
  return rows.map(({ node, port, rows: count, before_run, before_rows }) => ({
    node,
    port,
    rows: Number(count),
    before: before_run === null ? null : { run: Number(before_run), rows: Number(before_rows) },
  }));
}
