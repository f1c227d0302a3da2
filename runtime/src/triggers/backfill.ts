/** Decides for which nominal times a backfill runs, and refuses ranges that are none or too many before anything is kept. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Backfill } from '@drawloom/shared/api/runSets.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { isClock } from '@drawloom/shared/trigger/occasion.ts';
import { type Clock, longestBackfill } from '@drawloom/shared/trigger/when.ts';
import { dateText, dayNumber, dayOf, instantOf, isTimeZone, wallTime } from '@drawloom/shared/trigger/zone.ts';
import { and, eq } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { fires, runSets, triggers } from '../db/tables/triggers.ts';
import { timesOf } from './clock/times.ts';
import { clockProblems, startProblems } from './fitness.ts';

export interface PlannedBackfill {
  clock: Clock;
  triggerId: string | null;
  from: number;
  until: number;
  times: readonly number[];
  parameters: Record<string, Json>;
  version: number | null;
}

/** What a backfill would run, or what is wrong with it. */
export async function planBackfill(
  db: Tx,
  pipelineId: string,
  wish: Backfill,
): Promise<PlannedBackfill | { problems: Problem[] }> {
  const source = await sourceOf(db, pipelineId, wish);
  if ('problems' in source) return source;
  const { clock, triggerId } = source;
  if (!isTimeZone(clock.timeZone)) return { problems: clockProblems(clock, new Date(0)) };
  const from = edgeAt(wish.from, clock.timeZone, 0);
  const until = edgeAt(wish.until, clock.timeZone, 1);
  if (from >= until) return problem('empty_range', 'The range ends before it begins. Give a later end.', '/until');
  // Whether it falls due at all is asked of the range, not of the time from now on.
  const wrong = clockProblems(clock, new Date(from - 1));
  if (wrong.length > 0) return { problems: wrong };
  const times = await timesIn(clock, from, until);
  if (times.length === 0)
    return problem(
      'empty_range',
      'The schedule has no time in this range. Widen it, or take another schedule.',
      '/until',
    );
  if (times.length > longestBackfill) {
    const day = dateText(wallTime(clock.timeZone, times[longestBackfill - 1]!));
    return problem(
      'backfill_too_long',
      `This range has more than ${longestBackfill} times. End it by ${day}, and backfill what follows in parts.`,
      '/until',
    );
  }
  const start = { parameters: wish.parameters ?? source.parameters, version: wish.version ?? source.version };
  const problems = await startProblems(db, pipelineId, start, times[0]!, clock.timeZone);
  return problems.length > 0 ? { problems } : { clock, triggerId, from, until, times, ...start };
}

/** Keeps a planned backfill with all of its times, together or not at all. The same key again answers the set that it made before. */
export async function keepBackfill(
  db: Tx,
  { clock, triggerId, from, until, times, parameters, version }: PlannedBackfill,
  wish: Backfill & { projectId: string; pipelineId: string; createdBy: string },
): Promise<{ id: string; existed: boolean }> {
  return db.transaction(async (tx) => {
    const [set] = await tx
      .insert(runSets)
      .values({
        projectId: wish.projectId,
        pipelineId: wish.pipelineId,
        triggerId,
        name: wish.name,
        spec: clock,
        fromAt: new Date(from),
        untilAt: new Date(until),
        parameters,
        version,
        concurrency: wish.concurrency,
        newestFirst: wish.order === 'newest-first',
        reuse: wish.reuse,
        idempotencyKey: wish.idempotencyKey ?? null,
        createdBy: wish.createdBy,
      })
      .onConflictDoNothing()
      .returning({ id: runSets.id });
    if (!set) {
      const [before] = await tx
        .select({ id: runSets.id })
        .from(runSets)
        .where(and(eq(runSets.pipelineId, wish.pipelineId), eq(runSets.idempotencyKey, wish.idempotencyKey!)));
      return { id: before!.id, existed: true };
    }
    for (let at = 0; at < times.length; at += 1000)
      await tx.insert(fires).values(
        times.slice(at, at + 1000).map((time) => ({
          runSetId: set.id,
          key: new Date(time).toISOString(),
          nominalAt: new Date(time),
          dueAt: new Date(time),
          state: 'planned' as const,
        })),
      );
    return { id: set.id, existed: false };
  });
}

async function sourceOf(
  db: Tx,
  pipelineId: string,
  { trigger, on }: Backfill,
): Promise<Pick<PlannedBackfill, 'clock' | 'triggerId' | 'parameters' | 'version'> | { problems: Problem[] }> {
  if (trigger === undefined) {
    if (on) return { clock: on, triggerId: null, parameters: {}, version: null };
    return problem('no_times', 'Name a trigger whose times are made up for, or say when with `on`.', '/on');
  }
  const [row] = await db
    .select()
    .from(triggers)
    .where(and(eq(triggers.id, trigger), eq(triggers.pipelineId, pipelineId)));
  if (!row)
    return problem(
      'no_trigger',
      'This pipeline has no such trigger. Take one of its own, or say when with `on`.',
      '/trigger',
    );
  const clock = on ?? row.spec;
  if (!isClock(clock))
    return problem('no_times', 'This trigger has no times that could be made up for. Say when with `on`.', '/on');
  return { clock, triggerId: row.id, parameters: row.parameters, version: row.version };
}

/** All times from `from` on and before `until`; one more than is allowed tells that there are too many. */
async function timesIn(clock: Clock, from: number, until: number): Promise<number[]> {
  const times = timesOf(clock);
  const found: number[] = [];
  for (let at = times.next(from - 1); at !== null && at < until; at = times.next(at)) {
    found.push(at);
    if (found.length > longestBackfill) break;
    if (found.length % 200 === 0) await breathe();
  }
  return found;
}

/** A day of the zone begins at its midnight, and ends `days` later; an instant is itself. */
function edgeAt(edge: string, timeZone: string, days: number): number {
  if (edge.includes('T')) return Date.parse(edge);
  const [year, month, day] = edge.split('-').map(Number) as [number, number, number];
  const counted = dayOf(dayNumber({ year, month, day }) + days);
  return instantOf(timeZone, { ...counted, hour: 0, minute: 0, second: 0 });
}

const problem = (code: string, message: string, at: string): { problems: Problem[] } => ({
  problems: [{ code, message, at, severity: 'error' }],
});
