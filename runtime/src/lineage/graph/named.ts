/** Decides what of ours stands behind a name that programs outside know: versions of a file, and what a node gave at a port. */
import type { Sql } from '../../db/connection.ts';
import { type Card, card, type NamedSet, type Realm } from './cards.ts';

/** By name: digests of what runs read under it and of what is uploaded there now, the latest read first. */
export async function versionsOfFiles(
  sql: Sql,
  { projectId }: Realm,
  names: readonly string[],
  most: number,
): Promise<Map<string, string[]>> {
  if (names.length === 0) return new Map();
  const rows = await sql<{ name: string; versions: string[] }[]>`
    select f.name, jsonb_agg(v.sha256 order by v.run desc nulls last) as versions
    from jsonb_array_elements_text(${JSON.stringify(names)}::text::jsonb) f(name) cross join lateral (
      select x.sha256, max(x.run) as run from (
        select p.key_parts ->> 'outside' as sha256, r.id as run
        from drawloom.plan_node p join drawloom.run r on r.plan_id = p.plan_id and r.project_id = ${projectId}
        where p.parameters ->> 'file' = f.name and p.key_parts ->> 'outside' is not null and p.type <> 'subpipeline'
        union all select u.sha256, null from drawloom.upload u where u.project_id = ${projectId} and u.name = f.name) x
      group by x.sha256 order by 2 desc nulls last limit ${most}) v
    group by f.name`;
  return new Map(rows.map(({ name, versions }) => [name, versions]));
}

/** Runs of a pipeline that are looked through for what gave something at a port, from the newest on. */
const runsLookedThrough = 20;

/**
 * By the set's id: the artifact whose digest was told as its version, else what the newest run gave at that port. Names of pipelines and
 * nodes may hold points, so that a name is not split at them but held against what plans know.
 */
export async function latestArtifacts(
  sql: Sql,
  { projectId }: Realm,
  sets: readonly NamedSet[],
): Promise<Map<string, Card[]>> {
  if (sets.length === 0) return new Map();
  const asked = sets.map(({ id, name, version }) => ({ id, name, version }));
  const rows = await sql<{ id: string; artifact: string }[]>`
    select distinct on (f.id) f.id, x.artifact::text
    from jsonb_to_recordset(${JSON.stringify(asked)}::text::jsonb) f(id text, name text, version text)
    join drawloom.pipeline l on l.project_id = ${projectId} and starts_with(f.name, l.name || '.')
    cross join lateral (
      select u.artifact_id as artifact, r.id as run, a.sha256 = f.version as told
      from (select id, plan_id from drawloom.run where pipeline_id = l.id order by id desc limit ${runsLookedThrough}) r
      join drawloom.plan_node p on p.plan_id = r.plan_id and starts_with(substr(f.name, length(l.name) + 2), p.node_id || '.')
      join drawloom.node_run n on n.run_id = r.id and n.node = p.node and n.map_index = 0 and n.status in ('succeeded', 'reused')
      join drawloom.artifact_use u on u.run_id = r.id and u.node = n.node and u.map_index = 0 and u.attempt = n.attempt and u.direction = 'out'
        and u.position = 0 and concat_ws('.', l.name, p.node_id, u.port) = f.name
      join drawloom.artifact a on a.id = u.artifact_id
      order by told desc nulls last, r.id desc limit 1) x
    order by f.id, x.told desc nulls last, x.run desc`;
  return new Map(rows.map(({ id, artifact }) => [id, [card('artifact', artifact)]]));
}
