import { CronClock } from '@drawloom/shared/trigger/when.ts';
import { expect, test } from 'vitest';
import { checkClock, timesAfter, timesOf } from './times.ts';

const clock = (cron: string, timeZone: string) => CronClock.parse({ kind: 'cron', cron, timeZone });
const times = (cron: string, timeZone: string, after: string, count: number) =>
  timesAfter(clock(cron, timeZone), new Date(after), count).map((time) => time.toISOString());
const lastTime = (cron: string, until: Date) => new Date(timesOf(clock(cron, 'UTC')).previous(until.getTime())!);

test('a schedule keeps to the clock on the wall of its time zone, summer and winter', () => {
  expect(times('0 6 1 * *', 'Europe/Berlin', '2026-01-15T00:00:00Z', 3)).toEqual([
    '2026-02-01T05:00:00.000Z',
    '2026-03-01T05:00:00.000Z',
    '2026-04-01T04:00:00.000Z',
  ]);
});

test('a time that the clock skips in spring falls due once, when the clock has moved on', () => {
  const fired = times('30 2 * * *', 'Europe/Berlin', '2026-03-27T12:00:00Z', 3);
  expect(fired).toEqual(['2026-03-28T01:30:00.000Z', '2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z']);
});

test('an hour that comes twice in autumn counts once for a time of day', () => {
  const fired = times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 3);
  expect(new Set(fired).size).toBe(3);
  expect(fired.map((time) => time.slice(0, 10))).toEqual(['2026-10-25', '2026-10-26', '2026-10-27']);
});

test('an hourly schedule falls due every hour through both changes', () => {
  for (const [after, hours] of [
    ['2026-03-28T23:00:00Z', 23],
    ['2026-10-24T22:00:00Z', 25],
  ] as const) {
    const fired = times('0 * * * *', 'Europe/Berlin', after, hours).map((time) => Date.parse(time));
    const gaps = fired.slice(1).map((time, index) => (time - fired[index]!) / 3_600_000);
    expect(gaps.every((gap) => gap === 1)).toBe(true);
  }
});

test('the last time is the one at hand when it is due right now', () => {
  const now = new Date('2026-05-04T06:00:00Z');
  expect(lastTime('0 6 * * *', now)).toEqual(now);
  expect(lastTime('0 6 * * *', new Date('2026-05-04T05:59:59Z'))).toEqual(new Date('2026-05-03T06:00:00Z'));
});

test.each([
  ['0 6 * * 1', 'UTC', null],
  ['* * * * *', 'America/St_Johns', null],
  ['0 6 * *', 'UTC', 'cron_fields'],
  ['* * * * * *', 'UTC', 'cron_fields'],
  ['61 * * * *', 'UTC', 'cron_invalid'],
  ['a b c d e', 'UTC', 'cron_invalid'],
  ['H 6 * * *', 'UTC', 'cron_invalid'],
  ['0 0 30 2 *', 'UTC', 'cron_never'],
  ['0 0 31 4 *', 'UTC', 'cron_never'],
  ['0 6 * * 1', 'Mars/Olympus', 'time_zone'],
])('%j in %s: %s', (cron, timeZone, code) => {
  expect(checkClock(clock(cron, timeZone), new Date('2026-05-04T06:00:00Z'))[0]?.code ?? null).toBe(code);
});
