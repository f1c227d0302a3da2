/** Decides what a timeline is told: every attempt with what it waited for its turn; those of a map's items as one sum. */
import type { NodeSpans } from '@drawloom/shared/api/timeline.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import { instant } from './instant.ts';

/** In the order of the plan. Nodes that were never attempted are not among them. */
export async function readTimeline(tx: Tx, run: number): Promise<NodeSpans[]> {
  const rows = await tx.execute<NodeSpans & Record<string, unknown>>(sql`
    with tried as (
      select a.node, a.map_index, a.attempt, a.claimed_at, a.finished_at, a.start_ms, a.wall_ms, a.reason
      from drawloom.attempt a where a.run_id = ${run}::bigint
      union all
      select l.node, l.map_index, l.attempt, l.claimed_at, null, null, null, null
      from drawloom.lease l where l.run_id = ${run}::bigint
    ), own as (
      select t.node, jsonb_agg(jsonb_build_object('attempt', t.attempt, 'readyAt', ${instant(sql`t.ready_at`)},
        'startedAt', ${instant(sql`t.claimed_at`)}, 'finishedAt', ${instant(sql`t.finished_at`)},
        'startMs', t.start_ms, 'wallMs', t.wall_ms, 'reason', t.reason) order by t.attempt) as attempts
      from (
        select t.*, coalesce(lag(t.finished_at) over (partition by t.node order by t.attempt),
          -- a node that waits again says since when, and no longer of its first turn, which is when what it needed was there
          case when n.attempt = t.attempt then n.queued_at end,
          (select greatest(max(s.finished_at), r.started_at) from drawloom.plan_edge e
            join drawloom.node_run s on s.run_id = r.id and s.node = e.src and s.map_index = 0
            where e.plan_id = r.plan_id and e.dst = t.node),
          r.started_at) as ready_at
        from tried t
        join drawloom.run r on r.id = ${run}::bigint
        join drawloom.node_run n on n.run_id = r.id and n.node = t.node and n.map_index = 0
        where t.map_index = 0) t
      group by t.node
    ), items as (
      select t.node, jsonb_build_object('startedAt', ${instant(sql`min(t.claimed_at)`)},
        'finishedAt', case when bool_and(t.finished_at is not null) then ${instant(sql`max(t.finished_at)`)} end, 'attempts', count(*),
        'workMs', coalesce(sum(extract(epoch from t.finished_at - t.claimed_at)) * 1000, 0)) as items
      from tried t where t.map_index > 0 group by t.node
    )
    select p.node_id as node, coalesce(o.attempts, '[]') as attempts, i.items
    from own o full join items i using (node)
    join drawloom.run r on r.id = ${run}::bigint
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = coalesce(o.node, i.node)
    order by p.node`);
  return rows.map(({ node, attempts, items }) => ({ node, attempts, items }));
}
