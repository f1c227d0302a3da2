/**
 * Decides in which order a project's policy is carried out: runs leave, outputs are let go, and what was marked before goes once nobody
 * is left that may have been given it. Each step is a short transaction of its own, for it keeps all ticks waiting meanwhile; a pass
 * that is cut off is gone on with by the next. Bytes go after their rows, with the sweep of bytes.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { RetentionPolicy } from '@drawloom/shared/api/retention.ts';
import type { Sql } from '../db/connection.ts';
import { forgetTraces } from '../tracking/traces/forget.ts';
import { decideOutputs, decideRuns } from './decide.ts';
import { policyOf } from './policy.ts';

export interface Forgotten {
  runs: number;
  artifacts: number;
  artifactBytes: number;
  logBytes: number;
}

/** So many runs, or artifacts, in one transaction. */
const atOnce = 50;
const rowsAtOnce = 20_000;

/** All projects, one after the other. `logsFolder` is that of this machine. */
export async function forgetAll(sql: Sql, logsFolder: string): Promise<void> {
  const projects = await sql<{ id: string }[]>`select id from drawloom.project order by id`;
  for (const { id } of projects) await forget(sql, id, logsFolder);
}

/** One pass over one project; null when another one is under way. */
export async function forget(sql: Sql, project: string, logsFolder: string): Promise<Forgotten | null> {
  const session = await sql.reserve();
  try {
    const [lock] = await session`select pg_try_advisory_lock(drawloom.retention_lock(${project}::uuid)) as held`;
    if (!lock!.held) return null;
    try {
      return await pass(sql, project, logsFolder);
    } finally {
      await session`select pg_advisory_unlock(drawloom.retention_lock(${project}::uuid))`;
    }
  } finally {
    session.release();
  }
}

async function pass(sql: Sql, project: string, logsFolder: string): Promise<Forgotten> {
  const policy = await policyOf(sql, project);
  await leaveBehind(sql, project, policy);
  await letGo(sql, project, policy);
  const forgotten: Forgotten = { runs: 0, artifacts: 0, artifactBytes: 0, logBytes: 0 };
  forgotten.runs = await dropLeft(sql, project);
  forgotten.logBytes += await clearForgotten(sql, project, logsFolder);
  const { count, sizeBytes } = await forgetArtifacts(sql, project);
  forgotten.artifacts = count;
  forgotten.artifactBytes = sizeBytes;
  forgotten.logBytes += await forgetLogs(sql, project, policy, logsFolder);
  await forgetTraces(sql, project, policy.runDays);
  await sql`
    update drawloom.retention_policy set last_pass_at = now(), forgotten_runs = forgotten_runs + ${forgotten.runs}::bigint,
      forgotten_artifacts = forgotten_artifacts + ${forgotten.artifacts}::bigint,
      forgotten_artifact_bytes = forgotten_artifact_bytes + ${forgotten.artifactBytes}::bigint,
      forgotten_log_bytes = forgotten_log_bytes + ${forgotten.logBytes}::bigint
    where project_id = ${project}::uuid`;
  return forgotten;
}

/** The first step for runs. */
async function leaveBehind(sql: Sql, project: string, policy: RetentionPolicy): Promise<void> {
  const { going } = await decideRuns(sql, project, policy);
  for (const batch of batches(going)) {
    const rows = batch.map(({ run, why }) => ({
      run,
      why,
      bound: why === 'age' ? policy.runDays : policy.runsPerPipeline,
    }));
    await sql`
      select drawloom.leave(array_agg(t.run order by t.run desc), array_agg(t.why order by t.run desc), array_agg(t.bound order by t.run desc))
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) t (run bigint, why text, bound int)`;
  }
}

/** The first step for outputs of runs that stay. */
async function letGo(sql: Sql, project: string, policy: RetentionPolicy): Promise<void> {
  if (policy.artifactDays === null) return;
  const { going } = await decideOutputs(sql, project, policy);
  for (const batch of batches(going.map(({ run }) => run)))
    await sql`select drawloom.let_go(${asArray(batch)}::text::bigint[])`;
}

/** The second step for runs: their rows go. Returns how many went. */
async function dropLeft(sql: Sql, project: string): Promise<number> {
  for (let all = 0; ; ) {
    const [row] = await sql<
      { dropped: number }[]
    >`select cardinality(drawloom.drop_left(${project}::uuid, ${atOnce})) as dropped`;
    all += row!.dropped;
    if (row!.dropped === 0) return all;
  }
}

/** Metrics and logs of runs that are gone: nobody can see them, so they go in peace. Returns the bytes of logs. */
async function clearForgotten(sql: Sql, project: string, logsFolder: string): Promise<number> {
  const gone = await sql<{ run: number }[]>`
    select run_id::float8 as run from drawloom.forgotten_run
    where dropped_at is not null and not cleared and project_id = ${project}::uuid order by run_id`;
  let bytes = 0;
  for (const { run } of gone) {
    for (let left = true; left; ) {
      const { count } = await sql`
        delete from drawloom.metric where ctid = any(array(select ctid from drawloom.metric where run_id = ${run} limit ${rowsAtOnce}))`;
      left = count === rowsAtOnce;
    }
    bytes += await takeLogs(sql, run, logsFolder);
    await sql`update drawloom.forgotten_run set cleared = true where run_id = ${run}`;
  }
  return bytes;
}

/** The second step for outputs, and for files that nothing reads any more. */
async function forgetArtifacts(sql: Sql, project: string): Promise<{ count: number; sizeBytes: number }> {
  const forgotten = { count: 0, sizeBytes: 0 };
  for (let after = 0; ; ) {
    const found = await sql<{ id: number }[]>`
      select a.id::float8 as id from drawloom.artifact a
      where a.project_id = ${project}::uuid and a.id > ${after} and a.forgotten_at is null
        and a.seen_at < now() - interval '1 day' and drawloom.artifact_kept_by(a.id) is null
      order by a.id limit ${atOnce}`;
    if (found.length === 0) return forgotten;
    after = found.at(-1)!.id;
    const [row] = await sql<{ count: number; size_bytes: number }[]>`
      select f.count, f.size_bytes::float8 as size_bytes from drawloom.forget_artifacts(${asArray(found.map(({ id }) => id))}::text::bigint[]) f`;
    forgotten.count += row!.count;
    forgotten.sizeBytes += row!.size_bytes;
  }
}

/** Logs of runs that stay. A pinned run keeps its own. */
async function forgetLogs(sql: Sql, project: string, policy: RetentionPolicy, logsFolder: string): Promise<number> {
  if (policy.logDays === null) return 0;
  const old = await sql<{ run: number }[]>`
    select m.id::float8 as run from drawloom.run r, unnest(drawloom.family(r.id)) m (id)
    where r.project_id = ${project}::uuid and r.parent_run is null and r.logs_forgotten_at is null
      and r.finished_at < now() - ${policy.logDays}::int * interval '1 day'
      and not exists (select from drawloom.run_pin p where p.run_id = any(drawloom.family(r.id)))
    order by r.id, m.id desc`;
  let bytes = 0;
  for (const { run } of old) {
    bytes += await takeLogs(sql, run, logsFolder);
    await sql`update drawloom.run set logs_forgotten_at = now() where id = ${run}`;
  }
  return bytes;
}

async function takeLogs(sql: Sql, run: number, logsFolder: string): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    with gone as (delete from drawloom.log_chunk where run_id = ${run} returning size_bytes)
    select coalesce(sum(size_bytes), 0)::float8 as bytes from gone`;
  await rm(path.join(logsFolder, String(run)), { recursive: true, force: true });
  return row!.bytes;
}

function* batches<T>(list: readonly T[]): Generator<T[]> {
  for (let at = 0; at < list.length; at += atOnce) yield list.slice(at, at + atOnce);
}

const asArray = (ids: readonly number[]) => `{${ids.join(',')}}`;
