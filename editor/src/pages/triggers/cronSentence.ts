/** Decides which cron expressions have a plain sentence, and says it. The rest have none: a wrong sentence is worse than five digits. */
import { locale, t } from '../../words/index.ts';

const dayNumbers: Record<string, number> = { SUN: 0, MON: 1, TUE: 2, WED: 3, THU: 4, FRI: 5, SAT: 6 };

/** "0 6 * * 1-5" is "Every weekday at 06:00"; null where the sentence would be longer or vaguer than the expression. */
export function cronSentence(cron: string): string | null {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) return null;
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  const anyDay = day === '*' && month === '*' && weekday === '*';

  if (anyDay && hour === '*') {
    if (minute === '*') return t('Every minute');
    const every = stepOf(minute, 60);
    if (every) return t('{n, plural, one {Every minute} other {Every # minutes}}', { n: every });
    const at = numberOf(minute, 0, 59);
    return at === null ? null : t('Every hour at :{m}', { m: String(at).padStart(2, '0') });
  }
  const at = numberOf(minute, 0, 59);
  if (at === null) return null;
  if (anyDay) {
    const every = stepOf(hour, 24);
    if (every)
      return t('{n, plural, one {Every hour} other {Every # hours}} at :{m}', {
        n: every,
        m: String(at).padStart(2, '0'),
      });
  }
  const oclock = numberOf(hour, 0, 23);
  if (oclock === null) return null;
  const time = clockTime(oclock, at);
  if (anyDay) return t('Every day at {time}', { time });
  if (day === '*' && month === '*') {
    const days = weekdaysOf(weekday);
    if (!days) return null;
    if (days.join() === '1,2,3,4,5') return t('Every weekday at {time}', { time });
    if (days.join() === '0,6') return t('Every Saturday and Sunday at {time}', { time });
    return t('Every {days} at {time}', { days: listOf(days.map(dayName)), time });
  }
  const date = numberOf(day, 1, 31);
  if (date === null || weekday !== '*') return null;
  if (month === '*') return t('On day {day} of every month at {time}', { day: date, time });
  const inMonth = numberOf(month, 1, 12);
  return inMonth === null ? null : t('Every year on {date} at {time}', { date: dateName(inMonth, date), time });
}

function numberOf(field: string, least: number, most: number): number | null {
  const number = /^\d{1,2}$/.test(field) ? Number(field) : Number.NaN;
  return number >= least && number <= most ? number : null;
}

/** The n of a star-slash-n that divides the whole evenly; with any other the last gap is shorter and "every n" would be untrue. */
function stepOf(field: string, whole: number): number | null {
  const n = Number(/^\*\/(\d+)$/.exec(field)?.[1]);
  return n > 0 && n < whole && whole % n === 0 ? n : null;
}

/** Days from 0, Sunday, in order; null for what is not a plain list of days and ranges of them. */
function weekdaysOf(field: string): number[] | null {
  const days = new Set<number>();
  for (const part of field.toUpperCase().split(',')) {
    const [first, last = first, ...rest] = part.split('-').map((one) => dayNumbers[one] ?? numberOf(one, 0, 7));
    if (first == null || last == null || rest.length > 0 || last < first) return null;
    for (let day = first; day <= last; day++) days.add(day % 7);
  }
  return days.size === 7 ? null : [...days].sort((a, b) => a - b);
}

const clockTime = (hour: number, minute: number): string =>
  `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
const format = (options: Intl.DateTimeFormatOptions, date: Date): string =>
  new Intl.DateTimeFormat(locale(), { ...options, timeZone: 'UTC' }).format(date);
const dayName = (day: number): string => format({ weekday: 'long' }, new Date(Date.UTC(2023, 0, 1 + day))); // that day was a Sunday
const dateName = (month: number, day: number): string =>
  format({ month: 'long', day: 'numeric' }, new Date(Date.UTC(2024, month - 1, day)));
const listOf = (words: readonly string[]): string =>
  new Intl.ListFormat(locale(), { type: 'conjunction' }).format(words);
