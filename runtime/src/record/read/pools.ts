/** Decides how the pools of a project are read: how many slots each has, who holds them, and how many wait in line. */
import type { Pool } from '@drawloom/shared/api/pools.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import { instant } from './instant.ts';

/** All of them by name, or the one of a name. */
export async function readPools(tx: Tx, projectId: string, name?: string): Promise<Pool[]> {
  const only = name === undefined ? sql`` : sql`and o.name = ${name}`;
  const rows = await tx.execute<{ [Key in keyof Pool]: Pool[Key] }>(sql`
    select o.name, o.size,
      (select count(*)::int from drawloom.slot s where s.pool_id = o.id and s.fence is not null) as held,
      (select count(*)::int from drawloom.parked p where p.pool_id = o.id) as waiting,
      (select coalesce(jsonb_agg(h.holder order by h.run, h.node, h.map_index), '[]') from (
        select k.run_id as run, k.node, k.map_index, jsonb_build_object('run', k.run_id, 'node', p.node_id, 'name', p.name, 'mapIndex', k.map_index,
          'slots', count(*), 'since', ${instant(sql`k.since`)}) as holder
        from drawloom.slot s
        join (
          select l.fence, l.run_id, l.node, l.map_index, l.claimed_at as since from drawloom.lease l
          union all
          select r.fence, r.run_id, r.node, r.map_index, null from drawloom.ready r where r.fence is not null
        ) k on k.fence = s.fence
        join drawloom.run r on r.id = k.run_id
        join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = k.node
        where s.pool_id = o.id
        group by k.run_id, k.node, k.map_index, k.since, p.node_id, p.name
        order by k.run_id, k.node, k.map_index limit 100) h) as holders
    from drawloom.pool o
    where o.project_id = ${projectId}::uuid ${only}
    order by o.name`);
  return [...rows];
}
