/** Decides what the clock on the wall of a time zone shows at an instant, and which instant a time on that clock is. */

/** A day of the calendar; the month counts from 1. */
export interface Day {
  year: number;
  month: number;
  day: number;
}
export interface WallTime extends Day {
  hour: number;
  minute: number;
  second: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  return format;
}

export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What the clock shows at an instant, in milliseconds since 1970. */
export function wallTime(timeZone: string, instant: number): WallTime {
  const shown: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(instant)) shown[type] = Number(value);
  const { year, month, day, hour, minute, second } = shown as unknown as WallTime;
  return { year, month, day, hour, minute, second };
}

const asUtc = ({ year, month, day, hour, minute, second }: WallTime): number =>
  Date.UTC(year, month - 1, day, hour, minute, second);
const offsetAt = (timeZone: string, instant: number): number =>
  asUtc(wallTime(timeZone, instant)) - Math.floor(instant / 1000) * 1000;

const dayMs = 86_400_000;

/**
 * The instant at which the clock shows a time.
 * edge    a time that the clock skips in spring is as much later as the clock moves; one that comes twice in autumn is the first
 */
export function instantOf(timeZone: string, time: WallTime): number {
  const guess = asUtc(time);
  const before = offsetAt(timeZone, guess - dayMs);
  const fits = [before, offsetAt(timeZone, guess + dayMs)]
    .filter((offset) => offsetAt(timeZone, guess - offset) === offset)
    .map((offset) => guess - offset);
  return fits.length > 0 ? Math.min(...fits) : guess - before;
}

/** Days since 1970, for counting; and back. */
export const dayNumber = ({ year, month, day }: Day): number => Date.UTC(year, month - 1, day) / dayMs;
export function dayOf(number: number): Day {
  const date = new Date(number * dayMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
/** 0 is Monday. */
export const weekdayOf = (number: number): number => (((number + 3) % 7) + 7) % 7;
export const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

export const dateText = ({ year, month, day }: Day): string =>
  `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
