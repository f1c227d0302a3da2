import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { change, draw } from '../../../test/support/draw.ts';
import { nest, type Playground, planOf, playground } from '../../../test/support/playground.ts';
import type { AttemptOutcome, Work } from '../execute/executor.ts';
import { endOverdue } from './limits.ts';
import { recordItems } from './observations.ts';
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
const fails: Partial<AttemptOutcome> = { reason: 'user_error', outputs: [], error: { message: 'no such carrier' } };
const dies: Partial<AttemptOutcome> = { reason: 'cancelled', outputs: [] };
const once = { retryAttempts: 1, reuse: false };
const items = (count: number) => Array.from({ length: count }, (_, index) => `item ${index + 1}`);

/** The items that the list of a run holds. */
const lists = new Map<number, string[]>();
const start = async (list: string[], plan: Parameters<Playground['start']>[0], more = {}) => {
  const { run } = await house.start(plan, more);
  lists.set(run, list);
  return run;
};
const made = { sizeBytes: 1, mediaType: 'x/y' };
/** As a worker would: a node that goes through a list tells its items, and everything else makes what follows from its inputs. */
function ended(work: Work, outcome: Partial<AttemptOutcome> = {}): Result {
  const { run, node, mapIndex, fence } = work;
  const told = (text: string, position: number) => ({
    port: 'in',
    position,
    kind: 'value' as const,
    sha256: sha(text),
    itemName: text,
    ...made,
  });
  const usual: Partial<AttemptOutcome> =
    work.mapOver !== null && mapIndex === 0
      ? { reason: 'parked', park: 'map', outputs: (lists.get(run) ?? []).map(told) }
      : work.type === 'subpipeline'
        ? { reason: 'parked', park: 'child' }
        : work.type === 'pipeline-output'
          ? {}
          : {
              outputs: [
                {
                  port: 'out',
                  kind: work.type === 'list' ? 'value' : 'table',
                  sha256: sha(work.type === 'each' ? `of ${itemOf(work)}` : `${work.nodeId} ${work.cacheKey}`),
                  ...made,
                },
              ],
            };
  return { run, node, mapIndex, fence, outcome: { reason: 'ok', outputs: [], ...usual, ...outcome } };
}
const itemOf = (work: Work) => work.inputs.find((input) => input.port === 'in')!.sha256;
const finish = (worker: string, results: Result[], want = 0) => tick(house.sql, house.plans, worker, results, want);
type Outcomes = (work: Work) => Partial<AttemptOutcome>;
const nameOf = (work: Work) =>
  work.nodeId + (work.mapIndex > 0 ? `[${work.mapIndex}]` : '') + (work.attempt > 1 ? `×${work.attempt}` : '');
/** Works everything off; returns what was handed out, in order. */
async function workOff(outcome: Outcomes = () => ({}), worker?: string): Promise<string[]> {
  const hand = worker ?? (await house.worker());
  const all: string[] = [];
  let results: Result[] = [];
  for (;;) {
    const { work, contended } = await finish(hand, results, 100);
    if (work.length === 0 && !contended) return all;
    all.push(...work.map(nameOf));
    results = work.map((one) => ended(one, outcome(one)));
  }
}
/** A worker that holds the first items of a map, after everything before them was done. */
async function begun(want: number): Promise<{ worker: string; work: Work[] }> {
  const worker = await house.worker();
  const [list] = (await finish(worker, [], 1)).work;
  const [each] = (await finish(worker, [ended(list!)], 1)).work;
  return { worker, work: (await finish(worker, [ended(each!)], want)).work };
}
const nodesOf = async (run: number) =>
  Object.fromEntries(
    (
      await house.sql`select p.node_id, n.map_index, n.status, n.reason from drawloom.node_run n join drawloom.run r on r.id = n.run_id
        join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node where n.run_id = ${run} order by n.node, n.map_index`
    ).map((row) => [
      row.node_id + (row.map_index > 0 ? `[${row.map_index}]` : ''),
      `${row.status} ${row.reason ?? ''}`.trim(),
    ]),
  );
const statusOf = async (run: number) => (await house.sql`select status from drawloom.run where id = ${run}`)[0]!.status;
const usesOf = async (run: number, nodeId: string, direction: 'in' | 'out') =>
  (
    await house.sql`select a.sha256 from drawloom.node_run n join drawloom.run r on r.id = n.run_id
      join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
      join drawloom.artifact_use u on u.run_id = n.run_id and u.node = n.node and u.map_index = 0 and u.attempt = n.attempt and u.direction = ${direction}
      join drawloom.artifact a on a.id = u.artifact_id
      where n.run_id = ${run} and p.node_id = ${nodeId} and n.map_index = 0 order by u.port, u.position`
  ).map((row) => row.sha256);
const messageOf = async (run: number) =>
  (
    await house.sql`select error ->> 'message' as message from drawloom.attempt where run_id = ${run} and reason = 'items_failed'`
  )[0]!.message;
const underWay = async () =>
  (
    await house.sql`select count(*)::int as n from drawloom.node_run where map_index > 0 and status in ('queued', 'running', 'waiting')`
  )[0]!.n;
const cancel = (run: number) => house.db.transaction((tx) => cancelRun(tx, run, 'ada'));
const shape = (map: object = {}, more = {}) =>
  planOf(change(draw('list > each > y'), { each: { map: { over: 'in', ...map } } }), { ...once, ...more });
const given = (texts: string[]) => texts.map((text) => sha(`of ${sha(text)}`));

test('a node runs once per item, and what the items gave goes on in their order, however they ended', async () => {
  const run = await start(items(3), shape());
  const { worker, work } = await begun(10);
  expect(work.map(nameOf)).toEqual(['each[1]', 'each[2]', 'each[3]']);
  expect(work.map(itemOf)).toEqual(items(3).map(sha));
  for (const one of work.toReversed()) await finish(worker, [ended(one)]);
  expect(await workOff()).toEqual(['y']);
  expect(await usesOf(run, 'each', 'out')).toEqual(given(items(3)));
  expect(await usesOf(run, 'y', 'in')).toEqual(given(items(3)));
  expect(await statusOf(run)).toBe('succeeded');
  expect(
    await house.sql`select reason from drawloom.attempt where run_id = ${run} and node = 1 and map_index = 0 order by attempt`,
  ).toEqual([{ reason: 'parked' }, { reason: 'ok' }]);
});

test('what an item gave goes on under the name of the item, also when others before it failed', async () => {
  await start(items(3), shape({ minSuccessShare: 0.5 }));
  let came: (string | undefined)[] = [];
  await workOff((work) => {
    if (work.nodeId === 'y') came = work.inputs.map(({ itemName }) => itemName);
    return work.mapIndex === 1 ? fails : {};
  });
  expect(came).toEqual(['item 2', 'item 3']);
});

/** Tells items of a list, from here up to there, as their attempt does while it runs. */
const tell = (work: Work, from: number, to: number) =>
  recordItems(house.sql, work, ended(work).outcome.outputs.slice(from, to));
/** A worker that holds the first attempt of a map. */
async function telling(): Promise<{ worker: string; each: Work }> {
  const worker = await house.worker();
  const [list] = (await finish(worker, [], 1)).work;
  return { worker, each: (await finish(worker, [ended(list!)], 1)).work[0]! };
}
const lastItems = (each: Work, from: number) => ended(each, { outputs: ended(each).outcome.outputs.slice(from) });
const toldOf = async (run: number) =>
  (
    await house.sql`select count(*)::int as n from drawloom.artifact_use where run_id = ${run} and direction = 'item'`
  )[0]!.n;

test('items told in windows while the attempt runs begin once the last ones came with its result', async () => {
  const run = await start(items(5), shape());
  const { worker, each } = await telling();
  expect(await tell(each, 0, 2)).toBe(true);
  expect(await tell(each, 0, 2)).toBe(true); // told twice, since its answer got lost
  expect(await tell(each, 2, 4)).toBe(true);
  expect((await finish(await house.worker(), [], 10)).work).toEqual([]);
  expect((await finish(worker, [lastItems(each, 4)], 10)).work.map(itemOf)).toEqual(items(5).map(sha));
  await house.sql`update drawloom.worker set ttl_ms = 0 where id = ${worker}`;
  await reap(house.sql);
  await workOff();
  expect(await usesOf(run, 'y', 'in')).toEqual(given(items(5)));
});

test('an attempt that fails after it told half of its items leaves none, and is tried again from the first', async () => {
  const run = await start(items(4), shape({}, { retryAttempts: 2, retryDelayMs: 60_000, retryMaxDelayMs: 60_000 }));
  const { worker, each } = await telling();
  await tell(each, 0, 2);
  await finish(worker, [ended(each, { ...fails, park: undefined })]);
  expect(await nodesOf(run)).toMatchObject({ each: 'waiting user_error' });
  expect(await toldOf(run)).toBe(0);
  await house.sql`update drawloom.timer set due_at = now()`;
  expect(await workOff()).toEqual(['each×2', 'each[1]', 'each[2]', 'each[3]', 'each[4]', 'y']);
  expect(await usesOf(run, 'y', 'in')).toEqual(given(items(4)));
});

test('a worker lost between two windows tells nothing more, and the next one tells them all', async () => {
  const run = await start(items(4), shape());
  const { worker, each } = await telling();
  await tell(each, 0, 2);
  await house.sql`update drawloom.worker set ttl_ms = 0 where id = ${worker}`;
  await reap(house.sql);
  expect(await tell(each, 2, 4)).toBe(false);
  expect(await toldOf(run)).toBe(0);
  expect(await workOff()).toEqual(['each×2', 'each[1]', 'each[2]', 'each[3]', 'each[4]', 'y']);
  expect((await finish(worker, [lastItems(each, 4)])).refused).toEqual([each.fence]);
  expect(await usesOf(run, 'y', 'in')).toEqual(given(items(4)));
});

test('cancelled between two windows, a map ends without items, whether its attempt heard of it or not', async () => {
  for (const outcome of [dies, { outputs: [] }]) {
    const run = await start(items(4), shape());
    const { worker, each } = await telling();
    await tell(each, 0, 2);
    await cancel(run);
    await finish(worker, [ended(each, outcome)]);
    expect(await nodesOf(run)).toMatchObject({ each: 'cancelled cancelled', y: 'cancelled cancelled' });
    expect(await statusOf(run)).toBe('cancelled');
    expect(await toldOf(run)).toBe(0);
  }
});

test('what arrives beside the list arrives at every item', async () => {
  const drawing = draw('list > each > y; x');
  drawing.edges['x.out>each.side'] = { from: { node: 'x', port: 'out' }, to: { node: 'each', port: 'side' } };
  await start(items(2), planOf(drawing, once));
  const seen: string[] = [];
  await workOff((work) => {
    if (work.mapIndex > 0) seen.push(work.inputs.map((input) => `${input.port} ${input.kind}`).join(', '));
    return {};
  });
  expect(seen).toEqual(['in value, side table', 'in value, side table']);
});

test('a list without items does well at once, and what follows goes on with nothing', async () => {
  const run = await start([], shape());
  expect(await workOff()).toEqual(['list', 'each', 'y']);
  expect(await usesOf(run, 'y', 'in')).toEqual([]);
  expect(await statusOf(run)).toBe('succeeded');
});

test('no more items are under way than may be, however many are wanted and however many workers ask', async () => {
  const run = await start(items(7), shape({ concurrency: 2 }));
  const { worker, work } = await begun(100);
  expect(work.map(nameOf)).toEqual(['each[1]', 'each[2]']);
  expect((await finish(await house.worker(), [], 100)).work).toEqual([]);
  expect((await finish(worker, [ended(work[0]!)], 100)).work.map(nameOf)).toEqual(['each[3]']);
  expect(await underWay()).toBe(2);
  await finish(worker, [ended(work[1]!)]);
  await house.sql`update drawloom.worker set ttl_ms = 0 where id = ${worker}`;
  await reap(house.sql);
  await workOff();
  expect(await usesOf(run, 'each', 'out')).toEqual(given(items(7)));
});

test('of a long list only a window is ever under way', async () => {
  const run = await start(items(2500), shape());
  const { worker, work } = await begun(1);
  expect(await underWay()).toBe(1000);
  let most = 0;
  await finish(worker, [ended(work[0]!)]);
  await workOff((one) => {
    most = Math.max(most, one.mapIndex);
    return {};
  }, worker);
  expect(most).toBe(2500);
  expect(await usesOf(run, 'y', 'in')).toEqual(given(items(2500)));
});

test('an item is tried again by itself', async () => {
  const run = await start(items(3), shape({}, { retryAttempts: 2, retryDelayMs: 60_000, retryMaxDelayMs: 60_000 }));
  let failures = 0;
  const outcome: Outcomes = (work) => (work.mapIndex === 2 && failures++ === 0 ? fails : {});
  await workOff(outcome);
  expect(await nodesOf(run)).toMatchObject({ each: 'waiting parked', 'each[2]': 'waiting user_error', y: 'pending' });
  await house.sql`update drawloom.timer set due_at = now()`;
  expect(await workOff(outcome)).toEqual(['each[2]×2', 'y']);
  expect(await usesOf(run, 'each', 'out')).toEqual(given(items(3)));
});

test('one item that fails fails the map, once the others have ended; the failure names it', async () => {
  const run = await start(items(4), shape());
  await workOff((work) => (work.mapIndex === 3 ? fails : {}));
  expect(await nodesOf(run)).toEqual({
    list: 'succeeded ok',
    each: 'failed items_failed',
    'each[1]': 'succeeded ok',
    'each[2]': 'succeeded ok',
    'each[3]': 'failed user_error',
    'each[4]': 'succeeded ok',
    y: 'skipped upstream_failed',
  });
  expect(await messageOf(run)).toBe('1 of 4 items failed, and 4 had to do well. The first was item 3: no such carrier');
  expect(await house.sql`select status, failed from drawloom.run where id = ${run}`).toEqual([
    { status: 'failed', failed: 1 },
  ]);
});

test('once too many have failed no further item begins', async () => {
  const run = await start(items(10), shape({ concurrency: 2, minSuccessShare: 0.9 }));
  expect(await workOff((work) => (work.mapIndex > 0 ? fails : {}))).toEqual(['list', 'each', 'each[1]', 'each[2]']);
  expect(await messageOf(run)).toMatch(
    /^2 of 10 items failed, and 9 had to do well. The last 8 were not begun. The first/,
  );
});

test('where a share is enough the map does well without the failed ones, and so does the run', async () => {
  const run = await start(items(20), shape({ minSuccessShare: 0.55 }));
  await workOff((work) => (work.mapIndex % 2 === 1 && work.mapIndex < 19 ? fails : {}));
  expect(await nodesOf(run)).toMatchObject({ each: 'succeeded ok', y: 'succeeded ok' });
  expect(await usesOf(run, 'y', 'in')).toEqual(given(items(20).filter((_, index) => index % 2 === 1 || index === 18)));
  expect(await statusOf(run)).toBe('succeeded');
});

test('an item is reused wherever it stands in a list, and equal items are done once', async () => {
  const reused = { retryAttempts: 1, reuse: true };
  const executed: string[] = [];
  const outcome: Outcomes = (work) => {
    if (work.reuse) return { reason: 'ok', outputs: [], reusedFrom: work.reuse };
    if (work.mapIndex > 0) executed.push(nameOf(work));
    return {};
  };
  const texts = ['one', 'two', 'two', 'three'].map((text) => `reuse ${text}`);
  const run = await start(texts, shape({}, reused));
  await workOff(outcome);
  expect(executed.splice(0)).toEqual(['each[1]', 'each[2]', 'each[4]']);
  expect(await nodesOf(run)).toMatchObject({ 'each[3]': 'reused ok' });
  expect(await usesOf(run, 'each', 'out')).toEqual(given(texts));
  const longer = ['reuse new', ...texts];
  const again = await start(longer, shape({}, reused));
  await workOff(outcome);
  expect(executed).toEqual(['each[1]']);
  expect(await usesOf(again, 'y', 'in')).toEqual(given(longer));
});

test('a rerun of what failed takes over the items that did well', async () => {
  const run = await start(items(4), shape());
  await workOff((work) => (work.mapIndex === 2 ? fails : {}));
  const again = await house.db.transaction((tx) => rerunRun(tx, run, { only: 'failed', actor: null }));
  lists.set(again!.run, items(4));
  const executed: string[] = [];
  await workOff((work) => {
    if (work.reuse) return { reason: 'ok', outputs: [], reusedFrom: work.reuse };
    executed.push(nameOf(work));
    return {};
  });
  expect(executed).toEqual(['each', 'each[2]', 'y']);
  expect(await usesOf(again!.run, 'y', 'in')).toEqual(given(items(4)));
  // A map that did well is taken over whole.
  const third = await house.db.transaction((tx) => rerunRun(tx, again!.run, { only: 'failed', actor: null }));
  await workOff((work) => (work.reuse ? { reason: 'ok', outputs: [], reusedFrom: work.reuse } : {}));
  expect(await nodesOf(third!.run)).toEqual({ list: 'reused ok', each: 'reused ok', y: 'reused ok' });
  expect(await usesOf(third!.run, 'each', 'out')).toEqual(given(items(4)));
});

test('cancel ends what does not run at once, and the map when the last item is gone', async () => {
  const run = await start(items(9), shape({ concurrency: 4 }));
  const { worker, work } = await begun(2);
  await cancel(run);
  expect(await nodesOf(run)).toMatchObject({
    each: 'waiting parked',
    'each[1]': 'running',
    'each[3]': 'cancelled cancelled',
    'each[4]': 'cancelled cancelled',
    y: 'cancelled cancelled',
  });
  const fences = work.map((one) => one.fence);
  expect((await heartbeat(house.sql, worker, fences)).cancelled.sort()).toEqual(fences.sort());
  await finish(worker, [ended(work[0]!, dies)]);
  expect(await statusOf(run)).toBe('cancelling');
  await finish(worker, [ended(work[1]!)]);
  expect(await nodesOf(run)).toMatchObject({ each: 'cancelled cancelled', 'each[2]': 'succeeded ok' });
  expect(await statusOf(run)).toBe('cancelled');
  expect(await workOff()).toEqual([]);
});

test('a map of which no item runs yet, and one that did not tell its items yet, are cancelled on the spot', async () => {
  const run = await start(items(3), shape());
  await begun(0);
  await cancel(run);
  expect(await statusOf(run)).toBe('cancelled');

  const early = await start(items(3), shape());
  const worker = await house.worker();
  const [list] = (await finish(worker, [], 1)).work;
  const [each] = (await finish(worker, [ended(list!)], 1)).work;
  await cancel(early);
  await finish(worker, [ended(each!)]);
  expect(await nodesOf(early)).toEqual({ list: 'succeeded ok', each: 'cancelled cancelled', y: 'cancelled cancelled' });
  expect(await statusOf(early)).toBe('cancelled');
});

test('a pause holds the items that do not run, and those that are let in meanwhile', async () => {
  const run = await start(items(4), shape({ concurrency: 2 }));
  const { worker, work } = await begun(1);
  expect(await house.db.transaction((tx) => pauseRun(tx, run))).toBe(true);
  expect((await finish(worker, [ended(work[0]!)], 100)).work).toEqual([]);
  expect(await nodesOf(run)).toMatchObject({ 'each[2]': 'waiting', 'each[3]': 'waiting' });
  expect(await house.db.transaction((tx) => resumeRun(tx, run))).toBe(true);
  await workOff();
  expect(await usesOf(run, 'y', 'in')).toEqual(given(items(4)));
});

test('workers that are lost, also the one that tells the items, cost nothing but the time', async () => {
  const run = await start(items(2), shape());
  for (const step of ['list', 'each', 'each[1] each[2]', 'y']) {
    const dying = await house.worker();
    expect((await finish(dying, [], 10)).work.map(nameOf).join(' ')).toBe(step);
    await house.sql`update drawloom.worker set ttl_ms = 0 where id = ${dying}`;
    await reap(house.sql);
    const worker = await house.worker();
    const { work } = await finish(worker, [], 10);
    await finish(
      worker,
      work.map((one) => ended(one)),
    );
  }
  expect(await usesOf(run, 'each', 'out')).toEqual(given(items(2)));
  expect(await statusOf(run)).toBe('succeeded');
});

test('items that could begin and did not in time fail for that, and the map with them', async () => {
  const run = await start(items(3), shape({}, { queueTimeoutMs: 60_000 }));
  const { worker, work } = await begun(1);
  await house.sql`update drawloom.node_run set queued_at = now() - interval '2 minutes' where run_id = ${run} and map_index > 0`;
  await endOverdue(house.sql);
  await finish(worker, [ended(work[0]!)]);
  expect(await nodesOf(run)).toMatchObject({ each: 'failed items_failed', 'each[2]': 'failed queue_timeout' });
});

test('the items of a finally-node are spared by the first cancel, and ended by the second', async () => {
  const plan = planOf(draw('x; list > each'), { ...once, mapConcurrency: 1 });
  const nodes = plan.nodes.map((node) =>
    node.nodeId === 'x' ? node : { ...node, finally: true, triggerRule: 'all_done' as const },
  );
  const edges = plan.edges.map((edge) => ({ ...edge, plain: false }));
  const run = await start(items(3), { ...plan, nodes, edges, hash: sha('finally') });
  await cancel(run);
  const { worker, work } = await begun(1);
  expect((await heartbeat(house.sql, worker, [work[0]!.fence])).cancelled).toEqual([]);
  const { work: next } = await finish(worker, [ended(work[0]!)], 1);
  expect(next.map(nameOf)).toEqual(['each[2]']);
  await cancel(run);
  await finish(worker, [ended(next[0]!, dies)]);
  expect(await statusOf(run)).toBe('cancelled');
});

test('a map inside a child: its last item ends the child, and the node that started it', async () => {
  const child = planOf(draw('list > each > s > out_out'), once);
  const { run } = await house.start(nest(house, planOf(draw('x > sub > y'), once), 'sub', child));
  const hand = await house.worker();
  await workOff((work) => {
    if (work.type === 'list') lists.set(work.run, items(2));
    return {};
  }, hand);
  expect(await statusOf(run)).toBe('succeeded');
});

test('items that end on many workers at once are each counted', async () => {
  const runs = await Promise.all(Array.from({ length: 5 }, () => start(items(40), shape({ concurrency: 7 }))));
  const left = async () =>
    (await house.sql`select count(*)::int as n from drawloom.run where finished_at is null`)[0]!.n;
  while ((await left()) > 0) await Promise.all(Array.from({ length: 6 }, () => workOff()));
  for (const run of runs) expect(await usesOf(run, 'y', 'in')).toEqual(given(items(40)));
});
