/** Nodes about registered models, in real pipelines: what they register and load is what MLflow's client sees. */
import type { ModelVersion, RegisteredModel } from '@drawloom/shared/api/models.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type WorkingHouse, workingHouse } from '../../../../test/support/workingHouse.ts';

vi.setConfig({ testTimeout: 120_000 });

let house: WorkingHouse;
beforeAll(async () => {
  house = await workingHouse();
}, 900_000);
afterAll(() => house?.close());

const rows = `import pandas as pd
def rows() -> pd.DataFrame:
    return pd.DataFrame({"distance": [float(n) for n in range(40)], "late": [n > 19 for n in range(40)]})`;
/** Learns, and tells the number that gates ask for. */
const learning = (auc: number, C = 1) => ({
  rows: { type: 'python', code: rows },
  fit: { type: 'train', parameters: { target: 'late', estimator: { name: 'logistic_regression', C } } },
  judge: {
    type: 'python',
    code: `from drawloom import Metrics\ndef judge() -> Metrics:\n    return Metrics({"auc": ${auc}})`,
  },
});
const registering = (name: string, parameters = {}) => ({
  keep: {
    type: 'register-model',
    parameters: { name, gates: [{ metric: 'auc', is: 'at least', bound: 0.7 }], ...parameters },
  },
});
const wires = ['rows.table > fit.table', 'fit.model > keep.model', 'judge.metrics > keep.metrics'];
const versionsOf = async (name: string) =>
  (await house.person.json<{ items: ModelVersion[] }>('GET', `/api/v1/projects/first/models/${name}/versions`)).items;

test('a model that passes its gates becomes a version that leads to the node that trained it, and is registered once', async () => {
  const pipeline = await house.drawn(
    { ...learning(0.9), ...registering('delays', { description: 'By night.' }) },
    ...wires,
  );
  const { nodes } = await house.played(pipeline);
  expect(nodes.keep, JSON.stringify(nodes.keep!.history[0])).toMatchObject({ status: 'succeeded' });
  const version = await house.person.json<ModelVersion>('GET', '/api/v1/projects/first/models/delays/versions/1');
  expect(version).toMatchObject({
    description: 'By night.',
    source: `runs:/${nodes.fit!.uuid}/model`,
    trackedRun: { id: nodes.fit!.uuid },
    run: { node: 'fit' },
    origin: { node: { type: 'train' }, inputs: [{ port: 'table', rowCount: 40 }], parameters: { target: 'late' } },
    contents: { flavors: expect.arrayContaining([expect.objectContaining({ name: 'sklearn' })]) },
  });
  const again = await house.played(pipeline);
  expect([again.nodes.fit!.status, again.nodes.keep!.status]).toEqual(['reused', 'succeeded']);
  expect(await versionsOf('delays')).toHaveLength(1);
  const audit = await house.api.house.sql`
    select via, object, details from drawloom.audit where action = 'model.register' and details ->> 'run' is not null`;
  expect(audit).toMatchObject([
    { via: 'run', object: 'model delays', details: { model: 'delays', version: 1, node: 'keep' } },
  ]);
});

test('a model that does not pass is not registered: the node fails and says why, or goes on without', async () => {
  const strict = await house.played(await house.drawn({ ...learning(0.6), ...registering('poor') }, ...wires));
  expect(strict.run.status).toBe('failed');
  expect(strict.nodes.keep!.history[0]!.error!.message).toBe(
    'It is not registered. auc is 0.6, and has to be at least 0.7.',
  );
  const missing = await house.played(
    await house.drawn({ ...learning(0.6), ...registering('poor') }, ...wires.slice(0, 2)),
  );
  expect(missing.nodes.keep!.history[0]!.error!.message).toMatch(/No auc arrives at "metrics"/);
  const lenient = { ...learning(0.6), ...registering('poor', { otherwise: 'skip' }) };
  const { run, nodes } = await house.played(await house.drawn(lenient, ...wires));
  expect([run.status, nodes.keep!.status, nodes.keep!.outputs]).toEqual(['succeeded', 'succeeded', []]);
  expect((await house.person.ask('GET', '/api/v1/projects/first/models/poor')).status).toBe(404);
});

test('whoever may not register models cannot have it done by a run of theirs', async () => {
  const stranger = await house.api.person({ role: 'data-engineer' });
  const pipeline = await house.drawn({ ...learning(0.9), ...registering('sneaked') }, ...wires);
  const { nodes } = await house.played(pipeline, stranger);
  expect(nodes.keep).toMatchObject({ status: 'failed' });
  expect(nodes.keep!.history[0]!.error!.message).toMatch(
    /who started this run, may not register models in this project/,
  );
});

const using = (which: string, otherwise = 'fail') => ({
  load: { type: 'load-model', parameters: { name: 'delays', which, otherwise } },
  rows: { type: 'python', code: rows },
  predict: { type: 'predict' },
});
const used = ['load.model > predict.model', 'rows.table > predict.table'];

test('a model is loaded by the name it goes by, and work after it is done anew only when that name moved', async () => {
  const other = { ...learning(0.9, 0.01), ...registering('delays') };
  const { nodes: made } = await house.played(await house.drawn(other, ...wires));
  expect(made.keep!.status).toBe('succeeded');
  const name = (version: number) =>
    house.person.json<RegisteredModel>('PUT', '/api/v1/projects/first/models/delays/aliases/champion', { version });
  await name(1);
  const pipeline = await house.drawn(using('@champion'), ...used);
  const first = (await house.played(pipeline)).nodes;
  expect(first.load, JSON.stringify(first.load!.history[0])).toMatchObject({ status: 'succeeded' });
  expect(first.predict, JSON.stringify(first.predict!.history[0])).toMatchObject({ status: 'succeeded' });
  expect((await house.played(pipeline)).nodes.predict!.status).toBe('reused');
  await name(2);
  const moved = (await house.played(pipeline)).nodes;
  expect([moved.load!.status, moved.predict!.status]).toEqual(['succeeded', 'succeeded']);
  // The model that was loaded is the artifact that the training node gave.
  expect(moved.load!.outputs.find(({ port }) => port === 'model')!.sha256).toBe(
    made.fit!.outputs.find(({ port }) => port === 'model')!.sha256,
  );
  for (const which of ['2', 'latest']) {
    const { nodes } = await house.played(await house.drawn(using(which), ...used));
    expect([which, nodes.predict!.status]).toEqual([which, 'reused']);
  }
});

test('a name that leads nowhere fails with what to do, or leaves out what follows', async () => {
  const { nodes } = await house.played(await house.drawn(using('@nobody'), ...used));
  expect(nodes.load!.history[0]!.error!.message).toMatch(/There is no version @nobody of a model "delays"/);
  const without = await house.played(await house.drawn(using('Production', 'skip'), ...used));
  expect([without.run.status, without.nodes.load!.status, without.nodes.predict!.status]).toEqual([
    'succeeded',
    'succeeded',
    'skipped',
  ]);
  const wrong = await house.played(await house.drawn(using('champion'), ...used));
  expect(wrong.nodes.load!.history[0]!.error!.message).toMatch(/Invalid Model Version stage: champion/);
});

test('a model that a program outside logged and registered is loaded in a node', async () => {
  await house.calls('learned', { name: 'outside', depth: 2, auc: 0.8 });
  const code = `from drawloom import Model
def ask(model: Model) -> list[float]:
    import pandas
    return [float(value) for value in model.predict(pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}))]`;
  const pipeline = await house.drawn(
    { load: { type: 'load-model', parameters: { name: 'outside', which: 'latest' } }, ask: { type: 'python', code } },
    'load.model > ask.model',
  );
  const { nodes } = await house.played(pipeline);
  expect(nodes.ask, JSON.stringify([nodes.load!.history[0]?.error, nodes.ask!.history[0]?.error])).toMatchObject({
    status: 'succeeded',
  });
});

test('a candidate is compared with what is in use, and registered only when it is as good', async () => {
  const nodes = (C: number, target: string) => ({
    rows: {
      type: 'python',
      code: rows.replace('"late":', '"turned": [n < 20 for n in range(40)], "late":'),
    },
    fit: {
      type: 'train',
      parameters: { target, features: ['distance'], estimator: { name: 'logistic_regression', C } },
    },
    judge: {
      type: 'compare-with-current',
      parameters: { target: 'late', name: 'compared' },
    },
    keep: {
      type: 'register-model',
      parameters: { name: 'compared', gates: [{ metric: 'as_good', is: 'at least', bound: 1 }] },
    },
  });
  const all = [
    'rows.table > fit.table',
    'fit.model > judge.candidate',
    'rows.table > judge.table',
    'fit.model > keep.model',
    'judge.metrics > keep.metrics',
  ];
  const first = await house.played(await house.drawn(nodes(1, 'late'), ...all));
  expect(first.nodes.judge, JSON.stringify(first.nodes.judge!.history[0]?.error)).toMatchObject({
    status: 'succeeded',
  });
  expect(first.nodes.keep!.status).toBe('succeeded');
  await house.person.json('PUT', '/api/v1/projects/first/models/compared/aliases/champion', { version: 1 });
  const worse = await house.played(await house.drawn(nodes(1, 'turned'), ...all));
  expect(worse.nodes.judge, JSON.stringify(worse.nodes.judge!.history[0]?.error)).toMatchObject({
    status: 'succeeded',
  });
  const artifactOf = (refs: readonly { port: string; sha256: string }[], at: string) =>
    refs.find(({ port }) => port === at)!.sha256;
  expect(artifactOf(worse.nodes.judge!.inputs, 'current')).toBe(artifactOf(first.nodes.fit!.outputs, 'model'));
  expect(worse.nodes.keep!.history[0]!.error!.message).toMatch(/as_good is 0, and has to be at least 1/);
  expect(await versionsOf('compared')).toHaveLength(1);
});

test('nothing of all this is in a state that must never be', async () => {
  expect(await house.api.house.sql`select * from drawloom.violations()`).toEqual([]);
});
