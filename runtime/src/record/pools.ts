/** Decides how pools come and go, and whether a plan finds the pools that its nodes want. Who gets which slot is SQL, in migrations. */
import { pointer } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';

export type PoolChange = { blockedBy: number | null } | undefined;

/** Makes a pool or changes its size. `blockedBy` names a run that is not over and wants more slots; then nothing is changed. */
export async function sizePool(
  tx: Tx,
  projectId: string,
  name: string,
  size: number,
): Promise<{ blockedBy: number | null }> {
  const [row] = await tx.execute<{ blocking: string | null }>(
    sql`select blocking from drawloom.size_pool(${projectId}::uuid, ${name}::text, ${size}::int)`,
  );
  return { blockedBy: numberOrNull(row!.blocking) };
}

/** Takes a pool away, unless a run that is not over wants it. Undefined: there is none of that name. */
export async function removePool(tx: Tx, projectId: string, name: string): Promise<PoolChange> {
  const [row] = await tx.execute<{ pool: string | null; blocking: string | null }>(
    sql`select pool, blocking from drawloom.remove_pool(${projectId}::uuid, ${name}::text)`,
  );
  return row!.pool === null ? undefined : { blockedBy: numberOrNull(row!.blocking) };
}

/**
 * What is wrong with the pools that a plan wants, its parts included. To be asked in the transaction that starts the run: until its
 * end these pools are neither removed nor made smaller.
 */
export async function poolProblems(tx: Tx, projectId: string, planId: number): Promise<Problem[]> {
  const rows = await tx.execute<{
    node_id: string;
    node: string;
    pool: string;
    wanted: number;
    size: number | null;
  }>(sql`
    with held as materialized (select o.name, o.size from drawloom.pool o where o.project_id = ${projectId}::uuid
      and o.name in (select u.pool from drawloom.planned_pools(${planId}::bigint) u) order by o.id for share)
    select p.node_id, u.name as node, u.pool, u.pool_slots as wanted, h.size
    from drawloom.planned_pools(${planId}::bigint) u
    join drawloom.plan_node p on p.plan_id = ${planId}::bigint and p.node = u.at
    left join held h on h.name = u.pool
    where h.size is null or h.size < u.pool_slots
    order by u.at, u.name`);
  return rows.map(({ node_id, node, pool, wanted, size }) => ({
    code: size === null ? 'pool_missing' : 'pool_small',
    message:
      size === null
        ? `"${node}" runs in the pool "${pool}", which the project does not have. Make it under Settings, Pools, or choose another one.`
        : `"${node}" wants ${wanted} slots of the pool "${pool}", which has ${size}. Ask for fewer, or make the pool larger.`,
    at: pointer('nodes', node_id, 'execution', 'pool', ...(size === null ? ['name'] : ['slots'])),
    severity: 'error',
    node: node_id,
  }));
}

/** The same for an earlier run whose plan is to be carried out again. */
export async function poolProblemsOf(tx: Tx, run: number): Promise<Problem[]> {
  const [row] = await tx.execute<{ project_id: string; plan_id: string }>(
    sql`select project_id, plan_id from drawloom.run where id = ${run}::bigint`,
  );
  return row ? poolProblems(tx, row.project_id, Number(row.plan_id)) : [];
}

const numberOrNull = (value: string | null) => (value === null ? null : Number(value));
