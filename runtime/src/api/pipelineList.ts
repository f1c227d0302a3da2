/** Decides what a list of pipelines shows: each with its last run and the next time that a trigger starts it, in one query. */
import type { PipelineSummary } from '@drawloom/shared/api/pipelines.ts';
import type { RunStatus } from '@drawloom/shared/run/status.ts';
import { sql } from 'drizzle-orm';
import { namesOf } from '../auth/people.ts';
import type { Tx } from '../db/connection.ts';
import type { ProjectRow } from './wire.ts';

interface Row extends Record<string, unknown> {
  id: string;
  name: string;
  description: string | null;
  node_count: number;
  revision: string;
  changed_at: string;
  changed_by: string | null;
  run_id: string | null;
  run_status: RunStatus | null;
  run_finished_at: string | null;
  next_at: string | null;
}

export async function listPipelines(
  db: Tx,
  project: ProjectRow,
  { search, archived }: { search?: string | undefined; archived?: boolean | undefined },
): Promise<PipelineSummary[]> {
  const found = search ? sql`and strpos(lower(p.name), lower(${search})) > 0` : sql``;
  const rows = await db.execute<Row>(sql`
    select p.id, p.name, p.document ->> 'description' as description, p.revision, p.changed_at, p.changed_by,
      (select count(*)::int from jsonb_object_keys(p.document -> 'nodes')) as node_count,
      r.id as run_id, r.status as run_status, r.finished_at as run_finished_at,
      (select min(s.next_at) from drawloom.trigger s where s.pipeline_id = p.id and s.enabled) as next_at
    from drawloom.pipeline p
    left join lateral (
      select id, status, finished_at from drawloom.run where pipeline_id = p.id and parent_run is null and leaving_at is null order by id desc limit 1) r on true
    where p.project_id = ${project.id} and p.sensor_of is null and p.archived_at is ${archived ? sql`not null` : sql`null`} ${found}
    order by p.changed_at desc`);
  const name = await namesOf(
    db,
    rows.map((row) => row.changed_by),
  );
  return rows.map((row) => ({
    id: row.id,
    project: project.slug,
    name: row.name,
    description: row.description ?? '',
    nodeCount: row.node_count,
    revision: Number(row.revision),
    updatedAt: instant(row.changed_at)!,
    updatedBy: name(row.changed_by),
    lastRun:
      row.run_id === null
        ? null
        : { id: Number(row.run_id), status: row.run_status!, finishedAt: instant(row.run_finished_at) },
    nextFireAt: instant(row.next_at),
  }));
}

const instant = (text: string | null): string | null => (text === null ? null : new Date(text).toISOString());
