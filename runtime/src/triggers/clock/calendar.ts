/** Decides on which days of the calendar a rule falls due: every day, weekdays, days of the month, the nth weekday, the nth workday. */
import { type CalendarClock, type DayRule, Weekday } from '@drawloom/shared/trigger/when.ts';
import { dayNumber, dayOf, daysIn, instantOf, wallTime, weekdayOf } from '@drawloom/shared/trigger/zone.ts';
import { exceptionOn } from './exceptions.ts';
import type { Times } from './times.ts';

/** A rule that has no day in as many years as the calendar takes to repeat its rarest one has none at all. */
const horizonDays = 41 * 366;

export function calendarTimes(clock: CalendarClock): Times {
  const { at, timeZone } = clock;
  const times = [...new Set(at)].sort().map((text) => text.split(':').map(Number) as [number, number]);
  const instantsOn = (day: number): number[] =>
    falls(clock, day)
      ? times.map(([hour, minute]) => instantOf(timeZone, { ...dayOf(day), hour, minute, second: 0 }))
      : [];
  /** Looks day by day, forwards or backwards, from the day that the zone's clock shows. */
  const search = (from: number, step: 1 | -1, fits: (instant: number) => boolean): number | null => {
    const start = dayNumber(wallTime(timeZone, from)) - step; // a time skipped at midnight belongs to the day beside it
    for (let day = start; Math.abs(day - start) < horizonDays; day += step) {
      const instants = instantsOn(day);
      const found = step === 1 ? instants.find(fits) : instants.findLast(fits);
      if (found !== undefined) return found;
    }
    return null;
  };
  return {
    next: (after) => search(after, 1, (instant) => instant > after),
    previous: (until) => search(until, -1, (instant) => instant <= until),
  };
}

function falls({ days, months, except }: CalendarClock, number: number): boolean {
  const { year, month, day } = dayOf(number);
  if (months && !months.includes(month)) return false;
  return inRule(days, { number, day, last: daysIn(year, month), except });
}

function inRule(
  rule: DayRule,
  { number, day, last, except }: { number: number; day: number; last: number; except: CalendarClock['except'] },
): boolean {
  if ('every' in rule) return true;
  if ('weekdays' in rule) return rule.weekdays.includes(Weekday.options[weekdayOf(number)]!);
  if ('monthDays' in rule) return rule.monthDays.includes(day) || rule.monthDays.includes(day - last - 1);
  if ('weekday' in rule) {
    if (Weekday.options[weekdayOf(number)] !== rule.weekday) return false;
    return rule.nth > 0 ? Math.ceil(day / 7) === rule.nth : Math.ceil((last - day + 1) / 7) === -rule.nth;
  }
  const isWorkday = (one: number) => weekdayOf(one) < 5 && !exceptionOn(except, dayOf(one));
  if (!isWorkday(number)) return false;
  const [from, to] = rule.workday > 0 ? [number - day + 1, number] : [number, number - day + last];
  let count = 0;
  for (let one = from; one <= to; one++) if (isWorkday(one)) count++;
  return count === Math.abs(rule.workday);
}
