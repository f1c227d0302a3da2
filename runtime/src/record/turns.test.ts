import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { ended, handsOf } from '../../../test/support/hands.ts';
import { type Playground, planOf, playground } from '../../../test/support/playground.ts';
import type { Work } from '../execute/executor.ts';
import { readWaiting } from './read/waiting.ts';
import { tick } from './tick.ts';

let database: TestDatabase;
let house: Playground;
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url);
});
afterEach(async () => {
  await workOff(await house.worker(60_000, ['gpu', 'memory']));
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
});
afterAll(async () => {
  await house.close();
  await database.drop();
});
const { claim, finish, workOff } = handsOf(() => house);

/** `count` node runs that are ready at once, in one run. */
const ready = (count: number, more: Parameters<typeof planOf>[1] = {}) =>
  planOf(Array.from({ length: count }, (_, index) => `n${index}`).join('; '), { reuse: false, ...more });

/** Claims until something comes or nothing is left to sort out. */
async function claimAll(worker: string, want: number): Promise<Work[]> {
  for (;;) {
    const { work, contended } = await tick(house.sql, house.plans, worker, [], want);
    if (work.length > 0 || !contended) return work;
  }
}
const done = (work: readonly Work[]) => work.map((one) => ended(one));

test('one node of a project does not wait behind thousands of another one', async () => {
  const other = await house.another();
  await house.start(ready(2000));
  const { run } = await house.start(ready(1), other);
  const first = await claim(await house.worker(), 4);
  expect(first.map((one) => one.run)).toContain(run);
  expect(first).toHaveLength(4);
  await finish(await house.worker(), done(first));
  await house.sql`select drawloom.cancel(r.id, 'ada') from drawloom.run r where r.finished_at is null`;
});

test.each([1, 3, 8])('two projects with work share a worker of %i places alike', async (places) => {
  const other = await house.another();
  await house.start(ready(60), { priority: 50 }); // a priority counts among the work of its own project
  await house.start(ready(60), other);
  const worker = await house.worker();
  const counts = new Map<string, number>();
  for (let taken = 0; taken < 60; ) {
    const work = await claim(worker, places);
    for (const one of work) counts.set(one.project, (counts.get(one.project) ?? 0) + 1);
    taken += work.length;
    await finish(worker, done(work));
  }
  const [a, b] = [counts.get(house.project)!, counts.get(other.project)!];
  expect(Math.abs(a - b)).toBeLessThanOrEqual(0.1 * (a + b));
});

test('what is under way counts: a project with long work gets no more places than one with short work', async () => {
  const other = await house.another();
  await house.start(ready(20));
  await house.start(ready(20), other);
  const worker = await house.worker();
  const long = (await claim(worker, 6)).filter((one) => one.project === house.project);
  expect(long).toHaveLength(3);
  // The short ones end; what is free goes to their project until it has as much under way.
  const leases = await house.sql`select run_id, node, map_index, fence from drawloom.lease`;
  const short = leases.filter((lease) => !long.some((one) => one.fence === Number(lease.fence)));
  await finish(
    worker,
    short.map((lease) => ({
      ...{ run: Number(lease.run_id), node: lease.node, mapIndex: lease.map_index, fence: Number(lease.fence) },
      outcome: { reason: 'user_error', outputs: [] },
    })),
  );
  const next = await claim(worker, 3);
  expect(next.map((one) => one.project)).toEqual([other.project, other.project, other.project]);
  await finish(worker, done([...long, ...next]));
});

test('a node goes to a worker that has what it needs, and nobody else wades through it', async () => {
  const { run } = await house.start(ready(300, { needs: 'gpu' }));
  const plain = await house.start(ready(2));
  const [without, withGpu] = [await house.worker(), await house.worker(60_000, ['gpu', 'memory'])];
  const own = await claimAll(without, 300);
  expect(own.map((one) => one.run)).toEqual([plain.run, plain.run]);
  // sorted out once; from then on they are not met again
  const sorted = await house.sql`select run_id from drawloom.ready where needs = 'gpu'`;
  expect(sorted).toHaveLength(300);
  expect(await tick(house.sql, house.plans, without, [], 10)).toMatchObject({ work: [], contended: false });
  const taken = await claim(withGpu, 10);
  expect(taken.map((one) => one.run)).toEqual(Array(10).fill(run));
  await finish(withGpu, done(taken));
  await finish(without, done(own));
});

test('a worker needs all of the tags, and one with tags takes what needs none as well', async () => {
  await house.start(ready(1, { needs: 'gpu memory' }));
  const { run } = await house.start(ready(1));
  const some = await house.worker(60_000, ['gpu']);
  const work = await claimAll(some, 10);
  expect(work.map((one) => one.run)).toEqual([run]);
  await finish(some, done(work));
  expect(await claimAll(some, 10)).toEqual([]);
  const all = await claimAll(await house.worker(60_000, ['memory', 'cpu', 'gpu']), 10);
  expect(all).toHaveLength(1);
  await finish(some, done(all));
});

test('why a node waits that nobody can take is told from what the claim goes by', async () => {
  await house.sql`update drawloom.worker set stopped_at = now()`;
  const { run } = await house.start(ready(1, { needs: 'gpu' }));
  await house.worker();
  const why = async () => (await readWaiting(house.db, run, 'n0', 0))!.waits;
  expect(await why()).toMatchObject([{ kind: 'no_worker', message: expect.stringContaining('tag gpu') }]);
  await house.worker(60_000, ['gpu']);
  expect(await why()).toMatchObject([{ kind: 'order', message: expect.stringContaining('next to begin') }]);
});
