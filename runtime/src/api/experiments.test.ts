import type { Experiment, TrackedRun } from '@drawloom/shared/api/experiments.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { createExperiment } from '../tracking/experiments.ts';
import { createRun, logToRun } from '../tracking/runs.ts';

let api: TestApi;
let scientist: Asker;
let experiment: string;
const runs: string[] = [];
const base = '/api/v1/projects/first';
const log = (uuid: string, loss: number) =>
  logToRun(api.house.sql, {
    projectId: api.project.id,
    uuid,
    metrics: [{ key: 'loss', value: loss, timestamp: 1, step: 0 }],
    parameters: [{ key: 'depth', value: String(Math.ceil(loss)) }],
  });
const search = (body: object) =>
  scientist.json<{ runs: TrackedRun[]; next: string | null }>('POST', `${base}/tracked-runs/search`, {
    experiments: [experiment],
    ...body,
  });
const names = async (body: object) => (await search(body)).runs.map(({ name }) => name);

beforeAll(async () => {
  api = await testApi();
  scientist = await api.person({ role: 'data-scientist' });
  const { db, sql } = api.house;
  const made = await createExperiment(db, { projectId: api.project.id, name: 'flights', tags: [] });
  experiment = String(made.id);
  for (const [place, loss] of [0.3, 0.1, 0.2].entries()) {
    const name = `run ${place}`;
    runs.push(await createRun(sql, { experiment: made.id, name, userId: 'me', startMs: 1000 * place, tags: [] }));
    await log(runs[place]!, loss);
  }
});
afterAll(() => api.close());

test('runs are searched in the words of MLflow, sorted, and read page by page', async () => {
  const { experiments } = await scientist.json<{ experiments: Experiment[] }>('GET', `${base}/experiments`);
  expect(experiments.map(({ number, name }) => [number === '0', name])).toEqual([
    [true, 'Default'],
    [false, 'flights'],
  ]);
  expect(await names({ filter: 'metrics.loss < 0.25', orderBy: ['metrics.loss ASC'] })).toEqual(['run 1', 'run 2']);
  const first = await search({ orderBy: ['metrics.loss DESC'], limit: 2 });
  expect(first.runs.map(({ name, metrics }) => [name, metrics.loss])).toEqual([
    ['run 0', 0.3],
    ['run 2', 0.2],
  ]);
  expect(await names({ orderBy: ['metrics.loss DESC'], limit: 2, after: first.next })).toEqual(['run 1']);
  const wrong = await scientist.ask('POST', `${base}/tracked-runs/search`, {
    experiments: [experiment],
    filter: 'metrics.loss <',
  });
  expect(wrong.status).toBe(422);
  expect(await wrong.json()).toMatchObject({
    code: 'invalid_search',
    message: expect.stringMatching(/number.*character 15/),
  });
  expect(await scientist.json('GET', `${base}/experiments/${experiment}/names`)).toEqual({
    metrics: ['loss'],
    parameters: ['depth'],
    tags: [],
  });
});

test('a number is read as a curve', async () => {
  const { curves } = await scientist.json<{ curves: object[] }>('POST', `${base}/tracked-runs/curves`, {
    runs,
    key: 'loss',
  });
  expect(curves).toEqual(
    runs.map((run, place) => ({ run, points: [{ step: 0, at: 1, value: [0.3, 0.1, 0.2][place] }] })),
  );
});

test('runs are named, tagged and noted by whoever may run, put away by whoever may delete, and seen by nobody else', async () => {
  await scientist.json('POST', `${base}/tracked-runs/tags`, {
    runs: runs.slice(0, 2),
    set: { team: 'blue', 'mlflow.runName': 'named' },
    remove: [],
  });
  expect(await names({ filter: "tags.team = 'blue'" })).toEqual(['named', 'named']);
  await scientist.json('POST', `${base}/tracked-runs/tags`, { runs: [runs[0]], remove: ['team'] });
  expect(await names({ filter: "tags.team = 'blue'" })).toHaveLength(1);
  const viewer = await api.person({ role: 'business-stakeholder' });
  const refused = await viewer.ask('POST', `${base}/tracked-runs/tags`, { runs, set: { team: 'red' } });
  expect(refused.status).toBe(403);
  expect((await viewer.ask('POST', `${base}/tracked-runs/delete`, { runs })).status).toBe(403);

  await scientist.json('POST', `${base}/tracked-runs/delete`, { runs: [runs[2]] });
  expect(await names({})).toEqual(['named', 'named']);
  expect(await names({ view: 'deleted' })).toEqual(['run 2']);
  await scientist.json('POST', `${base}/tracked-runs/restore`, { runs: [runs[2]] });
  expect(await names({ view: 'deleted' })).toEqual([]);

  const stranger = await api.person({ role: 'data-scientist', project: (await api.addProject('third')).id });
  expect((await stranger.ask('GET', `/api/v1/projects/third/tracked-runs/${runs[0]}`)).status).toBe(404);
  expect(await scientist.json('GET', `${base}/tracked-runs/${runs[0]}`)).toMatchObject({ name: 'named', tags: {} });
});

test('whoever watches hears of what is logged, once for many calls', async () => {
  const told = async () => {
    const [row] = await api.house.sql`
      select count(*)::int as count from drawloom.event where payload ->> 'kind' = 'tracked' and payload ->> 'experiment' = ${experiment}`;
    return row!.count as number;
  };
  const before = await told();
  const began = performance.now();
  for (let step = 0; step < 200; step++) await log(runs[0]!, 0.3);
  const seconds = (performance.now() - began) / 1000;
  await expect.poll(told, { timeout: 30_000 }).toBeGreaterThan(before);
  expect((await told()) - before).toBeLessThanOrEqual(seconds + 3);
});
