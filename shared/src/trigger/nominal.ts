/**
 * Decides what a parameter is that is taken from the nominal time of a start: the time it was due at, which is not the time it began.
 * A monthly retraining asks for the month before, and gets the same answer when it is made up days later.
 */
import * as z from 'zod';
import type { Json } from '../json.ts';
import { type Day, dateText, dayNumber, dayOf, daysIn, instantOf, wallTime, weekdayOf } from './zone.ts';

export const NominalPart = z.enum([
  'time',
  'date',
  'year',
  'month',
  'day',
  'yearMonth',
  'weekStart',
  'monthStart',
  'monthEnd',
]);
export type NominalPart = z.infer<typeof NominalPart>;

export const NominalValue = z
  .strictObject({
    $nominal: NominalPart,
    months: z.int().min(-1200).max(1200).optional().meta({ description: 'Counted on first.' }),
    days: z.int().min(-36_600).max(36_600).optional().meta({ description: 'Counted on last.' }),
  })
  .meta({ id: 'NominalValue' });
export type NominalValue = z.infer<typeof NominalValue>;

export const isNominal = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && '$nominal' in value;

/** A part of the nominal time, by the clock on the wall of the schedule's time zone. */
export function nominalValue(
  { $nominal, months = 0, days = 0 }: NominalValue,
  instant: number,
  timeZone: string,
): Json {
  const wall = wallTime(timeZone, instant);
  const shifted = plusDays(partOf($nominal, plusMonths(wall, months)), days);
  switch ($nominal) {
    case 'time':
      return new Date(
        months === 0 && days === 0 ? instant : instantOf(timeZone, { ...wall, ...shifted }),
      ).toISOString();
    case 'year':
    case 'month':
    case 'day':
      return shifted[$nominal];
    case 'yearMonth':
      return dateText(shifted).slice(0, 7);
    default:
      return dateText(shifted);
  }
}

/** Parameters with every part of the nominal time filled in. */
export const withNominal = (
  parameters: Readonly<Record<string, Json>>,
  instant: number,
  timeZone: string,
): Record<string, Json> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      isNominal(value) ? nominalValue(NominalValue.parse(value), instant, timeZone) : value,
    ]),
  );

function partOf(part: NominalPart, day: Day): Day {
  if (part === 'weekStart') return plusDays(day, -weekdayOf(dayNumber(day)));
  if (part === 'monthStart') return { ...day, day: 1 };
  if (part === 'monthEnd') return { ...day, day: daysIn(day.year, day.month) };
  return day;
}

/** The 31st of a month that has 30 days is its 30th. */
function plusMonths({ year, month, day }: Day, months: number): Day {
  const count = year * 12 + month - 1 + months;
  const [y, m] = [Math.floor(count / 12), (((count % 12) + 12) % 12) + 1];
  return { year: y, month: m, day: Math.min(day, daysIn(y, m)) };
}

const plusDays = (day: Day, days: number): Day => dayOf(dayNumber(day) + days);
