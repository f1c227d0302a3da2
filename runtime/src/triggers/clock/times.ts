/** Decides when a schedule of any kind falls due, and says what is wrong with one that never does. */
import { createHash } from 'node:crypto';
import type { Problem } from '@drawloom/shared/problem.ts';
import type { Clock, IntervalClock } from '@drawloom/shared/trigger/when.ts';
import { dayOf, instantOf, isTimeZone, wallTime } from '@drawloom/shared/trigger/zone.ts';
import { calendarTimes } from './calendar.ts';
import { checkCron, cronTimes } from './cron.ts';
import { exceptionOn } from './exceptions.ts';

/** Nominal times, as milliseconds since 1970. Null: there is none in that direction. */
export interface Times {
  /** The first one after an instant. */
  next(after: number): number | null;
  /** The last one up to and including an instant. */
  previous(until: number): number | null;
}

/** So many times on excepted days in a row, or so many years without another one, are looked past. Who excepts more has no schedule. */
const exceptionsInRow = 1500;
const horizonMs = 30 * 366 * 86_400_000;

export function timesOf(clock: Clock): Times {
  const times = rawTimes(clock);
  if (clock.except.length === 0) return times;
  const { timeZone, except } = clock;
  const midnight = (day: number) => instantOf(timeZone, { ...dayOf(day), hour: 0, minute: 0, second: 0 });
  return {
    next(after) {
      let found = times.next(after);
      for (let tries = 0; found !== null && tries < exceptionsInRow && found - after < horizonMs; tries++) {
        const excepted = exceptionOn(except, wallTime(timeZone, found));
        if (!excepted) return found;
        found = times.next(Math.max(found, midnight(excepted.to + 1) - 1));
      }
      return null;
    },
    previous(until) {
      let found = times.previous(until);
      for (let tries = 0; found !== null && tries < exceptionsInRow && until - found < horizonMs; tries++) {
        const excepted = exceptionOn(except, wallTime(timeZone, found));
        if (!excepted) return found;
        found = times.previous(Math.min(found, midnight(excepted.from)) - 1);
      }
      return null;
    },
  };
}

function rawTimes(clock: Clock): Times {
  if (clock.kind === 'cron') return cronTimes(clock);
  return clock.kind === 'interval' ? intervalTimes(clock) : calendarTimes(clock);
}

function intervalTimes({ everySeconds, anchor }: IntervalClock): Times {
  const [every, start] = [everySeconds * 1000, Date.parse(anchor)];
  return {
    next: (after) => start + (Math.floor((after - start) / every) + 1) * every,
    previous: (until) => start + Math.floor((until - start) / every) * every,
  };
}

/** Up to `count` nominal times after an instant. */
export function timesAfter(clock: Clock, after: Date, count: number): Date[] {
  const times = timesOf(clock);
  const found: Date[] = [];
  for (let at = times.next(after.getTime()); at !== null && found.length < count; at = times.next(at))
    found.push(new Date(at));
  return found;
}

/**
 * When the start of a nominal time is due: that time and its jitter, drawn from who and when, so that everybody who asks gets the
 * same, and never at or past the next nominal time, so that starts keep their order.
 */
export function dueAt(clock: Clock, who: string, nominal: number, next: number | null): number {
  const most = Math.min(clock.jitterSeconds * 1000, (next ?? Number.POSITIVE_INFINITY) - nominal - 1);
  if (most <= 0) return nominal;
  const drawn = createHash('sha256').update(`${who} ${nominal}`).digest().readUInt32BE() / 2 ** 32;
  return nominal + Math.floor(drawn * most);
}

/** What is wrong with a schedule; `now` decides whether it can still fall due. */
export function checkClock(clock: Clock, now: Date): Problem[] {
  const problem = (code: string, message: string, at: string): Problem[] => [{ code, message, at, severity: 'error' }];
  if (!isTimeZone(clock.timeZone))
    return problem(
      'time_zone',
      `"${clock.timeZone}" is not a time zone. Give one such as UTC or Europe/Berlin.`,
      '/timeZone',
    );
  if (clock.kind === 'cron') {
    const problems = checkCron(clock);
    if (problems.length > 0) return problems;
  }
  if (timesOf(clock).next(now.getTime()) !== null) return [];
  if (clock.except.length > 0 && timesOf({ ...clock, except: [] }).next(now.getTime()) !== null)
    return problem('never', 'The exceptions leave no time at which this schedule falls due. Take some out.', '/except');
  return problem(
    'never',
    'This schedule never falls due: no year has such a day. Change the days or the months.',
    '/days',
  );
}
