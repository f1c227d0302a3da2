/** The routes about run sets: making a backfill, watching it, stopping it and going on. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Backfill, RunSet } from '@drawloom/shared/api/runSets.ts';
import { withNominal } from '@drawloom/shared/trigger/nominal.ts';
import { asc, desc, eq, inArray, sql } from 'drizzle-orm';
import { namesOf } from '../auth/people.ts';
import { pipelines } from '../db/tables/pipelines.ts';
import { fires, runSets, triggers } from '../db/tables/triggers.ts';
import { keepBackfill, type PlannedBackfill, planBackfill } from '../triggers/backfill.ts';
import { resumeRunSet, retryRunSet, stopRunSet } from '../triggers/runSets.ts';
import type { House } from './house.ts';
import { invalid, notThere, Refusal } from './refusal.ts';
import { fireAnswer } from './triggers.ts';
import { type Handler, handle } from './wire.ts';

type RunSetRow = typeof runSets.$inferSelect;

export const runSetHandlers: Handler[] = [
  handle(routes.previewBackfill, async ({ house, params, body }) => {
    const planned = await plan(house, params.pipeline, body);
    const [first, last] = [planned.times[0]!, planned.times.at(-1)!];
    return {
      count: planned.times.length,
      first: new Date(first).toISOString(),
      last: new Date(last).toISOString(),
      parameters: withNominal(planned.parameters, first, planned.clock.timeZone),
    };
  }),

  handle(routes.createBackfill, async ({ house, project, params, body, subject, note }) => {
    const planned = await plan(house, params.pipeline, body);
    const { personId: createdBy } = subject;
    const { id, existed } = await keepBackfill(house.db, planned, {
      ...body,
      projectId: project.id,
      pipelineId: params.pipeline,
      createdBy,
    });
    note({ runSet: id, times: planned.times.length, existed });
    return answerOf(house, id);
  }),

  handle(routes.listRunSets, async ({ house, project, query }) => {
    const place = query.after === undefined ? sql`true` : sql`(created_at, id) < (${placeIn(query.after)})`;
    const rows = await house.db
      .select()
      .from(runSets)
      .where(
        sql`project_id = ${project.id} and ${place} and ${query.pipeline === undefined ? sql`true` : sql`pipeline_id = ${query.pipeline}`}`,
      )
      .orderBy(desc(runSets.createdAt), desc(runSets.id))
      .limit(query.limit + 1);
    const more = rows.length > query.limit;
    if (more) rows.pop();
    return { items: await runSetAnswers(house, rows), next: more ? rows.at(-1)!.id : null };
  }),

  handle(routes.getRunSet, ({ house, params }) => answerOf(house, params.runSet)),

  handle(routes.listRunSetFires, async ({ house, params }) => {
    const rows = await house.db
      .select()
      .from(fires)
      .where(eq(fires.runSetId, params.runSet))
      .orderBy(asc(fires.nominalAt));
    return { fires: rows.map(fireAnswer) };
  }),

  handle(routes.stopRunSet, async ({ house, params, body, subject, note }) => {
    const { cancelRuns } = body;
    if (!(await stopRunSet(house.sql, params.runSet, cancelRuns, subject.personId)))
      throw new Refusal(409, 'not_running', 'This run set does not go on: it was stopped before, or it is finished.');
    house.bell.ring('drawloom_event');
    note({ cancelRuns });
    return answerOf(house, params.runSet);
  }),

  handle(routes.resumeRunSet, async ({ house, params }) => {
    if (!(await resumeRunSet(house.sql, params.runSet)))
      throw new Refusal(409, 'not_stopped', 'This run set was not stopped. To start failed runs anew, retry it.');
    return answerOf(house, params.runSet);
  }),

  handle(routes.retryRunSet, async ({ house, params, note }) => {
    const again = await retryRunSet(house.sql, params.runSet);
    note({ again });
    return { runSet: await answerOf(house, params.runSet), again };
  }),
];

async function plan(house: House, pipelineId: string, body: Backfill): Promise<PlannedBackfill> {
  const planned = await planBackfill(house.db, pipelineId, body);
  if ('problems' in planned) throw invalid(planned.problems);
  return planned;
}

/** The row that a page ended with; what was made at the same instant is told apart by its id. */
function placeIn(after: string) {
  if (!/^[0-9a-f-]{36}$/.test(after))
    throw new Refusal(400, 'invalid_query', 'This is no place in the list. Take `next` from the page before.', {
      at: '/after',
    });
  return sql`select s.created_at, s.id from drawloom.run_set s where s.id = ${after}::uuid`;
}

async function answerOf(house: House, id: string): Promise<RunSet> {
  const rows = await house.db.select().from(runSets).where(eq(runSets.id, id));
  if (rows.length === 0) throw notThere();
  return (await runSetAnswers(house, rows))[0]!;
}

async function runSetAnswers({ db }: House, rows: readonly RunSetRow[]): Promise<RunSet[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const named = await db
    .select({ id: pipelines.id, name: pipelines.name })
    .from(pipelines)
    .where(inArray(pipelines.id, [...new Set(rows.map((row) => row.pipelineId))]));
  const sources = rows.flatMap((row) => row.triggerId ?? []);
  const namedTriggers =
    sources.length === 0
      ? []
      : await db.select({ id: triggers.id, name: triggers.name }).from(triggers).where(inArray(triggers.id, sources));
  const counted = await db
    .select({ id: fires.runSetId, state: fires.state, status: fires.runStatus, n: sql<number>`count(*)::int` })
    .from(fires)
    .where(inArray(fires.runSetId, ids))
    .groupBy(fires.runSetId, fires.state, fires.runStatus);
  const name = await namesOf(
    db,
    rows.map((row) => row.createdBy),
  );
  return rows.map((row) => {
    const mine = counted.filter(({ id }) => id === row.id);
    const count = (fits: (one: (typeof counted)[number]) => boolean) =>
      mine.filter(fits).reduce((sum, { n }) => sum + n, 0);
    return {
      id: row.id,
      name: row.name,
      pipeline: { id: row.pipelineId, name: named.find(({ id }) => id === row.pipelineId)?.name ?? '' },
      trigger: namedTriggers.find(({ id }) => id === row.triggerId) ?? null,
      on: row.spec,
      from: row.fromAt.toISOString(),
      until: row.untilAt.toISOString(),
      parameters: row.parameters,
      version: row.version,
      concurrency: row.concurrency,
      order: row.newestFirst ? 'newest-first' : 'oldest-first',
      reuse: row.reuse,
      status: row.status,
      counts: {
        planned: count(({ state }) => state === 'planned'),
        running: count(({ state }) => state === 'launching' || state === 'started'),
        succeeded: count(({ status }) => status === 'succeeded'),
        failed: count(({ state, status }) => state === 'refused' || status === 'failed'),
        cancelled: count(({ status }) => status === 'cancelled'),
      },
      createdBy: name(row.createdBy),
      createdAt: row.createdAt.toISOString(),
      finishedAt: row.finishedAt?.toISOString() ?? null,
    };
  });
}
