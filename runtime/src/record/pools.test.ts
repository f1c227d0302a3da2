import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { ended, handsOf } from '../../../test/support/hands.ts';
import { planOf as anyPlan, type Playground, playground } from '../../../test/support/playground.ts';
import type { Work } from '../execute/executor.ts';
import type { PlanNode } from '../plan/plan.ts';
import { endOverdue } from './limits.ts';
import { poolProblems, removePool, sizePool } from './pools.ts';
import { readPools } from './read/pools.ts';
import { cancelRun, pauseRun, resumeRun } from './runs.ts';
import { storePlan } from './store-plan.ts';
import { reap } from './workers.ts';

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
  expect(await broken()).toEqual([]);
  await house.sql`truncate drawloom.run, drawloom.node_run, drawloom.attempt, drawloom.ready, drawloom.lease, drawloom.timer, drawloom.parked,
    drawloom.cache_entry, drawloom.cache_waiter, drawloom.worker, drawloom.event, drawloom.artifact_use, drawloom.pool, drawloom.slot`;
});

const { claim, finish, workOff, statusesOf, statusOf } = handsOf(() => house);
const broken = () => house.sql`select * from drawloom.violations()`;
const pool = (size: number, name = 'gpu') => house.db.transaction((tx) => sizePool(tx, house.project, name, size));
const remove = (name = 'gpu') => house.db.transaction((tx) => removePool(tx, house.project, name));
const pools = () => readPools(house.db, house.project);
const facts = async () => (await pools()).map(({ size, held, waiting }) => ({ size, held, waiting }))[0];
/** A plan whose nodes want one slot each, except those that are named. */
const planOf = (drawing: string, wants: Record<string, number> = {}, change: Partial<PlanNode> = {}) => {
  const plan = anyPlan(drawing, { reuse: false, pool: 'gpu', ...change });
  const nodes = plan.nodes.map((node) => {
    const poolSlots = wants[node.nodeId] ?? 1;
    return poolSlots === 0 ? { ...node, pool: null, poolSlots: null } : { ...node, poolSlots };
  });
  return { ...plan, nodes, hash: `${plan.hash} ${JSON.stringify(wants)}` };
};
const wide = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`).join('; ');
const ids = (works: Work[]) => works.map((work) => work.nodeId);
const results = (works: Work[]) => works.map((work) => ended(work));
/** Claims until nothing more comes: a claim that only put others in line is asked again. */
const claimAll = async (worker: string) => {
  const all: Work[] = [];
  for (let idle = 0; idle < 3; ) {
    const works = await claim(worker, 5);
    all.push(...works);
    idle = works.length > 0 ? 0 : idle + 1;
  }
  return all;
};

test('as many run as the pool has slots, whatever run they are in; the others go in as slots come back, the first first', async () => {
  await pool(2);
  const worker = await house.worker();
  const { run } = await house.start(planOf('a; b; c'));
  const other = await house.start(planOf('d; e > f', { e: 0 }));
  const first = await claim(worker);
  expect(ids(first)).toEqual(['a', 'b', 'e']); // what wants no slot goes past
  expect(await statusesOf(run)).toEqual({ a: 'running', b: 'running', c: 'waiting' });
  expect(await facts()).toEqual({ size: 2, held: 2, waiting: 2 });
  expect(await broken()).toEqual([]);
  expect(ids((await finish(worker, [ended(first[1]!)], 10)).work)).toEqual(['c']);
  expect(ids((await finish(worker, [ended(first[2]!)], 10)).work)).toEqual([]); // f goes to the end of the line
  expect(ids((await finish(worker, [ended(first[0]!)], 10)).work)).toEqual(['d']);
  expect((await pools())[0]!.holders.map(({ run, node, slots }) => ({ run, node, slots }))).toEqual([
    { run, node: 'c', slots: 1 },
    { run: other.run, node: 'd', slots: 1 },
  ]);
  await house.sql`update drawloom.lease set claimed_at = now() - interval '1 minute'`;
  await house.sql`update drawloom.worker set ttl_ms = 0`;
  expect(await reap(house.sql)).toBe(2);
  await workOff(await house.worker());
  await workOff(await house.worker());
  expect([await statusOf(run), await statusOf(other.run)]).toEqual(['succeeded', 'succeeded']);
  expect(await facts()).toEqual({ size: 2, held: 0, waiting: 0 });
});

test('who wants many slots is not starved by those who came later and want one', async () => {
  await pool(3);
  const worker = await house.worker();
  await house.start(planOf('a; b; c'));
  const held = await claim(worker);
  const { run } = await house.start(planOf('big', { big: 3 }));
  const { run: late } = await house.start(planOf('x; y; z'));
  for (const work of held) {
    expect(await statusesOf(run)).not.toEqual({ big: 'running' });
    expect(ids(await claim(worker))).toEqual([]);
    await finish(worker, [ended(work)]);
  }
  const next = await claim(worker);
  expect(ids(next)).toEqual(['big']);
  expect(await statusesOf(late)).toEqual({ x: 'waiting', y: 'waiting', z: 'waiting' });
  expect(ids((await finish(worker, results(next), 10)).work)).toEqual(['x', 'y', 'z']);
  await finish(worker, results(await claim(worker)));
});

test('priority goes before age in the line', async () => {
  await pool(1);
  const worker = await house.worker();
  await house.start(planOf('a'));
  const [a] = await claim(worker);
  await house.start(planOf('b'));
  expect(await claim(worker)).toEqual([]);
  await house.start(planOf('c'), { priority: 5 });
  expect(await claim(worker)).toEqual([]);
  const order: string[] = [];
  let held = [a!];
  while (held.length > 0) {
    order.push(...ids(held));
    held = (await finish(worker, results(held), 10)).work;
  }
  expect(order).toEqual(['a', 'c', 'b']);
});

test('a failed attempt holds nothing while it waits for the next, a cancelled run leaves the line, and whoever waits goes on', async () => {
  await pool(1);
  const worker = await house.worker();
  const { run } = await house.start(planOf('a', {}, { retryAttempts: 2, retryDelayMs: 60_000 }));
  const [a] = await claim(worker);
  const { run: second } = await house.start(planOf('b'));
  const { run: third } = await house.start(planOf('c'));
  expect(await claim(worker)).toEqual([]);
  await finish(worker, [ended(a!, { reason: 'user_error', outputs: [] })]);
  expect(await statusesOf(run)).toEqual({ a: 'waiting' });
  expect(await statusesOf(second)).toEqual({ b: 'queued' }); // let in, and not begun
  expect(await facts()).toEqual({ size: 1, held: 1, waiting: 1 });
  await house.db.transaction((tx) => cancelRun(tx, second, null));
  expect(await statusesOf(third)).toEqual({ c: 'queued' });
  const [c] = await claim(worker);
  await house.sql`update drawloom.timer set due_at = now()`;
  expect(await claim(worker)).toEqual([]);
  await house.db.transaction((tx) => cancelRun(tx, run, null));
  expect(await facts()).toEqual({ size: 1, held: 1, waiting: 0 });
  await finish(worker, [ended(c!)]);
});

test('a paused run leaves the line and the slots of what has not begun, and has its old place when it goes on', async () => {
  await pool(1);
  const worker = await house.worker();
  const { run: first } = await house.start(planOf('a; b'));
  const [a] = await claim(worker);
  const { run: second } = await house.start(planOf('c; d'));
  expect(await claim(worker)).toEqual([]);
  await finish(worker, [ended(a!)]);
  expect(await statusesOf(first)).toMatchObject({ b: 'queued' });
  await house.db.transaction((tx) => pauseRun(tx, first));
  expect(await statusesOf(first)).toMatchObject({ b: 'waiting' });
  expect(await broken()).toEqual([]);
  const [c] = await claim(worker);
  expect(c!.nodeId).toBe('c');
  await house.db.transaction((tx) => resumeRun(tx, first));
  expect(await claim(worker)).toEqual([]);
  expect(ids((await finish(worker, [ended(c!)], 10)).work)).toEqual(['b']);
  await house.db.transaction((tx) => pauseRun(tx, second));
  await house.db.transaction((tx) => resumeRun(tx, second));
  const held = await house.sql`select run_id as run, node, map_index as "mapIndex", fence from drawloom.lease`;
  await finish(
    worker,
    held.map((lease) => ({
      run: Number(lease.run),
      node: lease.node,
      mapIndex: 0,
      fence: Number(lease.fence),
      outcome: { reason: 'ok', outputs: [] },
    })),
  );
  expect(ids(await workOff(worker))).toEqual(['d']);
});

test('a pool grows at once; made smaller, what runs keeps its slots, and nothing begins until the rest is within the new size', async () => {
  await pool(1);
  const worker = await house.worker();
  await house.start(planOf(wide(6)));
  const held = await claim(worker);
  expect(held).toHaveLength(1);
  expect(await pool(3)).toEqual({ blockedBy: null });
  held.push(...(await claim(worker)));
  expect(held).toHaveLength(3);
  expect(await pool(1)).toEqual({ blockedBy: null });
  expect(await facts()).toEqual({ size: 1, held: 3, waiting: 3 });
  expect((await finish(worker, [ended(held[0]!)], 10)).work).toEqual([]);
  expect((await finish(worker, [ended(held[2]!)], 10)).work).toEqual([]);
  const { work } = await finish(worker, [ended(held[1]!)], 10);
  expect(work).toHaveLength(1);
  expect(await broken()).toEqual([]);
  await finish(worker, results(work));
  await workOff(worker);
  expect(await facts()).toEqual({ size: 1, held: 0, waiting: 0 });
});

test('a pool is not removed, nor made smaller than one node wants, while a run that is not over has such a node', async () => {
  await pool(3);
  const { run } = await house.start(planOf('a > b', { a: 0, b: 2 }));
  expect(await pool(1)).toEqual({ blockedBy: run });
  expect(await pool(2)).toEqual({ blockedBy: null });
  expect(await remove()).toEqual({ blockedBy: run });
  expect(await facts()).toMatchObject({ size: 2 });
  await workOff(await house.worker());
  expect(await remove()).toEqual({ blockedBy: null });
  expect(await remove()).toBeUndefined();
  expect(await house.sql`select * from drawloom.slot`).toEqual([]);
});

test('a plan is told which of its pools are not there or too small, and while a run starts they are not changed', async () => {
  await pool(2);
  const missing = planOf('a > b', { a: 1, b: 3 }, { pool: 'gpu' });
  const problems = await house.db.transaction(async (tx) =>
    poolProblems(tx, house.project, await storePlan(tx, missing)),
  );
  expect(problems).toMatchObject([{ code: 'pool_small', node: 'b', at: '/nodes/b/execution/pool/slots' }]);
  const none = planOf('a', {}, { pool: 'disk' });
  expect(
    await house.db.transaction(async (tx) => poolProblems(tx, house.project, await storePlan(tx, none))),
  ).toMatchObject([{ code: 'pool_missing', at: '/nodes/a/execution/pool/name' }]);

  let removed: Promise<unknown> | undefined;
  const started = await house.db.transaction(async (tx) => {
    const plan = await storePlan(tx, planOf('c'));
    expect(await poolProblems(tx, house.project, plan)).toEqual([]);
    removed = remove();
    // It waits for this transaction; that is seen in the database, not by the clock.
    await expect
      .poll(async () => (await house.sql`select count(*)::int as n from pg_locks where not granted`)[0]!.n)
      .toBeGreaterThan(0);
    const [row] = await tx.execute<{ run: string }>(
      `select run from drawloom.start_run('${house.project}', '${house.pipeline}', '${house.version}', ${plan}, '{}', 'manual', null, 0, true, null, null, null, null, null, null)`,
    );
    return Number(row!.run);
  });
  expect(await removed).toEqual({ blockedBy: started });
  await workOff(await house.worker());
});

test('the time in line counts as waiting for the start, and being let in does not begin it anew', async () => {
  await pool(1);
  const worker = await house.worker();
  await house.start(planOf('a', {}, { queueTimeoutMs: 60_000 }));
  const [a] = await claim(worker);
  const { run } = await house.start(planOf('b; c', {}, { queueTimeoutMs: 60_000 }));
  expect(await claim(worker)).toEqual([]);
  await house.sql`update drawloom.node_run set queued_at = queued_at - interval '40 seconds'`;
  expect(await endOverdue(house.sql)).toBe(0);
  await finish(worker, [ended(a!)]);
  expect(await statusesOf(run)).toEqual({ b: 'queued', c: 'waiting' });
  await house.sql`update drawloom.node_run set queued_at = queued_at - interval '40 seconds'`;
  await Promise.all([endOverdue(house.sql), endOverdue(house.sql), endOverdue(house.sql)]);
  expect(await statusesOf(run)).toEqual({ b: 'failed', c: 'failed' });
  expect(await facts()).toEqual({ size: 1, held: 0, waiting: 0 });
});

test('equal work in a pool: who waits for it holds no slot', async () => {
  await pool(2);
  const worker = await house.worker();
  const shared = planOf('a', {}, { reuse: true });
  await house.start(shared);
  await house.start(shared);
  await house.start(planOf('b'));
  const held = await claim(worker);
  expect(ids(held)).toEqual(['a']);
  expect(await facts()).toEqual({ size: 2, held: 2, waiting: 0 }); // one by a, the other by b, which was let in when the second a let go
  held.push(...(await claim(worker)));
  expect(ids(held)).toEqual(['a', 'b']);
  await finish(worker, results(held));
  const [again] = await claim(worker);
  expect(again!.reuse).not.toBeNull();
  await finish(worker, [ended(again!, { outputs: [], reusedFrom: again!.reuse! })]);
});

test('of a thousand holders that are killed, every slot comes back, and never do more run than the pool has slots', async () => {
  const size = 20;
  await pool(size);
  const plan = planOf(wide(1000), { n0: 3, n500: 7 }, { lostAttempts: 1000 });
  const { run } = await house.start(plan);
  let killed = 0;
  const running = async () =>
    (
      await house.sql`select coalesce(sum(p.pool_slots), 0)::int as n from drawloom.lease l
      join drawloom.run r on r.id = l.run_id join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = l.node`
    )[0]!.n;
  while (killed < 1000) {
    const doomed = await Promise.all(Array.from({ length: 4 }, () => house.worker()));
    const held = (await Promise.all(doomed.map((worker) => claimAll(worker)))).flat();
    expect(await running()).toBeLessThanOrEqual(size);
    expect(held.length).toBeGreaterThan(0);
    await house.sql`update drawloom.worker set ttl_ms = 0 where id in ${house.sql(doomed)}`;
    await Promise.all([reap(house.sql), reap(house.sql)]);
    killed += held.length;
  }
  expect(await broken()).toEqual([]);
  const worker = await house.worker();
  for (let left = 1; left > 0; ) {
    const works = await claimAll(worker);
    left = works.length;
    expect(await running()).toBeLessThanOrEqual(size);
    await finish(worker, results(works));
  }
  expect(await statusOf(run)).toBe('succeeded');
  expect(await facts()).toEqual({ size, held: 0, waiting: 0 });
  const [most] = await house.sql`
    select max(n)::int as n from (
      select sum(t.slots) over (order by t.at, t.slots) as n from (
        select a.claimed_at as at, p.pool_slots as slots from drawloom.attempt a join drawloom.run r on r.id = a.run_id join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = a.node
        union all
        select a.finished_at, -p.pool_slots from drawloom.attempt a join drawloom.run r on r.id = a.run_id join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = a.node
      ) t
    ) s`;
  expect(most!.n).toBeLessThanOrEqual(size);
}, 300_000);

test('claiming, finishing, resizing, pausing and ending at once: nobody is forgotten in line', async () => {
  await pool(3);
  const runs = await Promise.all(
    Array.from({ length: 6 }, () => house.start(planOf('a > b; c; d', { c: 2 }, { retryAttempts: 1 }))),
  );
  const workers = await Promise.all(Array.from({ length: 4 }, () => house.worker()));
  const left = async () =>
    (await house.sql`select count(*)::int as n from drawloom.run where finished_at is null`)[0]!.n;
  for (let round = 0; (await left()) > 0; round++) {
    const { run } = runs[round % runs.length]!;
    await Promise.all([
      ...workers.map(async (worker) => {
        const works = await claim(worker, 3);
        await finish(worker, results(works), 0);
      }),
      pool(2 + (round % 3)),
      house.db.transaction((tx) => pauseRun(tx, run)).then(() => house.db.transaction((tx) => resumeRun(tx, run))),
    ]);
    expect(await broken()).toEqual([]);
  }
  expect(await facts()).toMatchObject({ held: 0, waiting: 0 });
}, 120_000);
