/** The routes about triggers: when a pipeline starts by itself, and what came of it. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Fire, Trigger } from '@drawloom/shared/api/triggers.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { isClock, type Occasion } from '@drawloom/shared/trigger/occasion.ts';
import { and, desc, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import { namesOf } from '../auth/people.ts';
import type { Subject } from '../auth/subject.ts';
import { pipelines } from '../db/tables/pipelines.ts';
import { fires, triggerInputs, triggerKeys, triggers } from '../db/tables/triggers.ts';
import { drawSigningKey, isSigningKey } from '../outbox/sign.ts';
import { lastAsks } from '../record/read/asks.ts';
import { timesAfter } from '../triggers/clock/times.ts';
import { clockProblems, databaseNow, triggerProblems } from '../triggers/fitness.ts';
import { putKey } from '../triggers/keys.ts';
import { lookAtFiles } from '../triggers/newData.ts';
import type { House } from './house.ts';
import { invalid, notThere, Refusal } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

type TriggerRow = typeof triggers.$inferSelect;

export const triggerHandlers: Handler[] = [
  handle(routes.listTriggers, async ({ house, project, query }) => {
    const rows = await house.db
      .select()
      .from(triggers)
      .where(
        and(
          eq(triggers.projectId, project.id),
          query.pipeline === undefined ? undefined : eq(triggers.pipelineId, query.pipeline),
        ),
      )
      .orderBy(desc(triggers.createdAt));
    return { triggers: await triggerAnswers(house, rows) };
  }),

  handle(routes.createTrigger, async ({ house, project, params, body, subject, note }) => {
    const { on, signingKey: given, ...rest } = body;
    const now = await databaseNow(house.db);
    refuse([
      ...(await triggerProblems(house.db, params.pipeline, body, now)),
      ...keyProblems(on, given),
      ...cursorProblems(on, body.cursor),
    ]);
    const made = on.kind !== 'webhook' || given !== undefined ? null : drawSigningKey();
    const row = await house.db.transaction(async (tx) => {
      const [added] = await tx
        .insert(triggers)
        .values({
          projectId: project.id,
          pipelineId: params.pipeline,
          spec: on,
          ...rest,
          nextAt: body.enabled ? firstTime(on, now) : null,
          createdBy: subject.personId,
          ...actingFor(subject),
        })
        .returning();
      if (on.kind === 'webhook') await putKey(tx, house.config.home, added!, (given ?? made)!, 0);
      return added!;
    });
    note({ trigger: row.id, on });
    if (on.kind === 'data') await lookAtFiles(house);
    return { ...(await triggerAnswers(house, [row]))[0]!, signingKey: made };
  }),

  handle(routes.changeTrigger, async ({ house, params, body, subject, note }) => {
    const now = await databaseNow(house.db);
    const changed = await house.db.transaction(async (tx) => {
      // Held, so that a firing at this moment and the change do not undo each other.
      const [before] = await tx.select().from(triggers).where(eq(triggers.id, params.trigger)).for('update');
      if (!before) throw notThere();
      const { on = before.spec, ...rest } = body;
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      const after = { ...before, ...given, on };
      if (familyOf(on) !== familyOf(before.spec))
        refuse([
          problem(
            'kind_kept',
            'A trigger stays a schedule, a webhook, one for new data or a sensor. Add another one instead.',
            '/on/kind',
          ),
        ]);
      refuse([...(await triggerProblems(tx, before.pipelineId, after, now)), ...cursorProblems(on, body.cursor)]);
      const same =
        JSON.stringify(on) === JSON.stringify(before.spec) &&
        after.enabled === before.enabled &&
        body.cursor === undefined;
      // What was new before does not count for what it waits for now.
      if (on.kind === 'data' && !same) await tx.delete(triggerInputs).where(eq(triggerInputs.triggerId, before.id));
      const [row] = await tx
        .update(triggers)
        .set({
          ...given,
          spec: on,
          nextAt: after.enabled ? (same ? before.nextAt : firstTime(on, now)) : null,
          // An ask that is under way was asked by what it was before; its answer is not waited for any more.
          ...(on.kind === 'sensor' && !same && { askedAt: null, askRun: null, askFailures: 0 }),
          ...(body.enabled !== undefined && { paused: null }),
          ...(!onlySwitchesOff(body) && actingFor(subject)),
          changedAt: sql`now()`,
        })
        .where(eq(triggers.id, before.id))
        .returning();
      return row!;
    });
    note({ enabled: changed.enabled, on: changed.spec });
    if (changed.spec.kind === 'data') await lookAtFiles(house);
    return (await triggerAnswers(house, [changed]))[0]!;
  }),

  handle(routes.removeTrigger, async ({ house, params }) => {
    await house.db.delete(triggers).where(eq(triggers.id, params.trigger));
    await house.db.delete(triggerInputs).where(eq(triggerInputs.triggerId, params.trigger));
    return undefined;
  }),

  handle(routes.changeSigningKey, async ({ house, params, body, note }) => {
    const changed = await house.db.transaction(async (tx) => {
      const [trigger] = await tx.select().from(triggers).where(eq(triggers.id, params.trigger)).for('update');
      if (!trigger) throw notThere();
      if (trigger.spec.kind !== 'webhook')
        throw new Refusal(
          409,
          'no_messages',
          'This trigger is no webhook; it takes no messages, and has no signing key.',
        );
      refuse(keyProblems(trigger.spec, body.signingKey));
      const made = body.signingKey === undefined ? drawSigningKey() : null;
      const until = await putKey(tx, house.config.home, trigger, (body.signingKey ?? made)!, body.oldKeyHours);
      return { signingKey: made, oldKeyUntil: until?.toISOString() ?? null };
    });
    note({ oldKeyUntil: changed.oldKeyUntil });
    return changed;
  }),

  handle(routes.listFires, async ({ house, params, query }) => {
    const place = query.after === undefined ? undefined : placeIn(query.after);
    const rows = await house.db
      .select()
      .from(fires)
      .where(
        and(
          eq(fires.triggerId, params.trigger),
          place &&
            lt(
              sql`(${fires.nominalAt}, ${fires.id})`,
              sql`(${place.nominalAt}::text::timestamptz, ${place.id}::bigint)`,
            ),
        ),
      )
      .orderBy(desc(fires.nominalAt), desc(fires.id))
      .limit(query.limit + 1);
    const more = rows.length > query.limit;
    if (more) rows.pop();
    const last = rows.at(-1);
    return { items: rows.map(fireAnswer), next: more && last ? `${last.nominalAt.toISOString()} ${last.id}` : null };
  }),

  handle(routes.previewTrigger, async ({ house, body }) => {
    const now = await databaseNow(house.db);
    refuse(clockProblems(body.on, now));
    return { next: nextFive(body.on, now) };
  }),
];

/** What could never start a run is refused while somebody looks, and not found out at night. */
export function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw invalid(problems);
}

const familyOf = (on: Occasion): string => (isClock(on) ? 'clock' : on.kind);
const firstTime = (on: Occasion, now: Date): Date | null =>
  isClock(on) ? (timesAfter(on, now, 1)[0] ?? null) : on.kind === 'sensor' ? now : null;
const nextFive = (on: Occasion, now: Date): string[] =>
  isClock(on) ? timesAfter(on, now, 5).map((time) => time.toISOString()) : [];

/** A trigger does what whoever saved it last may do. Switching it off saves nothing that it could do. */
const actingFor = ({ personId, bounds }: Subject) => ({
  actsFor: personId,
  actsWithin: bounds ? [...bounds.actions] : null,
});
const onlySwitchesOff = (body: object): boolean =>
  Object.entries(body).every(([name, value]) => value === undefined || (name === 'enabled' && value === false));

const problem = (code: string, message: string, at: string): Problem => ({ code, message, at, severity: 'error' });

function keyProblems(on: Occasion, key: string | undefined): Problem[] {
  if (key === undefined) return [];
  if (on.kind !== 'webhook')
    return [problem('no_messages', 'Only a webhook takes messages. Leave the signing key out.', '/signingKey')];
  if (isSigningKey(key)) return [];
  return [
    problem(
      'invalid',
      'A signing key is whsec_ and at least 24 bytes in Base64. Leave it out, and one is made.',
      '/signingKey',
    ),
  ];
}

function cursorProblems(on: Occasion, cursor: Json | undefined): Problem[] {
  if (cursor === undefined || on.kind === 'sensor') return [];
  return [problem('no_cursor', 'Only a sensor goes on from a cursor. Leave it out.', '/cursor')];
}

function placeIn(after: string): { nominalAt: string; id: number } {
  const [nominalAt = '', id = ''] = after.split(' ');
  if (!Number.isNaN(Date.parse(nominalAt)) && /^\d{1,15}$/.test(id)) return { nominalAt, id: Number(id) };
  throw new Refusal(400, 'invalid_query', 'This is no place in the list. Take `next` from the page before.', {
    at: '/after',
  });
}

async function triggerAnswers({ db, origin }: House, rows: readonly TriggerRow[]): Promise<Trigger[]> {
  if (rows.length === 0) return [];
  const now = await databaseNow(db);
  const named = await db
    .select({ id: pipelines.id, name: pipelines.name })
    .from(pipelines)
    .where(inArray(pipelines.id, [...new Set(rows.map((row) => row.pipelineId))]));
  const pipelineNames = new Map(named.map(({ id, name }) => [id, name]));
  const ids = rows.map((row) => row.id);
  const last = await db
    .selectDistinctOn([fires.triggerId])
    .from(fires)
    .where(inArray(fires.triggerId, ids))
    .orderBy(fires.triggerId, desc(fires.nominalAt), desc(fires.id));
  const lastFires = new Map(last.map((fire) => [fire.triggerId, fireAnswer(fire)]));
  const oldKeys = await db
    .select({ trigger: triggerKeys.triggerId, until: triggerKeys.goodUntil })
    .from(triggerKeys)
    .where(and(inArray(triggerKeys.triggerId, ids), gt(triggerKeys.goodUntil, now)));
  const oldKeyUntil = new Map(oldKeys.map(({ trigger, until }) => [trigger, until!.toISOString()]));
  const asks = await lastAsks(db, ids);
  const name = await namesOf(
    db,
    rows.flatMap((row) => [row.createdBy, row.actsFor]),
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    pipeline: { id: row.pipelineId, name: pipelineNames.get(row.pipelineId) ?? '' },
    on: row.spec,
    parameters: row.parameters,
    version: row.version,
    overlap: row.overlap,
    pauseOnFailure: row.pauseOnFailure,
    enabled: row.enabled,
    paused: row.paused && { ...row.paused, why: row.paused.why ?? (row.paused.run === null ? 'refused' : 'failed') },
    next: row.enabled ? nextFive(row.spec, now) : [],
    webhook:
      row.spec.kind !== 'webhook'
        ? null
        : { address: `${origin()}/api/v1/hooks/${row.id}`, oldKeyUntil: oldKeyUntil.get(row.id) ?? null },
    sensor:
      row.spec.kind !== 'sensor'
        ? null
        : {
            cursor: row.cursor,
            nextAskAt: row.nextAt?.toISOString() ?? null,
            failures: row.askFailures,
            lastAsk: asks.get(row.id) ?? null,
          },
    lastFire: lastFires.get(row.id) ?? null,
    createdBy: name(row.createdBy),
    actsFor: name(row.actsFor),
  }));
}

export const fireAnswer = (row: typeof fires.$inferSelect): Fire => ({
  id: row.id,
  nominalAt: row.nominalAt.toISOString(),
  missedFrom: row.missedFrom?.toISOString() ?? null,
  dueAt: row.dueAt.toISOString(),
  state: row.state,
  why: row.why,
  problems: row.problems,
  data: row.data,
  run: row.runId,
  runStatus: row.runStatus,
  startedAt: row.startedAt?.toISOString() ?? null,
  endedAt: row.endedAt?.toISOString() ?? null,
});
