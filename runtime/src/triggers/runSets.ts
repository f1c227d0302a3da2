/**
 * Decides how a run set goes on: as many of its runs are under way as it allows, in its order, until none is left. What is left is a row
 * per nominal time, written with the set, so that a set survives whoever worked on it, and no time is started twice.
 */
import type postgres from 'postgres';
import type { Sql } from '../db/connection.ts';
import { enqueueFire } from './enqueue.ts';

/** Fills the free places of all run sets that go on. Returns how many runs it wished for. */
export async function decideRunSets(sql: Sql): Promise<number> {
  let changed = 0;
  for (const {
    id,
  } of await sql`select id from drawloom.run_set where status = 'running' order by created_at limit 200`)
    changed += await sql.begin((tx) => decideRunSet(tx, id));
  return changed;
}

async function decideRunSet(tx: postgres.TransactionSql, id: string): Promise<number> {
  const [set] = await tx`
    select concurrency, newest_first from drawloom.run_set where id = ${id} and status = 'running' for update skip locked`;
  if (!set) return 0; // somebody else decides, or it was stopped
  const [open] = await tx`
    select count(*)::int as n from drawloom.fire where run_set_id = ${id} and state in ('launching', 'started')`;
  const free = Math.max(0, set.concurrency - open!.n);
  const order = set.newest_first ? tx`nominal_at desc` : tx`nominal_at`;
  const next = await tx`
    update drawloom.fire f set state = 'launching', decided_at = now()
    from (select id from drawloom.fire where run_set_id = ${id} and state = 'planned' order by ${order} limit ${free}) p
    where f.id = p.id returning f.id, f.attempt`;
  for (const { id: fire, attempt } of next) await enqueueFire(tx, Number(fire), attempt);
  if (next.length === 0 && open!.n === 0)
    await tx`update drawloom.run_set set status = 'finished', finished_at = now() where id = ${id}`;
  return next.length;
}

/** Starts no more of its runs. False: it does not go on. With `cancelRuns`, the ones under way are asked to end. */
export async function stopRunSet(sql: Sql, id: string, cancelRuns: boolean, actor: string | null): Promise<boolean> {
  const stopped = await sql.begin(async (tx) => {
    const [set] =
      await tx`update drawloom.run_set set status = 'stopped' where id = ${id} and status = 'running' returning true`;
    // What is being started this very moment is ended when it has a run.
    if (set && cancelRuns)
      await tx`update drawloom.fire set unwanted = true where run_set_id = ${id} and state in ('launching', 'started')`;
    return Boolean(set);
  });
  if (stopped && cancelRuns)
    for (const { run } of await sql`
      select run_id as run from drawloom.fire where run_set_id = ${id} and state = 'started'`)
      await sql`select drawloom.cancel(${run}::bigint, ${actor}::text)`;
  return stopped;
}

/** Goes on with a set that was stopped. False: it was not. */
export async function resumeRunSet(sql: Sql, id: string): Promise<boolean> {
  const [set] = await sql`
    update drawloom.run_set set status = 'running' where id = ${id} and status = 'stopped' returning true`;
  return Boolean(set);
}

/** Wants anew what did not go well, and goes on. Returns how many times that concerns. */
export async function retryRunSet(sql: Sql, id: string): Promise<number> {
  return sql.begin(async (tx) => {
    await tx`select from drawloom.run_set where id = ${id} for update`;
    const again = await tx`
      update drawloom.fire set state = 'planned', attempt = attempt + 1, run_id = null, run_status = null, problems = null,
        unwanted = false, started_at = null, ended_at = null, decided_at = now()
      where run_set_id = ${id} and (state = 'refused' or (state = 'done' and run_status in ('failed', 'cancelled')))
      returning id`;
    if (again.length > 0) await tx`update drawloom.run_set set status = 'running', finished_at = null where id = ${id}`;
    return again.length;
  });
}
