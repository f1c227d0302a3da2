/**
 * Decides how forgetting is put to the test by chance: workers that take work over, make it anew or come too late, people who start,
 * rerun, stop and pin, and meanwhile every step of forgetting and the sweep of bytes, over the real SQL and a real store. After every
 * move nothing may be violated, no work under way may miss what it reads, and what is kept has its bytes.
 */
import { createHash } from 'node:crypto';
import type { ArtifactStore } from '../../runtime/src/artifacts/store.ts';
import type { Work } from '../../runtime/src/execute/executor.ts';
import { firstUnsound } from '../../runtime/src/execute/inputs.ts';
import { recordArtifact } from '../../runtime/src/record/observations.ts';
import { cancelRun, rerunRun } from '../../runtime/src/record/runs.ts';
import { type Result, tick } from '../../runtime/src/record/tick.ts';
import { reap } from '../../runtime/src/record/workers.ts';
import { sweepBytes } from '../../runtime/src/retention/bytes.ts';
import { decideOutputs, decideRuns } from '../../runtime/src/retention/decide.ts';
import { draw, set } from './draw.ts';
import { nest, type Playground, planOf } from './playground.ts';
import { chance, ViolationError } from './simulation.ts';

interface Hand {
  id: string;
  /** What it has to do, and what it has done and not told yet. */
  holds: Work[];
  done: Result[];
}

export interface Forgetting {
  takenOver: number;
  dropped: number;
  /** Runs that had left, and came back because their work was taken over in between. */
  cameBack: number;
  artifacts: number;
  swept: number;
}

const policy = { runDays: 30, runsPerPipeline: 1_000_000, logDays: null, artifactDays: 10 };

/** throws  ViolationError as soon as something is gone that somebody needs */
export async function forgetByChance(
  house: Playground,
  store: ArtifactStore,
  seed: number,
  moves: number,
): Promise<Forgetting> {
  const { sql, db } = house;
  const random = chance(seed);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const told: string[] = [];
  const hands: Hand[] = [];
  const runs: number[] = [];
  const seen: Forgetting = { takenOver: 0, dropped: 0, cameBack: 0, artifacts: 0, swept: 0 };
  // Between the bytes of a file and its row only the sweep's grace speaks for them, and there is none here.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work);
    turn = next.catch(() => {});
    return next;
  };
  const text = (key: string) => `what ${key} gives`;
  const put = (content: string) =>
    store.put(
      (async function* () {
        yield Buffer.from(content);
      })(),
    );
  /** Rows are changed by hand only while no tick is under way. */
  const alone = (work: (tx: Parameters<Parameters<typeof sql.begin>[1]>[0]) => Promise<unknown>) =>
    sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(drawloom.tick_lock())`;
      await work(tx);
    });
  const asArray = (ids: readonly number[]) => `{${ids.join(',')}}`;

  const carryOut = async (work: Work): Promise<Result> => {
    const { run, node, mapIndex, fence } = work;
    const result = (outcome: Result['outcome']): Result => ({ run, node, mapIndex, fence, outcome });
    const missing = await firstUnsound(store, work.inputs);
    const [still] = await sql`select from drawloom.lease where fence = ${fence}`;
    if (missing && still) throw new ViolationError(seed, told, [{ rule: 'an input is there', run, node, ...missing }]);
    if (work.reuse && random() < 0.9 && !(await firstUnsound(store, work.reuse.outputs)))
      return result({ reason: 'ok', outputs: [], reusedFrom: work.reuse });
    if (work.type === 'subpipeline') return result({ reason: 'parked', park: 'child', outputs: [] });
    if (work.type === 'pipeline-output') return result({ reason: 'ok', outputs: [] });
    if (random() < 0.1) return result({ reason: 'user_error', outputs: [] });
    const stored = await put(text(work.cacheKey ?? String(fence)));
    return result({
      reason: 'ok',
      outputs: [{ port: 'out', kind: 'table', ...stored, mediaType: 'x/y' }],
    });
  };
  const deliver = async (hand: Hand, results: Result[], want: number) => {
    const { work, refused } = await tick(sql, house.plans, hand.id, results, want);
    hand.holds.push(...work);
    const accepted = results.filter(({ fence }) => !refused.includes(fence));
    seen.takenOver += accepted.filter(({ outcome }) => outcome.reusedFrom).length;
  };
  const anyRun = async () => {
    const [row] =
      await sql`select id::float8 as id from drawloom.run where parent_run is null order by random() limit 1`;
    return row?.id as number | undefined;
  };

  const growOld = (days: number, share: number) =>
    alone(async (tx) => {
      await tx`update drawloom.run set finished_at = finished_at - ${days} * interval '1 day' where finished_at is not null and random() < ${share}`;
      await tx`update drawloom.artifact set seen_at = now() - interval '2 days' where random() < ${share}`;
    });
  const some = (list: readonly { run: number }[], share: number) =>
    asArray(list.filter(() => random() < share).map(({ run }) => run));
  const leave = async (share: number) => {
    const { going } = await decideRuns(sql, house.project, policy);
    await sql`select drawloom.leave(array_agg(u), array_agg('age'::text), array_agg(30))
      from unnest(${some(going, share)}::text::bigint[]) u having count(*) > 0`;
  };
  const letGo = async (share: number) => {
    const { going } = await decideOutputs(sql, house.project, policy);
    await sql`select drawloom.let_go(${some(going, share)}::text::bigint[])`;
  };
  const drop = async () => {
    const [row] = await sql`select cardinality(drawloom.drop_left(${house.project}::uuid, 20)) as dropped`;
    seen.dropped += row!.dropped;
  };
  const forgetArtifacts = async (share: number) => {
    const found = await sql<
      { run: number }[]
    >`select id::float8 as run from drawloom.artifact where forgotten_at is null`;
    const [row] = await sql`select count from drawloom.forget_artifacts(${some(found, share)}::text::bigint[])`;
    seen.artifacts += row!.count;
  };

  const acts: [name: string, weight: number, act: () => Promise<unknown>][] = [
    [
      'start',
      3,
      async () => {
        const shape = pick(['a > b', 'a > b > c', 'a > c; b > c', 'a > sub > b'])!;
        let plan = planOf(set(draw(shape), 'a', { rows: 1 + Math.floor(random() * 2) }), { retryAttempts: 2 });
        if (shape.includes('sub')) plan = nest(house, plan, 'sub', planOf('in_in > x > out_out'));
        runs.push((await house.start(plan)).run);
      },
    ],
    [
      'start with a file',
      1,
      () =>
        inTurn(async () => {
          const file = await put(`file ${Math.floor(random() * 3)}`);
          await db.transaction((tx) => recordArtifact(tx, house.project, { ...file, kind: 'file', mediaType: 'x/y' }));
          const plan = planOf('a > b');
          const [first, ...rest] = plan.nodes;
          const keyParts = { ...first!.keyParts, outside: file.sha256 };
          const staticKey = createHash('sha256').update(JSON.stringify(keyParts)).digest('hex');
          const hash = createHash('sha256').update(`${plan.hash} ${file.sha256}`).digest('hex');
          const start = { ...plan, hash, nodes: [{ ...first!, keyParts, staticKey }, ...rest] };
          runs.push((await house.start(start)).run);
        }),
    ],
    ['claim', 6, async () => deliver(pick(hands)!, [], 1 + Math.floor(random() * 4))],
    [
      'work',
      5,
      async () => {
        const hand = pick(hands.filter((one) => one.holds.length > 0));
        for (let work = hand?.holds.shift(); work; work = hand!.holds.shift()) hand!.done.push(await carryOut(work));
      },
    ],
    [
      'tell',
      5,
      async () => {
        const hand = pick(hands.filter((one) => one.done.length > 0));
        if (hand) await deliver(hand, hand.done.splice(0), random() < 0.5 ? 2 : 0);
      },
    ],
    [
      'tell all',
      3,
      async () => {
        for (const hand of hands) {
          for (let work = hand.holds.shift(); work; work = hand.holds.shift()) hand.done.push(await carryOut(work));
          await deliver(hand, hand.done.splice(0), 0);
        }
      },
    ],
    [
      'freeze and reap',
      1,
      async () => {
        const hand = pick(hands);
        if (hand) await sql`update drawloom.worker set ttl_ms = 0 where id = ${hand.id}`;
        await reap(sql);
        await sql`update drawloom.worker set ttl_ms = 600000`;
      },
    ],
    [
      'rerun',
      1,
      async () => {
        const run = await anyRun();
        const again =
          run &&
          (await db.transaction((tx) => rerunRun(tx, run, { only: random() < 0.8 ? 'failed' : 'all', actor: null })));
        if (again) runs.push(again.run);
      },
    ],
    [
      'cancel',
      0.5,
      async () => {
        const run = await anyRun();
        if (run) await db.transaction((tx) => cancelRun(tx, run, 'chance'));
      },
    ],
    [
      'pin',
      0.5,
      async () => {
        const run = await anyRun();
        if (run) await sql`select drawloom.pin(${run}::bigint, null, '')`;
      },
    ],
    ['unpin', 0.5, () => sql`delete from drawloom.run_pin where random() < 0.5`],
    ['grow old', 2, () => growOld(random() < 0.5 ? 15 : 60, 0.4)],
    ['leave', 2, () => leave(0.7)],
    ['let go', 2, () => letGo(0.7)],
    ['drop what left', 3, () => drop()],
    ['forget artifacts', 3, () => forgetArtifacts(0.8)],
    [
      'carry out the policy',
      2,
      async () => {
        await growOld(60, 0.8);
        await leave(1);
        await letGo(1);
        await drop();
        await forgetArtifacts(1);
      },
    ],
    [
      'sweep',
      4,
      () =>
        inTurn(async () => {
          seen.swept += (await sweepBytes(sql, store, { graceMs: 20, skewMs: 20 }))?.count ?? 0;
        }),
    ],
    ['time passes', 1, () => sql`update drawloom.timer set due_at = now()`],
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
  const left = new Set<number>();
  const check = async () => {
    const violations = await sql`select rule, run_id, node, detail from drawloom.violations()`;
    if (violations.length > 0) throw new ViolationError(seed, told, violations);
    for (const run of [...left]) {
      const [row] = await sql`select leaving_at is null as back from drawloom.run where id = ${run}`;
      if (row?.back) seen.cameBack++;
      if (!row || row.back) left.delete(run);
    }
    for (const { id } of await sql`select id from drawloom.run where leaving_at is not null and parent_run is null`)
      left.add(Number(id));
    const kept = await sql<{ sha256: string; size_bytes: string }[]>`
      select a.sha256, a.size_bytes from drawloom.artifact a where a.forgotten_at is null
      and exists (select from drawloom.artifact_use u join drawloom.run r on r.id = u.run_id where u.artifact_id = a.id and r.let_go_at is null)
      union
      select p.key_parts ->> 'outside', null from drawloom.run r join drawloom.plan_node p on p.plan_id = r.plan_id
      where r.let_go_at is null and r.trigger <> 'rerun' and p.type = 'source' and p.key_parts ->> 'outside' is not null`;
    for (const { sha256 } of kept)
      if ((await store.verify(sha256)) !== 'whole')
        throw new ViolationError(seed, told, [{ rule: 'what is kept has its bytes', sha256 }]);
  };

  for (let index = 0; index < 3; index++) hands.push({ id: await house.worker(), holds: [], done: [] });
  while (told.length < moves) {
    await Promise.all(Array.from({ length: random() < 0.3 ? 3 : 1 }, one));
    await check();
  }
  return seen;
}
