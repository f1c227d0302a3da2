/** Decides which days a schedule passes over. */
import type { Exception } from '@drawloom/shared/trigger/when.ts';
import { type Day, dateText, dayNumber } from '@drawloom/shared/trigger/zone.ts';

/** The excepted days, by their numbers, that a day lies in; null for a day that counts. */
export function exceptionOn(exceptions: readonly Exception[], day: Day): { from: number; to: number } | null {
  if (exceptions.length === 0) return null;
  const date = dateText(day);
  for (const one of exceptions)
    if (typeof one !== 'string') {
      if (one.from <= date && date <= one.to) return { from: numberOf(one.from), to: numberOf(one.to) };
    } else if (date.endsWith(one)) return { from: dayNumber(day), to: dayNumber(day) };
  return null;
}

function numberOf(date: string): number {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  return dayNumber({ year, month, day });
}
