/** Decides how it is told what a policy would take: the decision that a pass would come to now, with the bytes behind it. */
import type { RetentionPolicy, RetentionPreview } from '@drawloom/shared/api/retention.ts';
import type { Sql } from '../db/connection.ts';
import { decideOutputs, decideRuns } from './decide.ts';

const mostNamed = 100;

export async function previewOf(sql: Sql, project: string, policy: RetentionPolicy): Promise<RetentionPreview> {
  const runs = await decideRuns(sql, project, policy);
  const outputs = policy.artifactDays === null ? null : await decideOutputs(sql, project, policy);
  const gone = runs.going.map(({ run }) => run);
  const leaner = outputs?.going.map(({ run }) => run) ?? [];
  const by = Map.groupBy(runs.staying, (one) => one.by);
  const named = await namesOf(
    sql,
    [...runs.going.slice(0, mostNamed), ...runs.staying.slice(0, mostNamed)].map(({ run }) => run),
  );
  return {
    runs: {
      count: runs.going.length,
      byAge: runs.going.filter(({ why }) => why === 'age').length,
      byCount: runs.going.filter(({ why }) => why === 'count').length,
    },
    artifacts: await artifactsOf(sql, project, [...new Set([...gone, ...leaner])]),
    logs: await logsOf(sql, project, gone, policy),
    kept: [...by].map(([reason, list]) => ({ by: reason, runs: list.length })),
    going: runs.going.slice(0, mostNamed).map(({ run, why }) => ({ ...named.get(run)!, why })),
    staying: runs.staying.slice(0, mostNamed).map(({ run, why, by: keptBy }) => ({ ...named.get(run)!, why, keptBy })),
  };
}

/** What would have no bytes any more if these runs kept none; counted by blobs, since artifacts share them. */
async function artifactsOf(sql: Sql, project: string, runs: readonly number[]) {
  const [row] = await sql<{ count: number; bytes: number }[]>`
    with recursive gone as (
      select d::bigint as id from jsonb_array_elements_text(${JSON.stringify(runs)}::text::jsonb) d
      union
      select r.id from drawloom.run r where r.project_id = ${project}::uuid and r.let_go_at is not null
      union
      select c.id from gone g join drawloom.run c on c.parent_run = g.id
    ), going as materialized (
      select a.id, a.sha256 from drawloom.artifact a
      where a.project_id = ${project}::uuid and a.forgotten_at is null
        and not exists (select from drawloom.upload u where u.project_id = a.project_id and u.sha256 = a.sha256)
        and not exists (select from drawloom.artifact_use u where u.artifact_id = a.id and u.run_id not in (select id from gone))
        and not exists (select from drawloom.plan_node p join drawloom.run r on r.plan_id = p.plan_id
          where p.key_parts ->> 'outside' = a.sha256 and r.project_id = a.project_id and r.id not in (select id from gone))
        and (a.seen_at < now() - interval '1 day' or exists (select from drawloom.artifact_use u where u.artifact_id = a.id))
    ), digest as (
      select sha256 from going union select m.sha256 from going g join drawloom.artifact_member m on m.artifact_id = g.id
    )
    select (select count(*)::int from going) as count, coalesce(sum(b.size_bytes), 0)::float8 as bytes
    from digest d join drawloom.blob b on b.sha256 = d.sha256
    where not exists (select from drawloom.artifact a where a.sha256 = d.sha256 and a.forgotten_at is null and a.id not in (select id from going))
      and not exists (select from drawloom.artifact_member m where m.sha256 = d.sha256 and m.artifact_id not in (select id from going))
      and not exists (select from drawloom.upload u where u.sha256 = d.sha256)`;
  return { count: row!.count, sizeBytes: row!.bytes };
}

async function logsOf(sql: Sql, project: string, runs: readonly number[], { logDays }: RetentionPolicy) {
  const [row] = await sql<{ runs: number; bytes: number }[]>`
    with recursive gone as (
      select d::bigint as id from jsonb_array_elements_text(${JSON.stringify(runs)}::text::jsonb) d
      union
      select r.id from drawloom.run r
      where r.project_id = ${project}::uuid and r.parent_run is null and r.logs_forgotten_at is null
        and r.finished_at < now() - ${logDays}::int * interval '1 day'
        and not exists (select from drawloom.run_pin p where p.run_id = any(drawloom.family(r.id)))
      union
      select c.id from gone g join drawloom.run c on c.parent_run = g.id
    )
    select count(distinct c.run_id)::int as runs, coalesce(sum(c.size_bytes), 0)::float8 as bytes
    from gone g join drawloom.log_chunk c on c.run_id = g.id`;
  return { runs: row!.runs, sizeBytes: row!.bytes };
}

type Named = Pick<RetentionPreview['going'][number], 'run' | 'pipeline' | 'finishedAt'>;

async function namesOf(sql: Sql, runs: readonly number[]): Promise<Map<number, Named>> {
  const rows = await sql<{ run: number; pipeline: string; name: string; at: string | null }[]>`
    select r.id::float8 as run, l.id as pipeline, l.name,
      to_char(r.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
    from jsonb_array_elements_text(${JSON.stringify(runs)}::text::jsonb) d
    join drawloom.run r on r.id = d::bigint join drawloom.pipeline l on l.id = r.pipeline_id`;
  return new Map(
    rows.map((row) => [row.run, { run: row.run, pipeline: { id: row.pipeline, name: row.name }, finishedAt: row.at }]),
  );
}
