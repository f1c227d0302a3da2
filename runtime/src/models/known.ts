/** Decides what is known of versions beside their own rows: their numbers, how large they are, and which run of a pipeline made them. */
import type { ModelFile } from '@drawloom/shared/api/models.ts';
import type { Sql } from '../db/connection.ts';

export type Measured = number | 'NaN';
export interface Known {
  metrics: Record<string, Measured>;
  sizeBytes: number;
  trackedRun: { id: string; name: string; experiment: string } | null;
  run: { id: number; node: string | null } | null;
}

/**
 * Numbers are those of the run that made a version and, where that was a node, those of its pipeline's run under `node/name`, then those
 * told of the logged model itself. What a run tells may grow for as long as it goes on.
 */
export async function knownOf(sql: Sql, versions: readonly number[]): Promise<Map<number, Known>> {
  if (versions.length === 0) return new Map();
  const wanted = `{${versions.join(',')}}`;
  await catchUp(sql, wanted);
  const rows = await sql<{ known: string }[]>`
    select json_build_object('id', v.id, 'sizeBytes',
      (select coalesce(sum(size_bytes), 0)::bigint from drawloom.tracked_file where of = 'version' and owner_id = v.id),
      'trackedRun', case when r.id is not null then json_build_object('id', r.uuid, 'name', r.name, 'experiment', r.experiment_id::text) end,
      'run', case when p.id is not null then json_build_object('id', p.id, 'node', n.node_id) end,
      'metrics', (select json_object_agg(x.key, case when x.value = 'NaN' then '"NaN"'::json else to_json(x.value) end) from (
        select distinct on (m.key) m.key, m.value from (
          select key, value, 0 as rank, step, at_ms from drawloom.logged_model_metric where model_id = v.logged_model_id
          union all select key, value, 1, step, at_ms from drawloom.tracked_latest where tracked_id = r.id
          union all select l.key, l.value, 2, l.step, l.at_ms from drawloom.tracked_run w join drawloom.tracked_latest l on l.tracked_id = w.id
            where r.node is not null and w.run_id = r.run_id and w.node is null
        ) m order by m.key, m.rank, m.step desc, m.at_ms desc) x))::text as known
    from drawloom.model_version v
    left join drawloom.tracked_run r on r.id = v.tracked_id
    left join drawloom.run p on p.id = r.run_id and p.leaving_at is null
    left join drawloom.plan_node n on n.plan_id = p.plan_id and n.node = r.node
    where v.id = any(${wanted}::text::bigint[])`;
  return new Map(
    rows.map(({ known }) => {
      const { id, metrics, ...rest } = JSON.parse(known) as Known & { id: number; metrics: Known['metrics'] | null };
      return [id, { ...rest, metrics: metrics ?? {} }];
    }),
  );
}

/** What runs of pipelines told since somebody last looked. */
async function catchUp(sql: Sql, versions: string): Promise<void> {
  await sql`
    select drawloom.catch_up_run(e.project_id, r.run_id) from (
      select distinct r.run_id, r.experiment_id from drawloom.model_version v join drawloom.tracked_run r on r.id = v.tracked_id
      where v.id = any(${versions}::text::bigint[]) and r.run_id is not null
        and exists (select from drawloom.tracked_run w where w.run_id = r.run_id and w.node is null and not w.settled)) r
    join drawloom.experiment e on e.id = r.experiment_id`;
}

/** The files of a version by their paths: the first so many, and how many there are. */
export async function filesOf(sql: Sql, version: number, most = 1000): Promise<{ files: ModelFile[]; count: number }> {
  const rows = await sql<{ path: string; size: string; sha256: string; count: string }[]>`
    select path, size_bytes as size, sha256, count(*) over () as count from drawloom.tracked_file
    where of = 'version' and owner_id = ${version} order by path collate "C" limit ${most}`;
  return {
    files: rows.map(({ path, size, sha256 }) => ({ path, sizeBytes: Number(size), sha256 })),
    count: Number(rows[0]?.count ?? 0),
  };
}
