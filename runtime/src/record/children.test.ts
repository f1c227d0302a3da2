import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { change, draw } from '../../../test/support/draw.ts';
import { nest, type Playground, planOf, playground } from '../../../test/support/playground.ts';
import type { AttemptOutcome, Work } from '../execute/executor.ts';
import { cancelRun, pauseRun, rerunRun, resumeRun } from './runs.ts';
import { type Result, tick } from './tick.ts';
import { heartbeat, reap } from './workers.ts';

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
});

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const fails: Partial<AttemptOutcome> = { reason: 'user_error', outputs: [] };
const dies: Partial<AttemptOutcome> = { reason: 'cancelled', outputs: [] };
const once = { retryAttempts: 1, reuse: false };
type Outcomes = (work: Work) => Partial<AttemptOutcome>;

/** As a worker would: what starts a run is parked for it, what goes out of one passes, and everything else makes a table. */
function ended(work: Work, outcome: Partial<AttemptOutcome> = {}): Result {
  const { run, node, mapIndex, fence } = work;
  const made = { kind: 'table' as const, sizeBytes: 1, mediaType: 'x/y' };
  const usual: Partial<AttemptOutcome> =
    work.type === 'subpipeline'
      ? { reason: 'parked', park: 'child' }
      : work.type === 'pipeline-output'
        ? {}
        : { outputs: [{ port: 'out', sha256: sha(`${work.nodeId} ${work.cacheKey}`), ...made }] };
  return { run, node, mapIndex, fence, outcome: { reason: 'ok', outputs: [], ...usual, ...outcome } };
}
const finish = (worker: string, results: Result[], want = 0) => tick(house.sql, house.plans, worker, results, want);
/** Works everything off; returns what was handed out, as `node` or `node×attempt`, in order. */
async function workOff(outcome: Outcomes = () => ({})): Promise<string[]> {
  const worker = await house.worker();
  const all: string[] = [];
  let results: Result[] = [];
  for (;;) {
    const { work } = await finish(worker, results, 1000);
    if (work.length === 0) return all;
    all.push(...work.map((one) => one.nodeId + (one.attempt > 1 ? `×${one.attempt}` : '')));
    results = work.map((one) => ended(one, outcome(one)));
  }
}
const reuseIt = (work: Work): Partial<AttemptOutcome> =>
  work.reuse ? { reason: 'ok', outputs: [], reusedFrom: work.reuse } : {};
const nodesOf = async (run: number) =>
  Object.fromEntries(
    (
      await house.sql`select p.node_id, n.status, n.reason from drawloom.node_run n join drawloom.run r on r.id = n.run_id
        join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node where n.run_id = ${run}`
    ).map((row) => [row.node_id, `${row.status} ${row.reason ?? ''}`.trim()]),
  );
const statusOf = async (run: number) => (await house.sql`select status from drawloom.run where id = ${run}`)[0]!.status;
const childrenOf = async (run: number) =>
  (await house.sql`select id::int as run, status, round from drawloom.run where parent_run = ${run} order by id`) as unknown as {
    run: number;
    status: string;
    round: number;
  }[];
const outputsOf = async (run: number, nodeId: string) =>
  (
    await house.sql`select a.sha256 from drawloom.node_run n join drawloom.run r on r.id = n.run_id
      join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
      join drawloom.artifact_use u on u.run_id = n.run_id and u.node = n.node and u.attempt = n.attempt and u.direction = 'out'
      join drawloom.artifact a on a.id = u.artifact_id where n.run_id = ${run} and p.node_id = ${nodeId} order by u.port`
  ).map((row) => row.sha256);
const cancel = (run: number) => house.db.transaction((tx) => cancelRun(tx, run, 'ada'));

const part = () => planOf(draw('in_in > a > b > out_out'), once);
const whole = (child = part(), more = {}) =>
  nest(house, planOf(draw('x > sub > y'), { ...once, ...more }), 'sub', child);

test('a node that stands for a pipeline runs it: what arrives goes in, what comes out goes on', async () => {
  const { run } = await house.start(whole());
  expect(await workOff()).toEqual(['x', 'sub', 'a', 'b', 'out_out', 'y']);
  expect(await statusOf(run)).toBe('succeeded');
  const [child] = await childrenOf(run);
  expect(child).toMatchObject({ status: 'succeeded', round: 1 });
  expect(await outputsOf(child!.run, 'in_in')).toEqual(await outputsOf(run, 'x'));
  expect(await outputsOf(run, 'sub')).toEqual(await outputsOf(child!.run, 'b'));
  expect(
    await house.sql`select reason from drawloom.attempt where run_id = ${run} and node = 1 order by attempt`,
  ).toEqual([{ reason: 'parked' }, { reason: 'ok' }]);
});

test('three deep, and the last result at the bottom ends all of them in one commit', async () => {
  const middle = nest(house, planOf(draw('in_in > sub_deep > out_out'), once), 'sub_deep', part());
  const top = nest(house, planOf(draw('x > sub'), once), 'sub', middle);
  const { run } = await house.start(top);
  const worker = await house.worker();
  let results: Result[] = [];
  for (let last: Work | undefined; ; ) {
    const { work } = await finish(worker, results, 10);
    if (last && work.length === 0) break;
    [last] = work;
    results = work.map((one) => ended(one));
  }
  expect(await statusOf(run)).toBe('succeeded');
  expect(
    await house.sql`select count(distinct xmin::text)::int as commits from drawloom.run where finished_at is not null and id >= ${run}`,
  ).toEqual(
    [{ commits: 2 }], // the bottom ends with its output node; the two above with the middle's
  );
});

test('a pipeline of nothing but what comes in and goes out, and one that does nothing, end at once', async () => {
  const { run } = await house.start(whole(planOf(draw('in_in > out_out'), once)));
  expect(await workOff()).toEqual(['x', 'sub', 'out_out', 'y']);
  expect(await outputsOf(run, 'sub')).toEqual(await outputsOf(run, 'x'));
  const { run: empty } = await house.start(whole(planOf(draw('in_in'), once)));
  expect(await workOff()).toEqual(['x', 'sub']);
  expect(await nodesOf(empty)).toMatchObject({ sub: 'succeeded ok', y: 'skipped not_taken' });
});

test('an input that did not come leaves out what needs it, and an output that was left out does not come', async () => {
  const child = planOf(draw('in_in > a > out_out; in_state > b'), once);
  const { run } = await house.start(whole(child));
  await workOff();
  const [made] = await childrenOf(run);
  expect(await nodesOf(made!.run)).toMatchObject({ in_state: 'succeeded ok', b: 'skipped not_taken' });
  const none = change(draw('in_in > a > out_out'), { a: { type: 'sieve' } });
  const { run: without } = await house.start(whole(planOf(none, once)));
  await workOff((work) => (work.nodeId === 'a' ? { outputs: [] } : {}));
  expect(await nodesOf(without)).toEqual({ x: 'succeeded ok', sub: 'succeeded ok', y: 'skipped not_taken' });
});

test('an output that the node declares as sure and that does not come fails it', async () => {
  const none = change(draw('in_in > a > out_out'), { a: { type: 'sieve' } });
  const plan = whole(planOf(none, once));
  const nodes = plan.nodes.map((node) =>
    node.nodeId === 'sub' ? { ...node, outputs: [{ name: 'out', kind: 'any' as const }] } : node,
  );
  const { run } = await house.start({ ...plan, nodes, hash: sha('sure') });
  await workOff((work) => (work.nodeId === 'a' ? { outputs: [] } : {}));
  expect(await nodesOf(run)).toMatchObject({ sub: 'failed bad_output' });
  const [attempt] =
    await house.sql`select error ->> 'message' as message from drawloom.attempt where run_id = ${run} and reason = 'bad_output'`;
  expect(attempt!.message).toMatch(/did well without giving "out", which it declares/);
});

test('a child that fails fails its node; tried again, what went well in it is taken over', async () => {
  const { run } = await house.start(whole(part(), { retryAttempts: 2, retryDelayMs: 60_000, retryMaxDelayMs: 60_000 }));
  let failures = 0;
  const outcome: Outcomes = (work) => {
    if (work.nodeId === 'b' && failures++ < 1) return fails;
    return reuseIt(work);
  };
  expect(await workOff(outcome)).toEqual(['x', 'sub', 'a', 'b']);
  expect(await nodesOf(run)).toMatchObject({ sub: 'waiting child_failed', y: 'pending' });
  await house.sql`update drawloom.timer set due_at = now()`;
  expect(await workOff(outcome)).toEqual(['sub×3', 'a', 'b', 'out_out', 'y']);
  expect(await childrenOf(run)).toMatchObject([{ status: 'failed' }, { status: 'succeeded' }]);
  expect(await nodesOf((await childrenOf(run))[1]!.run)).toMatchObject({ a: 'reused ok', b: 'succeeded ok' });

  const { run: failing } = await house.start(whole());
  await workOff((work) => (work.nodeId === 'b' ? fails : {}));
  expect(await nodesOf(failing)).toMatchObject({ sub: 'failed child_failed', y: 'skipped upstream_failed' });
  expect(await statusOf(failing)).toBe('failed');
});

test('a rerun of what failed goes on inside the child, and takes a child that did well over whole', async () => {
  const two = nest(
    house,
    nest(house, planOf(draw('x > sub_good > y; x > sub_bad'), once), 'sub_good', part()),
    'sub_bad',
    planOf(draw('in_in > c > d > out_out'), once),
  );
  const { run } = await house.start(two);
  await workOff((work) => (work.nodeId === 'd' ? fails : {}));
  const again = await house.db.transaction((tx) => rerunRun(tx, run, { only: 'failed', actor: null }));
  const executed: string[] = [];
  await workOff((work) => {
    if (!work.reuse) executed.push(work.nodeId);
    return reuseIt(work);
  });
  expect(executed).toEqual(['sub_bad', 'd', 'out_out']);
  expect(await nodesOf(again!.run)).toMatchObject({ sub_good: 'reused ok', sub_bad: 'succeeded ok' });
  expect(await childrenOf(again!.run)).toHaveLength(1);
});

test('cancel goes down to the last child at once, and up again when its last process is gone', async () => {
  const middle = nest(house, planOf(draw('in_in > sub_deep > out_out; p > q'), once), 'sub_deep', part());
  const { run } = await house.start(nest(house, planOf(draw('x > sub > y'), once), 'sub', middle));
  const worker = await house.worker();
  let held: Work[] = [];
  let results: Result[] = [];
  while (!held.some((work) => work.nodeId === 'a')) {
    held = held.concat((await finish(worker, results, 10)).work);
    results = held.filter((work) => ['x', 'sub', 'sub_deep'].includes(work.nodeId)).map((work) => ended(work));
    held = held.filter((work) => !['x', 'sub', 'sub_deep'].includes(work.nodeId));
  }
  expect(held.map((work) => work.nodeId).sort()).toEqual(['a', 'p']);
  expect(await cancel(run)).toBe(true);
  expect(await nodesOf(run)).toMatchObject({ sub: 'waiting parked', y: 'cancelled cancelled' });
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
  expect(
    (
      await heartbeat(
        house.sql,
        worker,
        held.map((work) => work.fence),
      )
    ).cancelled,
  ).toHaveLength(2);
  for (const work of held) {
    expect(await statusOf(run)).toBe('cancelling');
    await finish(worker, [ended(work, dies)]);
  }
  expect(await nodesOf(run)).toMatchObject({ sub: 'cancelled cancelled' });
  expect(await house.sql`select distinct status from drawloom.run where id >= ${run}`).toEqual([
    { status: 'cancelled' },
  ]);
  expect(await workOff()).toEqual([]);
});

test('a child of which nothing runs yet is cancelled with its parent on the spot', async () => {
  const { run } = await house.start(whole());
  const worker = await house.worker();
  const [x] = (await finish(worker, [], 1)).work;
  const [sub] = (await finish(worker, [ended(x!)], 1)).work;
  await finish(worker, [ended(sub!)]);
  expect(await childrenOf(run)).toHaveLength(1);
  await cancel(run);
  expect(await statusOf(run)).toBe('cancelled');
  expect(await childrenOf(run)).toMatchObject([{ status: 'cancelled' }]);
});

test('a run that was cancelled before its node could start a child starts none', async () => {
  const { run } = await house.start(whole());
  const worker = await house.worker();
  const [x] = (await finish(worker, [], 1)).work;
  const [sub] = (await finish(worker, [ended(x!)], 1)).work;
  await cancel(run);
  await finish(worker, [ended(sub!)]);
  expect(await childrenOf(run)).toEqual([]);
  expect(await statusOf(run)).toBe('cancelled');
});

test('a child that somebody stops by itself fails its node, and is not tried again', async () => {
  const { run } = await house.start(whole(part(), { retryAttempts: 3 }));
  const worker = await house.worker();
  const [x] = (await finish(worker, [], 1)).work;
  const [sub] = (await finish(worker, [ended(x!)], 1)).work;
  await finish(worker, [ended(sub!)]);
  await cancel((await childrenOf(run))[0]!.run);
  expect(await nodesOf(run)).toMatchObject({ sub: 'failed child_failed', y: 'skipped upstream_failed' });
  expect(await statusOf(run)).toBe('failed');
});

test('what a finally-node started is spared by the first cancel and ended by the second', async () => {
  const drawing = change(draw('x; sub_tidy'), { sub_tidy: { finally: true } });
  const { run } = await house.start(nest(house, planOf(drawing, once), 'sub_tidy', planOf(draw('a > b'), once)));
  await cancel(run);
  const worker = await house.worker();
  const [tidy] = (await finish(worker, [], 1)).work;
  await finish(worker, [ended(tidy!)]);
  const [a] = (await finish(worker, [], 1)).work;
  expect((await heartbeat(house.sql, worker, [a!.fence])).cancelled).toEqual([]);
  await cancel(run);
  expect((await heartbeat(house.sql, worker, [a!.fence])).cancelled).toEqual([a!.fence]);
  await finish(worker, [ended(a!, dies)]);
  expect(await statusOf(run)).toBe('cancelled');
});

test('a lost worker inside a child, and one that is lost on the way to starting it, cost nothing', async () => {
  const { run } = await house.start(whole());
  for (const node of ['x', 'sub', 'a', 'b', 'out_out', 'y']) {
    const dying = await house.worker();
    expect((await finish(dying, [], 10)).work.map((work) => work.nodeId)).toEqual([node]);
    await house.sql`update drawloom.worker set ttl_ms = 0 where id = ${dying}`;
    expect(await reap(house.sql)).toBe(1);
    const worker = await house.worker();
    const { work } = await finish(worker, [], 10);
    await finish(
      worker,
      work.map((one) => ended(one)),
    );
  }
  expect(await statusOf(run)).toBe('succeeded');
});

test('a pause holds a child as well, also one that starts meanwhile, and cancel does not leave it standing', async () => {
  const { run } = await house.start(whole());
  const worker = await house.worker();
  const [x] = (await finish(worker, [], 1)).work;
  const [sub] = (await finish(worker, [ended(x!)], 1)).work;
  expect(await house.db.transaction((tx) => pauseRun(tx, run))).toBe(true);
  expect((await finish(worker, [ended(sub!)], 10)).work).toEqual([]);
  expect(await childrenOf(run)).toHaveLength(1);
  expect(await house.db.transaction((tx) => resumeRun(tx, run))).toBe(true);
  const [a] = (await finish(worker, [], 10)).work;
  expect(a!.nodeId).toBe('a');
  await house.db.transaction((tx) => pauseRun(tx, run));
  expect((await finish(worker, [ended(a!)], 10)).work).toEqual([]);
  await cancel(run);
  expect(await statusOf(run)).toBe('cancelled');
});

test('a parent and its child that end in one tick', async () => {
  const { run } = await house.start(nest(house, planOf(draw('sub; z'), once), 'sub', planOf(draw('a'), once)));
  const worker = await house.worker();
  const [sub, z] = (await finish(worker, [], 10)).work;
  const [a] = (await finish(worker, [ended(sub!)], 10)).work;
  await finish(worker, [ended(z!), ended(a!)]);
  expect(await statusOf(run)).toBe('succeeded');
});

test('fifty parents whose children end on many workers at once', async () => {
  const plan = whole();
  const runs = await Promise.all(Array.from({ length: 50 }, () => house.start(plan)));
  const left = async () =>
    (await house.sql`select count(*)::int as n from drawloom.run where finished_at is null`)[0]!.n;
  while ((await left()) > 0) await Promise.all(Array.from({ length: 6 }, () => workOff()));
  for (const { run } of runs) expect(await statusOf(run)).toBe('succeeded');
});

test('a loop goes on while "again" comes, feeds what comes out to the input of that name, and ends with the last round', async () => {
  const body = change(draw('in_state > step > out_state; step > more > out_again; step > out_out'), {
    more: { type: 'sieve' },
  });
  const top = draw('x > sub');
  top.edges = { 'x.out>sub.state': { from: { node: 'x', port: 'out' }, to: { node: 'sub', port: 'state' } } };
  const loop = (bound: number, failsAtBound = false) =>
    nest(house, planOf(top, once), 'sub', planOf(body, once), { bound, fails: failsAtBound });
  const { run } = await house.start(loop(10));
  let round = 0;
  await workOff((work) => (work.nodeId === 'more' && ++round === 3 ? { outputs: [] } : {}));
  const rounds = await childrenOf(run);
  expect(rounds.map((one) => `${one.round} ${one.status}`)).toEqual(['1 succeeded', '2 succeeded', '3 succeeded']);
  expect(await outputsOf(rounds[0]!.run, 'in_state')).toEqual(await outputsOf(run, 'x'));
  expect(await outputsOf(rounds[2]!.run, 'in_state')).toEqual(await outputsOf(rounds[1]!.run, 'step'));
  expect(await outputsOf(run, 'sub')).toEqual(await outputsOf(rounds[2]!.run, 'step'));
  expect(await statusOf(run)).toBe('succeeded');

  const { run: bounded } = await house.start(loop(2));
  await workOff();
  expect(await childrenOf(bounded)).toHaveLength(2);
  expect(await nodesOf(bounded)).toMatchObject({ sub: 'succeeded ok' });
  const { run: failing } = await house.start(loop(2, true));
  await workOff();
  expect(await nodesOf(failing)).toMatchObject({ sub: 'failed child_failed' });
});

test('a loop that is cancelled between two rounds starts no further one', async () => {
  const body = draw('step > out_state; step > out_again');
  const { run } = await house.start(
    nest(house, planOf(draw('sub'), once), 'sub', planOf(body, once), { bound: 1000, fails: false }),
  );
  const worker = await house.worker();
  const [sub] = (await finish(worker, [], 10)).work;
  const { work } = await finish(worker, [ended(sub!)], 10);
  await cancel(run);
  await finish(
    worker,
    work.map((one) => ended(one)),
  );
  expect(await statusOf(run)).toBe('cancelled');
  expect(await workOff()).toEqual([]);
});
