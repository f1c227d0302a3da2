import { createHash } from 'node:crypto';
import { decide, type Parents, TriggerRule } from '@drawloom/shared/run/rules.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { change, draw } from '../../../test/support/draw.ts';
import { type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { chance } from '../../../test/support/simulation.ts';
import type { AttemptOutcome, Work } from '../execute/executor.ts';
import { cancelRun, rerunRun } from './runs.ts';
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

const fails: Partial<AttemptOutcome> = { reason: 'user_error', outputs: [] };
const givesNothing: Partial<AttemptOutcome> = { outputs: [] };
const ended = (work: Work, outcome: Partial<AttemptOutcome> = {}): Result => ({
  run: work.run,
  node: work.node,
  mapIndex: work.mapIndex,
  fence: work.fence,
  outcome: {
    reason: 'ok',
    outputs: [
      {
        port: 'out',
        kind: 'table',
        sha256: createHash('sha256').update(`${work.nodeId} ${work.cacheKey}`).digest('hex'),
        sizeBytes: 1,
        mediaType: 'x/y',
      },
    ],
    ...outcome,
  },
});
const finish = (worker: string, results: Result[], want = 0) => tick(house.sql, house.plans, worker, results, want);
/** Works everything off; returns the ids of the nodes that were handed out, in order. */
async function workOff(outcomes: Record<string, Partial<AttemptOutcome>> = {}): Promise<string[]> {
  const worker = await house.worker();
  const all: Work[] = [];
  let results: Result[] = [];
  for (;;) {
    const { work } = await finish(worker, results, 1000);
    if (work.length === 0) return all.map((one) => one.nodeId);
    all.push(...work);
    results = work.map((one) => ended(one, outcomes[one.nodeId]));
  }
}
const nodesOf = async (run: number) =>
  Object.fromEntries(
    (
      await house.sql`select p.node_id, n.status, n.reason, c.node_id as cause from drawloom.node_run n join drawloom.run r on r.id = n.run_id
        join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
        left join drawloom.plan_node c on c.plan_id = r.plan_id and c.node = n.cause_node where n.run_id = ${run}`
    ).map((row) => [row.node_id, [row.status, row.reason, row.cause].filter(Boolean).join(' ')]),
  );
const statusOf = async (run: number) => (await house.sql`select status from drawloom.run where id = ${run}`)[0]!.status;
const once = { retryAttempts: 1, reuse: false };

describe('rules', () => {
  test('the database and the plan preview decide alike, and what was decided stays so whatever comes', async () => {
    const cases: (Parents & { rule: TriggerRule })[] = [];
    for (const rule of TriggerRule.options)
      for (let parents = 1; parents <= 4; parents++)
        for (let failed = 0; failed <= parents; failed++)
          for (let skipped = 0; failed + skipped <= parents; skipped++)
            for (let left = 0; failed + skipped + left <= parents; left++)
              cases.push({ rule, parents, left, failed, skipped });
    const rows = await house.sql`select drawloom.decide(c.rule, c.parents, c."left", c.failed, c.skipped) as decision
      from jsonb_to_recordset(${JSON.stringify(cases.map((one, place) => ({ place, ...one })))}::text::jsonb)
        c (place int, rule text, parents int, "left" int, failed int, skipped int) order by c.place`;
    expect(rows.map((row) => row.decision)).toEqual(cases.map((one) => decide(one.rule, one)));
    for (const { rule, ...one } of cases) {
      const now = decide(rule, one);
      if (one.left === 0) expect(now).not.toBe('wait');
      if (now === 'wait' || one.left === 0) continue;
      const left = one.left - 1;
      expect(decide(rule, { ...one, left })).toBe(now);
      expect(decide(rule, { ...one, left, failed: one.failed + 1 })).toBe(now);
      expect(decide(rule, { ...one, left, skipped: one.skipped + 1 })).toBe(now);
    }
  });

  // Of the 27 ways in which three parents can end (s well, f failed, k not meant to run), those in which the child runs.
  const runsWhen: Record<TriggerRule, (ends: string) => boolean> = {
    all_success: (ends) => ends === 'sss',
    all_failed: (ends) => ends === 'fff',
    all_skipped: (ends) => ends === 'kkk',
    all_done: () => true,
    one_success: (ends) => ends.includes('s'),
    one_failed: (ends) => ends.includes('f'),
    one_skipped: (ends) => ends.includes('k'),
    one_done: () => true,
    none_success: (ends) => !ends.includes('s'),
    none_failed: (ends) => !ends.includes('f'),
    none_skipped: (ends) => !ends.includes('k'),
    none_failed_min_one_success: (ends) => !ends.includes('f') && ends.includes('s'),
  };

  test('the truth table of all rules over three parents, in whatever order these end', async () => {
    const random = chance(7);
    const rules = TriggerRule.options;
    // A parent that is not meant to run follows a node that gives nothing.
    const chains = ['a', 'b', 'c'].flatMap((parent) => [
      `g${parent} > ${parent}`,
      ...rules.map((rule) => `${parent} > ${rule}`),
    ]);
    const drawing = change(draw(chains.join('; ')), {
      ...Object.fromEntries(['ga', 'gb', 'gc'].map((id) => [id, { type: 'sieve' }])),
      ...Object.fromEntries(rules.map((rule) => [rule, { triggerRule: rule }])),
    });
    const plan = planOf(drawing, once);
    const letters = ['s', 'f', 'k'];
    for (const ends of letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)))) {
      const { run } = await house.start(plan);
      const outcomes: Record<string, Partial<AttemptOutcome>> = {};
      for (const [index, parent] of ['a', 'b', 'c'].entries()) {
        if (ends[index] === 'f') outcomes[parent] = fails;
        if (ends[index] === 'k') outcomes[`g${parent}`] = givesNothing;
      }
      const worker = await house.worker();
      const held = (await finish(worker, [], 1000)).work;
      while (held.length > 0) {
        const [work] = held.splice(Math.floor(random() * held.length), 1);
        held.push(...(await finish(worker, [ended(work!, outcomes[work!.nodeId])], 1000)).work);
      }
      const nodes = await nodesOf(run);
      const ran = rules.filter((rule) => nodes[rule]!.startsWith('succeeded'));
      expect([ends, ...ran]).toEqual([ends, ...rules.filter((rule) => runsWhen[rule](ends))]);
      expect(await statusOf(run)).toBe(ends.includes('f') ? 'failed' : 'succeeded');
      expect(await house.sql`select * from drawloom.violations() where run_id = ${run}`).toEqual([]);
    }
  });

  test('a rule that is certain early does not wait for the rest', async () => {
    const drawing = change(draw('a > first; b > first; a > none; b > none'), {
      first: { triggerRule: 'one_success' },
      none: { triggerRule: 'none_success' },
    });
    const { run } = await house.start(planOf(drawing, once));
    const worker = await house.worker();
    const [a, b] = (await finish(worker, [], 10)).work;
    const { work } = await finish(worker, [ended(a!)], 10);
    expect(work.map((one) => one.nodeId)).toEqual(['first']);
    expect(await nodesOf(run)).toMatchObject({ b: 'running', none: 'skipped not_taken' });
    await finish(worker, [ended(b!, fails), ended(work[0]!)]);
    expect(await nodesOf(run)).toMatchObject({ first: 'succeeded ok', none: 'skipped not_taken' });
    expect(await statusOf(run)).toBe('failed');
  });

  test('what could not run because of a failure counts as failed further down, and names the failure', async () => {
    const drawing = change(draw('a > b > c; b > d; x > c'), {
      c: { triggerRule: 'none_failed' },
      d: { triggerRule: 'one_failed' },
    });
    const { run } = await house.start(planOf(drawing, once));
    await workOff({ a: fails });
    expect(await nodesOf(run)).toMatchObject({
      b: 'skipped upstream_failed a',
      c: 'skipped upstream_failed a',
      d: 'succeeded ok',
    });
  });

  test('a failure counts before a branch that was not taken, whichever is known first', async () => {
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const drawing = change(draw('a > j; b > j; j > after'), { a: { type: 'sieve' } });
      const { run } = await house.start(planOf(drawing, once));
      const worker = await house.worker();
      const { work } = await finish(worker, [], 10);
      for (const id of order)
        await finish(worker, [ended(work.find((one) => one.nodeId === id)!, id === 'a' ? givesNothing : fails)]);
      expect(await nodesOf(run)).toMatchObject({ j: 'skipped upstream_failed b', after: 'skipped upstream_failed b' });
    }
  });
});

describe('outputs that did not come', () => {
  test('a branch: what follows the output that was given runs, the other way is left out, and the ways meet again', async () => {
    const drawing = change(draw('start > left > join; start > right > join'), {
      left: { type: 'sieve' },
      right: { type: 'sieve' },
      join: { triggerRule: 'none_failed_min_one_success' },
    });
    const { run } = await house.start(planOf(drawing, once));
    expect(await workOff({ left: givesNothing })).toEqual(['start', 'left', 'right', 'join']);
    const [join] = await house.sql`select u.position from drawloom.artifact_use u join drawloom.run r on r.id = u.run_id
      join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = u.node where u.run_id = ${run} and p.node_id = 'join' and u.direction = 'in'`;
    expect(join).toEqual({ position: 0 });
    expect(await statusOf(run)).toBe('succeeded');
  });

  test('under the ordinary rule nothing runs behind it, all the way down, and the run did well', async () => {
    const { run } = await house.start(planOf(change(draw('a > b > c; x > c'), { a: { type: 'sieve' } }), once));
    await workOff({ a: givesNothing });
    expect(await nodesOf(run)).toEqual({
      a: 'succeeded ok',
      b: 'skipped not_taken a',
      c: 'skipped not_taken a',
      x: 'succeeded ok',
    });
    expect(await statusOf(run)).toBe('succeeded');
  });

  test('taken over from earlier work, it did not come either', async () => {
    const plan = planOf(change(draw('once > b'), { once: { type: 'sieve' } }), { retryAttempts: 1 });
    await house.start(plan);
    await workOff({ once: givesNothing });
    const { run } = await house.start(plan);
    const worker = await house.worker();
    const [work] = (await finish(worker, [], 10)).work;
    expect(work!.reuse).toMatchObject({ nodeId: 'once', outputs: [] });
    expect((await finish(worker, [ended(work!, { outputs: [], reusedFrom: work!.reuse! })], 10)).work).toEqual([]);
    expect(await nodesOf(run)).toEqual({ once: 'reused ok', b: 'skipped not_taken once' });
  });

  test('an edge that carries nothing only waits', async () => {
    const drawing = change(draw('a > b; x'), { x: { after: ['b'] } });
    const { run } = await house.start(planOf(drawing, once));
    expect(await workOff()).toEqual(['a', 'b', 'x']);
    expect(await statusOf(run)).toBe('succeeded');
    const { run: failing } = await house.start(planOf(drawing, once));
    await workOff({ a: fails });
    expect(await nodesOf(failing)).toMatchObject({ x: 'skipped upstream_failed a' });
  });
});

describe('finally', () => {
  const drawing = change(draw('a > b; x > y; tidy > report'), { tidy: { finally: true }, report: { finally: true } });

  test('runs after everything else, whether that went well or not, and in its own order', async () => {
    for (const outcomes of [{}, { a: fails }, { tidy: fails }] as Record<string, Partial<AttemptOutcome>>[]) {
      const { run } = await house.start(planOf(drawing, once));
      const order = await workOff(outcomes);
      expect(order.slice(-2)).toEqual(['tidy', 'report']);
      expect(order.slice(0, -2).sort()).toEqual(outcomes.a ? ['a', 'x', 'y'] : ['a', 'b', 'x', 'y']);
      expect(await statusOf(run)).toBe(Object.keys(outcomes).length > 0 ? 'failed' : 'succeeded');
    }
  });

  test('waits for what still runs when all that could follow is left out already', async () => {
    const { run } = await house.start(planOf(drawing, once));
    const worker = await house.worker();
    const [a, x] = (await finish(worker, [], 10)).work;
    await finish(worker, [ended(a!, fails)]);
    expect(await nodesOf(run)).toMatchObject({ b: 'skipped upstream_failed a', tidy: 'pending' });
    await finish(worker, [ended(x!)]);
    expect((await workOff()).join(' ')).toBe('y tidy report');
  });

  test('runs when its run is cancelled, once every process is gone, even over a lost worker and a retry', async () => {
    const { run } = await house.start(planOf(drawing, { ...once, retryAttempts: 2 }));
    const worker = await house.worker();
    const [a, x] = (await finish(worker, [], 10)).work;
    expect(await house.db.transaction((tx) => cancelRun(tx, run, 'ada'))).toBe(true);
    expect(await nodesOf(run)).toMatchObject({ b: 'cancelled cancelled', tidy: 'pending', report: 'pending' });
    await finish(worker, [ended(a!, { reason: 'cancelled', outputs: [] })]);
    expect((await finish(worker, [], 10)).work).toEqual([]);
    await finish(worker, [ended(x!, { reason: 'cancelled', outputs: [] })]);

    const dying = await house.worker(0);
    const [tidy] = (await finish(dying, [], 10)).work;
    expect(tidy!.nodeId).toBe('tidy');
    expect((await heartbeat(house.sql, dying, [tidy!.fence])).cancelled).toEqual([]);
    await house.sql`update drawloom.worker set ttl_ms = 0 where id = ${dying}`;
    expect(await reap(house.sql)).toBe(1);
    const [again] = (await finish(worker, [], 10)).work;
    await finish(worker, [ended(again!, fails)]);
    await house.sql`update drawloom.timer set due_at = now()`;
    expect(await workOff()).toEqual(['tidy', 'report']);
    expect(await nodesOf(run)).toMatchObject({ tidy: 'succeeded ok', report: 'succeeded ok' });
    expect(await statusOf(run)).toBe('cancelled');
  });

  test('a run of which nothing ran yet still tidies up when it is cancelled', async () => {
    const { run } = await house.start(planOf(drawing, once));
    await house.db.transaction((tx) => cancelRun(tx, run, null));
    expect(await statusOf(run)).toBe('cancelling');
    expect(await workOff()).toEqual(['tidy', 'report']);
    expect(await statusOf(run)).toBe('cancelled');
  });

  test('cancelled once more, it ends too', async () => {
    const { run } = await house.start(planOf(drawing, once));
    await house.db.transaction((tx) => cancelRun(tx, run, null));
    const worker = await house.worker();
    const [tidy] = (await finish(worker, [], 10)).work;
    await house.db.transaction((tx) => cancelRun(tx, run, null));
    expect((await heartbeat(house.sql, worker, [tidy!.fence])).cancelled).toEqual([tidy!.fence]);
    await finish(worker, [ended(tidy!, { reason: 'cancelled', outputs: [] })]);
    expect(await nodesOf(run)).toMatchObject({ tidy: 'cancelled cancelled', report: 'cancelled cancelled' });
    expect(await statusOf(run)).toBe('cancelled');
  });

  test('cancelled twice before anything ended, nothing of it is left', async () => {
    const { run } = await house.start(planOf(drawing, once));
    const worker = await house.worker();
    const { work } = await finish(worker, [], 10);
    await house.db.transaction((tx) => cancelRun(tx, run, null));
    await house.db.transaction((tx) => cancelRun(tx, run, null));
    await finish(
      worker,
      work.map((one) => ended(one, { reason: 'cancelled', outputs: [] })),
    );
    expect(await statusOf(run)).toBe('cancelled');
    expect(await workOff()).toEqual([]);
  });

  test('is done again by a rerun, even where the rest is taken over', async () => {
    const { run } = await house.start(planOf(drawing, once));
    await workOff({ y: fails });
    const again = await house.db.transaction((tx) => rerunRun(tx, run, { only: 'failed', actor: null }));
    const worker = await house.worker();
    const executed: string[] = [];
    let results: Result[] = [];
    for (;;) {
      const { work } = await finish(worker, results, 10);
      if (work.length === 0) break;
      executed.push(...work.filter((one) => !one.reuse).map((one) => one.nodeId));
      results = work.map((one) => ended(one, one.reuse ? { outputs: [], reusedFrom: one.reuse } : {}));
    }
    expect(executed).toEqual(['y', 'tidy', 'report']);
    expect(await statusOf(again!.run)).toBe('succeeded');
  });
});
