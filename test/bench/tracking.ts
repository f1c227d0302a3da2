/**
 * Decides how fast the memory of experiments is: logging as a training script does it, through HTTP, and searching and reading when it is
 * full. A hundred thousand runs and a million points are put there by a seed, not logged.
 */

import { connect } from '../../runtime/src/db/connection.ts';
import { migrate } from '../../runtime/src/db/migrate.ts';
import { type Bench, type Figure, figure, percentile, secondsOf, type Tell } from './frame.ts';
import { House, scratchPostgres } from './house.ts';
import { fillHistory, fillTracked } from './trackedRows.ts';

const clientsAtOnce = 8;

export const bench: Bench = async (tell, { quick }) => {
  const scratch = await scratchPostgres();
  let house: House | undefined;
  const database = connect(scratch.databaseUrl, { max: 2, name: 'bench' });
  try {
    await migrate(scratch.databaseUrl);
    house = await House.open(scratch);
    const rpc = callerOf(house);
    const results = await measureLogging(rpc, quick, tell);
    const runs = quick ? 2000 : 100_000;
    tell(`putting ${runs} runs in`);
    const [project] = await database.sql<{ id: string }[]>`select id from drawloom.project`;
    const [first, second] = await fillTracked(database.sql, project!.id, runs);
    const uuid = await fillHistory(database.sql, first, 'loss', quick ? 20_000 : 1_000_000);
    results.push(...(await measureSearch(rpc, [String(first), String(second)], quick ? 3 : 30, tell)));
    const history = `metrics/get-history-bulk-interval?run_ids=${uuid}&metric_key=loss&max_results=1000`;
    results.push(figure('tracked-history', await timesOf(quick ? 3 : 30, () => rpc('GET', history))));
    return results;
  } finally {
    await house?.close();
    await database.close();
    await scratch.close();
  }
};

type Rpc = <T>(method: 'GET' | 'POST', call: string, fields?: object) => Promise<T>;

const callerOf =
  ({ program }: House): Rpc =>
  async <T>(method: 'GET' | 'POST', call: string, fields?: object) => {
    const answer = await program.fetch(`/api/2.0/mlflow/${call}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(fields && { body: JSON.stringify(fields) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${call}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  };

/** Several scripts at once, each with a run of its own and one call after the other: calls, or numbers, per second. */
async function measureLogging(rpc: Rpc, quick: boolean, tell: Tell): Promise<Figure[]> {
  const rounds = quick ? 1 : 3;
  const perClient = quick ? 5 : 250;
  const started = async () => {
    const { run } = await rpc<{ run: { info: { run_id: string } } }>('POST', 'runs/create', {});
    return run.info.run_id;
  };
  const rate = async (each: number, log: (run: string, step: number) => Promise<unknown>): Promise<number[]> => {
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const runs = await Promise.all(Array.from({ length: clientsAtOnce }, started));
      const seconds = await secondsOf(() =>
        Promise.all(
          runs.map(async (run) => {
            for (let step = 0; step < perClient; step++) await log(run, step);
          }),
        ),
      );
      rates.push((clientsAtOnce * perClient * each) / seconds);
    }
    return rates;
  };
  const single = await rate(1, (run_id, step) =>
    rpc('POST', 'runs/log-metric', { run_id, key: 'loss', value: 1 / (step + 1), timestamp: Date.now(), step }),
  );
  tell(`log-metric: ${single.map(Math.round).join(', ')} per second`);
  const hundred = Array.from({ length: 100 }, (_, index) => `metric_${index}`);
  const batches = await rate(100, (run_id, step) =>
    rpc('POST', 'runs/log-batch', {
      run_id,
      metrics: hundred.map((key) => ({ key, value: step, timestamp: Date.now(), step })),
    }),
  );
  tell(`log-batch: ${batches.map(Math.round).join(', ')} numbers per second`);
  return [figure('log-metric', single), figure('log-batch', batches)];
}

/** Pages of a hundred runs with all that is known of them. */
async function measureSearch(rpc: Rpc, experiments: string[], rounds: number, tell: Tell): Promise<Figure[]> {
  const shapes: Record<string, { filter?: string; order_by?: string[]; experiment_ids?: string[] }> = {
    metric: { filter: 'metrics.loss < 0.001' },
    parameter: { filter: "params.model = 'tree'" },
    tag: { filter: "tags.commit = 'cfcd208495d565ef66e7dff9f98764da'" },
    order: { order_by: ['metrics.loss DESC'] },
    both: { filter: "params.model = 'tree' AND metrics.loss < 0.5", order_by: ['metrics.metric_3 DESC'] },
    several: { order_by: ['metrics.loss ASC'], experiment_ids: experiments },
    attribute: { filter: "attributes.status = 'FAILED'" },
  };
  const figures: Figure[] = [];
  for (const [name, shape] of Object.entries(shapes)) {
    const search = () => rpc('POST', 'runs/search', { experiment_ids: [experiments[0]], max_results: 100, ...shape });
    const times = await timesOf(rounds, search);
    tell(`search by ${name}: p95 ${percentile(times, 0.95).toFixed(1)} ms`);
    figures.push(figure(`search-runs-${name}`, times));
  }
  return figures;
}

async function timesOf(rounds: number, work: () => Promise<unknown>): Promise<number[]> {
  await work(); // the first one warms what is read
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push((await secondsOf(work)) * 1000);
  return times;
}
