import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { draw, set } from '../../../test/support/draw.ts';
import { noopPlan, type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { connect } from '../db/connection.ts';
import type { AttemptContext, AttemptOutcome, Executor, Work } from '../execute/executor.ts';
import { cancelRun } from '../record/runs.ts';
import { Bell } from './bell.ts';
import { runClock } from './clock.ts';
import { runWorker, type WorkerOptions } from './worker-loop.ts';

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
});

type Step = (work: Work, context: AttemptContext) => Promise<Partial<AttemptOutcome>> | Partial<AttemptOutcome>;
const good = (work: Work): AttemptOutcome => ({
  reason: 'ok',
  outputs: [
    {
      port: 'out',
      kind: 'table',
      sha256: createHash('sha256').update(`${work.cacheKey}`).digest('hex'),
      sizeBytes: 1,
      mediaType: 'x/y',
    },
  ],
});
/** Executes by name of the node; a node without a step does well at once. */
const executor = (steps: Record<string, Step> = {}): Executor => ({
  async execute(work, context) {
    if (work.reuse) return { reason: 'ok', outputs: [], reusedFrom: work.reuse };
    return { ...good(work), ...(await steps[work.nodeId]?.(work, context)) };
  },
});
const worker = (steps: Record<string, Step> = {}, more: Partial<WorkerOptions> = {}) =>
  runWorker({ sql: house.sql, executor: executor(steps), capacity: 8, heartbeatMs: 100, ...more });
/** Resolves when the run is over, with its status. */
async function over(run: number): Promise<string> {
  const find = async () => (await house.sql`select status, finished_at from drawloom.run where id = ${run}`)[0]!;
  await expect.poll(async () => (await find()).finished_at, { timeout: 60_000 }).not.toBeNull();
  return (await find()).status;
}
const aborted = ({ signal }: AttemptContext): Promise<Partial<AttemptOutcome>> =>
  new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve({ reason: 'killed', signal: 'SIGKILL', outputs: [] })),
  );

test('a worker carries a run to its end, with what each node makes', async () => {
  const one = await worker();
  const { run } = await house.start(planOf('load > split > train; load > look'));
  expect(await over(run)).toBe('succeeded');
  await one.stop();
  expect(await house.sql`select stopped_at is not null as gone from drawloom.worker where id = ${one.id}`).toEqual([
    { gone: true },
  ]);
});

test('words that no database can keep are mended, wherever a node puts them', async () => {
  const one = await worker({
    load: async (_, { onMetrics }) => {
      await onMetrics([{ key: 'rows\0', step: 0, value: 1, at: new Date().toISOString() }]);
      return {};
    },
    fail: () => ({ reason: 'user_error', outputs: [], error: { message: 'a NUL \0 and half a pair \ud800 end here' } }),
  });
  const { run } = await house.start(planOf(set(draw('load > fail'), 'load', { rows: 100 })));
  expect(await over(run)).toBe('failed');
  expect(await house.sql`select key from drawloom.metric where run_id = ${run}`).toEqual([{ key: 'rows\ufffd' }]);
  const [attempt] = await house.sql`select error from drawloom.attempt where run_id = ${run} and reason = 'user_error'`;
  expect(attempt!.error.message).toBe('a NUL \ufffd and half a pair \ufffd end here');
  await one.stop();
});

test('a result that the database refuses is told as our failure, and those told with it are kept', async () => {
  const all = Promise.withResolvers<void>();
  let waiting = 0;
  const together: Step = async () => {
    if (++waiting === 3) all.resolve();
    await all.promise;
    return {};
  };
  const refused: string[] = [];
  const one = await worker(
    { one: together, three: together, two: async (...given) => ({ ...(await together(...given)), exitCode: 2 ** 40 }) },
    { onError: (error) => refused.push((error as { code: string }).code) },
  );
  // Different work each, so that none waits for the other's result.
  const rows = { one: 101, two: 102, three: 103 };
  const drawing = Object.entries(rows).reduce(
    (drawn, [node, n]) => set(drawn, node, { rows: n }),
    draw('one; two; three'),
  );
  const { run } = await house.start(planOf(drawing));
  expect(await over(run)).toBe('failed');
  const told = await house.sql`
    select n.node_id as node, a.reason from drawloom.attempt a
    join drawloom.run r on r.id = a.run_id join drawloom.plan_node n on n.plan_id = r.plan_id and n.node = a.node
    where a.run_id = ${run}`;
  expect(Object.fromEntries(told.map(({ node, reason }) => [node, reason]))).toEqual({
    one: 'ok',
    two: 'infra',
    three: 'ok',
  });
  expect(new Set(refused)).toEqual(new Set(['22003']));
  const next = await house.start(planOf(set(draw('load'), 'load', { rows: 104 })));
  expect(await over(next.run)).toBe('succeeded');
  await one.stop();
});

test('three workers share a wide run, and no node is done twice', async () => {
  const workers = await Promise.all([worker(), worker(), worker()]);
  const { run } = await house.start(
    noopPlan([[], ...Array.from({ length: 300 }, () => [0]), Array.from({ length: 300 }, (_, i) => i + 1)]),
  );
  expect(await over(run)).toBe('succeeded');
  await Promise.all(workers.map((one) => one.stop()));
  expect(
    await house.sql`select count(*)::int as n, max(attempt) as last from drawloom.attempt where run_id = ${run}`,
  ).toEqual([{ n: 302, last: 1 }]);
});

test('cancel reaches what runs, and the run is cancelled only when its process was reported dead', async () => {
  const started = Promise.withResolvers<void>();
  const mayDie = Promise.withResolvers<void>();
  const one = await worker({
    slow: async (_, context) => {
      started.resolve();
      const outcome = await aborted(context);
      expect(context.signal.reason).toBe('cancelled');
      await mayDie.promise;
      return outcome;
    },
  });
  const { run } = await house.start(planOf(set(draw('slow > after'), 'slow', { rows: 1 })));
  await started.promise;
  await house.db.transaction((tx) => cancelRun(tx, run, 'ada'));
  expect((await house.sql`select status from drawloom.run where id = ${run}`)[0]!.status).toBe('cancelling');
  mayDie.resolve();
  expect(await over(run)).toBe('cancelled');
  await one.stop();
});

test('a worker that is asked to leave takes nothing new, and finishes what it has', async () => {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const one = await worker({
    load: async () => {
      begun.resolve();
      await end.promise;
      return {};
    },
  });
  const { run } = await house.start(planOf(set(draw('load'), 'load', { rows: 301 })));
  await begun.promise;
  const left = one.stop();
  await expect
    .poll(() => house.sql`select draining from drawloom.worker where id = ${one.id}`, { timeout: 60_000 })
    .toEqual([{ draining: true }]);
  const { run: later } = await house.start(planOf(set(draw('load'), 'load', { rows: 302 })));
  one.wake();
  end.resolve();
  await left;
  expect(await house.sql`select reason, attempt from drawloom.attempt where run_id = ${run}`).toEqual([
    { reason: 'ok', attempt: 1 },
  ]);
  expect(await house.sql`select status from drawloom.node_run where run_id = ${later}`).toEqual([{ status: 'queued' }]);
  const other = await worker();
  expect(await over(later)).toBe('succeeded');
  await other.stop();
});

test('a worker that leaves hands back what does not end within its grace', async () => {
  const started = Promise.withResolvers<void>();
  const leaving = await worker({
    slow: (_, context) => {
      started.resolve();
      return aborted(context);
    },
  });
  const { run } = await house.start(planOf(set(draw('slow'), 'slow', { rows: 2 })));
  await started.promise;
  await leaving.stop(50);
  expect(
    (await house.sql`select status, attempt, lost, failures from drawloom.node_run where run_id = ${run}`)[0],
  ).toEqual({ status: 'queued', attempt: 1, lost: 0, failures: 0 });
  const staying = await worker();
  expect(await over(run)).toBe('succeeded');
  await staying.stop();
});

test('an executor that breaks costs the attempt, and the worker goes on', async () => {
  const one = await worker({
    bad: () => {
      throw new TypeError('no such interpreter');
    },
  });
  const { run } = await house.start(planOf(set(draw('bad; fine'), 'bad', { rows: 3 })));
  expect(await over(run)).toBe('failed');
  expect(
    (await house.sql`select reason, error from drawloom.attempt where run_id = ${run} and reason <> 'ok'`)[0],
  ).toEqual({
    reason: 'infra',
    error: { type: 'TypeError', message: 'no such interpreter' },
  });
  await one.stop();
});

test('connections cut in the middle of everything lose nothing and double nothing', { timeout: 90_000 }, async () => {
  const failures: string[] = [];
  const wire = connect(database.url, { max: 4, name: 'cut wire' });
  const one = await worker({}, { sql: wire.sql, onError: (_, doing) => failures.push(doing), pollMs: 50 });
  const runs: number[] = [];
  for (let round = 0; round < 12; round++) {
    const plan = planOf(set(draw('a > b > c; a > d; c > e; d > e'), 'a', { rows: 100 + round }), { reuse: false });
    runs.push((await house.start(plan)).run);
    await house.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut wire'`;
  }
  for (const run of runs) expect(await over(run)).toBe('succeeded');
  await one.stop();
  await wire.close();
  expect(failures.length).toBeGreaterThan(0);
  const doubled =
    await house.sql`select run_id, node from drawloom.attempt where reason = 'ok' group by 1, 2 having count(*) > 1`;
  expect(doubled).toEqual([]);
});

test('kill -9 of a worker in the middle of a node: another one takes over, and one attempt counts', {
  timeout: 90_000,
}, async () => {
  const ttlMs = 1500;
  const script = path.resolve(import.meta.dirname, '../../../test/support/workerProcess.ts');
  const doomed: ChildProcess = spawn(process.execPath, [script, database.url, String(ttlMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { run } = await house.start(planOf(set(draw('victim > after'), 'victim', { rows: 4 })));
  await once(doomed.stdout!, 'data');
  const heir = await worker();
  const clock = runClock({ sql: house.sql, bell: new Bell(house.sql), everyMs: 200 });
  const killedAt = performance.now();
  doomed.kill('SIGKILL');
  expect(await over(run)).toBe('succeeded');
  expect(performance.now() - killedAt).toBeLessThan(15_000);
  await clock.stop();
  await heir.stop();
  expect(
    await house.sql`select attempt, reason from drawloom.attempt where run_id = ${run} and node = 0 order by 1`,
  ).toEqual([
    { attempt: 1, reason: 'lost' },
    { attempt: 2, reason: 'ok' },
  ]);
});
