import { afterAll, beforeAll, expect, test } from 'vitest';
import { type WireHouse, wireHouse } from '../../../../test/support/wireHouse.ts';

let house: WireHouse;
let calls: WireHouse['calls'];
beforeAll(async () => {
  house = await wireHouse();
  ({ calls } = house);
}, 900_000);
afterAll(() => house?.close());

const invalid = (message: RegExp) => ({ code: 'INVALID_PARAMETER_VALUE', message: expect.stringMatching(message) });

test.each(['sklearn', 'lightgbm'])(
  'a %s model goes up with signature and example, and comes back as it was',
  { timeout: 300_000 },
  async (kind) => {
    const made = (await calls('logged_model', { kind })) as { id: string };
    expect(made).toMatchObject({
      same: true,
      byRun: true,
      signature: expect.stringContaining('"double"'),
      status: 'READY',
      type: 'regressor',
      madeBy: true,
      params: { depth: '3' },
      team: 'blue',
      metrics: [['rmse', 0.5, 1]],
      files: expect.arrayContaining([
        'regressor/MLmodel',
        'regressor/requirements.txt',
        'regressor/input_example.json',
      ]),
      outputs: [made.id],
    });
    const listed = await house.json('GET', `/api/2.0/mlflow/logged-models/${made.id}/artifacts/directories`);
    expect(listed.body).toMatchObject({
      root_uri: `mlflow-artifacts:/0/models/${made.id}/artifacts`,
      files: expect.arrayContaining([expect.objectContaining({ path: 'MLmodel', is_dir: false })]),
    });
    const address = `/ajax-api/2.0/mlflow/logged-models/${made.id}/artifacts/files?artifact_file_path=MLmodel`;
    const shown = await house.ask('GET', address);
    expect([shown.headers.get('content-type'), await shown.text()]).toEqual([
      'text/plain; charset=utf-8',
      expect.stringContaining(`model_id: ${made.id}`),
    ]);
    expect((await house.ask('GET', address, { as: await house.stranger() })).status).toBe(404);
  },
);

test.each(['sklearn', 'lightgbm'])(
  'autologging of %s tells parameters, numbers and the model, in a nested run',
  { timeout: 300_000 },
  async (kind) => {
    expect(await calls('autologged', { kind })).toMatchObject({
      params: true,
      models: [true],
      parent: true,
      ...(kind === 'sklearn' && { metrics: expect.arrayContaining(['training_mean_squared_error']) }),
      ...(kind === 'lightgbm' && { files: expect.arrayContaining(['feature_importance_gain.png']) }),
    });
  },
);

test('models are found by what is known of them, in any order, page by page', async () => {
  expect(
    await calls('searched_models', {
      experiment: 'models',
      filters: [
        '',
        "name = 'b'",
        "attributes.model_type = 'x'",
        "status = 'READY'",
        'metrics.score >= 1',
        "params.p = '0' AND tags.t = 'a'",
        "params.p != '0'",
        'metrics.score > 5',
        "colour = 'red'",
      ],
    }),
  ).toEqual({
    found: {
      '': 'abc',
      "name = 'b'": 'b',
      "attributes.model_type = 'x'": 'bc',
      "status = 'READY'": 'ab',
      'metrics.score >= 1': 'bc',
      "params.p = '0' AND tags.t = 'a'": 'a',
      "params.p != '0'": 'bc',
      'metrics.score > 5': '',
      "colour = 'red'": expect.stringMatching(/no attribute “colour”/),
    },
    best: 'c',
    pages: [2, 1],
    tags: { champion: 'yes' },
    badName: invalid(/Invalid model name/),
    unknown: { code: 'RESOURCE_DOES_NOT_EXIST', message: expect.stringContaining('not found') },
  });
});

test('a deleted model is found no more, and only who may delete deletes it', async () => {
  const { body } = await house.json('POST', '/api/2.0/mlflow/logged-models', { experiment_id: '0', name: 'goes' });
  const { model_id: id } = (body as { model: { info: { model_id: string } } }).model.info;
  const path = `/api/2.0/mlflow/logged-models/${id}`;
  const logger = await house.person.token(['project.view', 'run.execute']);
  expect((await house.json('DELETE', path, {}, logger)).status).toBe(403);
  expect((await house.json('DELETE', path, {}, await house.stranger())).status).toBe(404);
  expect((await house.json('DELETE', path, {})).status).toBe(200);
  expect((await house.json('GET', path)).status).toBe(404);
  expect((await house.json('GET', `${path}?allow_deleted=true`)).status).toBe(200);
  const put = { body: 'late' };
  expect((await house.ask('PUT', `/api/2.0/mlflow-artifacts/artifacts/0/models/${id}/artifacts/x`, put)).status).toBe(
    400,
  );
});
