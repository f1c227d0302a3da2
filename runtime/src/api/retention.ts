/** The routes about what is kept: the policy of a project, what it would take, and pins. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Retention } from '@drawloom/shared/api/retention.ts';
import { eq, sql } from 'drizzle-orm';
import { retentionPolicies, runPins } from '../db/tables/retention.ts';
import { instant } from '../record/read/instant.ts';
import { policyOf } from '../retention/policy.ts';
import { previewOf } from '../retention/preview.ts';
import type { House } from './house.ts';
import { notThere } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

export const retentionHandlers: Handler[] = [
  handle(routes.getRetention, ({ house, project }) => retentionOf(house, project.id)),

  handle(routes.setRetention, async ({ house, project, body, subject, note }) => {
    await house.db
      .update(retentionPolicies)
      .set({ ...body, changedBy: subject.personId, changedAt: sql`now()` })
      .where(eq(retentionPolicies.projectId, project.id));
    note({ ...body });
    return retentionOf(house, project.id);
  }),

  handle(routes.previewRetention, async ({ house, project, body }) =>
    previewOf(house.sql, project.id, body.policy ?? (await policyOf(house.sql, project.id))),
  ),

  handle(routes.pinRun, async ({ house, params, body, subject, note }) => {
    const [row] = await house.db.execute<{ pin: boolean }>(
      sql`select drawloom.pin(${params.run}::bigint, ${subject.personId}::text, ${body.note}::text) as pin`,
    );
    if (!row!.pin) throw notThere();
    note({ pinned: body.note });
    return undefined;
  }),

  handle(routes.unpinRun, async ({ house, params }) => {
    await house.db.delete(runPins).where(eq(runPins.runId, params.run));
    return undefined;
  }),
];

async function retentionOf({ db }: House, project: string): Promise<Retention> {
  const [row] = await db.execute<Retention & Record<string, unknown>>(sql`
    select jsonb_build_object('runDays', p.run_days, 'runsPerPipeline', p.runs_per_pipeline, 'logDays', p.log_days, 'artifactDays', p.artifact_days) as policy,
      ${instant(sql`p.changed_at`)} as "changedAt", ${instant(sql`p.last_pass_at`)} as "lastPassAt",
      jsonb_build_object(
        'runs', (select count(*) from drawloom.run r where r.project_id = p.project_id and r.leaving_at is null),
        'pinned', (select count(*) from drawloom.run_pin n where n.project_id = p.project_id),
        'artifacts', (select jsonb_build_object('count', count(*), 'sizeBytes', coalesce(sum(a.size_bytes), 0))
          from drawloom.artifact a where a.project_id = p.project_id and a.forgotten_at is null),
        'logBytes', (select coalesce(sum(c.size_bytes), 0) from drawloom.log_chunk c join drawloom.run r on r.id = c.run_id
          where r.project_id = p.project_id)) as kept,
      jsonb_build_object('runs', p.forgotten_runs, 'logBytes', p.forgotten_log_bytes,
        'artifacts', jsonb_build_object('count', p.forgotten_artifacts, 'sizeBytes', p.forgotten_artifact_bytes)) as forgotten
    from drawloom.retention_policy p where p.project_id = ${project}::uuid`);
  return row!;
}
