/** Decides how metrics are read: in the order in which they were logged. */
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import { instant } from './instant.ts';

export interface LoggedMetric extends Record<string, unknown> {
  node: string;
  mapIndex: number;
  attempt: number;
  key: string;
  step: number;
  value: number;
  at: string;
}

/** Of a node whose work was taken over, the numbers of the attempt that did it. Not-a-numbers are left out: JSON has none. */
export async function getMetrics(
  tx: Tx,
  run: number,
  { node, key, limit = 100_000 }: { node?: string | undefined; key?: string | undefined; limit?: number } = {},
): Promise<LoggedMetric[]> {
  const rows = await tx.execute<LoggedMetric>(sql`
    select p.node_id as node, n.map_index as "mapIndex", m.attempt, m.key, m.step, m.value, ${instant(sql`m.at`)} as at
    from drawloom.node_run n
    join drawloom.run r on r.id = n.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
    join drawloom.metric m on m.run_id = coalesce(n.reused_from_run, n.run_id) and m.node = coalesce(n.reused_from_node, n.node)
      and m.map_index = coalesce(n.reused_from_map_index, n.map_index)
    where n.run_id = ${run}::bigint and m.value not in ('NaN', 'Infinity', '-Infinity')
      ${node ? sql`and p.node_id = ${node}` : sql``} ${key ? sql`and m.key = ${key}` : sql``}
    order by n.node, n.map_index, m.key, m.attempt, m.step, m.at limit ${limit}`);
  return rows.map((row) => ({ ...row, step: Number(row.step), value: Number(row.value) }));
}
