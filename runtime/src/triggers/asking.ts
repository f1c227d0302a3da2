/**
 * Decides when sensors are asked: one ask at a time, the next an interval after the end of the one before, later after failures. No
 * slot is held in between. An ask is a run with a key of its own, so it begins once, whichever process dies on the way.
 */
import type { Json } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { askDocument, askedWith, askNode, type Sensor, wantsFiles } from '@drawloom/shared/trigger/sensor.ts';
import type postgres from 'postgres';
import { dataFolders, listDataFiles } from '../artifacts/projectFiles.ts';
import type { Sql } from '../db/connection.ts';
import type { LaunchByTrigger } from './carrying.ts';
import { rightsLost, stopForRights } from './rights.ts';

/** The task of the queue that begins an ask. */
export const askTask = 'ask';
export interface AskJob {
  trigger: string;
  /** Which of its asks, from 1. */
  ask: number;
}

/** An ask that was handed to the queue and did not begin for this long is handed to it again. */
const forgottenAfter = '5 minutes';
/** After failures an ask comes later and later, up to an hour; one that comes more seldom anyway keeps its interval. */
const mostDelaySeconds = 3600;

export const delayAfter = (everySeconds: number, failures: number): number =>
  Math.min(everySeconds * 2 ** Math.min(failures, 30), Math.max(everySeconds, mostDelaySeconds));

/** Hands the asks that are due to the queue. Returns how many. */
export async function askSensors(sql: Sql): Promise<number> {
  return sql.begin(async (tx) => {
    const due = await tx`
      update drawloom.trigger t set next_at = null, asks = t.asks + 1, asked_at = now(), ask_run = null
      where t.id in (
        select d.id from drawloom.trigger d where d.enabled and d.next_at <= now() and d.spec ->> 'kind' = 'sensor'
        order by d.next_at limit 50 for update skip locked)
      returning t.id, t.asks`;
    const forgotten = await tx`
      update drawloom.trigger t set asked_at = now()
      where t.id in (
        select d.id from drawloom.trigger d
        where d.asked_at < now() - ${forgottenAfter}::text::interval and d.ask_run is null and d.enabled for update skip locked)
      returning t.id, t.asks`;
    for (const { id, asks } of [...due, ...forgotten]) await enqueueAsk(tx, { trigger: id, ask: Number(asks) });
    return due.length + forgotten.length;
  });
}

const enqueueAsk = (tx: postgres.TransactionSql, job: AskJob) =>
  tx`select graphile_worker.add_job(${askTask}, ${JSON.stringify(job)}::text::json,
    job_key := ${`${askTask} ${job.trigger} ${job.ask}`}, max_attempts := 10)`;

/** Begins an ask, or keeps the reason why it could not. Doing it twice does no harm. */
export async function carryOutAsk(
  sql: Sql,
  home: string,
  launch: LaunchByTrigger,
  { trigger, ask }: AskJob,
): Promise<void> {
  const [row] = await sql`
    select t.project_id, t.name, t.spec, t.cursor, t.asked_at, t.acts_for, t.acts_within, p.settings
    from drawloom.trigger t join drawloom.project p on p.id = t.project_id
    where t.id = ${trigger} and t.asks = ${ask}::bigint and t.enabled and t.asked_at is not null and t.ask_run is null`;
  if (!row) return; // removed or switched off meanwhile, or begun before
  const sensor = row.spec as Sensor;
  const owner = { id: row.project_id as string, settings: row.settings as unknown };
  const files = wantsFiles(sensor)
    ? (await listDataFiles(dataFolders(home, owner))).map(({ changedAt, ...file }) => ({
        ...file,
        changedAt: changedAt.toISOString(),
      }))
    : [];
  const result = await launch({
    pipelineId: await drawnFor(sql, { id: trigger, projectId: owner.id, name: row.name as string, sensor }),
    version: undefined,
    parameters: {},
    given: { [askNode]: askedWith(sensor, row.cursor as Json, files) },
    trigger: 'ask',
    cause: { trigger, nominalAt: new Date(row.asked_at).toISOString() },
    idempotencyKey: `ask ${ask}`,
    reuse: false,
    projectId: owner.id,
    actor: row.acts_for,
    within: row.acts_within,
  });
  await sql.begin(async (tx) => {
    const [held] = await tx`
      select id, enabled, spec, ask_failures, asks from drawloom.trigger
      where id = ${trigger} and asks = ${ask}::bigint and asked_at is not null and ask_run is null for update`;
    if (!held) return;
    if ('run' in result) await tx`update drawloom.trigger set ask_run = ${result.run}::bigint where id = ${trigger}`;
    else {
      const lost = result.problems.some(({ code }) => code === rightsLost.code);
      await failAsk(tx, askingOf(held), { problems: result.problems, run: null, state: lost ? 'refused' : 'failed' });
      if (lost) await stopForRights(tx, trigger);
    }
  });
}

/** The pipeline of a sensor's asks, drawn as the sensor is now. */
async function drawnFor(
  sql: Sql,
  { id, projectId, name, sensor }: { id: string; projectId: string; name: string; sensor: Sensor },
): Promise<string> {
  const title = `${name || 'Sensor'} (asks)`.slice(0, 200);
  const document = JSON.stringify(askDocument(sensor, title));
  const [drawn] = await sql`
    insert into drawloom.pipeline as p (project_id, name, document, sensor_of)
    values (${projectId}, ${title}, ${document}::text::jsonb, ${id})
    on conflict (sensor_of) where sensor_of is not null do update set name = excluded.name, document = excluded.document, changed_at = now()
    returning id`;
  return drawn!.id;
}

/** A trigger whose row is held, while it is being asked. */
export interface Asking {
  id: string;
  enabled: boolean;
  everySeconds: number;
  failures: number;
  ask: number;
}
export const askingOf = (row: postgres.Row): Asking => ({
  id: row.id,
  enabled: row.enabled,
  everySeconds: (row.spec as Sensor).everySeconds,
  failures: row.ask_failures,
  ask: Number(row.asks),
});

/** Keeps in the history that an ask came to nothing, and asks again later. The first of several in a row is news. */
export async function failAsk(
  tx: postgres.TransactionSql,
  { id, enabled, everySeconds, failures, ask }: Asking,
  { problems, run, state }: { problems: readonly Problem[]; run: number | null; state: 'failed' | 'refused' },
): Promise<void> {
  await tx`
    insert into drawloom.fire (trigger_id, key, nominal_at, due_at, state, problems, run_id, run_status, ended_at)
    values (${id}, ${`ask ${ask}`}, date_trunc('milliseconds', now()), now(), ${state}, ${JSON.stringify(problems)}::text::jsonb,
      ${run}::bigint, (select status::text from drawloom.run where id = ${run}::bigint), now())
    on conflict do nothing`;
  if (failures === 0 && state === 'failed')
    await tx`
      insert into drawloom.outbox (project_id, kind, pipeline_id, details, dedupe_key)
      select t.project_id, 'missing', t.pipeline_id, jsonb_build_object('trigger', t.id, 'nominalAt', now(), 'problems', ${JSON.stringify(problems)}::text::jsonb),
        format('missing %s ask %s', t.id, t.asks)
      from drawloom.trigger t
      where t.id = ${id} and exists (select from drawloom.notification_rule r where r.project_id = t.project_id and r.enabled)
      on conflict do nothing`;
  await endAsk(tx, id, enabled ? delayAfter(everySeconds, failures + 1) : null, failures + 1);
}

/** The ask is over; the next one is due so many seconds from now, or not at all while the trigger is off. */
export const endAsk = (tx: postgres.TransactionSql, id: string, delaySeconds: number | null, failures: number) =>
  tx`
    update drawloom.trigger set asked_at = null, ask_run = null, ask_failures = ${failures},
      next_at = now() + ${delaySeconds}::int * interval '1 second'
    where id = ${id}`;
