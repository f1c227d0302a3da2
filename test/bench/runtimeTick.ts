/**
 * Decides how fast the heart beats by itself: nodes that do nothing, through the worker loop that real work goes through. Beside it
 * stands what the same Postgres does without us: bare commits, and the queue library with a job for every node.
 */
import { run as runQueue } from 'graphile-worker';
import pg from 'pg';
import { migrate } from '../../runtime/src/db/migrate.ts';
import type { Plan } from '../../runtime/src/plan/plan.ts';
import { runWorker } from '../../runtime/src/queue/worker-loop.ts';
import { startRun } from '../../runtime/src/record/runs.ts';
import { noopPlan, type Playground, playground } from '../support/playground.ts';
import { type Bench, figure, secondsOf, type Tell } from './frame.ts';
import type { Scratch } from './house.ts';

/** Ten nodes in a layer, each after the first waiting for two of the layer before. */
const layered = noopPlan(
  Array.from({ length: 50 }, (_, node) =>
    node < 10 ? [] : [0, 1].map((step) => node - (node % 10) - 10 + ((node + step) % 10)),
  ),
);
const chain = noopPlan(Array.from({ length: 40 }, (_, node) => (node === 0 ? [] : [node - 1])));
const fan = (width: number) =>
  noopPlan([[], ...Array.from({ length: width }, () => [0]), Array.from({ length: width }, (_, node) => node + 1)]);

export const measureTick = async ({ databaseUrl }: Scratch, tell: Tell, { quick }: Parameters<Bench>[1]) => {
  await migrate(databaseUrl);
  const house = await playground(databaseUrl, { max: 12 });
  const rounds = quick ? 1 : 3;
  const jobsPerSecond = await measureQueue(databaseUrl, quick ? 500 : 10_000, rounds, tell);
  const results = [
    await measureChain(house, quick ? 1 : 10, tell),
    await measureFan(house, quick ? 500 : 10_000, rounds, jobsPerSecond, tell),
    figure('noop-steps', await measureSteps(house, rounds, quick ? 100 : 2000, tell), jobsPerSecond),
  ];
  const violations = await house.sql`select * from drawloom.violations() limit 3`;
  if (violations.length > 0) throw new Error(`The figures are void: ${JSON.stringify(violations)}`);
  await house.close();
  return results;
};

/** The queue library as its pages recommend it, one no-op job per node, on the same database: jobs per second. */
async function measureQueue(databaseUrl: string, jobs: number, rounds: number, tell: Tell): Promise<number[]> {
  const rates: number[] = [];
  const pgPool = new pg.Pool({ connectionString: databaseUrl, max: 12 });
  const add = `select count(graphile_worker.add_job('bench', '{}'::json)) from generate_series(1, $1)`;
  for (let round = 0; round < rounds; round++) {
    await pgPool.query(add, [jobs]);
    let left = jobs;
    let allDone = () => {};
    const done = new Promise<void>((resolve) => {
      allDone = resolve;
    });
    const began = performance.now();
    const runner = await runQueue({
      pgPool,
      concurrency: 10,
      noHandleSignals: true,
      taskList: {
        bench: () => {
          left -= 1;
          if (left === 0) allDone();
        },
      },
    });
    await done;
    rates.push((jobs / (performance.now() - began)) * 1000);
    await runner.stop();
    tell(`the queue library alone: ${Math.round(rates.at(-1)!)} jobs per second`);
  }
  await pgPool.end();
  return rates;
}

/** Workers that take `capacity` nodes at a time, for as long as `work` lasts. They execute nothing: no node asks for it. */
async function withWorkers<T>(
  house: Playground,
  count: number,
  capacity: number,
  work: (wake: () => void) => Promise<T>,
): Promise<T> {
  const executor = { execute: () => Promise.reject(new Error('nothing here is executed')) };
  const workers = await Promise.all(
    Array.from({ length: count }, () => runWorker({ sql: house.sql, executor, capacity })),
  );
  try {
    return await work(() => {
      for (const worker of workers) worker.wake();
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

async function allOver(house: Playground): Promise<void> {
  for (;;) {
    const [row] = await house.sql`select exists (select from drawloom.run where finished_at is null) as some`;
    if (!row!.some) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const start = (house: Playground, plan: Plan, count: number) =>
  house.db.transaction(async (tx) => {
    for (let run = 0; run < count; run++)
      await startRun(tx, {
        project: house.project,
        pipeline: house.pipeline,
        pipelineVersion: house.version,
        plan,
        parameters: {},
        trigger: 'manual',
        actor: null,
      });
  });

/** From the start's commit to the run's end as the database has it: a person's wait, without the look that sees it. */
async function measureChain(house: Playground, rounds: number, tell: Tell) {
  const [ours, beside]: [number[], number[]] = [[], []];
  await withWorkers(house, 1, 8, async (wake) => {
    for (let round = -2; round < rounds; round++) {
      const { run } = await house.start(chain);
      wake();
      await allOver(house);
      const [row] =
        await house.sql`select extract(epoch from finished_at - created_at) * 1000 as ms from drawloom.run where id = ${run}`;
      const bare = await measureCommits(house, chain.nodes.length);
      if (round < 0) continue; // the first ones warm the statements
      ours.push(Number(row!.ms));
      beside.push(bare);
    }
  });
  tell(`noop-chain-40: ${ours.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  return figure('noop-chain-40', ours, beside);
}

/** What as many commits cost by themselves, each after the one before: less is not possible for steps that are on record one by one. */
async function measureCommits({ sql, project }: Playground, commits: number): Promise<number> {
  const seconds = await secondsOf(async () => {
    for (let commit = 0; commit < commits; commit++)
      await sql`update drawloom.project set description = ${String(commit)} where id = ${project}`;
  });
  return seconds * 1000;
}

async function measureFan(house: Playground, width: number, rounds: number, jobsPerSecond: number[], tell: Tell) {
  const runs: number[] = [];
  const plan = fan(width);
  await withWorkers(house, 2, 500, async (wake) => {
    for (let round = 0; round < rounds; round++) {
      await house.start(plan);
      wake();
      runs.push(await secondsOf(() => allOver(house)));
    }
  });
  tell(`noop-fan-10000: ${runs.map((s) => s.toFixed(2)).join(', ')} s`);
  const beside = jobsPerSecond.map((rate) => width / rate);
  return figure('noop-fan-10000', runs, beside);
}

/** Steps per second of runs with 50 nodes, which all wait when the workers begin. */
export async function measureSteps(house: Playground, rounds: number, runs: number, tell: Tell): Promise<number[]> {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let part = 0; part < runs; part += 100) await start(house, layered, 100);
    const seconds = await withWorkers(house, 2, 500, (wake) =>
      secondsOf(() => {
        wake();
        return allOver(house);
      }),
    );
    rates.push((runs * layered.nodes.length) / seconds);
    tell(`noop-steps: ${Math.round(rates.at(-1)!)} per second`);
  }
  return rates;
}
