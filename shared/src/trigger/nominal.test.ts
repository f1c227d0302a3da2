import { expect, test } from 'vitest';
import { NominalValue, nominalValue, withNominal } from './nominal.ts';

/** 31 March in Berlin, still the 30th in UTC. */
const instant = Date.parse('2026-03-30T22:30:00Z');

test.each([
  [{ $nominal: 'time' }, '2026-03-30T22:30:00.000Z'],
  [{ $nominal: 'time', days: -2 }, '2026-03-28T23:30:00.000Z'],
  [{ $nominal: 'date' }, '2026-03-31'],
  [{ $nominal: 'date', days: -31 }, '2026-02-28'],
  [{ $nominal: 'date', months: -1 }, '2026-02-28'],
  [{ $nominal: 'year', months: -3 }, 2025],
  [{ $nominal: 'month' }, 3],
  [{ $nominal: 'day' }, 31],
  [{ $nominal: 'yearMonth', months: 10 }, '2027-01'],
  [{ $nominal: 'weekStart' }, '2026-03-30'],
  [{ $nominal: 'monthStart', months: -1 }, '2026-02-01'],
  [{ $nominal: 'monthEnd', months: -1 }, '2026-02-28'],
  [{ $nominal: 'monthEnd', months: 23 }, '2028-02-29'],
  [{ $nominal: 'monthStart', days: 21 }, '2026-03-22'],
] as const)('%j of a time late on a March day in Berlin is %j', (value, expected) => {
  expect(nominalValue(NominalValue.parse(value), instant, 'Europe/Berlin')).toBe(expected);
});

test('only parts of the nominal time are filled in', () => {
  expect(withNominal({ seed: 7, on: { $nominal: 'date' }, name: 'x' }, instant, 'UTC')).toEqual({
    seed: 7,
    on: '2026-03-30',
    name: 'x',
  });
});
