/** Decides how a worker is known to be alive, and what becomes of the work of one that is not. */
import type { Sql } from '../db/connection.ts';

export interface WorkerCard {
  id: string;
  host: string;
  pid: number;
  version: string;
  /** Attempts at once. */
  capacity: number;
  /** What it has that others do not; a node may need it. */
  tags?: readonly string[];
  /** How long after its last beat its work is given to others. */
  ttlMs: number;
}

/** Makes a worker known, or known again after it was written off. */
export async function registerWorker(
  sql: Sql,
  { id, host, pid, version, capacity, tags = [], ttlMs }: WorkerCard,
): Promise<void> {
  await sql`
    insert into drawloom.worker (id, host, pid, version, capacity, tags, ttl_ms)
    values (${id}, ${host}, ${pid}, ${version}, ${capacity}, ${`{${tags.join(',')}}`}::text::text[], ${ttlMs})
    on conflict (id) do update set last_beat = clock_timestamp(), stopped_at = null, draining = false`;
}

export interface Beat {
  /** False: register again. */
  known: boolean;
  /** Of the fences told: those whose attempts someone cancelled. */
  cancelled: number[];
  /** Of the fences told: those that are another's by now, or nobody's. */
  gone: number[];
}

/** A sign of life, with the fences the worker holds. */
export async function heartbeat(sql: Sql, worker: string, fences: readonly number[]): Promise<Beat> {
  const [row] = await sql<Beat[]>`
    select known, to_jsonb(cancelled) as cancelled, to_jsonb(gone) as gone from drawloom.beat(${worker}::uuid, ${`{${fences.join(',')}}`}::text::bigint[])`;
  return row!;
}

/** The worker takes no new work from here on. */
export async function announceDrain(sql: Sql, worker: string): Promise<void> {
  await sql`update drawloom.worker set draining = true where id = ${worker}`;
}

/** The worker has gone in good order; whatever it still held is lost at once. */
export async function retireWorker(sql: Sql, worker: string): Promise<void> {
  await sql`update drawloom.worker set stopped_at = clock_timestamp() where id = ${worker}`;
  await reap(sql);
}

/** Takes back what dead workers held; any process may, at any time. Returns how many attempts were lost. */
export async function reap(sql: Sql): Promise<number> {
  const [row] = await sql<{ reap: number }[]>`select drawloom.reap() as reap`;
  return row!.reap;
}
