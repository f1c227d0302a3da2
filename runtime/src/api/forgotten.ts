/** Decides what is said of a run that was forgotten: what it was, when it went, and by which limit. */
import type { ForgottenRun } from '@drawloom/shared/api/retention.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { instant } from '../record/read/instant.ts';
import { Refusal } from './refusal.ts';

/** What is known of a run that was forgotten, and the project that it was in; undefined when none was forgotten under this number. */
export async function forgottenRun(
  db: Tx,
  run: string,
): Promise<{ projectId: string; forgotten: ForgottenRun } | undefined> {
  const [row] = await db.execute<{ project_id: string; forgotten: ForgottenRun }>(sql`
    select f.project_id, jsonb_build_object('run', f.run_id, 'project', p.slug, 'pipeline', jsonb_build_object('id', f.pipeline_id, 'name', l.name),
      'version', v.number, 'status', f.status, 'createdAt', ${instant(sql`f.created_at`)}, 'finishedAt', ${instant(sql`f.finished_at`)},
      'rootRun', f.root_run, 'why', f.why, 'bound', f.bound, 'forgottenAt', ${instant(sql`f.forgotten_at`)}) as forgotten
    from drawloom.forgotten_run f
    join drawloom.project p on p.id = f.project_id
    join drawloom.pipeline l on l.id = f.pipeline_id
    left join drawloom.pipeline_version v on v.id = f.pipeline_version_id
    where f.run_id = ${run}::bigint`);
  return row && { projectId: row.project_id, forgotten: row.forgotten };
}

export const runForgotten = (forgotten: ForgottenRun): Refusal => {
  const { run, pipeline, bound, why, forgottenAt } = forgotten;
  const limit = why === 'age' ? `runs are kept for ${bound} days` : `as many runs of a pipeline are kept: ${bound}`;
  return new Refusal(
    410,
    'run_forgotten',
    `Run ${run} of ${pipeline.name} was forgotten on ${forgottenAt.slice(0, 10)}: in this project ${limit}. Pin a run to keep it longer.`,
    { forgotten },
  );
};
