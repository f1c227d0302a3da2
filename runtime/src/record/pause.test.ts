import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { ended, handsOf } from '../../../test/support/hands.ts';
import { type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { endOverdue } from './limits.ts';
import { cancelRun, pauseRun, resumeRun } from './runs.ts';

let database: TestDatabase;
let house: Playground;
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url, { max: 20 });
});
afterAll(async () => {
  await house.close();
  await database.drop();
});
afterEach(async () => {
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
  await house.sql`truncate drawloom.run, drawloom.node_run, drawloom.attempt, drawloom.ready, drawloom.lease, drawloom.timer, drawloom.parked,
    drawloom.cache_entry, drawloom.cache_waiter, drawloom.worker, drawloom.event, drawloom.artifact_use`;
});
const { claim, finish, workOff, statusesOf, statusOf } = handsOf(() => house);
const pause = (run: number) => house.db.transaction((tx) => pauseRun(tx, run));
const resume = (run: number) => house.db.transaction((tx) => resumeRun(tx, run));

test('of a paused run nothing new begins, what runs goes on, and it goes on where it stood', async () => {
  const { run } = await house.start(planOf('a > b > c; x > y', { reuse: false }));
  const worker = await house.worker();
  const [a] = await claim(worker, 1);
  expect(await pause(run)).toBe(true);
  expect(await statusesOf(run)).toMatchObject({ a: 'running', x: 'waiting' });
  expect((await finish(worker, [ended(a!)], 10)).work).toEqual([]);
  expect(await statusesOf(run)).toEqual({ a: 'succeeded', b: 'waiting', c: 'pending', x: 'waiting', y: 'pending' });
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
  expect(await resume(run)).toBe(true);
  expect((await workOff(worker)).map((work) => work.nodeId).sort()).toEqual(['b', 'c', 'x', 'y']);
  expect(await statusOf(run)).toBe('succeeded');
});

test('a run that is paused before it began stays queued, and other runs go past it', async () => {
  const { run } = await house.start(planOf('a > b', { reuse: false }));
  expect(await pause(run)).toBe(true);
  const other = await house.start(planOf('a > b', { reuse: false }));
  const worker = await house.worker();
  await workOff(worker);
  expect(await statusOf(other.run)).toBe('succeeded');
  expect(await statusOf(run)).toBe('queued');
  await resume(run);
  await workOff(worker);
  expect(await statusOf(run)).toBe('succeeded');
});

test('a retry that falls due and a worker that is lost begin nothing while the run is paused', async () => {
  const { run } = await house.start(planOf('a; b', { reuse: false, retryAttempts: 2 }));
  const worker = await house.worker();
  const [a, b] = await claim(worker);
  await pause(run);
  await finish(worker, [
    ended(a!, { reason: 'user_error', outputs: [] }),
    ended(b!, { reason: 'cancelled', outputs: [] }),
  ]);
  await house.sql`update drawloom.timer set due_at = now()`;
  expect(await claim(worker)).toEqual([]);
  expect(await statusesOf(run)).toEqual({ a: 'waiting', b: 'waiting' });
  await resume(run);
  expect(await workOff(worker)).toHaveLength(2);
});

test('the time that a run stands still counts for none of its limits', async () => {
  const { run } = await house.start(planOf('a > b', { queueTimeoutMs: 60_000 }), { timeoutMs: 60_000 });
  const worker = await house.worker();
  const [a] = await claim(worker);
  await pause(run);
  await finish(worker, [ended(a!)], 1);
  await house.sql`update drawloom.run set started_at = started_at - interval '1 hour', paused_at = paused_at - interval '1 hour'`;
  await house.sql`update drawloom.node_run set queued_at = queued_at - interval '1 hour'`;
  expect(await endOverdue(house.sql)).toBe(0);
  await resume(run);
  expect(await endOverdue(house.sql)).toBe(0);
  expect((await claim(worker)).map((work) => work.nodeId)).toEqual(['b']);
  await house.sql`update drawloom.run set started_at = started_at - interval '2 minutes'`;
  expect(await endOverdue(house.sql)).toBe(1); // its own time counts as ever
  const held = await house.sql`select fence from drawloom.lease`;
  await finish(worker, [
    { run, node: 1, mapIndex: 0, fence: Number(held[0]!.fence), outcome: { reason: 'cancelled', outputs: [] } },
  ]);
});

test('a paused run is stopped as any other; what is over cannot be paused', async () => {
  const { run } = await house.start(planOf('a > b'));
  await pause(run);
  expect(await pause(run)).toBe(false);
  await house.db.transaction((tx) => cancelRun(tx, run, 'ada'));
  expect(await statusOf(run)).toBe('cancelled');
  expect(await pause(run)).toBe(false);
  expect(await resume(run)).toBe(false);
});

test('pausing, going on and claiming at once lose nothing', async () => {
  const wide = Array.from({ length: 100 }, (_, index) => `n${index}`).join('; ');
  const { run } = await house.start(planOf(wide, { reuse: false }));
  const worker = await house.worker();
  const rounds = Array.from({ length: 10 }, (_, round) => (round % 2 ? resume(run) : pause(run)));
  const claims = Array.from({ length: 5 }, async () => (await claim(worker, 5)).map((work) => ended(work)));
  const [held] = await Promise.all([Promise.all(claims), Promise.all(rounds)]);
  await resume(run);
  await finish(worker, held.flat());
  await workOff(worker);
  expect(await statusOf(run)).toBe('succeeded');
  expect(await house.sql`select count(*)::int as n from drawloom.attempt`).toEqual([{ n: 100 }]);
});
