/** Decides which models of a run may be registered: those that were logged as such, and folders of its files that hold one. */
import type { RunModels } from '@drawloom/shared/api/experiments.ts';
import type { Sql } from '../db/connection.ts';
import { filesOf } from '../tracking/files.ts';

/** More than this nobody chooses from. */
const most = 50;

/** `run` is its id in the database. */
export async function modelsOfRun(sql: Sql, run: number): Promise<RunModels> {
  const found = await sql<RunModels['found']>`
    select name, 'models:/' || uuid as source from (
      select name, uuid from drawloom.logged_model where source_run_id = ${run} and deleted_at is null order by id desc limit ${most}) l
    union all
    select folder, 'runs:/' || uuid || case when folder = '' then '' else '/' || folder end from (
      select r.uuid, rtrim(left(f.path, -length('MLmodel')), '/') as folder
      from drawloom.tracked_run r, ${filesOf(sql, { of: 'run', id: run })} f
      where r.id = ${run} and (f.path = 'MLmodel' or f.path like '%/MLmodel')
      order by f.path collate "C" limit ${most}) d`;
  const versions = await sql<RunModels['versions']>`
    select m.name as model, v.version from drawloom.model_version v join drawloom.registered_model m on m.id = v.model_id
    where v.tracked_id = ${run} order by m.name, v.version desc limit ${most}`;
  return { found: [...found], versions: [...versions] };
}
