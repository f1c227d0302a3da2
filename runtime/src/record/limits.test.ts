import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { ended, handsOf } from '../../../test/support/hands.ts';
import { planOf as anyPlan, type Playground, playground } from '../../../test/support/playground.ts';
import type { PlanNode } from '../plan/plan.ts';
import { endOverdue } from './limits.ts';
import { heartbeat } from './workers.ts';

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
/** Nodes alike are not taken for one piece of work here. */
const planOf = (drawing: string, change: Partial<PlanNode> = {}) => anyPlan(drawing, { reuse: false, ...change });
const failure = { reason: 'user_error' as const, outputs: [] };
const delays = async () =>
  (
    await house.sql`select extract(epoch from t.due_at - a.finished_at) * 1000 as ms
      from drawloom.timer t join drawloom.node_run n using (run_id, node, map_index)
      join drawloom.attempt a using (run_id, node, map_index, attempt) order by 1`
  ).map((row) => Number(row.ms));
/** As if so much time had gone by for all that waits. */
const pass = (seconds: number) =>
  Promise.all([
    house.sql`update drawloom.node_run set queued_at = queued_at - ${seconds} * interval '1 second'`,
    house.sql`update drawloom.run set started_at = started_at - ${seconds} * interval '1 second'`,
  ]);

test('a thousand that fail together come back spread over the share that is left to chance, and never later than the limit', async () => {
  const chain = Array.from({ length: 1000 }, (_, index) => `n${index}`).join('; ');
  await house.start(
    planOf(chain, { retryAttempts: 3, retryDelayMs: 60_000, retryMaxDelayMs: 80_000, retryJitter: 0.5 }),
  );
  const worker = await house.worker();
  await finish(
    worker,
    (await claim(worker, 1000)).map((work) => ended(work, failure)),
  );
  const first = await delays();
  expect(first).toHaveLength(1000);
  expect(first[0]).toBeGreaterThanOrEqual(30_000);
  expect(first.at(-1)).toBeLessThanOrEqual(60_000);
  // Evenly: of a thousand, each quarter of the range gets its share. (For one to get below 150, the odds are beyond 1 in 10^13.)
  for (let quarter = 0; quarter < 4; quarter++) {
    const from = 30_000 + quarter * 7500;
    expect(first.filter((ms) => ms >= from && ms < from + 7500).length).toBeGreaterThan(150);
  }
  await house.sql`update drawloom.timer set due_at = now()`;
  await finish(
    worker,
    (await claim(worker, 1000)).map((work) => ended(work, failure)),
  );
  const second = await delays(); // 120 s by doubling, held at 80 s
  expect(second[0]).toBeGreaterThanOrEqual(40_000);
  expect(second.at(-1)).toBeLessThanOrEqual(80_000);
  await house.sql`update drawloom.timer set due_at = now()`;
  await workOff(worker);
});

test('a delay grows by the factor of its node', async () => {
  await house.start(
    planOf('a', { retryAttempts: 9, retryDelayMs: 1000, retryMaxDelayMs: 3_600_000, retryJitter: 0, retryFactor: 3 }),
  );
  const worker = await house.worker();
  const all: number[] = [];
  for (let attempt = 1; attempt <= 4; attempt++) {
    const [work] = await claim(worker);
    await finish(worker, [ended(work!, failure)]);
    all.push((await delays()).at(-1)!);
    await house.sql`update drawloom.timer set due_at = now()`;
  }
  expect(all.map(Math.round)).toEqual([1000, 3000, 9000, 27_000]);
  await workOff(worker);
});

test('a rule of the node decides before the reason does: no second try for one error, a delay of its own for another', async () => {
  const { run } = await house.start(
    planOf('a; b; c', {
      retryAttempts: 2,
      retryJitter: 0,
      retryRules: [
        { type: 'PermissionError', do: 'fail' },
        { reason: 'bad_output', message: 'empty', do: 'retry', delayMs: 5000 },
      ],
    }),
  );
  const worker = await house.worker();
  const [a, b, c] = await claim(worker);
  await finish(worker, [
    ended(a!, { ...failure, error: { type: 'PermissionError', message: 'no' } }),
    ended(b!, { reason: 'bad_output', outputs: [], error: { message: 'the table is empty' } }),
    ended(c!, { reason: 'bad_output', outputs: [], error: { message: 'no such port' } }),
  ]);
  expect(await statusesOf(run)).toEqual({ a: 'failed', b: 'waiting', c: 'failed' });
  expect((await delays()).map(Math.round)).toEqual([5000]);
  await house.sql`update drawloom.timer set due_at = now()`;
  await workOff(worker);
});

test('a node that could begin and did not in time fails by its own limit, and what follows it is not run', async () => {
  const { run } = await house.start(planOf('a > b; x', { queueTimeoutMs: 60_000 }));
  expect(await endOverdue(house.sql)).toBe(0);
  const worker = await house.worker();
  const [a] = await claim(worker, 1); // what has begun is no longer waiting for its start
  await pass(61);
  expect(await endOverdue(house.sql)).toBe(1);
  expect(await statusesOf(run)).toEqual({ a: 'running', b: 'pending', x: 'failed' });
  expect(await house.sql`select reason from drawloom.node_run where status = 'failed'`).toEqual([
    { reason: 'queue_timeout' },
  ]);
  await finish(worker, [ended(a!)]);
  await pass(61);
  expect(await endOverdue(house.sql)).toBe(1);
  expect(await statusesOf(run)).toEqual({ a: 'succeeded', b: 'failed', x: 'failed' });
  expect(await statusOf(run)).toBe('failed');
});

test('ten that look for what is overdue at once, while workers claim, end each node once', async () => {
  const wide = Array.from({ length: 200 }, (_, index) => `n${index}`).join('; ');
  const { run } = await house.start(planOf(wide, { queueTimeoutMs: 1000 }));
  const worker = await house.worker();
  await pass(2);
  const [held] = await Promise.all([claim(worker, 20), ...Array.from({ length: 10 }, () => endOverdue(house.sql))]);
  await finish(
    worker,
    held.map((work) => ended(work)),
  );
  await endOverdue(house.sql);
  expect(await statusOf(run)).toBe('failed');
  const [counted] =
    await house.sql`select count(*)::int as all, count(*) filter (where reason = 'ok')::int as ok from drawloom.attempt`;
  expect(counted).toEqual({ all: 200, ok: held.length });
});

test('a run over its limit is stopped: what has not begun at once, what runs when it is proven dead, and it says why', async () => {
  const { run } = await house.start(planOf('a > b; c > d'), { timeoutMs: 60_000 });
  const other = await house.start(planOf('e > f'), { timeoutMs: 600_000 });
  const worker = await house.worker();
  const [a, , e] = await claim(worker, 3);
  await pass(61);
  await Promise.all(Array.from({ length: 5 }, () => endOverdue(house.sql)));
  expect(await statusesOf(run)).toEqual({ a: 'running', b: 'cancelled', c: 'running', d: 'cancelled' });
  expect(await statusOf(run)).toBe('cancelling');
  expect(await house.sql`select cancel_gen from drawloom.run where id = ${run}`).toEqual([{ cancel_gen: 1 }]);
  const { cancelled } = await heartbeat(house.sql, worker, [a!.fence, e!.fence]);
  expect(cancelled).toContain(a!.fence);
  const held =
    await house.sql`select run_id as run, node, map_index as "mapIndex", fence from drawloom.lease where run_id = ${run}`;
  await finish(
    worker,
    held.map((lease) => ({
      run: Number(lease.run),
      node: lease.node,
      mapIndex: lease.mapIndex,
      fence: Number(lease.fence),
      outcome: { reason: 'cancelled', outputs: [] },
    })),
  );
  expect(await statusOf(run)).toBe('failed');
  expect(await house.sql`select reason from drawloom.run where id = ${run}`).toEqual([{ reason: 'timeout' }]);
  await finish(worker, [ended(e!)]);
  await workOff(worker);
  expect(await statusOf(other.run)).toBe('succeeded');
});

test('a run without limits is never looked at', async () => {
  await house.start(planOf('a'));
  await pass(1_000_000);
  expect(await endOverdue(house.sql)).toBe(0);
  await workOff(await house.worker());
});
