import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { ended, handsOf } from '../../../test/support/hands.ts';
import { type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { sizePool } from './pools.ts';
import { readWaiting } from './read/waiting.ts';
import { pauseRun, resumeRun } from './runs.ts';

let database: TestDatabase;
let house: Playground;
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url);
});
afterAll(async () => {
  await house.close();
  await database.drop();
});
afterEach(async () => {
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
  await house.sql`truncate drawloom.run, drawloom.node_run, drawloom.attempt, drawloom.ready, drawloom.lease, drawloom.timer, drawloom.parked,
    drawloom.cache_entry, drawloom.cache_waiter, drawloom.worker, drawloom.event, drawloom.artifact_use, drawloom.pool, drawloom.slot`;
});
const { claim, finish, workOff } = handsOf(() => house);
const why = async (run: number, node: string) =>
  (await readWaiting(house.db, run, node, 0))!.waits.map(({ kind, message, run: at, node: of }) => ({
    kind,
    message,
    run: at,
    node: of,
  }));
const kinds = async (run: number, node: string) => (await why(run, node)).map(({ kind }) => kind);

test('what could begin says how many go before it, and whether there is a worker with a place', async () => {
  const first = await house.start(planOf('a; b', { reuse: false }));
  const second = await house.start(planOf('c > d', { reuse: false }));
  expect(await why(second.run, 'c')).toMatchObject([{ kind: 'no_worker', message: 'No worker is alive. Start one.' }]);
  const worker = await house.worker();
  const [behind] = await why(second.run, 'c');
  expect(behind).toMatchObject({ kind: 'order', message: expect.stringContaining('2 others begin before it') });
  const urgent = await house.start(planOf('e', { reuse: false }), { priority: 5 });
  expect(await why(urgent.run, 'e')).toMatchObject([{ message: expect.stringContaining('It is the next to begin') }]);
  expect((await why(second.run, 'c'))[0]!.message).toContain('3 others');
  const [e] = await claim(worker, 1); // it has one place, and now none
  expect(e!.nodeId).toBe('e');
  expect(await why(first.run, 'a')).toMatchObject([
    { kind: 'workers_busy', message: expect.stringContaining('All 1 places') },
  ]);
  expect(await why(second.run, 'd')).toEqual([
    { kind: 'parent', message: '“c” has to end first; it is queued.', run: null, node: 'c' },
  ]);
  expect(await readWaiting(house.db, urgent.run, 'e', 0)).toMatchObject({ status: 'running', waits: [] });
  expect(await readWaiting(house.db, urgent.run, 'nobody', 0)).toBeUndefined();
  await finish(worker, [ended(e!)]);
  await workOff(worker);
  expect(await why(second.run, 'd')).toEqual([]);
});

test('in line for a pool it says who holds the slots, and how many stand before it', async () => {
  await house.db.transaction((tx) => sizePool(tx, house.project, 'gpu', 1));
  const pooled = { reuse: false, pool: 'gpu', poolSlots: 1 };
  const holder = await house.start(planOf('a', pooled));
  const worker = await house.worker();
  const [a] = await claim(worker);
  const { run } = await house.start(planOf('b; c', pooled));
  await claim(worker);
  expect(await why(run, 'b')).toEqual([
    {
      kind: 'pool',
      message: `It waits for a slot of the pool “gpu”: 1 of 1 held, by “a” of run ${holder.run}. It is the first in line.`,
      run: holder.run,
      node: 'a',
    },
  ]);
  expect((await why(run, 'c'))[0]!.message).toContain('1 stands before it in line');
  await house.db.transaction((tx) => pauseRun(tx, run));
  expect(await kinds(run, 'b')).toEqual(['paused']);
  await house.db.transaction((tx) => resumeRun(tx, run));
  await finish(worker, [ended(a!)]);
  await house.sql`update drawloom.worker set capacity = 10`;
  expect(await kinds(run, 'b')).toEqual(['order']);
  await workOff(worker);
});

test('a delay, the same work elsewhere, a pause and the end of the run are each told as what they are', async () => {
  const plan = planOf('a', { retryAttempts: 2, retryDelayMs: 60_000 });
  const worker = await house.worker();
  const filling = await house.start(plan);
  const same = await house.start(plan);
  const [a] = await claim(worker);
  await claim(worker);
  expect(await why(same.run, 'a')).toMatchObject([{ kind: 'same_work', run: filling.run, node: 'a' }]);
  await finish(worker, [ended(a!, { reason: 'user_error', outputs: [] })]);
  const waiting = await readWaiting(house.db, filling.run, 'a', 0);
  expect(waiting!.waits).toMatchObject([{ kind: 'retry', until: expect.stringMatching(/Z$/) }]);
  await house.sql`update drawloom.timer set due_at = now()`;
  await workOff(worker);

  const paused = await house.start(planOf('x > y', { reuse: false }));
  await house.db.transaction((tx) => pauseRun(tx, paused.run));
  expect(await kinds(paused.run, 'x')).toEqual(['paused']);
  expect(await kinds(paused.run, 'y')).toEqual(['paused', 'parent']);
  await house.db.transaction((tx) => resumeRun(tx, paused.run));
  await workOff(worker);
});
