/** The routes about schedules: when a pipeline starts by itself. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Schedule } from '@drawloom/shared/api/schedules.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { bindPipeline } from '@drawloom/shared/pipeline/checks.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { namesOf } from '../auth/people.ts';
import { pipelines } from '../db/tables/pipelines.ts';
import { scheduleFires, schedules } from '../db/tables/schedules.ts';
import { checkCron, timesAfter } from '../triggers/cron.ts';
import { firstTime, nextFive } from '../triggers/schedules.ts';
import type { House } from './house.ts';
import { currentDocument, pipelineRow } from './pipelines.ts';
import { invalid, notThere } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

type ScheduleRow = typeof schedules.$inferSelect;

export const scheduleHandlers: Handler[] = [
  handle(routes.listSchedules, async ({ house, project, query }) => {
    const rows = await house.db
      .select()
      .from(schedules)
      .where(
        and(
          eq(schedules.projectId, project.id),
          query.pipeline === undefined ? undefined : eq(schedules.pipelineId, query.pipeline),
        ),
      )
      .orderBy(desc(schedules.createdAt));
    return { schedules: await scheduleAnswers(house, rows) };
  }),

  handle(routes.createSchedule, async ({ house, project, params, body, subject, note }) => {
    await refuseUnfit(house, params.pipeline, body);
    const [row] = await house.db
      .insert(schedules)
      .values({
        projectId: project.id,
        pipelineId: params.pipeline,
        ...body,
        nextAt: body.enabled ? firstTime(body) : null,
        createdBy: subject.personId,
      })
      .returning();
    note({ schedule: row!.id, cron: row!.cron, timeZone: row!.timeZone });
    return (await scheduleAnswers(house, [row!]))[0]!;
  }),

  handle(routes.changeSchedule, async ({ house, params, body, note }) => {
    const changed = await house.db.transaction(async (tx) => {
      // Held, so that a firing at this moment and the change do not undo each other.
      const [before] = await tx.select().from(schedules).where(eq(schedules.id, params.schedule)).for('update');
      if (!before) throw notThere();
      // A part that is left out stays; the defaults of a new schedule are none of a changed one.
      const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      const now = { ...before, ...given };
      await refuseUnfit(house, before.pipelineId, now);
      const same = now.cron === before.cron && now.timeZone === before.timeZone && now.enabled === before.enabled;
      const [row] = await tx
        .update(schedules)
        .set({
          ...given,
          nextAt: now.enabled ? (same ? before.nextAt : firstTime(now)) : null,
          changedAt: sql`now()`,
        })
        .where(eq(schedules.id, before.id))
        .returning();
      return row!;
    });
    note({ enabled: changed.enabled, cron: changed.cron, timeZone: changed.timeZone });
    return (await scheduleAnswers(house, [changed]))[0]!;
  }),

  handle(routes.removeSchedule, async ({ house, params }) => {
    await house.db.delete(schedules).where(eq(schedules.id, params.schedule));
    return undefined;
  }),

  handle(routes.previewSchedule, ({ body }) => {
    const problems = checkCron(body);
    if (problems.length > 0) throw invalid(problems);
    return { next: timesAfter(body, new Date(), 5).map((time) => time.toISOString()) };
  }),
];

/** A schedule that could never start a run is refused while somebody looks, and not found out at night. */
async function refuseUnfit(
  house: House,
  pipelineId: string,
  { cron, timeZone, parameters }: { cron: string; timeZone: string; parameters: Record<string, Json> },
): Promise<void> {
  const problems: Problem[] = checkCron({ cron, timeZone });
  const { document } = await pipelineRow(house.db, pipelineId);
  const bound = bindPipeline(currentDocument(document).parameters, parameters);
  if ('problems' in bound) problems.push(...bound.problems);
  if (problems.length > 0) throw invalid(problems);
}

async function scheduleAnswers({ db }: House, rows: readonly ScheduleRow[]): Promise<Schedule[]> {
  if (rows.length === 0) return [];
  const named = await db
    .select({ id: pipelines.id, name: pipelines.name })
    .from(pipelines)
    .where(inArray(pipelines.id, [...new Set(rows.map((row) => row.pipelineId))]));
  const pipelineNames = new Map(named.map(({ id, name }) => [id, name]));
  const fires = await db
    .selectDistinctOn([scheduleFires.scheduleId])
    .from(scheduleFires)
    .where(
      inArray(
        scheduleFires.scheduleId,
        rows.map((row) => row.id),
      ),
    )
    .orderBy(scheduleFires.scheduleId, desc(scheduleFires.nominalAt));
  const lastFires = new Map(fires.map((fire) => [fire.scheduleId, fire]));
  const name = await namesOf(
    db,
    rows.map((row) => row.createdBy),
  );
  return rows.map((row) => {
    const fire = lastFires.get(row.id);
    return {
      id: row.id,
      pipeline: { id: row.pipelineId, name: pipelineNames.get(row.pipelineId) ?? '' },
      cron: row.cron,
      timeZone: row.timeZone,
      enabled: row.enabled,
      parameters: row.parameters,
      next: nextFive(row).map((time) => time.toISOString()),
      lastFire: fire
        ? { nominalAt: fire.nominalAt.toISOString(), firedAt: fire.firedAt.toISOString(), run: fire.runId }
        : null,
      createdBy: name(row.createdBy),
    };
  });
}
