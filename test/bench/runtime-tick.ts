/**
 * Decides how fast the heart beats by itself: nodes that do nothing, on a Postgres that keeps its promises (fsync on), through the
 * worker loop that real work goes through.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '../../runtime/src/db/migrate.ts';
import { startPostgres } from '../../runtime/src/db/postgres.ts';
import type { Plan } from '../../runtime/src/plan/plan.ts';
import { runWorker } from '../../runtime/src/queue/worker-loop.ts';
import { startRun } from '../../runtime/src/record/runs.ts';
import { noopPlan, type Playground, playground } from '../support/playground.ts';
import { type Bench, figure, secondsOf } from './frame.ts';

/** Ten nodes in a layer, each after the first waiting for two of the layer before. */
const layered = noopPlan(
  Array.from({ length: 50 }, (_, node) =>
    node < 10 ? [] : [0, 1].map((step) => node - (node % 10) - 10 + ((node + step) % 10)),
  ),
);
const chain = noopPlan(Array.from({ length: 40 }, (_, node) => (node === 0 ? [] : [node - 1])));
const fan = (width: number) =>
  noopPlan([[], ...Array.from({ length: width }, () => [0]), Array.from({ length: width }, (_, node) => node + 1)]);

export const bench: Bench = async (tell) => {
  const home = mkdtempSync(path.join(tmpdir(), 'drawloom-bench-tick-'));
  const server = await startPostgres({ home });
  try {
    await migrate(server.url);
    const house = await playground(server.url, { max: 12 });
    const results = [await measureChain(house, tell), await measureFan(house, tell), await measureSteps(house, tell)];
    const violations = await house.sql`select * from drawloom.violations() limit 3`;
    if (violations.length > 0) throw new Error(`The figures are void: ${JSON.stringify(violations)}`);
    await house.close();
    return results;
  } finally {
    await server.stop();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
};

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
async function measureChain(house: Playground, tell: (line: string) => void) {
  const runs: number[] = [];
  await withWorkers(house, 1, 8, async (wake) => {
    for (let round = 0; round < 12; round++) {
      const { run } = await house.start(chain);
      wake();
      await allOver(house);
      const [row] =
        await house.sql`select extract(epoch from finished_at - created_at) * 1000 as ms from drawloom.run where id = ${run}`;
      if (round >= 2) runs.push(Number(row!.ms)); // the first ones warm the statements
    }
  });
  tell(`noop-chain-40: ${runs.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  return figure('noop-chain-40', 'ms', runs);
}

async function measureFan(house: Playground, tell: (line: string) => void) {
  const runs: number[] = [];
  const plan = fan(10_000);
  await withWorkers(house, 2, 500, async (wake) => {
    for (let round = 0; round < 3; round++) {
      await house.start(plan);
      wake();
      runs.push(await secondsOf(() => allOver(house)));
    }
  });
  tell(`noop-fan-10000: ${runs.map((s) => s.toFixed(2)).join(', ')} s`);
  return figure('noop-fan-10000', 's', runs);
}

async function measureSteps(house: Playground, tell: (line: string) => void) {
  const runs: number[] = [];
  for (let round = 0; round < 3; round++) {
    for (let part = 0; part < 20; part++) await start(house, layered, 100);
    const seconds = await withWorkers(house, 2, 500, (wake) =>
      secondsOf(() => {
        wake();
        return allOver(house);
      }),
    );
    runs.push(100_000 / seconds);
    tell(`noop-steps: ${Math.round(100_000 / seconds)} per second`);
  }
  return figure('noop-steps', '/s', runs);
}
