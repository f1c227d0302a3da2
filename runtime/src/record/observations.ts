/** Decides whose metrics and log chunks are kept: those of an attempt that still holds its lease, under the fence it was given. */

import { sql as query } from 'drizzle-orm';
import type { Sql, Tx } from '../db/connection.ts';
import { storableJson } from '../db/storable.ts';
import type { LogChunk, MetricRow, OutputArtifact, Work } from '../execute/executor.ts';

type Held = Pick<Work, 'run' | 'node' | 'nodeId' | 'mapIndex' | 'attempt' | 'fence' | 'project'>;

/** False: the attempt is no longer the one that counts, and nothing was kept. A batch sent twice is kept once. */
export async function recordMetrics(sql: Sql, held: Held, rows: readonly MetricRow[]): Promise<boolean> {
  if (rows.length === 0) return true;
  const event = {
    kind: 'metrics',
    run: held.run,
    node: held.nodeId,
    mapIndex: held.mapIndex,
    attempt: held.attempt,
    keys: [...new Set(rows.map((row) => row.key))].slice(0, 100),
  };
  const [row] = await sql<{ held: boolean }[]>`
    with held as materialized (
      select from drawloom.lease l
      where l.run_id = ${held.run} and l.node = ${held.node} and l.map_index = ${held.mapIndex} and l.fence = ${held.fence}
      for share -- so that it cannot fall between the look and the write
    ), kept as (
      insert into drawloom.metric (run_id, node, map_index, attempt, key, step, value, at)
      select ${held.run}::bigint, ${held.node}::int, ${held.mapIndex}::int, ${held.attempt}::int, m.key, m.step, m.value::float8, m.at
      from jsonb_to_recordset(${storableJson(rows.map((row) => ({ ...row, value: String(row.value) })))}::text::jsonb)
        m (key text, step bigint, value text, at timestamptz), held
      on conflict do nothing
    ), told as (
      insert into drawloom.event (project_id, run_id, payload)
      select ${held.project}::uuid, ${held.run}::bigint, ${storableJson(event)}::text::jsonb from held
    )
    select exists (select from held) as held`;
  return row!.held;
}

/** False: the attempt is no longer the one that counts. A chunk sent twice is kept once. */
export async function recordLogChunk(sql: Sql, held: Held, chunk: LogChunk): Promise<boolean> {
  const event = {
    kind: 'log',
    run: held.run,
    node: held.nodeId,
    mapIndex: held.mapIndex,
    attempt: held.attempt,
    sizeBytes: chunk.byteOffset + chunk.sizeBytes,
    lines: chunk.lines,
  };
  const [row] = await sql<{ held: boolean }[]>`
    with held as materialized (
      select from drawloom.lease l
      where l.run_id = ${held.run} and l.node = ${held.node} and l.map_index = ${held.mapIndex} and l.fence = ${held.fence}
      for share
    ), kept as (
      insert into drawloom.log_chunk (run_id, node, map_index, attempt, sequence, byte_offset, size_bytes, lines, file, file_offset, levels, dropped_bytes)
      select ${held.run}, ${held.node}, ${held.mapIndex}, ${held.attempt}, ${chunk.sequence}, ${chunk.byteOffset}, ${chunk.sizeBytes},
        ${chunk.lines}, ${chunk.file}, ${chunk.fileOffset}, ${JSON.stringify(chunk.levels)}::text::jsonb, ${chunk.droppedBytes ?? 0}
      from held
      on conflict do nothing
    ), told as (
      insert into drawloom.event (project_id, run_id, payload)
      select ${held.project}::uuid, ${held.run}::bigint, ${JSON.stringify(event)}::text::jsonb from held
    )
    select exists (select from held) as held`;
  return row!.held;
}

/** A window of the items that an attempt tells while it runs. False: the attempt is no longer the one that counts, and none was kept. */
export async function recordItems(sql: Sql, held: Held, items: readonly OutputArtifact[]): Promise<boolean> {
  const { run, node, mapIndex, fence } = held;
  const rows = items.map((item) => ({ ...item, run, node, mapIndex, fence }));
  const [row] = await sql<{ held: boolean }[]>`
    select drawloom.tell_items(${run}::bigint, ${node}::int, ${fence}::bigint, ${storableJson(rows)}::text::jsonb) as held`;
  return row!.held;
}

/** Makes bytes that no attempt made (an upload) known as an artifact of a project. Returns its number. */
export async function recordArtifact(
  tx: Tx,
  project: string,
  artifact: Omit<OutputArtifact, 'port' | 'position'>,
): Promise<number> {
  // So that nothing of it is forgotten at this moment; from now on, it counts as seen.
  await tx.execute(query`select pg_advisory_xact_lock_shared(drawloom.tick_lock())`);
  const json = (value: unknown) => (value === undefined || value === null ? null : JSON.stringify(value));
  await tx.execute(query`
    insert into drawloom.artifact (project_id, sha256, kind, media_type, size_bytes, columns, row_count, profile, facts)
    values (${project}, ${artifact.sha256}, ${artifact.kind}, ${artifact.mediaType}, ${artifact.sizeBytes}, ${json(artifact.columns)}::text::jsonb,
      ${artifact.rowCount ?? null}, ${json(artifact.profile)}::text::jsonb, ${json(artifact.facts)}::text::jsonb)
    on conflict (project_id, sha256, kind) do update set seen_at = now(), forgotten_at = null`);
  // Artifacts before blobs, as the tick does: two writers of the same bytes then wait for each other in one order.
  const files = artifact.members ?? [artifact];
  await tx.execute(query`
    insert into drawloom.blob (sha256, size_bytes)
    select f.sha256, max(f.size) from jsonb_to_recordset(${JSON.stringify(files.map((file) => ({ sha256: file.sha256, size: file.sizeBytes })))}::text::jsonb)
      f (sha256 text, size bigint) group by f.sha256 order by f.sha256
    on conflict do nothing`);
  const [row] = await tx.execute<{ id: string }>(query`
    select id from drawloom.artifact where project_id = ${project} and sha256 = ${artifact.sha256} and kind = ${artifact.kind}`);
  const id = Number(row!.id);
  if (artifact.members && artifact.members.length > 0)
    await tx.execute(query`
      insert into drawloom.artifact_member (artifact_id, path, sha256, size_bytes)
      select ${id}::bigint, m.path, m.sha256, m."sizeBytes"
      from jsonb_to_recordset(${JSON.stringify(artifact.members)}::text::jsonb) m (path text, sha256 text, "sizeBytes" bigint)
      on conflict do nothing`);
  return id;
}

/** Where an attempt stands, 0 to 1; kept as long as it is under way. */
export async function recordProgress(sql: Sql, held: Held, share: number): Promise<void> {
  await sql`
    with run as materialized (select from drawloom.run where id = ${held.run} for share) -- no tick ends it at this moment
    update drawloom.lease set progress = ${Math.min(1, Math.max(0, share))}
    where run_id = ${held.run} and node = ${held.node} and map_index = ${held.mapIndex} and fence = ${held.fence}
      and exists (select from run)`;
}
