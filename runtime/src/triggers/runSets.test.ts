import { Clock } from '@drawloom/shared/trigger/when.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { Bell } from '../queue/bell.ts';
import { runClock } from '../queue/clock.ts';
import { type RunningJobs, runJobs } from '../queue/jobs.ts';
import { type RunningWorker, runWorker } from '../queue/worker-loop.ts';
import { keepBackfill, planBackfill } from './backfill.ts';
import { carryOutFire, type LaunchByTrigger } from './carrying.ts';
import { decideFires } from './deciding.ts';
import { type FireJob, fireTask } from './enqueue.ts';
import { resumeRunSet, retryRunSet, stopRunSet } from './runSets.ts';

let database: TestDatabase;
let house: Playground;
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url, { max: 30 });
});
afterAll(async () => {
  await house.close();
  await database.drop();
});
afterEach(async () => {
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
  await house.sql`delete from drawloom.run_set`;
});

const launch: LaunchByTrigger = ({ trigger, cause, idempotencyKey }) =>
  house.start(planOf('a'), { trigger, cause, idempotencyKey, reuse: false });
const daily = Clock.parse({ kind: 'cron', cron: '0 6 * * *', timeZone: 'Europe/Berlin' });

async function backfill(from: string, until: string, more: { concurrency?: number; newestFirst?: boolean } = {}) {
  const { concurrency = 8, newestFirst = false } = more;
  const wish = {
    name: '',
    on: daily,
    from,
    until,
    concurrency,
    order: newestFirst ? ('newest-first' as const) : ('oldest-first' as const),
    reuse: true,
  };
  const planned = await planBackfill(house.db, house.pipeline, wish);
  if ('problems' in planned) throw new Error(JSON.stringify(planned.problems));
  const { project: projectId, pipeline: pipelineId } = house;
  const { id } = await keepBackfill(house.db, planned, { ...wish, projectId, pipelineId, createdBy: 'somebody' });
  return id;
}

const jobs = () =>
  runJobs({
    url: database.url,
    tasks: { [fireTask]: (payload) => carryOutFire(house.sql, launch, payload as FireJob), drain: async () => {} },
  });
const clock = () => runClock({ sql: house.sql, bell: new Bell(house.sql), everyMs: 200 });
const worker = (fails: () => boolean = () => false): Promise<RunningWorker> =>
  runWorker({
    sql: house.sql,
    capacity: 8,
    executor: { execute: async () => ({ reason: fails() ? 'user_error' : 'ok', outputs: [] }) },
  });
const statusOf = async (set: string) =>
  (await house.sql`select status from drawloom.run_set where id = ${set}`)[0]!.status as string;
const doneOf = async (set: string) =>
  (await house.sql`select count(*)::int as n from drawloom.fire where run_set_id = ${set} and state = 'done'`)[0]!
    .n as number;

/** As many runs of a set as were ever under way at once, by the database's own times. */
async function mostAtOnce(set: string): Promise<number> {
  const ends = await house.sql`
    select t, d from drawloom.run r cross join lateral (values (r.created_at, 1), (r.finished_at, -1)) v (t, d)
    where r.run_set_id = ${set} order by t, d`;
  let [now, most] = [0, 0];
  for (const { d } of ends) {
    now += Number(d);
    most = Math.max(most, now);
  }
  return most;
}

test('365 days with a limit of 8 are exactly 365 runs, though it is stopped, gone on with, and its processes replaced', {
  timeout: 600_000,
}, async () => {
  const set = await backfill('2025-01-01', '2025-12-31');
  let running: RunningJobs = await jobs();
  let clocks = [clock(), clock()];
  let hands = await worker();
  for (const done of [60, 120, 180, 240]) {
    await expect.poll(() => doneOf(set), { timeout: 300_000 }).toBeGreaterThan(done);
    if (done === 60 || done === 180) {
      expect(await stopRunSet(house.sql, set, done === 180, null)).toBe(true);
      expect(await stopRunSet(house.sql, set, false, null)).toBe(false);
      await expect
        .poll(
          async () =>
            (await house.sql`select from drawloom.fire where run_set_id = ${set} and state in ('launching', 'started')`)
              .length,
          { timeout: 300_000 },
        )
        .toBe(0);
      const before = await doneOf(set);
      await decideFires(house.sql);
      expect(await doneOf(set)).toBe(before);
      expect(await resumeRunSet(house.sql, set)).toBe(true);
    } else {
      await Promise.all([hands.kill(), ...clocks.map((one) => one.stop()), running.stop()]);
      running = await jobs();
      clocks = [clock(), clock(), clock()];
      hands = await worker();
    }
  }
  await expect.poll(() => statusOf(set), { timeout: 300_000 }).toBe('finished');
  // What was cancelled with the stop is wanted anew, by the same rows.
  const again = await retryRunSet(house.sql, set);
  if (again > 0) await expect.poll(() => statusOf(set), { timeout: 300_000 }).toBe('finished');
  await Promise.all([hands.kill(), ...clocks.map((one) => one.stop()), running.stop()]);
  const runs = await house.sql`
    select r.nominal_at, count(*)::int as n, min(r.trigger) as trigger from drawloom.run r
    where r.run_set_id = ${set} and r.status = 'succeeded' group by 1 order by 1`;
  expect([runs.length, new Set(runs.map(({ n }) => n))]).toEqual([365, new Set([1])]);
  expect(runs.every(({ trigger }) => trigger === 'backfill')).toBe(true);
  const all = await house.sql`select count(*)::int as n from drawloom.run where run_set_id = ${set}`;
  expect(all[0]!.n).toBe(365 + again);
  expect(new Date(runs[0]!.nominal_at).toISOString()).toBe('2025-01-01T05:00:00.000Z');
  expect(new Date(runs.at(-1)!.nominal_at).toISOString()).toBe('2025-12-31T05:00:00.000Z');
  expect(await mostAtOnce(set)).toBeLessThanOrEqual(8);
});

test('newest first starts from the end, and no more at a time than it allows', async () => {
  const set = await backfill('2025-03-01', '2025-03-10', { concurrency: 2, newestFirst: true });
  for (let n = 0; n < 3; n++) await Promise.all(Array.from({ length: 5 }, () => decideFires(house.sql)));
  const launching = await house.sql`
    select nominal_at from drawloom.fire where run_set_id = ${set} and state = 'launching' order by nominal_at desc`;
  expect(launching.map(({ nominal_at }) => new Date(nominal_at).getUTCDate())).toEqual([10, 9]);
});

test('what failed is started anew on request, and only that', async () => {
  const set = await backfill('2025-05-01', '2025-05-12', { concurrency: 4 });
  let starts = 0;
  const [running, ticking] = [await jobs(), clock()];
  const hands = await worker(() => ++starts % 4 === 0 && starts <= 12);
  await expect.poll(() => statusOf(set), { timeout: 60_000 }).toBe('finished');
  const failed = await house.sql`select id from drawloom.fire where run_set_id = ${set} and run_status = 'failed'`;
  expect(failed).toHaveLength(3);
  expect(await retryRunSet(house.sql, set)).toBe(3);
  await expect.poll(() => statusOf(set), { timeout: 60_000 }).toBe('finished');
  const states =
    await house.sql`select run_status, attempt, count(*)::int as n from drawloom.fire where run_set_id = ${set} group by 1, 2 order by 2`;
  expect(states).toEqual([
    { run_status: 'succeeded', attempt: 1, n: 9 },
    { run_status: 'succeeded', attempt: 2, n: 3 },
  ]);
  expect(await retryRunSet(house.sql, set)).toBe(0);
  await Promise.all([hands.kill(), ticking.stop(), running.stop()]);
});
