import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { runJobs } from '../queue/jobs.ts';
import { timesAfter } from './cron.ts';
import { carryOutFire, fireTask, type LaunchBySchedule, noteDueSchedules, type ScheduleFire } from './schedules.ts';

let database: TestDatabase;
let house: Playground;
let launch: LaunchBySchedule;
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url);
  launch = ({ idempotencyKey }) => house.start(planOf('a'), { trigger: 'schedule', idempotencyKey });
});
afterAll(async () => {
  await house.close();
  await database.drop();
});

async function schedule(cron: string, timeZone: string, from: string, enabled = true): Promise<string> {
  const id = randomUUID();
  const [next] = timesAfter({ cron, timeZone }, new Date(from), 1);
  await house.sql`insert into drawloom.schedule (id, project_id, pipeline_id, cron, time_zone, enabled, next_at)
    values (${id}, ${house.project}, ${house.pipeline}, ${cron}, ${timeZone}, ${enabled}, ${next!.toISOString()}::text::timestamptz)`;
  return id;
}
const firesOf = async (id: string): Promise<string[]> =>
  (await house.sql`select nominal_at from drawloom.schedule_fire where schedule_id = ${id} order by 1`).map(
    ({ nominal_at }) => new Date(nominal_at).toISOString(),
  );

test('five tickers at once note every nominal time once, through both changes of the clock', async () => {
  for (const [from, until] of [
    ['2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z'],
    ['2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z'],
  ] as const) {
    const id = await schedule('*/10 * * * *', 'Europe/Berlin', from);
    const [start, end] = [Date.parse(from), Date.parse(until)];
    for (let now = start; now <= end; now += 300_000)
      await Promise.all(Array.from({ length: 5 }, () => noteDueSchedules(house.sql, new Date(now))));
    const expected = timesAfter({ cron: '*/10 * * * *', timeZone: 'Europe/Berlin' }, new Date(from), 144).map((time) =>
      time.toISOString(),
    );
    expect(await firesOf(id)).toEqual(expected);
    await house.sql`update drawloom.schedule set enabled = false where id = ${id}`;
  }
  await house.sql`delete from graphile_worker._private_jobs`;
});

test('after a long absence the last missed time is fired, not all of them', async () => {
  const id = await schedule('0 * * * *', 'UTC', '2026-05-01T00:30:00Z');
  expect(await noteDueSchedules(house.sql, new Date('2026-05-03T08:20:00Z'))).toBe(1);
  expect(await firesOf(id)).toEqual(['2026-05-03T08:00:00.000Z']);
  await house.sql`delete from drawloom.schedule where id = ${id}`;
});

test('a disabled schedule stays silent', async () => {
  const id = await schedule('* * * * *', 'UTC', '2026-05-01T00:00:00Z', false);
  await noteDueSchedules(house.sql, new Date('2026-05-01T00:05:00Z'));
  expect(await firesOf(id)).toEqual([]);
});

test('a fire carried out twice starts one run, and a launch that has a problem keeps it', async () => {
  const id = await schedule('0 * * * *', 'UTC', '2026-05-01T00:30:00Z');
  await noteDueSchedules(house.sql, new Date('2026-05-01T01:00:01Z'));
  const fire: ScheduleFire = { schedule: id, nominalAt: '2026-05-01T01:00:00.000Z' };
  const problems = [
    { code: 'pipeline_empty', message: 'The pipeline has no nodes.', at: '', severity: 'error' as const },
  ];
  await carryOutFire(house.sql, async () => ({ problems }), fire);
  expect((await house.sql`select problems, run_id from drawloom.schedule_fire where schedule_id = ${id}`)[0]).toEqual({
    problems,
    run_id: null,
  });
  await Promise.all([carryOutFire(house.sql, launch, fire), carryOutFire(house.sql, launch, fire)]);
  await carryOutFire(house.sql, launch, fire);
  const runs =
    await house.sql`select r.id from drawloom.run r join drawloom.schedule_fire f on f.run_id = r.id where f.schedule_id = ${id}`;
  expect(runs).toHaveLength(1);
  expect(await house.sql`select count(*)::int as n from drawloom.run where idempotency_key like ${`%${id}%`}`).toEqual([
    { n: 1 },
  ]);
});

test('the queue carries noted fires out', async () => {
  await house.sql`delete from graphile_worker._private_jobs`;
  const id = await schedule('*/5 * * * *', 'UTC', '2026-06-01T00:00:00Z');
  const { promise: done, resolve: fired } = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  const jobs = await runJobs({
    url: database.url,
    tasks: {
      [fireTask]: async (payload) => {
        await carryOutFire(house.sql, launch, payload as ScheduleFire);
        fired();
      },
      drain: async () => {},
    },
    onError: (error) => errors.push(error),
  });
  await noteDueSchedules(house.sql, new Date('2026-06-01T00:05:00Z'));
  await done;
  await jobs.stop();
  expect(
    (await house.sql`select run_id from drawloom.schedule_fire where schedule_id = ${id}`)[0]!.run_id,
  ).not.toBeNull();
  expect(errors).toEqual([]);
});
