/** Decides when a cron expression falls due, by the clock on the wall of its time zone, and says what is wrong with one that never does. */
import type { Problem } from '@drawloom/shared/problem.ts';
import { CronExpressionParser } from 'cron-parser';

export interface CronSpec {
  /** Five fields: minute, hour, day of month, month, day of week. */
  cron: string;
  /** A name of the time zone database, such as Europe/Berlin. */
  timeZone: string;
}

/**
 * The times after `after`, in order.
 * edge    a time that the clock skips in spring falls due when the clock has moved on; an hour that comes twice in autumn counts
 *         once for a fixed time of day, and twice for a rule that names every hour
 * throws  Error for a spec in which `checkCron` finds something
 */
export function timesAfter({ cron, timeZone }: CronSpec, after: Date, count: number): Date[] {
  const expression = CronExpressionParser.parse(cron, { tz: timeZone, currentDate: after });
  return Array.from({ length: count }, () => expression.next().toDate());
}

/** The last time up to and including `until`. */
export function lastTime({ cron, timeZone }: CronSpec, until: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: new Date(until.getTime() + 1) })
    .prev()
    .toDate();
}

export function checkCron({ cron, timeZone }: CronSpec): Problem[] {
  const problem = (code: string, message: string, at: string): Problem[] => [{ code, message, at, severity: 'error' }];
  if (!isTimeZone(timeZone))
    return problem(
      'time_zone',
      `"${timeZone}" is not a time zone. Give one such as UTC or Europe/Berlin.`,
      '/timeZone',
    );
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5)
    return problem(
      'cron_fields',
      `A schedule has five fields (minute, hour, day of month, month, day of week), and "${cron}" has ${fields.length}. "0 6 * * 1" is every Monday at six.`,
      '/cron',
    );
  const never = `"${cron}" never falls due: no year has such a day. Change the day or the month.`;
  const invalid = (why: string) =>
    problem('cron_invalid', `"${cron}" is not a schedule: ${why}. "0 6 * * 1" is every Monday at six.`, '/cron');
  // The parser draws a number for H, another one each time it is asked.
  if (/h/i.test(fields.slice(0, 3).join(''))) return invalid('H is not known here; name the time');
  try {
    CronExpressionParser.parse(cron, { tz: timeZone });
  } catch (error) {
    const { message } = error as Error;
    return /explicit day of month/i.test(message) ? problem('cron_never', never, '/cron') : invalid(message);
  }
  try {
    timesAfter({ cron, timeZone }, new Date(), 1);
  } catch {
    return problem('cron_never', never, '/cron');
  }
  return [];
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
