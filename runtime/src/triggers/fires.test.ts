import { randomUUID } from 'node:crypto';
import type { Overlap } from '@drawloom/shared/api/triggers.ts';
import { Clock } from '@drawloom/shared/trigger/when.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { runJobs } from '../queue/jobs.ts';
import { cancelRun } from '../record/runs.ts';
import { tick } from '../record/tick.ts';
import { carryOutFire, type LaunchByTrigger } from './carrying.ts';
import { timesAfter } from './clock/times.ts';
import { decideFires } from './deciding.ts';
import { type FireJob, fireTask } from './enqueue.ts';
import { noteDueSchedules } from './noting.ts';

let database: TestDatabase;
let house: Playground;
let worker: string;
/** What each start was asked with. */
let wanted: Parameters<LaunchByTrigger>[0][] = [];
const launch: LaunchByTrigger = (one) => {
  wanted.push(one);
  const { trigger, cause, idempotencyKey } = one;
  return house.start(planOf('a'), { trigger, cause, idempotencyKey, reuse: false });
};
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url, { max: 20 });
  worker = await house.worker(3_600_000);
});
afterAll(async () => {
  await house.close();
  await database.drop();
});
afterEach(async () => {
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
  await house.sql`delete from drawloom.trigger`;
  await house.sql`delete from graphile_worker._private_jobs`;
  wanted = [];
});

const clockOf = (parts: object | string): Clock =>
  Clock.parse(typeof parts === 'string' ? { kind: 'cron', cron: parts } : parts);

async function addTrigger(
  on: object | string,
  from: string,
  more: { overlap?: Overlap; enabled?: boolean; pauseOnFailure?: boolean; parameters?: object } = {},
): Promise<string> {
  const id = randomUUID();
  const clock = clockOf(on);
  const [next] = timesAfter(clock, new Date(from), 1);
  const { overlap = 'allow', enabled = true, pauseOnFailure = false, parameters = {} } = more;
  await house.sql`
    insert into drawloom.trigger (id, project_id, pipeline_id, spec, enabled, next_at, overlap, pause_on_failure, parameters)
    values (${id}, ${house.project}, ${house.pipeline}, ${JSON.stringify(clock)}::text::jsonb, ${enabled},
      ${next!.toISOString()}::text::timestamptz, ${overlap}, ${pauseOnFailure}, ${JSON.stringify(parameters)}::text::jsonb)`;
  return id;
}

interface FireRow {
  id: number;
  nominal: string;
  state: string;
  why: string | null;
  run: number | null;
  status: string | null;
}
const firesOf = async (trigger: string): Promise<FireRow[]> =>
  (
    await house.sql`
      select id, nominal_at, state, why, run_id, run_status from drawloom.fire where trigger_id = ${trigger} order by nominal_at, id`
  ).map((row) => ({
    id: Number(row.id),
    nominal: new Date(row.nominal_at).toISOString(),
    state: row.state,
    why: row.why,
    run: row.run_id === null ? null : Number(row.run_id),
    status: row.run_status,
  }));
const statesOf = async (trigger: string) =>
  (await firesOf(trigger)).map(({ nominal, state, why }) => `${nominal.slice(11, 16)} ${state}${why ? ` ${why}` : ''}`);

/** One look at the clock as all programs take it, with the queue's part done as well. */
async function look(now: string): Promise<void> {
  await noteDueSchedules(house.sql, new Date(now));
  await decideFires(house.sql, new Date(now));
  await startAll();
  await decideFires(house.sql, new Date(now));
}
async function startAll(): Promise<void> {
  for (const { id } of await house.sql`select id from drawloom.fire where state = 'launching'`)
    await carryOutFire(house.sql, launch, { fire: Number(id) });
}
/** Ends the runs that are under way, well or badly. */
async function endRuns(reason: 'ok' | 'user_error' = 'ok'): Promise<void> {
  const { work } = await tick(house.sql, house.plans, worker, [], 100);
  const results = work.map(({ run, node, mapIndex, fence }) => ({
    run,
    node,
    mapIndex,
    fence,
    outcome: { reason, outputs: [] },
  }));
  await tick(house.sql, house.plans, worker, results, 0);
}
const runsNow = async (): Promise<number[]> =>
  (await house.sql`select id from drawloom.run where finished_at is null order by id`).map(({ id }) => Number(id));

test('five tickers at once note every one of 2,880 nominal times once, through both changes of the clock', async () => {
  for (const [from, until] of [
    ['2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z'],
    ['2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z'],
  ] as const) {
    const on = { kind: 'cron', cron: '* * * * *', timeZone: 'Europe/Berlin', catchUpSeconds: 3600 };
    const id = await addTrigger(on, from);
    const [start, end] = [Date.parse(from), Date.parse(until)];
    for (let now = start; now <= end; now += 900_000)
      await Promise.all(Array.from({ length: 5 }, () => noteDueSchedules(house.sql, new Date(now))));
    const expected = timesAfter(clockOf(on), new Date(from), 1440).map((time) => time.toISOString());
    expect((await firesOf(id)).map(({ nominal }) => nominal)).toEqual(expected);
    expect(new Set((await firesOf(id)).map(({ state }) => state))).toEqual(new Set(['due']));
    await house.sql`update drawloom.trigger set enabled = false where id = ${id}`;
  }
});

test('five tickers that also decide and start bring about one run per nominal time', async () => {
  const id = await addTrigger('*/10 * * * *', '2026-05-01T00:00:00Z');
  const jobs = await Promise.all(
    Array.from({ length: 2 }, () =>
      runJobs({
        url: database.url,
        tasks: { [fireTask]: (payload) => carryOutFire(house.sql, launch, payload as FireJob), drain: async () => {} },
      }),
    ),
  );
  for (let now = Date.parse('2026-05-01T00:00:00Z'); now <= Date.parse('2026-05-01T08:00:00Z'); now += 600_000)
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        await noteDueSchedules(house.sql, new Date(now));
        await decideFires(house.sql, new Date(now));
      }),
    );
  await expect
    .poll(async () => (await firesOf(id)).filter(({ state }) => state === 'started').length, { timeout: 60_000 })
    .toBe(48);
  await Promise.all(jobs.map((one) => one.stop()));
  const runs =
    await house.sql`select nominal_at, count(*)::int as n from drawloom.run where trigger_id = ${id} group by 1`;
  expect([runs.length, new Set(runs.map(({ n }) => n))]).toEqual([48, new Set([1])]);
  await endRuns();
});

test('without a catch-up window a long absence is made up by its last time, and what was missed is told', async () => {
  const id = await addTrigger('0 * * * *', '2026-05-01T00:30:00Z');
  await look('2026-05-03T08:20:00Z');
  expect(await firesOf(id)).toMatchObject([
    { nominal: '2026-05-03T07:00:00.000Z', state: 'missed' },
    { nominal: '2026-05-03T08:00:00.000Z', state: 'started' },
  ]);
  const [missed] = await house.sql`select missed_from from drawloom.fire where state = 'missed'`;
  expect(new Date(missed!.missed_from).toISOString()).toBe('2026-05-01T01:00:00.000Z');
  await endRuns();
});

test('with a catch-up window all times inside it are made up, and those before it are missed', async () => {
  const on = { kind: 'cron', cron: '0 * * * *', catchUpSeconds: 4 * 3600 };
  const id = await addTrigger(on, '2026-05-01T00:30:00Z', { overlap: 'buffer-all' });
  await look('2026-05-03T08:20:00Z');
  expect(await statesOf(id)).toEqual([
    '04:00 missed',
    '05:00 started',
    '06:00 buffered',
    '07:00 buffered',
    '08:00 buffered',
  ]);
  for (let n = 0; n < 4; n++) {
    await endRuns();
    await look('2026-05-03T08:21:00Z');
  }
  expect((await firesOf(id)).map(({ state }) => state)).toEqual(['missed', 'done', 'done', 'done', 'done']);
  expect(wanted.map(({ cause }) => cause.nominalAt.slice(11, 13))).toEqual(['05', '06', '07', '08']);
});

test('jitter holds a start back until it is due', async () => {
  const id = await addTrigger({ kind: 'cron', cron: '0 6 * * *', jitterSeconds: 3600 }, '2026-05-01T00:00:00Z');
  await look('2026-05-01T06:00:00Z');
  const [fire] = await house.sql`select due_at from drawloom.fire where trigger_id = ${id}`;
  const due = Date.parse(fire!.due_at);
  expect(due - Date.parse('2026-05-01T06:00:00Z')).toBeGreaterThan(0);
  expect(due - Date.parse('2026-05-01T06:00:00Z')).toBeLessThanOrEqual(3_600_000);
  await look(new Date(due - 1).toISOString());
  expect((await firesOf(id)).map(({ state }) => state)).toEqual(['due']);
  await look(new Date(due).toISOString());
  expect((await firesOf(id)).map(({ state }) => state)).toEqual(['started']);
  await endRuns();
});

test('skip: while a run is under way the next time is passed over, and the one after it starts', async () => {
  const id = await addTrigger('*/5 * * * *', '2026-05-01T00:00:00Z', { overlap: 'skip' });
  await look('2026-05-01T00:05:00Z');
  await look('2026-05-01T00:10:00Z');
  await endRuns();
  await look('2026-05-01T00:15:00Z');
  expect(await statesOf(id)).toEqual(['00:05 done', '00:10 skipped running', '00:15 started']);
  await endRuns();
});

test('buffer-one: one time waits, further ones are passed over', async () => {
  const id = await addTrigger('*/5 * * * *', '2026-05-01T00:00:00Z', { overlap: 'buffer-one' });
  for (const minute of ['05', '10', '15', '20']) await look(`2026-05-01T00:${minute}:00Z`);
  expect(await statesOf(id)).toEqual([
    '00:05 started',
    '00:10 buffered',
    '00:15 skipped waiting',
    '00:20 skipped waiting',
  ]);
  await endRuns();
  await look('2026-05-01T00:21:00Z');
  expect((await statesOf(id)).slice(0, 2)).toEqual(['00:05 done', '00:10 started']);
  await endRuns();
});

test('buffer-all: all times wait, and start one after another in their order', async () => {
  const id = await addTrigger('*/5 * * * *', '2026-05-01T00:00:00Z', { overlap: 'buffer-all' });
  for (const minute of ['05', '10', '15', '20']) await look(`2026-05-01T00:${minute}:00Z`);
  expect(await statesOf(id)).toEqual(['00:05 started', '00:10 buffered', '00:15 buffered', '00:20 buffered']);
  for (let n = 0; n < 4; n++) {
    expect(await runsNow()).toHaveLength(1);
    await endRuns();
    await look('2026-05-01T00:21:00Z');
  }
  expect(wanted.map(({ cause }) => cause.nominalAt.slice(14, 16))).toEqual(['05', '10', '15', '20']);
  expect(await runsNow()).toEqual([]);
});

test('cancel: the running one is ended first, then the latest starts', async () => {
  const id = await addTrigger('*/5 * * * *', '2026-05-01T00:00:00Z', { overlap: 'cancel' });
  await look('2026-05-01T00:05:00Z');
  const [held] = (await tick(house.sql, house.plans, worker, [], 10)).work; // it runs: it is over only when its worker says so
  await look('2026-05-01T00:10:00Z');
  await look('2026-05-01T00:15:00Z');
  expect(await statesOf(id)).toEqual(['00:05 started', '00:10 skipped replaced', '00:15 buffered']);
  expect(await runsNow()).toEqual([held!.run]);
  expect((await house.sql`select status from drawloom.run where id = ${held!.run}`)[0]!.status).toBe('cancelling');
  const { run, node, mapIndex, fence } = held!;
  await tick(
    house.sql,
    house.plans,
    worker,
    [{ run, node, mapIndex, fence, outcome: { reason: 'cancelled', outputs: [] } }],
    0,
  );
  await look('2026-05-01T00:15:10Z');
  expect(await statesOf(id)).toEqual(['00:05 done', '00:10 skipped replaced', '00:15 started']);
  expect((await firesOf(id))[0]!.status).toBe('cancelled');
  await endRuns();
});

test('terminate: the running one is ended, and the new one starts without waiting for its end', async () => {
  const id = await addTrigger('*/5 * * * *', '2026-05-01T00:00:00Z', { overlap: 'terminate' });
  await look('2026-05-01T00:05:00Z');
  const [held] = (await tick(house.sql, house.plans, worker, [], 10)).work;
  await look('2026-05-01T00:10:00Z');
  expect(await statesOf(id)).toEqual(['00:05 started', '00:10 started']);
  expect(await runsNow()).toHaveLength(2);
  expect((await house.sql`select status from drawloom.run where id = ${held!.run}`)[0]!.status).toBe('cancelling');
  const { run, node, mapIndex, fence } = held!;
  await tick(
    house.sql,
    house.plans,
    worker,
    [{ run, node, mapIndex, fence, outcome: { reason: 'cancelled', outputs: [] } }],
    0,
  );
  await endRuns();
});

test('allow: runs go side by side', async () => {
  const id = await addTrigger('*/5 * * * *', '2026-05-01T00:00:00Z', { overlap: 'allow' });
  for (const minute of ['05', '10', '15']) await look(`2026-05-01T00:${minute}:00Z`);
  expect(await statesOf(id)).toEqual(['00:05 started', '00:10 started', '00:15 started']);
  expect(await runsNow()).toHaveLength(3);
  await endRuns();
});

test('a run that fails switches its trigger off when that was wished, and one that is cancelled does not', async () => {
  const id = await addTrigger('*/5 * * * *', '2026-05-01T00:00:00Z', { pauseOnFailure: true });
  await look('2026-05-01T00:05:00Z');
  const [run] = await runsNow();
  await house.db.transaction((tx) => cancelRun(tx, run!, null));
  await look('2026-05-01T00:10:00Z');
  expect(await statesOf(id)).toEqual(['00:05 done', '00:10 started']);
  await endRuns('user_error');
  await look('2026-05-01T00:11:00Z');
  const [trigger] = await house.sql`select enabled, paused, next_at from drawloom.trigger where id = ${id}`;
  const failed = (await firesOf(id))[1]!;
  expect(failed.status).toBe('failed');
  expect(trigger).toMatchObject({ enabled: false, next_at: null, paused: { run: failed.run } });
  await look('2026-05-01T00:15:00Z');
  expect(await firesOf(id)).toHaveLength(2);
});

test('what waits when a trigger is switched off is passed over', async () => {
  const id = await addTrigger('*/5 * * * *', '2026-05-01T00:00:00Z', { overlap: 'buffer-all' });
  await look('2026-05-01T00:05:00Z');
  await look('2026-05-01T00:10:00Z');
  await house.sql`update drawloom.trigger set enabled = false, next_at = null where id = ${id}`;
  await endRuns();
  await look('2026-05-01T00:11:00Z');
  expect(await statesOf(id)).toEqual(['00:05 done', '00:10 skipped off']);
});

test('a disabled trigger stays silent', async () => {
  const id = await addTrigger('* * * * *', '2026-05-01T00:00:00Z', { enabled: false });
  await look('2026-05-01T00:05:00Z');
  expect(await firesOf(id)).toEqual([]);
});

test('a fire carried out many times at once starts one run, which knows its trigger and the time it was due at', async () => {
  const id = await addTrigger({ kind: 'cron', cron: '0 6 1 * *', timeZone: 'Europe/Berlin' }, '2026-05-01T12:00:00Z', {
    parameters: { from: { $nominal: 'monthStart', months: -1 }, seed: 7 },
  });
  await noteDueSchedules(house.sql, new Date('2026-06-01T04:00:01Z'));
  await decideFires(house.sql, new Date('2026-06-01T04:00:01Z'));
  const [fire] = await firesOf(id);
  await Promise.all(Array.from({ length: 20 }, () => carryOutFire(house.sql, launch, { fire: fire!.id })));
  await carryOutFire(house.sql, launch, { fire: fire!.id });
  const runs = await house.sql`select id, trigger_id, nominal_at, trigger from drawloom.run where trigger_id = ${id}`;
  expect(runs).toHaveLength(1);
  expect({ ...runs[0], nominal_at: new Date(runs[0]!.nominal_at).toISOString() }).toMatchObject({
    trigger: 'schedule',
    nominal_at: '2026-06-01T04:00:00.000Z',
  });
  expect(wanted[0]!.parameters).toEqual({ from: '2026-05-01', seed: 7 });
  await endRuns();
});

test('a start that cannot come about keeps the reason', async () => {
  const id = await addTrigger('0 * * * *', '2026-05-01T00:30:00Z', { pauseOnFailure: true });
  await noteDueSchedules(house.sql, new Date('2026-05-01T01:00:01Z'));
  await decideFires(house.sql, new Date('2026-05-01T01:00:01Z'));
  const problems = [{ code: 'untrusted', message: 'Nobody accepted it.', at: '', severity: 'error' as const }];
  const [fire] = await firesOf(id);
  await carryOutFire(house.sql, async () => ({ problems }), { fire: fire!.id });
  expect((await house.sql`select state, problems from drawloom.fire where trigger_id = ${id}`)[0]).toEqual({
    state: 'refused',
    problems,
  });
  expect((await house.sql`select enabled, paused from drawloom.trigger where id = ${id}`)[0]).toMatchObject({
    enabled: false,
    paused: { run: null },
  });
});

test('a start whose job was lost is handed to the queue again', async () => {
  const id = await addTrigger('0 * * * *', '2026-05-01T00:30:00Z');
  await noteDueSchedules(house.sql, new Date('2026-05-01T01:00:01Z'));
  await decideFires(house.sql, new Date('2026-05-01T01:00:01Z'));
  await house.sql`delete from graphile_worker._private_jobs`;
  await house.sql`update drawloom.fire set decided_at = now() - interval '6 minutes' where trigger_id = ${id}`;
  await decideFires(house.sql, new Date('2026-05-01T01:00:02Z'));
  expect(await house.sql`select key from graphile_worker.jobs where task_identifier = ${fireTask}`).toHaveLength(1);
  await startAll();
  await endRuns();
});
