import { Clock } from '@drawloom/shared/trigger/when.ts';
import { expect, test } from 'vitest';
import { checkClock, dueAt, timesAfter, timesOf } from './times.ts';

const clock = (parts: object): Clock => Clock.parse(parts);
const calendar = (days: object, more: object = {}) => clock({ kind: 'calendar', at: ['06:00'], days, ...more });
const dates = (of: Clock, after: string, count: number) =>
  timesAfter(of, new Date(after), count).map((time) => time.toISOString().slice(0, 10));
const times = (of: Clock, after: string, count: number) =>
  timesAfter(of, new Date(after), count).map((time) => time.toISOString());

test('an interval is counted from its anchor, before and after it', () => {
  const every = clock({ kind: 'interval', everySeconds: 5400, anchor: '2026-05-04T00:20:00+02:00' });
  expect(times(every, '2026-05-03T20:00:00Z', 3)).toEqual([
    '2026-05-03T20:50:00.000Z',
    '2026-05-03T22:20:00.000Z',
    '2026-05-03T23:50:00.000Z',
  ]);
  expect(timesOf(every).previous(Date.parse('2026-05-03T22:20:00Z'))).toBe(Date.parse('2026-05-03T22:20:00Z'));
});

test.each([
  ['every day', { every: 'day' }, ['2026-01-31', '2026-02-01', '2026-02-02']],
  ['weekdays', { weekdays: ['mon', 'fri'] }, ['2026-02-02', '2026-02-06', '2026-02-09']],
  ['first and last of the month', { monthDays: [1, -1] }, ['2026-01-31', '2026-02-01', '2026-02-28']],
  ['the second Tuesday', { nth: 2, weekday: 'tue' }, ['2026-02-10', '2026-03-10', '2026-04-14']],
  ['the last Friday', { nth: -1, weekday: 'fri' }, ['2026-02-27', '2026-03-27', '2026-04-24']],
  ['the fifth Sunday', { nth: 5, weekday: 'sun' }, ['2026-03-29', '2026-05-31', '2026-08-30']],
  ['the first workday', { workday: 1 }, ['2026-02-02', '2026-03-02', '2026-04-01']],
  ['the last workday', { workday: -1 }, ['2026-02-27', '2026-03-31', '2026-04-30']],
  ['day 30', { monthDays: [30] }, ['2026-03-30', '2026-04-30', '2026-05-30']],
])('%s', (_, days, expected) => {
  expect(dates(calendar(days), '2026-01-30T12:00:00Z', 3)).toEqual(expected);
});

test('backwards the calendar gives the same times as forwards', () => {
  const of = calendar(
    { weekdays: ['mon', 'wed'] },
    { at: ['23:30', '02:30'], timeZone: 'America/New_York', months: [3, 10, 11], except: ['10-14'] },
  );
  const forwards = times(of, '2026-01-01T00:00:00Z', 40);
  const backwards: string[] = [];
  let at = timesOf(of).previous(Date.parse(forwards.at(-1)!));
  while (at !== null && backwards.length < 40) {
    backwards.unshift(new Date(at).toISOString());
    at = timesOf(of).previous(at - 1);
  }
  expect(backwards).toEqual(forwards);
  expect(forwards).not.toContain(expect.stringContaining('2026-10-14'));
});

test('a time of day that the clock skips comes as much later, and one that it shows twice comes once', () => {
  const of = calendar({ every: 'day' }, { at: ['02:30'], timeZone: 'Europe/Berlin' });
  expect(times(of, '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z']);
  expect(times(of, '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']);
});

test('days that are excepted are passed over, whatever the kind of schedule, and a workday is counted without them', () => {
  const except = ['12-25', '2026-12-26', { from: '2026-12-28', to: '2027-01-03' }];
  expect(dates(clock({ kind: 'cron', cron: '0 6 * * *', except }), '2026-12-24T00:00:00Z', 4)).toEqual([
    '2026-12-24',
    '2026-12-27',
    '2027-01-04',
    '2027-01-05',
  ]);
  expect(times(clock({ kind: 'interval', everySeconds: 12 * 3600, except }), '2026-12-24T12:00:00Z', 3)).toEqual([
    '2026-12-27T00:00:00.000Z',
    '2026-12-27T12:00:00.000Z',
    '2027-01-04T00:00:00.000Z',
  ]);
  expect(dates(calendar({ workday: -1 }, { except }), '2026-12-01T00:00:00Z', 2)).toEqual(['2026-12-24', '2027-01-29']);
});

test('jitter is the same for one nominal time, differs between times, and keeps their order', () => {
  const of = clock({ kind: 'cron', cron: '*/5 * * * *', jitterSeconds: 3600 });
  const nominal = timesAfter(of, new Date('2026-05-04T00:00:00Z'), 1000).map((time) => time.getTime());
  const due = nominal.map((time, index) => dueAt(of, 'a schedule', time, nominal[index + 1] ?? null));
  expect(nominal.map((time, index) => dueAt(of, 'a schedule', time, nominal[index + 1] ?? null))).toEqual(due);
  const delays = due.map((time, index) => time - nominal[index]!).slice(0, -1);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...delays)).toBeLessThan(300_000);
  expect(new Set(delays).size).toBeGreaterThan(900);
  expect(delays.reduce((a, b) => a + b) / delays.length / 300_000).toBeCloseTo(0.5, 1);
  expect(due.toSorted((a, b) => a - b)).toEqual(due);
  const narrow = { ...of, jitterSeconds: 20 };
  expect(Math.max(...nominal.map((time) => dueAt(narrow, 'a schedule', time, null) - time))).toBeLessThanOrEqual(
    20_000,
  );
  expect(dueAt(of, 'another', nominal[0]!, nominal[1]!)).not.toBe(due[0]);
});

test.each([
  [{ kind: 'calendar', at: ['06:00'], days: { monthDays: [31] }, months: [2, 4] }, 'never', '/days'],
  [{ kind: 'calendar', at: ['06:00'], days: { monthDays: [29] }, months: [2] }, null, null],
  [{ kind: 'calendar', at: ['06:00'], days: { nth: 5, weekday: 'thu' }, months: [2] }, null, null],
  [{ kind: 'calendar', at: ['06:00'], days: { monthDays: [1] }, months: [1], except: ['01-01'] }, 'never', '/except'],
  [{ kind: 'cron', cron: '0 6 24 12 *', except: ['12-24'] }, 'never', '/except'],
  [{ kind: 'interval', everySeconds: 60, timeZone: 'Mars/Olympus' }, 'time_zone', '/timeZone'],
])('%j: %s', (parts, code, at) => {
  const problem = checkClock(clock(parts), new Date('2026-05-04T06:00:00Z'))[0];
  expect([problem?.code ?? null, problem?.at ?? null]).toEqual([code, at]);
});
