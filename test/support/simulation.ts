/**
 * Decides how the tick is put to the test by chance: workers that claim, finish, finish again, freeze, wake up and leave, people who
 * start and cancel, reapers and clocks, in an order drawn from a seed, over the real SQL. After every move nothing may be violated.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OnExpiry } from '@drawloom/shared/pipeline/approval.ts';
import { TriggerRule } from '@drawloom/shared/run/rules.ts';
import { LocalStore } from '../../runtime/src/artifacts/localStore.ts';
import type { AttemptOutcome, Work } from '../../runtime/src/execute/executor.ts';
import type { Plan } from '../../runtime/src/plan/plan.ts';
import { answerApproval, endExpired } from '../../runtime/src/record/approvals.ts';
import { endOverdue } from '../../runtime/src/record/limits.ts';
import { sizePool } from '../../runtime/src/record/pools.ts';
import { cancelRun, pauseRun, rerunRun, resumeRun } from '../../runtime/src/record/runs.ts';
import { type Result, tick } from '../../runtime/src/record/tick.ts';
import { heartbeat, reap } from '../../runtime/src/record/workers.ts';
import { draw, set } from './draw.ts';
import { nest, type Playground, planOf } from './playground.ts';

/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class ViolationError extends Error {
  constructor(seed: number, moves: readonly string[], violations: readonly object[]) {
    super(`seed ${seed}, after ${moves.length} moves (${moves.slice(-8).join(' · ')}): ${JSON.stringify(violations)}`);
    this.name = 'ViolationError';
  }
}

interface Hand {
  id: string;
  /** What it believes to hold. A frozen worker goes on believing it. */
  holds: Work[];
}

export interface Simulated {
  moves: number;
  /** Results that came under an old fence, and were refused. */
  refused: number;
  runs: number;
}

/** throws  ViolationError as soon as the database holds what must never be */
export async function simulate(house: Playground, seed: number, moves: number): Promise<Simulated> {
  const folder = await mkdtemp(path.join(tmpdir(), 'drawloom-simulated-'));
  try {
    return await play(house, new LocalStore(folder), seed, moves);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function play(house: Playground, store: LocalStore, seed: number, moves: number): Promise<Simulated> {
  const random = chance(seed);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const upTo = (n: number) => 1 + Math.floor(random() * n);
  const told: string[] = [];
  const hands: Hand[] = [];
  const history: { hand: Hand; result: Result }[] = [];
  const runs: number[] = [];
  let refused = 0;

  const hire = async () => {
    const hand: Hand = { id: await house.worker(60_000, pick([[], [], ['gpu'], ['gpu', 'memory']])), holds: [] };
    hands.push(hand);
    return hand;
  };
  const itemsOf = (work: Work): AttemptOutcome['outputs'] =>
    Array.from({ length: upTo(6) - 1 }, (_, position) => ({
      port: work.mapOver!,
      position,
      kind: 'value',
      sha256: createHash('sha256')
        .update(`item ${upTo(4)}`)
        .digest('hex'), // equal ones among them
      sizeBytes: 1,
      mediaType: 'x/y',
    }));
  const outcomeOf = (work: Work): AttemptOutcome => {
    const lot = random();
    if (work.reuse && lot < 0.8) return { reason: 'ok', outputs: [], reusedFrom: work.reuse };
    if (work.mapOver !== null && work.mapIndex === 0 && lot < 0.9)
      return { reason: 'parked', park: 'map', outputs: itemsOf(work) };
    if (work.type === 'subpipeline' && lot < 0.9) return { reason: 'parked', park: 'child', outputs: [] };
    if (work.type === 'approval' && lot < 0.9) return { reason: 'parked', park: 'approval', outputs: [] };
    if (work.type === 'pipeline-output' && lot < 0.8) return { reason: 'ok', outputs: [] };
    const makes = !work.type.startsWith('pipeline') && work.type !== 'subpipeline' && work.type !== 'approval';
    if (lot < 0.6 && makes && (work.mapOver === null || work.mapIndex > 0)) {
      const sha256 = createHash('sha256')
        .update(`${work.cacheKey} ${random() < 0.9 ? '' : random()}`)
        .digest('hex');
      if (random() < 0.2 && work.type === 'sieve') return { reason: 'ok', outputs: [] };
      return { reason: 'ok', outputs: [{ port: 'out', kind: 'table', sha256, sizeBytes: 1, mediaType: 'x/y' }] };
    }
    if (lot < 0.7 && work.type === 'step') return { reason: 'parked', park: 'sensor', outputs: [] };
    const reason = (['user_error', 'oom', 'killed', 'bad_output', 'cancelled'] as const)[Math.floor(random() * 5)]!;
    return { reason, outputs: [] };
  };
  const deliver = async (hand: Hand, results: Result[], want: number) => {
    const answer = await tick(house.sql, house.plans, hand.id, results, want);
    refused += answer.refused.length;
    hand.holds.push(...answer.work);
    for (const result of results) history.push({ hand, result });
  };
  const results = (hand: Hand, count: number): Result[] =>
    hand.holds.splice(0, count).map((work) => ({
      run: work.run,
      node: work.node,
      mapIndex: work.mapIndex,
      fence: work.fence,
      outcome: outcomeOf(work),
    }));
  /** Some nodes want slots, of the children too; which, follows from the node, so that equal plans stay equal. */
  const inPools = (plan: Plan): Plan => ({
    ...plan,
    hash: `${plan.hash} pooled`,
    nodes: plan.nodes.map((node, index) =>
      node.type === 'subpipeline' || node.type === 'pipeline-input' || index % 3 === 2
        ? node
        : { ...node, pool: index % 3 === 0 ? 'narrow' : 'broad', poolSlots: 1 + (index % 2) },
    ),
    children: plan.children.map((child) => ({ ...child, plan: inPools(child.plan) })),
  });
  await house.db.transaction((tx) => sizePool(tx, house.project, 'narrow', 2));
  await house.db.transaction((tx) => sizePool(tx, house.project, 'broad', 4));
  const other = await house.another();
  await house.db.transaction((tx) => sizePool(tx, other.project, 'narrow', 2));
  await house.db.transaction((tx) => sizePool(tx, other.project, 'broad', 4));
  /** And some need what only some workers have. */
  const needy = (plan: Plan): Plan => ({
    ...plan,
    hash: `${plan.hash} needy`,
    nodes: plan.nodes.map((node, index) => ({ ...node, needs: ['', 'gpu', '', 'gpu memory'][index % 4]! })),
    children: plan.children.map((child) => ({ ...child, plan: needy(child.plan) })),
  });
  const shapes = [
    'a',
    'a > b',
    'a > b > c',
    'a > c; b > c',
    'a > b; a > c; b > d; c > d',
    'a > b > e; c > d > e; b > d',
    'a > b > d; a > c > d; d > e; x > y',
    'a > sub > b; a > c',
    'sub > b; a > b',
    'a > b; list > each > b',
    'a > c; list > each > c; list > each2 > c',
    'a > gate > b; a > c > gate2; b > d',
  ];
  const people = Array.from({ length: 3 }, (_, index) => ({
    personId: randomUUID(),
    personName: `person ${index}`,
    via: 'session',
  }));
  const parts = [
    'in_in > a > out_out',
    'in_in > out_out; x > out_again',
    'a > b > out_out; a > out_again; in_state > c',
    'in_in > sub_deep > out_out; x > y',
    'in_in > a > out_out; list > each > a',
    'in_in > a > gate > b > out_out',
  ];

  const acts: [name: string, weight: number, act: () => Promise<unknown>][] = [
    [
      'start',
      3,
      async () => {
        const drawing = set(draw(pick(shapes)!), 'a', { rows: upTo(3) });
        for (const node of Object.values(drawing.nodes).filter((one) => one.type === 'step')) {
          if (random() < 0.3) node.triggerRule = pick(TriggerRule.options)!;
          if (random() < 0.2) node.type = 'sieve';
        }
        for (const node of Object.values(drawing.nodes).filter((one) => one.map))
          node.map = {
            over: 'in',
            ...(random() < 0.6 && { concurrency: upTo(3) }),
            ...(random() < 0.4 && { minSuccessShare: random() }),
          };
        for (const node of Object.values(drawing.nodes).filter((one) => one.type === 'approval'))
          node.parameters = {
            approvals: upTo(2),
            ...(random() < 0.5 && { expiresAfterHours: 1, onExpiry: pick(OnExpiry.options)! }),
          };
        if (random() < 0.3) {
          drawing.nodes.tidy = { type: 'step', name: 'tidy', parameters: {}, finally: true, after: ['a'] };
          drawing.nodes.report = { type: 'step', name: 'report', parameters: {}, finally: true, after: ['tidy'] };
        }
        const change = {
          retryAttempts: upTo(3),
          lostAttempts: upTo(3),
          reuse: random() < 0.7,
          queueTimeoutMs: random() < 0.3 ? 1000 : null,
        };
        const timeoutMs = random() < 0.1 ? 1000 : null;
        const pooled = random() < 0.5;
        // Some nodes stand for a pipeline, a loop, or one that holds another.
        let plan = planOf(drawing, change);
        const inner = () => planOf(pick(parts)!, change);
        if (drawing.nodes.sub) {
          const part = inner();
          const child = part.nodes.some((one) => one.nodeId === 'sub_deep')
            ? nest(house, part, 'sub_deep', planOf(parts[0]!, change))
            : part;
          plan = nest(house, plan, 'sub', child, random() < 0.4 ? { bound: upTo(3), fails: random() < 0.3 } : null);
        }
        if (pooled) plan = inPools(plan);
        if (random() < 0.4) plan = needy(plan);
        const priority = random() < 0.2 ? upTo(3) : 0;
        runs.push((await house.start(plan, { timeoutMs, priority, ...(random() < 0.4 && other) })).run);
      },
    ],
    ['claim', 5, async () => deliver(pick(hands) ?? (await hire()), [], upTo(4))],
    [
      'finish',
      6,
      async () => {
        const hand = pick(hands.filter((one) => one.holds.length > 0));
        if (hand) await deliver(hand, results(hand, upTo(3)), random() < 0.5 ? upTo(2) : 0);
      },
    ],
    [
      'finish again',
      2,
      async () => {
        const before = pick(history);
        if (before) await deliver(before.hand, [before.result], 0);
      },
    ],
    [
      'beat',
      2,
      async () => {
        const hand = pick(hands);
        if (!hand) return;
        const { cancelled, gone } = await heartbeat(
          house.sql,
          hand.id,
          hand.holds.map((work) => work.fence),
        );
        hand.holds = hand.holds.filter((work) => !gone.includes(work.fence));
        const killed = hand.holds.filter((work) => cancelled.includes(work.fence));
        hand.holds = hand.holds.filter((work) => !killed.includes(work));
        const dead = killed.map((work) => ({
          run: work.run,
          node: work.node,
          mapIndex: work.mapIndex,
          fence: work.fence,
          outcome: { reason: 'cancelled' as const, outputs: [] },
        }));
        if (dead.length > 0) await deliver(hand, dead, 0);
      },
    ],
    // The worker freezes, not dies: it goes on holding what it was given, and may tell of it later.
    [
      'freeze and reap',
      2,
      async () => {
        const hand = pick(hands);
        if (hand) await house.sql`update drawloom.worker set ttl_ms = 0 where id = ${hand.id}`;
        await reap(house.sql);
        await house.sql`update drawloom.worker set ttl_ms = 60000`;
      },
    ],
    [
      'answer lost',
      1,
      async () => {
        const hand = pick(hands);
        if (!hand || hand.holds.length === 0) return;
        const [lost] = hand.holds.splice(0, 1);
        await house.sql`update drawloom.lease set claimed_at = now() - interval '1 minute' where fence = ${lost!.fence}`;
        await heartbeat(
          house.sql,
          hand.id,
          hand.holds.map((work) => work.fence),
        );
      },
    ],
    [
      'cancel',
      1,
      async () => {
        // Any run, so that children are cancelled by themselves as well.
        const [some] = await house.sql`select id from drawloom.run order by random() limit 1`;
        if (some) await house.db.transaction((tx) => cancelRun(tx, Number(some.id), 'chance'));
      },
    ],
    [
      'pause',
      2,
      async () => {
        const run = pick(runs);
        if (run) await house.db.transaction((tx) => pauseRun(tx, run));
      },
    ],
    [
      'resume',
      2,
      async () => {
        const run = pick(runs);
        if (run) await house.db.transaction((tx) => resumeRun(tx, run));
      },
    ],
    [
      'rerun',
      1,
      async () => {
        const run = pick(runs);
        const again =
          run &&
          (await house.db.transaction((tx) =>
            rerunRun(tx, run, { only: random() < 0.8 ? 'failed' : 'all', actor: null }),
          ));
        if (again) runs.push(again.run);
      },
    ],
    ['resize', 2, () => house.db.transaction((tx) => sizePool(tx, house.project, pick(['narrow', 'broad'])!, upTo(4)))],
    [
      'put back',
      2,
      async () => {
        const parked =
          await house.sql`select run_id, node, map_index from drawloom.parked where kind = 'sensor' order by random() limit ${upTo(3)}`;
        await unpark(house, parked);
      },
    ],
    [
      'too late',
      1,
      async () => {
        // Whoever changes these rows by hand keeps all ticks away meanwhile.
        await house.sql.begin(async (tx) => {
          await tx`select pg_advisory_xact_lock(drawloom.tick_lock())`;
          await tx`update drawloom.node_run set queued_at = queued_at - interval '2 seconds' where random() < 0.3`;
          await tx`update drawloom.run set started_at = started_at - interval '2 seconds' where random() < 0.3`;
        });
        await Promise.all([endOverdue(house.sql), endOverdue(house.sql)]);
      },
    ],
    [
      'answer',
      4,
      async () => {
        const asked = await house.sql`select id from drawloom.approval order by status = 'open' desc, random() limit 1`;
        const person = pick(people)!;
        for (const { id } of asked)
          await answerApproval(house.sql, store, Number(id), {
            ...person,
            verdict: random() < 0.8 ? 'approve' : 'reject',
            values: { share: upTo(5) },
            comment: '',
          });
      },
    ],
    [
      'nobody answers in time',
      1,
      async () => {
        await house.sql.begin(async (tx) => {
          await tx`select pg_advisory_xact_lock(drawloom.tick_lock())`;
          await tx`update drawloom.approval set expires_at = expires_at - interval '2 hours' where random() < 0.5`;
        });
        await Promise.all([endExpired(house.sql, store), endExpired(house.sql, store)]);
      },
    ],
    ['time passes', 3, () => house.sql`update drawloom.timer set due_at = now()`],
  ];
  const total = acts.reduce((sum, [, weight]) => sum + weight, 0);
  const one = async () => {
    let lot = random() * total;
    const [name, , act] = acts.find(([, weight]) => {
      lot -= weight;
      return lot < 0;
    })!;
    told.push(name);
    await act();
  };
  const check = async () => {
    const violations = await house.sql`select rule, run_id, node, detail from drawloom.violations()`;
    if (violations.length > 0) throw new ViolationError(seed, told, violations);
  };

  for (let index = 0; index < 3; index++) await hire();
  while (told.length < moves) {
    // Now and then several at once, so that their statements meet inside the database as well.
    await Promise.all(Array.from({ length: random() < 0.3 ? 3 : 1 }, one));
    await check();
  }
  hands.push({ id: await house.worker(60_000, ['gpu', 'memory']), holds: [] });
  await settle(house, store, hands, deliver, results);
  await check();
  return { moves: told.length, refused, runs: runs.length };
}

const unpark = (house: Playground, nodes: readonly { [column: string]: unknown }[]) => house.sql`
  select drawloom.unpark(array(select (k.run_id, k.node, k.map_index)::drawloom.node_key
    from jsonb_to_recordset(${JSON.stringify(nodes)}::text::jsonb) k (run_id bigint, node int, map_index int)))`;

/** Works off whatever is left; nothing may be stuck. */
async function settle(
  house: Playground,
  store: LocalStore,
  hands: readonly Hand[],
  deliver: (hand: Hand, results: Result[], want: number) => Promise<void>,
  results: (hand: Hand, count: number) => Result[],
): Promise<void> {
  // A rerun may want more slots than its pool has since; whoever starts one over the API is told, and makes it larger first.
  for (const { project, name } of await house.sql`select project_id as project, name from drawloom.pool`)
    await house.db.transaction((tx) => sizePool(tx, project, name, 2));
  for (let round = 0; round < 200; round++) {
    const [{ left }] =
      (await house.sql`select count(*)::int as left from drawloom.run where finished_at is null`) as unknown as [
        { left: number },
      ];
    if (left === 0) return;
    await house.sql`update drawloom.timer set due_at = now()`;
    for (const { id } of await house.sql`select id from drawloom.run where paused_at is not null`)
      await house.db.transaction((tx) => resumeRun(tx, Number(id)));
    await unpark(house, await house.sql`select run_id, node, map_index from drawloom.parked where kind = 'sensor'`);
    for (const { id } of await house.sql`select id from drawloom.approval where status = 'open'`)
      await answerApproval(house.sql, store, Number(id), {
        personId: randomUUID(),
        personName: 'somebody',
        via: 'session',
        verdict: 'approve',
        values: {},
        comment: '',
      });
    await house.sql`update drawloom.worker set ttl_ms = 0
      where id not in ${house.sql(hands.map((hand) => hand.id))}`;
    await reap(house.sql);
    for (const hand of hands) {
      // A worker that was reaped holds nothing any more, whatever it believes; what it truly holds, it tells.
      await deliver(hand, results(hand, 100), 5);
      await house.sql`update drawloom.lease set claimed_at = now() - interval '1 minute' where worker_id = ${hand.id}`;
      await heartbeat(
        house.sql,
        hand.id,
        hand.holds.map((work) => work.fence),
      );
    }
  }
  throw new Error('Some runs never ended.');
}
