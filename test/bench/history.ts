/**
 * Decides whether a long life makes the house slow: the speed of the tick and of the pages people look at, with ten million node runs
 * of history, and the tick while somebody holds a snapshot open for ten minutes. Takes about half an hour and some ten gigabytes.
 */
import { migrate } from '../../runtime/src/db/migrate.ts';
import { type Playground, playground } from '../support/playground.ts';
import { startDrawloom } from '../support/server.ts';
import { type Bench, figure, percentile, type Tell } from './frame.ts';
import { fillHistory } from './historyRows.ts';
import { House, type Scratch, scratchPostgres } from './house.ts';
import { measureSteps } from './runtimeTick.ts';

export const bench: Bench = async (tell, { quick }) => {
  const runs = quick ? 400 : 200_000; // of 50 nodes each
  const snapshotMs = quick ? 2_000 : 10 * 60_000;
  const rounds = quick ? 1 : 3;
  const stepRuns = quick ? 100 : 2000;
  const scratch = await scratchPostgres();
  try {
    await migrate(scratch.databaseUrl);
    const house = await playground(scratch.databaseUrl, { max: 12 });
    const steps = () => measureSteps(house, rounds, stepRuns, tell);
    const emptySteps = await steps();
    const emptyPages = await measurePages(scratch, house, rounds, tell);

    const filled = await fillHistory(house.sql, runs, tell);
    tell(`${filled.nodeRuns} node runs in ${filled.runs} runs of history`);
    const fullSteps = await steps();
    const fullPages = await measurePages(scratch, house, rounds, tell);

    const results = [
      figure('history-noop-steps', fullSteps, emptySteps),
      figure('history-run-list-p95', fullPages.list, emptyPages.list),
      figure('history-run-page-p95', fullPages.page, emptyPages.page),
      figure('history-snapshot-noop-steps', await stepsUnderSnapshot(house, snapshotMs, stepRuns, tell), fullSteps),
    ];
    await house.close();
    return results;
  } finally {
    await scratch.close();
  }
};

/** Somebody reads something long. What was deleted since then cannot be cleaned away, and the hot tables fill with it. */
async function stepsUnderSnapshot(house: Playground, ms: number, runs: number, tell: Tell): Promise<number[]> {
  const reader = await house.sql.reserve();
  await reader`set idle_in_transaction_session_timeout = 0`;
  await reader`begin isolation level repeatable read`;
  await reader`select count(*) from drawloom.worker`;
  const began = performance.now();
  const rates: { at: number; rate: number }[] = [];
  while (performance.now() - began < ms) {
    const [rate] = await measureSteps(house, 1, runs, tell);
    rates.push({ at: performance.now() - began, rate: rate! });
  }
  await reader`rollback`;
  reader.release();
  return rates.filter(({ at }) => at >= ms * 0.8).map(({ rate }) => rate);
}

/** Through the real server, as the pages ask. */
async function measurePages(scratch: Scratch, { sql, project }: Playground, rounds: number, tell: Tell) {
  const house = new House(
    await startDrawloom({ home: scratch.home, env: { DATABASE_URL: scratch.databaseUrl } }),
    project,
  );
  const measured = { list: [] as number[], page: [] as number[] };
  try {
    const [ids] = await sql`
      select min(id)::text as first, ((min(id) + max(id)) / 2)::bigint::text as middle, max(id)::text as last
      from drawloom.run where project_id = ${project}`;
    const list = [
      `/projects/${project}/runs?limit=50`,
      `/projects/${project}/runs?limit=50&after=${ids!.middle}`,
      `/projects/${project}/runs?limit=50&status=succeeded`,
    ];
    const page = [ids!.first, ids!.middle, ids!.last].flatMap((id) => [`/runs/${id}`, `/runs/${id}/nodes/n40`]);
    for (let round = 0; round < rounds; round++) {
      measured.list.push(await askedP95(house, list));
      measured.page.push(await askedP95(house, page));
      tell(`run list ${measured.list.at(-1)!.toFixed(0)} ms, run page ${measured.page.at(-1)!.toFixed(0)} ms (p95)`);
    }
  } finally {
    await house.close();
  }
  return measured;
}

async function askedP95(house: House, routes: readonly string[]): Promise<number> {
  const waits: number[] = [];
  for (let time = 0; time < 40; time++)
    for (const route of routes) {
      const began = performance.now();
      await house.ask(route);
      waits.push(performance.now() - began);
    }
  return percentile(waits, 0.95);
}
