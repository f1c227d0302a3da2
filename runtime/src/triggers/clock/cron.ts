/** Decides when a cron expression falls due, and says what is wrong with one that never does. */
import type { Problem } from '@drawloom/shared/problem.ts';
import type { CronClock } from '@drawloom/shared/trigger/when.ts';
import { CronExpressionParser } from 'cron-parser';
import type { Times } from './times.ts';

type CronSpec = Pick<CronClock, 'cron' | 'timeZone'>;

/**
 * edge    a time that the clock skips in spring falls due when the clock has moved on; an hour that comes twice in autumn counts
 *         once for a fixed time of day, and twice for a rule that names every hour
 */
export const cronTimes = ({ cron, timeZone }: CronSpec): Times => ({
  next: (after) =>
    CronExpressionParser.parse(cron, { tz: timeZone, currentDate: new Date(after) })
      .next()
      .getTime(),
  previous: (until) =>
    CronExpressionParser.parse(cron, { tz: timeZone, currentDate: new Date(until + 1) })
      .prev()
      .getTime(),
});

/** What keeps an expression from ever falling due; the time zone has been looked at before. */
export function checkCron({ cron, timeZone }: CronSpec): Problem[] {
  const problem = (code: string, message: string): Problem[] => [{ code, message, at: '/cron', severity: 'error' }];
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5)
    return problem(
      'cron_fields',
      `A schedule has five fields (minute, hour, day of month, month, day of week), and "${cron}" has ${fields.length}. "0 6 * * 1" is every Monday at six.`,
    );
  const never = `"${cron}" never falls due: no year has such a day. Change the day or the month.`;
  const invalid = (why: string) =>
    problem('cron_invalid', `"${cron}" is not a schedule: ${why}. "0 6 * * 1" is every Monday at six.`);
  // The parser draws a number for H, another one each time it is asked.
  if (/h/i.test(fields.slice(0, 3).join(''))) return invalid('H is not known here; name the time');
  try {
    CronExpressionParser.parse(cron, { tz: timeZone });
  } catch (error) {
    const { message } = error as Error;
    return /explicit day of month/i.test(message) ? problem('cron_never', never) : invalid(message);
  }
  try {
    cronTimes({ cron, timeZone }).next(0);
  } catch {
    return problem('cron_never', never);
  }
  return [];
}
