/**
 * Decides which nominal times of schedules fell due: each is noted once, however many programs look at the clock. The key of a fire
 * says who was first. All times are by the database's clock.
 */
import type { Clock } from '@drawloom/shared/trigger/when.ts';
import type postgres from 'postgres';
import type { Sql } from '../db/connection.ts';
import { dueAt, type Times, timesOf } from './clock/times.ts';

/** A time that is noted no later than this after it fell due was not missed: nobody looks more often than a process starts. */
const graceMs = 10 * 60_000;
/** As many times of one schedule are noted in one transaction; the rest at the next look. */
const batch = 100;

/**
 * Notes what fell due. Any number of programs may look at once: a schedule that another one is looking at is left to it. Returns how
 * many times were noted. `now` is the database's own clock unless a test has another.
 */
export async function noteDueSchedules(sql: Sql, now?: Date): Promise<number> {
  return sql.begin(async (tx) => {
    const due = await tx`
      select id, spec, extract(epoch from next_at) * 1000 as next_ms,
        extract(epoch from coalesce(${now?.toISOString() ?? null}::text::timestamptz, now())) * 1000 as now_ms
      from drawloom.trigger
      where enabled and spec ->> 'kind' <> 'sensor' and next_at <= coalesce(${now?.toISOString() ?? null}::text::timestamptz, now())
      order by next_at limit 50 for update skip locked`;
    let noted = 0;
    for (const row of due)
      noted += await noteSchedule(tx, {
        id: row.id as string,
        clock: row.spec as Clock,
        next: Number(row.next_ms),
        now: Math.floor(Number(row.now_ms)),
      });
    return noted;
  });
}

async function noteSchedule(
  tx: postgres.TransactionSql,
  { id, clock, next, now }: { id: string; clock: Clock; next: number; now: number },
): Promise<number> {
  const times = timesOf(clock);
  const kept = firstKept(times, clock, now);
  let nominal: number | null = next;
  if (kept === null || nominal < kept) {
    const last = times.previous((kept ?? now + 1) - 1) ?? nominal;
    await tx`
      insert into drawloom.fire (trigger_id, key, nominal_at, missed_from, due_at, state, ended_at)
      values (${id}, ${iso(last)}, ${iso(last)}::text::timestamptz, ${iso(nominal)}::text::timestamptz,
        ${iso(last)}::text::timestamptz, 'missed', now())
      on conflict do nothing`;
    nominal = kept ?? times.next(now);
  }
  const rows: { key: string; due: string }[] = [];
  while (nominal !== null && nominal <= now && rows.length < batch) {
    const following = times.next(nominal);
    rows.push({ key: iso(nominal), due: iso(dueAt(clock, id, nominal, following)) });
    nominal = following;
  }
  const noted = await tx`
    insert into drawloom.fire (trigger_id, key, nominal_at, due_at, state)
    select ${id}, t.key, t.key::timestamptz, t.due::timestamptz, 'due'
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) t (key text, due text)
    on conflict do nothing returning true`;
  await tx`update drawloom.trigger set next_at = ${nominal === null ? null : iso(nominal)}::text::timestamptz where id = ${id}`;
  return noted.length;
}

/** The first nominal time that is not too old to be made up; it may lie ahead. */
function firstKept(times: Times, { catchUpSeconds }: Clock, now: number): number | null {
  if (catchUpSeconds !== null) return times.next(now - catchUpSeconds * 1000 - 1);
  const recent = times.next(now - graceMs - 1);
  const last = times.previous(now);
  return recent === null || last === null ? (recent ?? last) : Math.min(recent, last);
}

const iso = (instant: number): string => new Date(instant).toISOString();
