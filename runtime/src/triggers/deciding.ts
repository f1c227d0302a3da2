/**
 * Decides what becomes of a wanted run: started, left waiting, or passed over, by the trigger's rule for runs that overlap. One program
 * at a time decides for a trigger, since it holds the trigger's row; a start is handed to the queue in the same transaction.
 */
import type { Overlap } from '@drawloom/shared/api/triggers.ts';
import type postgres from 'postgres';
import type { Sql } from '../db/connection.ts';
import { enqueueFire } from './enqueue.ts';
import { decideRunSets } from './runSets.ts';

/** A start that was handed to the queue and did not come about for this long is handed to it again. */
const forgottenAfter = '5 minutes';

/** Looks after all triggers and run sets once: notes which runs ended, then decides what waits. Returns how much changed. */
export async function decideFires(sql: Sql, now?: Date): Promise<number> {
  let changed = await settleFires(sql);
  const at = now?.toISOString() ?? null;
  const waiting = await sql`
    select distinct trigger_id as id from drawloom.fire
    where state = 'buffered' or (state = 'due' and due_at <= coalesce(${at}::text::timestamptz, now()))
    limit 200`;
  for (const { id } of waiting) changed += await sql.begin((tx) => decideTrigger(tx, id, at));
  changed += await decideRunSets(sql);
  changed += await endUnwanted(sql);
  await remind(sql);
  return changed;
}

/** Runs that ended end their fires; one that failed switches its trigger off if that was wished. */
export async function settleFires(sql: Sql): Promise<number> {
  return sql.begin(async (tx) => {
    const over = await tx`
      with over as (
        select f.id, r.status::text as status from drawloom.fire f
        join drawloom.run r on r.id = f.run_id
        where f.state = 'started' and r.finished_at is not null
        order by f.id limit 1000 for update of f skip locked
      )
      update drawloom.fire f set state = 'done', run_status = o.status, ended_at = now() from over o where o.id = f.id
      returning f.trigger_id, f.run_id, o.status`;
    for (const { trigger_id, run_id, status } of over)
      if (status === 'failed' && trigger_id !== null) await pauseAfterFailure(tx, trigger_id, Number(run_id));
    return over.length;
  });
}

/** Switches a trigger off whose last run failed, if that was wished of it. */
export async function pauseAfterFailure(
  tx: postgres.TransactionSql | Sql,
  trigger: string,
  run: number | null,
): Promise<void> {
  await tx`
    update drawloom.trigger set enabled = false, next_at = null,
      paused = jsonb_build_object('at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'run', ${run}::bigint)
    where id = ${trigger} and pause_on_failure and enabled`;
}

/** Decides about one trigger now, where somebody waits. Should another program be at it, the next look does. */
export const decideAtOnce = (sql: Sql, trigger: string): Promise<number> =>
  sql.begin((tx) => decideTrigger(tx, trigger, null));

interface OpenFire {
  id: number;
}

async function decideTrigger(tx: postgres.TransactionSql, id: string, at: string | null): Promise<number> {
  const [trigger] = await tx`
    select enabled, overlap from drawloom.trigger where id = ${id} for update skip locked`;
  if (!trigger) return 0; // somebody else decides, or it is gone
  const rows = await tx`
    select id, state from drawloom.fire
    where trigger_id = ${id} and (state in ('buffered', 'launching', 'started')
      or (state = 'due' and due_at <= coalesce(${at}::text::timestamptz, now())))
    order by nominal_at, id`;
  const inState = (...states: string[]): OpenFire[] =>
    rows.filter((row) => states.includes(row.state)).map((row) => ({ id: Number(row.id) }));
  const verdict = trigger.enabled
    ? judge(trigger.overlap, {
        due: inState('due'),
        buffered: inState('buffered'),
        open: inState('launching', 'started'),
      })
    : { ...nothing(), skip: [...inState('due', 'buffered')].map((fire) => ({ ...fire, why: 'off' as const })) };
  await carryOut(tx, verdict);
  return verdict.start.length + verdict.buffer.length + verdict.skip.length;
}

export interface Verdict {
  start: OpenFire[];
  buffer: OpenFire[];
  skip: (OpenFire & { why: 'running' | 'waiting' | 'replaced' | 'off' })[];
  /** Fires whose runs are to end. */
  end: OpenFire[];
}
const nothing = (): Verdict => ({ start: [], buffer: [], skip: [], end: [] });

/** What is to be done about what fell due, while some wait and the runs of others are not over. Pure. */
export function judge(
  overlap: Overlap,
  { due, buffered, open }: { due: readonly OpenFire[]; buffered: readonly OpenFire[]; open: readonly OpenFire[] },
): Verdict {
  const verdict = nothing();
  let waiting = [...buffered];
  const free = () => open.length === 0 && verdict.start.length === 0;
  if (overlap === 'allow') {
    verdict.start.push(...waiting, ...due);
    return verdict;
  }
  if (free() && waiting.length > 0) verdict.start.push(waiting.shift()!);
  for (const fire of due) {
    if (free() && waiting.length === 0) verdict.start.push(fire);
    else if (overlap === 'skip') verdict.skip.push({ ...fire, why: 'running' });
    else if (overlap === 'buffer-one' && waiting.length > 0) verdict.skip.push({ ...fire, why: 'waiting' });
    else if (overlap === 'terminate') {
      verdict.end.push(...open, ...verdict.start.splice(0));
      verdict.start.push(fire);
    } else {
      if (overlap === 'cancel') {
        verdict.skip.push(...waiting.map((one) => ({ ...one, why: 'replaced' as const })));
        waiting = [];
        verdict.end.push(...open);
      }
      waiting.push(fire);
    }
  }
  const known = new Set(buffered.map((one) => one.id));
  verdict.buffer = waiting.filter((one) => !known.has(one.id));
  return verdict;
}

async function carryOut(tx: postgres.TransactionSql, { start, buffer, skip, end }: Verdict): Promise<void> {
  await tx`
    update drawloom.fire f set state = t.state, why = t.why, decided_at = now(),
      ended_at = case when t.state = 'skipped' then now() end
    from jsonb_to_recordset(${JSON.stringify([
      ...start.map(({ id }) => ({ id, state: 'launching' })),
      ...buffer.map(({ id }) => ({ id, state: 'buffered' })),
      ...skip.map(({ id, why }) => ({ id, state: 'skipped', why })),
    ])}::text::jsonb) t (id bigint, state text, why text)
    where f.id = t.id`;
  if (end.length > 0)
    await tx`update drawloom.fire set unwanted = true
      where id in (select t::bigint from jsonb_array_elements_text(${JSON.stringify(end.map(({ id }) => id))}::text::jsonb) t)`;
  for (const { id } of start) await enqueueFire(tx, id, 1);
}

/** Asks for the end of runs whose place another takes. A run that is just starting is asked at the next look. */
async function endUnwanted(sql: Sql): Promise<number> {
  const unwanted = await sql`
    select r.id from drawloom.fire f join drawloom.run r on r.id = f.run_id
    where f.state = 'started' and f.unwanted and r.finished_at is null and r.status <> 'cancelling'`;
  for (const { id } of unwanted) await sql`select drawloom.cancel(${id}::bigint, null)`;
  return unwanted.length;
}

/** A start is not lost with the job that was to bring it about; starting it twice starts it once. */
async function remind(sql: Sql): Promise<void> {
  await sql.begin(async (tx) => {
    const forgotten = await tx`
      update drawloom.fire set decided_at = now()
      where state = 'launching' and decided_at < now() - ${forgottenAfter}::text::interval returning id, attempt`;
    for (const { id, attempt } of forgotten) await enqueueFire(tx, Number(id), attempt);
  });
}
