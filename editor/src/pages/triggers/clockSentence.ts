/** Decides in which words it is told what sets a trigger off; null where the words would be longer or vaguer than the rule itself. */
import { isClock, type NewData, type Occasion } from '@drawloom/shared/trigger/occasion.ts';
import type { Sensor } from '@drawloom/shared/trigger/sensor.ts';
import type { CalendarClock, Clock, DayRule } from '@drawloom/shared/trigger/when.ts';
import { Weekday } from '@drawloom/shared/trigger/when.ts';
import { locale, t } from '../../words/index.ts';
import { cronSentence } from './cronSentence.ts';

export function clockSentence(clock: Clock): string | null {
  if (clock.kind === 'cron') return cronSentence(clock.cron);
  return clock.kind === 'interval' ? intervalSentence(clock.everySeconds) : calendarSentence(clock);
}

/** What sets a trigger off, in words, or as the rule itself where that says more. */
export const occasionSentence = (on: Occasion): string =>
  isClock(on)
    ? (clockSentence(on) ?? clockText(on))
    : on.kind === 'webhook'
      ? t('When a signed message comes')
      : on.kind === 'sensor'
        ? sensorSentence(on)
        : dataSentence(on);

function sensorSentence({ everySeconds }: Sensor): string {
  const often = intervalSentence(everySeconds) ?? `${everySeconds} s`;
  // Its first letter alone: in German every noun has a capital one.
  return t('When its sensor finds something. It is asked: {often}', {
    often: `${often.charAt(0).toLowerCase()}${often.slice(1)}`,
  });
}

function dataSentence({ inputs, when }: NewData): string {
  const names = listOf(inputs.map((input) => (input.kind === 'file' ? input.name : `${input.node}.${input.port}`)));
  if (inputs.length === 1) return t('With each new version of {names}', { names });
  return when === 'any'
    ? t('With each new version of any of {names}', { names })
    : t('Once all of {names} have a new version', { names });
}

/** The rule in the form that a machine reads, short. */
export function clockText(clock: Clock): string {
  if (clock.kind === 'cron') return clock.cron;
  if (clock.kind === 'interval') return `${clock.everySeconds} s`;
  return clock.at.join(' ');
}

const units = [
  { seconds: 86_400, text: (n: number) => t('{n, plural, one {Every day} other {Every # days}}', { n }) },
  { seconds: 3600, text: (n: number) => t('{n, plural, one {Every hour} other {Every # hours}}', { n }) },
  { seconds: 60, text: (n: number) => t('{n, plural, one {Every minute} other {Every # minutes}}', { n }) },
  { seconds: 1, text: (n: number) => t('{n, plural, one {Every second} other {Every # seconds}}', { n }) },
];

export function intervalSentence(everySeconds: number): string | null {
  const unit = units.find(({ seconds }) => everySeconds > 0 && everySeconds % seconds === 0);
  return unit ? unit.text(everySeconds / unit.seconds) : null;
}

function calendarSentence({ at, days, months }: CalendarClock): string {
  const time = listOf([...at].sort());
  const when = daysSentence(days, time);
  return months ? t('{when}, in {months}', { when, months: listOf(months.map(monthName)) }) : when;
}

function daysSentence(rule: DayRule, time: string): string {
  if ('every' in rule) return t('Every day at {time}', { time });
  if ('weekdays' in rule) return t('Every {days} at {time}', { days: listOf(rule.weekdays.map(weekdayName)), time });
  if ('monthDays' in rule)
    return t('On {days} of every month at {time}', { days: listOf(rule.monthDays.map(monthDay)), time });
  if ('weekday' in rule)
    return t('On the {nth} {day} of every month at {time}', {
      nth: nthWord(rule.nth),
      day: weekdayName(rule.weekday),
      time,
    });
  return t('On the {nth} working day of every month at {time}', { nth: nthWord(rule.workday), time });
}

const monthDay = (day: number): string =>
  day > 0 ? t('day {day}', { day }) : day === -1 ? t('the last day') : t('day {day} from the end', { day: -day });

/** 1 is "first", -1 is "last". */
export function nthWord(nth: number): string {
  switch (nth) {
    case 1:
      return t('first');
    case 2:
      return t('second');
    case 3:
      return t('third');
    case 4:
      return t('fourth');
    case 5:
      return t('fifth');
    case -1:
      return t('last');
    case -2:
      return t('second last');
    default:
      return nth > 0 ? t('{n}th', { n: nth }) : t('{n}th last', { n: -nth });
  }
}

const format = (options: Intl.DateTimeFormatOptions, date: Date): string =>
  new Intl.DateTimeFormat(locale(), { ...options, timeZone: 'UTC' }).format(date);
export const weekdayName = (day: Weekday): string =>
  format({ weekday: 'long' }, new Date(Date.UTC(2024, 0, 1 + Weekday.options.indexOf(day)))); // that day was a Monday
export const monthName = (month: number): string => format({ month: 'long' }, new Date(Date.UTC(2024, month - 1, 1)));
const listOf = (words: readonly string[]): string =>
  new Intl.ListFormat(locale(), { type: 'conjunction' }).format(words);
