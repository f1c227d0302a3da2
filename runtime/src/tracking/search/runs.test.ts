import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApi, testApi } from '../../../../test/support/api.ts';
import { createExperiment } from '../experiments.ts';
import { createRun, loadRuns, logToRun, runNamed, setDeleted } from '../runs.ts';
import { type RunSearch, searchRuns } from './runs.ts';

interface Kept {
  name: string;
  place: number;
  experiment: number;
  loss: number | undefined;
  model: string | undefined;
  deleted: boolean;
}
const kept: Kept[] = [];
let api: TestApi;
let experiments: number[];

beforeAll(async () => {
  api = await testApi();
  const { db, sql } = api.house;
  const projectId = api.project.id;
  const made = await Promise.all(['one', 'two'].map((name) => createExperiment(db, { projectId, name, tags: [] })));
  experiments = made.map(({ id }) => id);
  const models = ['tree', 'forest', 'linear', 'x'.repeat(300), undefined];
  for (let place = 0; place < 120; place++) {
    const experiment = experiments[place % 3 === 0 ? 1 : 0]!;
    // Ties, what is no number, and what is missing, as real runs have them.
    const loss = place % 7 === 0 ? undefined : place % 11 === 0 ? Number.NaN : (place * 37) % 10;
    const model = models[place % 5];
    const uuid = await createRun(sql, {
      experiment,
      name: `run ${place}`,
      userId: 'me',
      startMs: 1000 * Math.floor(place / 2),
      tags: [],
    });
    await logToRun(sql, {
      projectId,
      uuid,
      metrics: loss === undefined ? [] : [{ key: 'loss', value: loss, timestamp: 1, step: 0 }],
      parameters: [
        { key: 'place', value: String(place) },
        ...(model === undefined ? [] : [{ key: 'model', value: model }]),
      ],
    });
    const deleted = place % 13 === 0;
    if (deleted) await setDeleted(sql, await runNamed(sql, projectId, uuid), true);
    kept.push({ name: `run ${place}`, place, experiment, loss, model, deleted });
  }
});
afterAll(() => api.close());

/** All pages of seven, one after the other. */
async function paged(asked: Partial<RunSearch>): Promise<string[]> {
  const names: string[] = [];
  let after: string | undefined;
  do {
    const { ids, next } = await searchRuns(api.house.sql, {
      experiments,
      filter: '',
      orderBy: [],
      view: 'ACTIVE_ONLY',
      limit: 7,
      after,
      ...asked,
    });
    names.push(...(await loadRuns(api.house.sql, ids)).map(({ name }) => name));
    after = next;
  } while (after !== undefined);
  return names;
}

const newest = (a: Kept, b: Kept) => Math.floor(b.place / 2) - Math.floor(a.place / 2) || b.place - a.place;
const rank = ({ loss }: Kept) => (loss === undefined ? 2 : Number.isNaN(loss) ? 1 : 0);
const byLoss = (way: 1 | -1) => (a: Kept, b: Kept) =>
  rank(a) - rank(b) || (rank(a) === 0 ? way * (a.loss! - b.loss!) : 0) || newest(a, b);
const byModel = (way: 1 | -1) => (a: Kept, b: Kept) =>
  Number(a.model === undefined) - Number(b.model === undefined) ||
  (a.model === undefined || a.model === b.model ? 0 : way * (a.model < b.model! ? -1 : 1)) ||
  newest(a, b);

const filters: [string, (run: Kept) => boolean][] = [
  ['', () => true],
  ['metrics.loss < 5', ({ loss }) => loss !== undefined && loss < 5],
  ['metrics.loss != 5', ({ loss }) => loss !== undefined && !Number.isNaN(loss) && loss !== 5],
  ['metrics.loss > 2 AND metrics.loss <= 6', ({ loss }) => loss !== undefined && loss > 2 && loss <= 6],
  ["params.model = 'tree'", ({ model }) => model === 'tree'],
  ["params.model != 'tree'", ({ model }) => model !== undefined && model !== 'tree'],
  [`params.model = '${'x'.repeat(300)}'`, ({ model }) => model?.startsWith('x') ?? false],
  [`params.model = '${'x'.repeat(299)}'`, () => false],
  ["params.model LIKE 'fo%t'", ({ model }) => model === 'forest'],
  ["params.model LIKE 'forest\\'", () => false],
  ["params.model LIKE '\\%'", () => false],
  ["params.model ILIKE '%E%'", ({ model }) => /e/i.test(model ?? '')],
  ['params.model IS NULL', ({ model }) => model === undefined],
  [
    "params.model IS NOT NULL AND params.place LIKE '1%'",
    ({ model, place }) => model !== undefined && String(place).startsWith('1'),
  ],
];
const orders: [string[], (a: Kept, b: Kept) => number][] = [
  [[], newest],
  [['start_time ASC'], (a, b) => Math.floor(a.place / 2) - Math.floor(b.place / 2) || b.place - a.place],
  [['metrics.loss'], byLoss(1)],
  [['metrics.loss DESC'], byLoss(-1)],
  [['params.model'], byModel(1)],
  [['params.model DESC'], byModel(-1)],
  [['params.model DESC', 'metrics.loss'], (a, b) => (a.model === b.model ? byLoss(1)(a, b) : byModel(-1)(a, b))],
];

test('every filter in every order gives each run that fits once, page by page', async () => {
  for (const [filter, fits] of filters)
    for (const [orderBy, order] of orders) {
      const expected = kept.filter((run) => !run.deleted && fits(run)).sort(order);
      expect(await paged({ filter, orderBy }), `${filter} by ${orderBy}`).toEqual(expected.map(({ name }) => name));
    }
}, 300_000);

test('one experiment, the trash, and everything are kept apart', async () => {
  const trash = kept.filter(({ deleted }) => deleted).sort(newest);
  expect(await paged({ view: 'DELETED_ONLY' })).toEqual(trash.map(({ name }) => name));
  expect(await paged({ view: 'ALL', orderBy: ['metrics.loss'] })).toHaveLength(kept.length);
  const [first] = experiments;
  const of = kept.filter((run) => run.experiment === first && !run.deleted).sort(byLoss(-1));
  expect(await paged({ experiments: [first!], orderBy: ['metrics.loss DESC'] })).toEqual(of.map(({ name }) => name));
});

test('a token of another order is refused', async () => {
  const asked = { experiments, filter: '', view: 'ALL', limit: 7 } as const;
  const { next } = await searchRuns(api.house.sql, { ...asked, orderBy: [], after: undefined });
  await expect(searchRuns(api.house.sql, { ...asked, orderBy: ['metrics.loss'], after: next })).rejects.toThrow(
    /page_token/,
  );
});
