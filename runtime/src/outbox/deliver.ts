/**
 * Decides when a delivery is tried, and when it is given up. Whoever sends holds it under a fence and until a time, so that two
 * processes do not send the same at once, and a process that died is followed by another. A message whose sender died between
 * sending and writing it down goes again, under the same id: at least once, and recognizable.
 */
import type { ChannelSettings } from '@drawloom/shared/api/notifications.ts';
import type { Sql } from '../db/connection.ts';
import { type SealedChannel, type SendOptions, send } from './channels.ts';
import { compose } from './compose.ts';
import { composeLineage } from './composeLineage.ts';
import { textOf } from './post.ts';
import { UnsentError } from './unsent.ts';

export interface DeliverOptions extends SendOptions {
  /** Where people reach the editor. */
  origin: () => string;
  /** How long a sender may take before another one takes over; longer than any send lasts. */
  claimMs?: number;
}

/** The task of the queue that sends what is due. */
export const deliverTask = 'deliver';

export const mostTries = 12;
const firstPauseMs = 5000;
const longestPauseMs = 3_600_000;
const atOnce = 8;

/** Between the nth try and the next: 5 s, doubled each time up to an hour, a fifth of it by chance. */
export const pauseAfter = (tries: number, chance = Math.random()): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** (tries - 1)) * (0.9 + 0.2 * chance);

/** Sorts the news and wakes a sender when anything is due. Called every second; costs three looks into empty tables. */
export async function lookIntoOutbox(sql: Sql): Promise<number> {
  const [row] = await sql`
    with sorted as materialized (select drawloom.sort_outbox() + drawloom.note_lineage() as count)
    select (select count from sorted) as sorted,
      exists (select from drawloom.delivery d join drawloom.channel c on c.id = d.channel_id and c.enabled
        where d.state = 'waiting' and d.due_at <= now()) as due`;
  if (row!.due || Number(row!.sorted) > 0)
    await sql`select graphile_worker.add_job(${deliverTask}, '{}'::json, job_key := ${deliverTask}, max_attempts := 3)`;
  return 0; // nothing for workers in it
}

/** Sends all that is due, until nothing is. Returns how many were tried. */
export async function deliverDue(sql: Sql, options: DeliverOptions): Promise<number> {
  let tried = 0;
  for (;;) {
    const claimed = await claim(sql, options, { limit: atOnce });
    if (claimed.length === 0) return tried;
    await Promise.all(claimed.map((one) => deliverOne(sql, one, options)));
    tried += claimed.length;
  }
}

/** Sends this one now, due or not. False: it went before, or another process is at it. */
export async function deliverNow(sql: Sql, delivery: number, options: DeliverOptions): Promise<boolean> {
  const [one] = await claim(sql, options, { limit: 1, only: delivery });
  if (one) await deliverOne(sql, one, options);
  return one !== undefined;
}

interface Claimed {
  id: string;
  outbox_id: string;
  fence: string;
  tries: number;
  channel_id: string;
  project_id: string;
  version: number;
  envelope: string | null;
  settings: ChannelSettings;
}

async function claim(
  sql: Sql,
  { claimMs = 60_000 }: DeliverOptions,
  { limit, only = null }: { limit: number; only?: number | null },
): Promise<Claimed[]> {
  return sql<Claimed[]>`
    update drawloom.delivery d set tries = d.tries + 1, fence = nextval('drawloom.fence'), tried_at = now(),
      due_at = now() + ${claimMs} * interval '1 millisecond'
    from drawloom.channel c
    where c.id = d.channel_id and d.id in (
      select due.id from drawloom.delivery due join drawloom.channel to_be on to_be.id = due.channel_id
      where due.state = 'waiting' and due.due_at <= now()
        and case when ${only}::bigint is null then to_be.enabled else due.id = ${only}::bigint end
        and not exists (select from drawloom.delivery first where due.lane is not null and first.channel_id = due.channel_id
          and first.lane = due.lane and first.id < due.id and first.state = 'waiting')
      order by due.due_at limit ${limit} for update of due skip locked)
    returning d.id, d.outbox_id, d.fence, d.tries, d.channel_id, d.project_id, c.version, c.envelope, c.settings`;
}

interface Ending {
  state: 'waiting' | 'delivered' | 'given_up';
  status: number | null;
  answer: string | null;
  problem: string | null;
}

async function deliverOne(sql: Sql, one: Claimed, options: DeliverOptions): Promise<void> {
  const { state, status, answer, problem } = await tryOnce(sql, one, options);
  // A slow sender that was overtaken finds another fence, and leaves the record to whoever has it now.
  await sql`
    update drawloom.delivery set state = ${state}, status = ${status}, answer = ${answer}, problem = ${problem},
      delivered_at = case when ${state} = 'delivered' then now() end,
      due_at = now() + ${state === 'waiting' ? pauseAfter(one.tries) : 0} * interval '1 millisecond'
    where id = ${one.id} and fence = ${one.fence} and state = 'waiting'`;
}

async function tryOnce(sql: Sql, one: Claimed, options: DeliverOptions): Promise<Ending> {
  const channel: SealedChannel & { settings: ChannelSettings } = {
    id: one.channel_id,
    projectId: one.project_id,
    version: one.version,
    envelope: one.envelope,
    settings: one.settings,
  };
  const failed = (problem: string, lasting: boolean, status: number | null = null, answer: string | null = null) => ({
    state: lasting || one.tries >= mostTries ? ('given_up' as const) : ('waiting' as const),
    status,
    answer,
    problem,
  });
  try {
    const { settings } = channel;
    const message =
      settings.kind === 'openlineage'
        ? await composeLineage(sql, Number(one.outbox_id), { namespace: settings.namespace, origin: options.origin() })
        : await compose(sql, Number(one.outbox_id), one.channel_id, options.origin());
    if (!message) return failed('What it was to tell is gone.', true);
    const { status, answer, refusal } = await send(channel, message, options);
    if (!refusal) return { state: 'delivered', status, answer, problem: null };
    return failed(refusal.message, refusal.lasting, status, answer);
  } catch (error) {
    return failed(textOf((error as Error).message), error instanceof UnsentError && error.lasting);
  }
}
