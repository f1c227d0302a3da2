import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { draw, set } from '../../../test/support/draw.ts';
import { ended, handsOf, made, sha } from '../../../test/support/hands.ts';
import { noopPlan, type Playground, planOf, playground } from '../../../test/support/playground.ts';
import type { AttemptOutcome, Work } from '../execute/executor.ts';
import { getNodeRun } from './read/node-runs.ts';
import { cancelRun, rerunRun } from './runs.ts';
import { heartbeat, reap } from './workers.ts';

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
const reuseIt = (work: Work): Partial<AttemptOutcome> => (work.reuse ? { outputs: [], reusedFrom: work.reuse } : {});

test('a node is handed out when all its parents are done, with their outputs as its inputs, in the order of its edges', async () => {
  const { run } = await house.start(planOf(set(draw('a > c; b > c; c > d'), 'b', { rows: 5 })));
  const worker = await house.worker();
  const first = await claim(worker);
  expect(first.map((work) => work.nodeId)).toEqual(['a', 'b']);
  expect((await finish(worker, [ended(first[0]!)], 10)).work).toEqual([]);
  const { work } = await finish(worker, [ended(first[1]!)], 10);
  expect(work.map((one) => one.nodeId)).toEqual(['c']);
  expect(work[0]!.inputs.map(({ port, position, sha256 }) => ({ port, position, sha256 }))).toEqual([
    { port: 'in', position: 0, sha256: made('out', `a ${first[0]!.cacheKey}`).sha256 },
    { port: 'in', position: 1, sha256: made('out', `b ${first[1]!.cacheKey}`).sha256 },
  ]);
  await finish(worker, [ended(work[0]!)]);
  await workOff(worker);
  expect(await statusOf(run)).toBe('succeeded');
});

test('two branches at once: one of them releases the join, and it is released once', async () => {
  const [left, right] = [await house.worker(), await house.worker()];
  for (let round = 0; round < 20; round++) {
    const { run } = await house.start(planOf('a > j; b > j', { reuse: false }));
    const [a, b] = await claim(left);
    await Promise.all([finish(left, [ended(a!)]), finish(right, [ended(b!)])]);
    const ready = await claim(left);
    expect(ready.map((work) => work.nodeId)).toEqual(['j']);
    await finish(left, [ended(ready[0]!)]);
    expect(await statusOf(run)).toBe('succeeded');
  }
});

test('a zombie finishes late: nothing changes, its output is not there, and it is told to stop', async () => {
  const { run } = await house.start(planOf('a > b'));
  const [zombie, heir] = [await house.worker(0), await house.worker()];
  const [old] = await claim(zombie);
  expect(await reap(house.sql)).toBe(1);
  const [again] = await claim(heir);
  expect(again).toMatchObject({ nodeId: 'a', attempt: 2 });
  expect((await heartbeat(house.sql, zombie, [old!.fence])).gone).toEqual([old!.fence]);

  const before = await house.sql`select * from drawloom.node_run order by 1, 2`;
  const late = await finish(zombie, [ended(old!, { outputs: [made('out', 'from the grave')] })]);
  expect(late.refused).toEqual([old!.fence]);
  expect(await house.sql`select * from drawloom.node_run order by 1, 2`).toEqual(before);
  expect(await house.sql`select * from drawloom.artifact where sha256 = ${sha('from the grave')}`).toEqual([]);

  await finish(heir, [ended(again!)]);
  expect((await finish(zombie, [ended(old!)])).refused).toEqual([old!.fence]);
  await workOff(heir);
  expect(await statusOf(run)).toBe('succeeded');
  expect(await house.sql`select attempt, reason from drawloom.attempt where node = 0 order by 1`).toEqual([
    { attempt: 1, reason: 'lost' },
    { attempt: 2, reason: 'ok' },
  ]);
});

test('the same delivery a hundred times is one attempt, and none of them is refused', async () => {
  await house.start(planOf('a > b'));
  const worker = await house.worker();
  const [work] = await claim(worker);
  const answers = await Promise.all(Array.from({ length: 100 }, () => finish(worker, [ended(work!), ended(work!)])));
  expect(answers.flatMap((answer) => answer.refused)).toEqual([]);
  expect(await house.sql`select count(*)::int as n from drawloom.attempt`).toEqual([{ n: 1 }]);
  await workOff(worker);
});

test('fifty triggers with one idempotency key start one run', async () => {
  const plan = planOf('a > b');
  const answers = await Promise.all(Array.from({ length: 50 }, () => house.start(plan, { idempotencyKey: 'once' })));
  expect(new Set(answers.map((answer) => answer.run)).size).toBe(1);
  expect(answers.filter((answer) => !answer.existed)).toHaveLength(1);
  await workOff(await house.worker());
});

test('one to a thousand to one', async () => {
  const middle = Array.from({ length: 1000 }, () => [0]);
  const { run } = await house.start(noopPlan([[], ...middle, Array.from({ length: 1000 }, (_, index) => index + 1)]));
  const [one, two] = [await house.worker(), await house.worker()];
  const both = await Promise.all([workOff(one), workOff(two)]);
  const rest = await workOff(one);
  expect([...both.flat(), ...rest]).toHaveLength(1002);
  expect(await statusOf(run)).toBe('succeeded');
});

test('what failed skips all that follows it, says where it began, and leaves the rest alone', async () => {
  const { run } = await house.start(planOf('a > b > c > d; x > d; x > y'));
  await workOff(await house.worker(), (work) => (work.nodeId === 'b' ? { reason: 'bad_output', outputs: [] } : {}));
  expect(await statusesOf(run)).toEqual({
    a: 'succeeded',
    b: 'failed',
    c: 'skipped',
    d: 'skipped',
    x: 'succeeded',
    y: 'succeeded',
  });
  expect(await statusOf(run)).toBe('failed');
  const causes =
    await house.sql`select p.node_id, c.node_id as cause from drawloom.node_run n join drawloom.run r on r.id = n.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node join drawloom.plan_node c on c.plan_id = r.plan_id and c.node = n.cause_node
    where n.run_id = ${run} order by 1`;
  expect(causes).toEqual([
    { node_id: 'c', cause: 'b' },
    { node_id: 'd', cause: 'b' },
  ]);
});

test('a failed attempt is tried again after a delay that doubles, on the clock of the database', async () => {
  const { run } = await house.start(
    planOf('a', { retryAttempts: 3, retryDelayMs: 60_000, retryMaxDelayMs: 90_000, retryJitter: 0 }),
  );
  const worker = await house.worker();
  const delays: number[] = [];
  for (const attempt of [1, 2]) {
    const [work] = await claim(worker);
    expect(work!.attempt).toBe(attempt);
    await finish(worker, [ended(work!, { reason: 'user_error', outputs: [] })]);
    expect(await statusesOf(run)).toEqual({ a: 'waiting' });
    const [timer] = await house.sql`select extract(epoch from t.due_at - a.finished_at) * 1000 as ms
      from drawloom.timer t join drawloom.attempt a using (run_id, node) where a.attempt = ${attempt}`;
    delays.push(Math.round(Number(timer!.ms)));
    expect(await claim(worker)).toEqual([]);
    await house.sql`update drawloom.timer set due_at = now()`; // as if the time had passed
  }
  expect(delays).toEqual([60_000, 90_000]);
  const [last] = await claim(worker);
  await finish(worker, [ended(last!, { reason: 'user_error', outputs: [] })]);
  expect(await statusOf(run)).toBe('failed');
});

test('a lost worker has a budget of its own, and does not count against the retries', async () => {
  const { run } = await house.start(planOf('a', { lostAttempts: 2 }));
  for (let loss = 1; loss <= 3; loss++) {
    expect(await claim(await house.worker(0))).toHaveLength(1);
    expect(await reap(house.sql)).toBe(1);
  }
  expect(await statusesOf(run)).toEqual({ a: 'failed' });
  expect((await house.sql`select reason, attempt from drawloom.node_run`)[0]).toEqual({ reason: 'lost', attempt: 3 });
  const [last] = (await getNodeRun(house.db, run, 'a'))!.failure!.evidence;
  expect(last).toMatchObject({ kind: 'heartbeat', at: expect.stringMatching(/^20.*Z$/), losses: 3 });
});

test('ten reapers at once take a lease back once', async () => {
  await house.start(planOf('a'));
  await claim(await house.worker(0));
  await Promise.all(Array.from({ length: 10 }, () => reap(house.sql)));
  expect((await house.sql`select lost, status from drawloom.node_run`)[0]).toEqual({ lost: 1, status: 'queued' });
  await workOff(await house.worker());
});

test('a cancelled run stops at once where nothing runs, and is cancelled when the last process is reported dead', async () => {
  const { run } = await house.start(planOf('a > b; x > y'));
  const worker = await house.worker();
  const [a] = await claim(worker, 1);
  expect(await house.db.transaction((tx) => cancelRun(tx, run, 'ada'))).toBe(true);
  expect(await statusesOf(run)).toEqual({ a: 'running', b: 'cancelled', x: 'cancelled', y: 'cancelled' });
  expect(await statusOf(run)).toBe('cancelling');
  expect(await heartbeat(house.sql, worker, [a!.fence])).toMatchObject({ cancelled: [a!.fence], gone: [] });
  await finish(worker, [ended(a!, { reason: 'cancelled', outputs: [] })]);
  expect(await statusOf(run)).toBe('cancelled');
  expect(await house.db.transaction((tx) => cancelRun(tx, run, 'ada'))).toBe(false);
});

test('a run that has not begun is cancelled on the spot', async () => {
  const { run } = await house.start(planOf('a > b'));
  await house.db.transaction((tx) => cancelRun(tx, run, null));
  expect(await statusOf(run)).toBe('cancelled');
  expect(await claim(await house.worker())).toEqual([]);
});

test('a worker that leaves hands its attempt back, and it costs the node nothing', async () => {
  await house.start(planOf('a'));
  const [leaving, staying] = [await house.worker(), await house.worker()];
  const [work] = await claim(leaving);
  await finish(leaving, [ended(work!, { reason: 'cancelled', outputs: [] })]);
  expect((await house.sql`select status, failures, lost from drawloom.node_run`)[0]).toEqual({
    status: 'queued',
    failures: 0,
    lost: 0,
  });
  expect(await workOff(staying)).toMatchObject([{ attempt: 2 }]);
});

test('a parked node holds no worker and costs no attempt, and goes on when it is put back, once', async () => {
  const { run } = await house.start(planOf('a > b', { retryAttempts: 1 }));
  const worker = await house.worker();
  const [first] = await claim(worker);
  await finish(worker, [ended(first!, { reason: 'parked', park: 'sensor', outputs: [] })]);
  expect(await statusesOf(run)).toEqual({ a: 'waiting', b: 'pending' });
  expect(await claim(worker)).toEqual([]);
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);

  const unpark = () => house.sql`select drawloom.unpark(array[(${run}, 0, 0)::drawloom.node_key]) as queued`;
  await Promise.all([unpark(), unpark()]);
  const [second] = await claim(worker);
  expect(second).toMatchObject({ nodeId: 'a', attempt: 2 });
  await unpark(); // too late: it runs
  await finish(worker, [ended(second!)]);
  await workOff(worker);
  expect(await statusOf(run)).toBe('succeeded');
  expect(await house.sql`select attempt, reason from drawloom.attempt where node = 0 order by 1`).toEqual([
    { attempt: 1, reason: 'parked' },
    { attempt: 2, reason: 'ok' },
  ]);
});

test('a cancelled run takes what is parked with it', async () => {
  const { run } = await house.start(planOf('a > b'));
  const worker = await house.worker();
  const [first] = await claim(worker);
  await finish(worker, [ended(first!, { reason: 'parked', park: 'sensor', outputs: [] })]);
  await house.db.transaction((tx) => cancelRun(tx, run, 'ada'));
  expect(await statusOf(run)).toBe('cancelled');
  expect(await house.sql`select * from drawloom.parked`).toEqual([]);
});

test('work whose answer got lost on the way goes back with a later beat', async () => {
  await house.start(planOf('a'));
  const worker = await house.worker();
  await claim(worker);
  await heartbeat(house.sql, worker, []);
  expect(await claim(worker)).toEqual([]); // it may still be on its way
  await house.sql`update drawloom.lease set claimed_at = now() - interval '11 seconds'`;
  await heartbeat(house.sql, worker, []);
  expect(await workOff(worker)).toMatchObject([{ attempt: 2 }]);
});

test('equal work comes with a candidate, and is not handed out as new', async () => {
  const worker = await house.worker();
  const plan = planOf('load > split > train');
  await house.start(plan);
  const first = await workOff(worker);
  expect(first.map((work) => work.reuse)).toEqual([null, null, null]);
  const { run } = await house.start(plan);
  const second = await workOff(worker, reuseIt);
  expect(second.map((work) => work.cacheKey)).toEqual(first.map((work) => work.cacheKey));
  expect(second.map((work) => work.reuse?.nodeId)).toEqual(['load', 'split', 'train']);
  expect(second[1]!.reuse!.outputs).toEqual(second[2]!.inputs.map((input) => ({ ...input, port: 'out' })));
  expect(await statusesOf(run)).toEqual({ load: 'reused', split: 'reused', train: 'reused' });
  expect((await house.sql`select sum(hits)::int as hits from drawloom.cache_entry`)[0]).toEqual({ hits: 3 });
});

test('a candidate whose bytes are gone is done again and stands in from then on', async () => {
  const worker = await house.worker();
  await house.start(planOf('a'));
  await workOff(worker);
  const { run } = await house.start(planOf('a'));
  await workOff(worker); // carried out although there was a candidate
  expect(await statusesOf(run)).toEqual({ a: 'succeeded' });
  expect((await house.sql`select run_id::int as run from drawloom.cache_entry`)[0]).toEqual({ run });
});

test('fifty runs of equal work at once execute it once', async () => {
  const plan = planOf('a > b');
  await Promise.all(Array.from({ length: 50 }, () => house.start(plan)));
  const executed: string[] = [];
  const workers = await Promise.all(Array.from({ length: 8 }, () => house.worker()));
  const left = async () =>
    (await house.sql`select count(*)::int as n from drawloom.run where finished_at is null`)[0]!.n;
  while ((await left()) > 0)
    await Promise.all(
      workers.map((worker) =>
        workOff(worker, (work) => {
          if (!work.reuse) executed.push(work.nodeId);
          return reuseIt(work);
        }),
      ),
    );
  expect(executed.sort()).toEqual(['a', 'b']);
  expect(await house.sql`select status, count(*)::int as n from drawloom.run group by 1`).toEqual([
    { status: 'succeeded', n: 50 },
  ]);
});

test('who waits for equal work goes on when its filler fails, is lost or is cancelled', async () => {
  for (const end of ['fails', 'is lost', 'is cancelled']) {
    const plan = planOf('a', { retryAttempts: 1, name: end, staticKey: sha(end) });
    const filler = await house.start(plan);
    const waiter = await house.start(plan);
    const [worker, other] = [await house.worker(end === 'is lost' ? 0 : 60_000), await house.worker()];
    const [work] = await claim(worker, 2);
    expect(work!.run).toBe(filler.run);
    expect(await claim(worker)).toEqual([]);
    expect(await statusesOf(waiter.run)).toEqual({ a: 'waiting' });
    if (end === 'fails') await finish(worker, [ended(work!, { reason: 'user_error', outputs: [] })]);
    if (end === 'is lost') await reap(house.sql);
    if (end === 'is cancelled') {
      await house.db.transaction((tx) => cancelRun(tx, filler.run, null));
      expect(await statusesOf(waiter.run)).toEqual({ a: 'waiting' });
      await finish(worker, [ended(work!, { reason: 'cancelled', outputs: [] })]);
    }
    await workOff(other, reuseIt);
    expect(await statusOf(waiter.run)).toBe('succeeded');
  }
});

test('a rerun takes over what went well, even where nothing may be reused, and runs what failed and what follows', async () => {
  const worker = await house.worker();
  const { run } = await house.start(planOf('a > b > c; a > d', { reuse: false }));
  await workOff(worker, (work) => (work.nodeId === 'b' ? { reason: 'user_error', outputs: [] } : {}));
  const again = await house.db.transaction((tx) => rerunRun(tx, run, { only: 'failed', actor: null }));
  const works = await workOff(worker, reuseIt);
  expect(works.filter((work) => !work.reuse).map((work) => work.nodeId)).toEqual(['b', 'c']);
  expect(await statusesOf(again!.run)).toEqual({ a: 'reused', b: 'succeeded', c: 'succeeded', d: 'reused' });
  const anew = await house.db.transaction((tx) => rerunRun(tx, again!.run, { only: 'all', actor: null }));
  expect((await workOff(worker)).map((work) => work.reuse)).toEqual([null, null, null, null]);
  expect(await statusOf(anew!.run)).toBe('succeeded');
});

test('a folder is recorded with its files, and arrives with them', async () => {
  const worker = await house.worker();
  await house.start(planOf('a > b'));
  const members = [
    { path: 'model.joblib', sha256: sha('m'), sizeBytes: 1 },
    { path: 'facts.json', sha256: sha('f'), sizeBytes: 2 },
  ];
  const [a] = await claim(worker);
  const { work } = await finish(
    worker,
    [ended(a!, { outputs: [{ ...made('out', 'manifest'), kind: 'model', members }] })],
    1,
  );
  expect(work[0]!.inputs[0]).toMatchObject({ kind: 'model', members: [members[1], members[0]] });
  expect(
    (
      await house.sql`select sha256 from drawloom.blob where sha256 in ${house.sql(members.map((member) => member.sha256))}`
    ).length,
  ).toBe(2);
  await finish(worker, [ended(work[0]!)]);
});

test('events tell each change of a run in the order of the commits', async () => {
  const { run } = await house.start(planOf('a > b'));
  await workOff(await house.worker());
  const events = await house.sql`select payload from drawloom.house_event where run_id = ${run} order by id`;
  const told = events.flatMap(({ payload }) =>
    payload.kind === 'run'
      ? [payload.status]
      : payload.changes.map((change: { node: string; status: string }) => `${change.node} ${change.status}`),
  );
  expect(told).toEqual([
    'a queued',
    'queued',
    'a running',
    'running',
    'a succeeded',
    'b queued',
    'b running',
    'b succeeded',
    'succeeded',
  ]);
});
