/** Decides from which attempts it is told what a node needs: those of the last runs of its pipeline that did its own work. */
import { advise, type Needed, type ResourceAdvice } from '@drawloom/shared/run/advice.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';

/** Runs that are looked back at, and of each the attempts of a node, which has many where it goes through items. */
const horizon = 30;
const mostPerRun = 30;

interface Row extends Record<string, unknown> {
  node: string;
  memory_bytes: number | null;
  timeout_ms: number | null;
  attempts: Needed[];
}

/** For every node of the drawing as it is saved, or one of them, in the order of their ids. */
export async function readResources(tx: Tx, pipeline: string, node?: string): Promise<ResourceAdvice[]> {
  const rows = await tx.execute<Row>(sql`
    select d.key as node, (d.value #>> '{execution,memoryBytes}')::float8 as memory_bytes,
      (d.value #>> '{execution,timeoutMs}')::float8 as timeout_ms,
      (select coalesce(jsonb_agg(jsonb_build_object('reason', a.reason, 'peakMemoryBytes', a.peak_memory_bytes, 'cpuMs', a.cpu_ms, 'wallMs', a.wall_ms,
          'memoryBytes', a.error #> '{known,memoryBytes}', 'timeoutMs', a.error #> '{known,timeoutMs}')), '[]')
        from (select r.id, r.plan_id from drawloom.run r where r.pipeline_id = p.id order by r.id desc limit ${horizon}) r
        join drawloom.plan_node n on n.plan_id = r.plan_id and n.node_id = d.key
        cross join lateral (
          select a.* from drawloom.attempt a
          where a.run_id = r.id and a.node = n.node and a.reason in ('ok', 'oom', 'timeout') and a.wall_ms is not null -- null: taken over
          order by a.map_index desc, a.attempt desc limit ${mostPerRun}) a) as attempts
    from drawloom.pipeline p cross join jsonb_each(p.document -> 'nodes') d
    where p.id = ${pipeline}::uuid ${node === undefined ? sql`` : sql`and d.key = ${node}`}
    order by d.key collate "C"`);
  return rows.map(({ node: id, attempts, memory_bytes, timeout_ms }) =>
    advise(id, attempts, { memoryBytes: memory_bytes, timeoutMs: timeout_ms }),
  );
}
