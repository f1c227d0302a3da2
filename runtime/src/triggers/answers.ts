/**
 * Decides what comes of an ask that ended: the runs that the sensor wants, each once by its key, and the cursor that the next ask goes
 * on from, in one transaction under the trigger's row. Until then the sensor is not asked again, so no answer is lost or counts twice,
 * whichever process dies in between.
 */
import { text } from 'node:stream/consumers';
import type { Json } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { withBody } from '@drawloom/shared/trigger/message.ts';
import { withNominal } from '@drawloom/shared/trigger/nominal.ts';
import { type Answer, largestAnswer, readAnswer } from '@drawloom/shared/trigger/sensor.ts';
import type postgres from 'postgres';
import { ArtifactMissingError, type ArtifactStore } from '../artifacts/store.ts';
import type { Sql } from '../db/connection.ts';
import { isStorable } from '../db/storable.ts';
import { askingOf, endAsk, failAsk } from './asking.ts';

type Readable = Pick<ArtifactStore, 'open'>;

/** Takes in what sensors answered. Returns how many asks are over. */
export async function takeInAnswers(sql: Sql, store: Readable): Promise<number> {
  const ended = await sql`
    select t.id from drawloom.trigger t left join drawloom.run r on r.id = t.ask_run
    where t.asked_at is not null and t.ask_run is not null and (r.id is null or r.finished_at is not null) limit 200`;
  let over = 0;
  for (const { id } of ended) over += await sql.begin((tx) => takeIn(tx, store, id));
  return over;
}

async function takeIn(tx: postgres.TransactionSql, store: Readable, trigger: string): Promise<number> {
  const [held] = await tx`
    select t.id, t.enabled, t.spec, t.ask_failures, t.asks, t.ask_run, t.parameters, r.status, r.finished_at, r.id as run,
      extract(epoch from date_trunc('milliseconds', now())) * 1000 as now_ms
    from drawloom.trigger t left join drawloom.run r on r.id = t.ask_run
    where t.id = ${trigger} and t.ask_run is not null for update of t skip locked`;
  if (!held || (held.run !== null && held.finished_at === null)) return 0; // somebody else is at it, or was, or it is gone
  const asking = askingOf(held);
  if (!asking.enabled) {
    // What it found is found again by the first ask after it was switched on: the cursor stays where it was.
    await endAsk(tx, trigger, null, asking.failures);
    return 1;
  }
  const run = Number(held.ask_run);
  const answer =
    held.status === 'succeeded'
      ? await answerOf(tx, store, run)
      : { problems: [await failureOf(tx, run, held.status)] };
  if ('problems' in answer) {
    await failAsk(tx, asking, { problems: answer.problems, run, state: 'failed' });
    return 1;
  }
  const given = withNominal(held.parameters as Record<string, Json>, Number(held.now_ms), 'UTC');
  const wanted = answer.runs.map((one) => ({
    key: `run ${one.key}`,
    parameters: { ...withBody(given, one as unknown as Json), ...one.parameters },
  }));
  await tx`
    insert into drawloom.fire (trigger_id, key, nominal_at, due_at, state, parameters)
    select ${trigger}, w.value ->> 'key', date_trunc('milliseconds', now()), now(), 'due', w.value -> 'parameters'
    from jsonb_array_elements(${JSON.stringify(wanted)}::text::jsonb) with ordinality w order by w.ordinality
    on conflict do nothing`;
  if (answer.cursor !== undefined)
    await tx`update drawloom.trigger set cursor = ${JSON.stringify(answer.cursor)}::text::jsonb where id = ${trigger}`;
  await endAsk(tx, trigger, asking.everySeconds, 0);
  return 1;
}

const failed = (code: string, message: string, at = ''): { problems: Problem[] } => ({
  problems: [{ code, message, at, severity: 'error' }],
});

/** What a run that did well gave. Nothing is an answer as well: nothing new. */
async function answerOf(
  tx: postgres.TransactionSql,
  store: Readable,
  run: number,
): Promise<Answer | { problems: Problem[] }> {
  const [given] = await tx`
    select a.kind, a.sha256, a.size_bytes from drawloom.artifact_use u join drawloom.artifact a on a.id = u.artifact_id
    where u.run_id = ${run}::bigint and u.direction = 'out' order by u.attempt desc limit 1`;
  if (!given) return readAnswer({});
  if (given.kind !== 'value' && given.kind !== 'metrics')
    return failed(
      'answer_invalid',
      `The sensor gave a ${given.kind}, and is to give an object: {"cursor": …, "runs": [{"key": …}]}. Let its function return a dict.`,
    );
  if (Number(given.size_bytes) > largestAnswer)
    return failed(
      'answer_large',
      `The sensor's answer is larger than ${largestAnswer / 2 ** 20} MiB. Give fewer runs at once, and keep what is large out of their parameters.`,
    );
  try {
    const said = await text(await store.open(given.sha256));
    const value = JSON.parse(said) as Json;
    if (isStorable(said, value)) return readAnswer(value);
    return failed(
      'json_character',
      'The sensor’s answer holds a NUL character or half of a surrogate pair, which cannot be kept. Take it out.',
    );
  } catch (error) {
    if (!(error instanceof ArtifactMissingError)) throw error;
    return failed('answer_missing', 'The bytes of the sensor’s answer are gone from the store. It is asked again.');
  }
}

async function failureOf(tx: postgres.TransactionSql, run: number, status: string | null): Promise<Problem> {
  const [attempt] = await tx`
    select a.error ->> 'message' as message, a.reason from drawloom.attempt a where a.run_id = ${run}::bigint
    order by a.attempt desc limit 1`;
  const why =
    status === null
      ? 'its run was forgotten before its answer was taken in'
      : status === 'cancelled'
        ? 'somebody cancelled it'
        : ((attempt?.message as string | null) ?? `it ended by ${attempt?.reason ?? 'itself'}`);
  return {
    code: 'ask_failed',
    message: `The ask did not end well: ${why}${/[.!?]$/.test(why) ? '' : '.'} Its log says more.`,
    at: '',
    severity: 'error',
  };
}
