import { Readable } from 'node:stream';
import type { RunModels } from '@drawloom/shared/api/experiments.ts';
import type { ModelVersion, ModelVersionSummary, RegisteredModel } from '@drawloom/shared/api/models.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { createExperiment } from '../tracking/experiments.ts';
import { keepFile } from '../tracking/files.ts';
import { createLoggedModel, loadLoggedModels } from '../tracking/loggedModels.ts';
import { createRun, logInputs, logToRun, runNamed } from '../tracking/runs.ts';

let api: TestApi;
let engineer: Asker;
let scientist: Asker;
let experiment: number;
const base = '/api/v1/projects/first/models';

beforeAll(async () => {
  api = await testApi();
  engineer = await api.person({ role: 'ml-engineer' });
  scientist = await api.person({ role: 'data-scientist' });
  experiment = (await createExperiment(api.house.db, { projectId: api.project.id, name: 'flights', tags: [] })).id;
});
afterAll(() => api.close());

const mlmodel = `artifact_path: model
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.13.1}
  sklearn: {sklearn_version: 1.7.2, pickled_model: model.pkl}
run_id: abc
saved_input_example_info: {artifact_path: input_example.json, type: dataframe}
signature:
  inputs: '[{"type": "double", "name": "distance", "required": true}, {"type": "string", "name": "carrier", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]'
  params: '[{"name": "threshold", "type": "double", "default": 0.5, "shape": null}]'
`;
const files = {
  MLmodel: mlmodel,
  'requirements.txt': '# made by hand\nscikit-learn==1.7.2\npandas==2.3.3\n',
  'python_env.yaml': 'python: 3.13.1\nbuild_dependencies: [pip]\n',
  'input_example.json': '{"columns": ["distance", "carrier"], "data": [[120, "AA"]]}',
  'model.pkl': 'not to be opened',
};

/** A run from outside that logged a model; returns its name outside. */
async function trained(metrics: Record<string, number>, model: Record<string, string> = files): Promise<string> {
  const { sql, store } = api.house;
  const tags = [
    { key: 'mlflow.source.name', value: 'train.py' },
    { key: 'mlflow.source.git.commit', value: 'c0ffee' },
  ];
  const run = await createRun(sql, { experiment, name: 'a try', userId: 'me', startMs: 1000, tags });
  await logToRun(sql, {
    projectId: api.project.id,
    uuid: run,
    metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 1, step: 0 })),
    parameters: [{ key: 'depth', value: '3' }],
  });
  const id = await runNamed(sql, api.project.id, run);
  await logInputs(sql, id, [
    {
      name: 'flights',
      digest: 'd1',
      sourceType: 'local',
      source: '{"uri": "flights.csv"}',
      schema: null,
      profile: null,
      tags: { 'mlflow.data.context': 'training' },
    },
  ]);
  for (const [path, text] of Object.entries(model))
    await keepFile(
      sql,
      { of: 'run', id },
      { path: `model/${path}`, ...(await store.put(Readable.from([Buffer.from(text)]))) },
    );
  return run;
}

const register = (name: string, run: string) =>
  engineer.json<ModelVersionSummary>('POST', `${base}/${name}/versions`, { source: `runs:/${run}/model` });
const make = (name: string, more: object = {}) => engineer.json<RegisteredModel>('POST', base, { name, ...more });

test('a version tells what it takes and needs, its numbers and files, and what made it', async () => {
  await make('delays', { description: 'How late a flight will be', tags: { team: 'ops' } });
  const run = await trained({ auc: 0.81 });
  expect(await register('delays', run)).toMatchObject({ version: 1, stage: 'None', metrics: { auc: 0.81 } });
  const version = await engineer.json<ModelVersion>('GET', `${base}/delays/versions/1`);
  expect(version).toMatchObject({
    source: `runs:/${run}/model`,
    trackedRun: { id: run, name: 'a try', experiment: String(experiment) },
    run: null,
    metrics: { auc: 0.81 },
    contents: {
      flavors: [
        { name: 'python_function', version: null },
        { name: 'sklearn', version: '1.7.2' },
      ],
      signature: {
        inputs: [
          { name: 'distance', type: 'double', required: true },
          { name: 'carrier', type: 'string', required: false },
        ],
        outputs: [{ name: null, type: 'tensor float64 [-1]', required: true }],
        params: [{ name: 'threshold', type: 'double', default: 0.5 }],
      },
      environment: { python: '3.13.1', packages: ['scikit-learn==1.7.2', 'pandas==2.3.3'] },
      inputExample: { path: 'input_example.json', text: files['input_example.json'] },
      problem: null,
    },
    origin: {
      source: 'train.py',
      commit: 'c0ffee',
      pipeline: null,
      parameters: { depth: '3' },
      dataSets: [{ name: 'flights', digest: 'd1', context: 'training', sha256: null }],
    },
    fileCount: 5,
  });
  expect(version.sizeBytes).toBe(Object.values(files).join('').length);
  const file = await engineer.ask('GET', `${base}/delays/versions/1/file?path=requirements.txt`);
  expect(await file.text()).toBe(files['requirements.txt']);
  expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="requirements.txt"/);
  expect(file.headers.get('x-content-type-options')).toBe('nosniff');
  expect((await engineer.ask('GET', `${base}/delays/versions/1/file?path=../secret`)).status).toBe(404);
});

test('a description that lies, loops or is none says so, and the version is shown all the same', async () => {
  await make('odd');
  const bombs = Array.from({ length: 30 }, (_, level) => `l${level + 1}: &l${level + 1} [*l${level}, *l${level}]`);
  const told = {
    tag: 'signature: !!js/function "function () {}"',
    list: '- a\n- b',
    bomb: `l0: &l0 [x]\n${bombs.join('\n')}\nflavors: {sklearn: *l30}`,
    endless: `flavors: ${'['.repeat(50_000)}`,
    huge: `flavors: {sklearn: {sklearn_version: "${'9'.repeat(600_000)}"}}`,
  };
  const problems: Record<string, string | null> = {};
  for (const [name, text] of Object.entries(told)) {
    const { version } = await register('odd', await trained({}, { MLmodel: text }));
    problems[name] = (await engineer.json<ModelVersion>('GET', `${base}/odd/versions/${version}`)).contents.problem;
  }
  const unread = expect.stringMatching(/no MLmodel that can be read/);
  expect(problems).toEqual({ tag: unread, list: unread, bomb: null, endless: unread, huge: unread });
});

test('models are found by a part of their name, description or alias, by stage and by tag, page by page', async () => {
  await make('churn', { description: 'Who leaves' });
  await make('churn-eu');
  const run = await trained({ auc: 0.7 });
  await register('churn', run);
  await engineer.json('PUT', `${base}/churn/aliases/champion`, { version: 1 });
  await engineer.json('PUT', `${base}/churn/versions/1/stage`, { stage: 'Staging' });
  const names = async (query: string) =>
    (await engineer.json<{ items: RegisteredModel[] }>('GET', `${base}?${query}`)).items.map(({ name }) => name);
  expect(await names('text=CHURN')).toEqual(['churn', 'churn-eu']);
  expect(await names('text=leaves')).toEqual(['churn']);
  expect(await names('text=champ')).toEqual(['churn']);
  expect(await names('text=%25')).toEqual([]);
  expect(await names('stage=Staging')).toEqual(['churn']);
  expect(await names(`filter=${encodeURIComponent("tags.team = 'ops'")}`)).toEqual(['delays']);
  const first = await engineer.json<{ items: RegisteredModel[]; next: string }>('GET', `${base}?text=churn&limit=1`);
  expect(first.items[0]).toMatchObject({
    name: 'churn',
    aliases: [{ alias: 'champion', version: 1 }],
    stages: [{ stage: 'Staging', version: 1 }],
    latestVersion: 1,
  });
  expect(await names(`text=churn&limit=1&after=${encodeURIComponent(first.next)}`)).toEqual(['churn-eu']);
  expect(await names('text=churn&sort=-name')).toEqual(['churn-eu', 'churn']);
  expect((await names('sort=-changed'))[0]).toBe('churn');
  expect((await names('sort=changed')).at(-1)).toBe('churn');
  const wrong = await engineer.ask('GET', `${base}?filter=colour`);
  expect([wrong.status, ((await wrong.json()) as { code: string }).code]).toEqual([422, 'invalid_search']);
});

test('versions are listed newest first, described, tagged, renamed with their model, and deleted', async () => {
  await make('history');
  for (const auc of [0.6, 0.7, 0.8]) await register('history', await trained({ auc }));
  const page = (query: string) =>
    engineer.json<{ items: ModelVersionSummary[]; next: string | null }>('GET', `${base}/history/versions?${query}`);
  const first = await page('limit=2');
  expect(first.items.map(({ version, metrics }) => [version, metrics.auc])).toEqual([
    [3, 0.8],
    [2, 0.7],
  ]);
  expect((await page(`limit=2&after=${encodeURIComponent(first.next!)}`)).items.map(({ version }) => version)).toEqual([
    1,
  ]);
  const changed = await engineer.json<ModelVersionSummary>('PATCH', `${base}/history/versions/2`, {
    description: 'The good one',
    tags: { set: { checked: 'yes' } },
  });
  expect(changed).toMatchObject({ description: 'The good one', tags: { checked: 'yes' } });
  await engineer.json('PATCH', `${base}/history`, { name: 'past', tags: { set: { a: '1' } } });
  await engineer.json('PATCH', `${base}/past`, { tags: { set: { b: '2' }, remove: ['a'] } });
  expect(await engineer.json('GET', `${base}/past`)).toMatchObject({ tags: { b: '2' }, versionCount: 3 });
  expect((await engineer.ask('GET', `${base}/history`)).status).toBe(404);
  await engineer.json('DELETE', `${base}/past/versions/2`);
  expect((await engineer.ask('GET', `${base}/past/versions/2`)).status).toBe(404);
  await engineer.json('DELETE', `${base}/past`);
  expect((await engineer.ask('GET', `${base}/past/versions`)).status).toBe(404);
});

test('a run tells which models it logged, and the versions that were made of them', async () => {
  await make('from-run');
  const run = await trained({});
  const models = () => engineer.json<RunModels>('GET', `/api/v1/projects/first/tracked-runs/${run}/models`);
  const logged = await createLoggedModel(api.house.sql, {
    experiment,
    name: 'the best',
    modelType: '',
    sourceRun: await runNamed(api.house.sql, api.project.id, run),
    creator: 'me',
    parameters: [],
    tags: [],
  });
  const [model] = await loadLoggedModels(api.house.sql, [logged]);
  expect(await models()).toEqual({
    found: [
      { name: 'the best', source: `models:/${model!.uuid}` },
      { name: 'model', source: `runs:/${run}/model` },
    ],
    versions: [],
  });
  await register('from-run', run);
  expect((await models()).versions).toEqual([{ model: 'from-run', version: 1 }]);
  expect((await engineer.ask('GET', '/api/v1/projects/first/tracked-runs/nothing/models')).status).toBe(404);
});

test('who registers does not promote, who looks does neither, and a source outside is refused in our words', async () => {
  await make('rights');
  const run = await trained({});
  await scientist.json('POST', `${base}/rights/versions`, { source: `runs:/${run}/model` });
  const status = async (who: Asker, method: string, path: string, body?: object) =>
    (await who.ask(method, `${base}/rights${path}`, body)).status;
  expect(await status(scientist, 'PUT', '/aliases/champion', { version: 1 })).toBe(403);
  expect(await status(scientist, 'PUT', '/versions/1/stage', { stage: 'Production' })).toBe(403);
  const architect = await api.person({ role: 'solution-architect' });
  expect(await status(architect, 'PUT', '/aliases/champion', { version: 1 })).toBe(200);
  expect(await status(architect, 'POST', '/versions', { source: `runs:/${run}/model` })).toBe(403);
  expect(await status(architect, 'DELETE', '')).toBe(403);
  expect(await status(engineer, 'DELETE', '/aliases/champion')).toBe(204);
  const stakeholder = await api.person({ role: 'business-stakeholder' });
  expect(await status(stakeholder, 'GET', '/versions/1')).toBe(200);
  expect(await status(stakeholder, 'GET', '/versions/1/file?path=model.pkl')).toBe(403);
  const outside = await engineer.ask('POST', `${base}/rights/versions`, { source: 's3://bucket/model' });
  expect(outside.status).toBe(422);
  expect(await outside.json()).toMatchObject({ code: 'invalid_source', message: expect.stringMatching(/outside/) });
});
