import { afterAll, beforeAll, expect, test } from 'vitest';
import { everything, type WireHouse, wireHouse } from '../../../../test/support/wireHouse.ts';

let house: WireHouse;
let calls: WireHouse['calls'];
beforeAll(async () => {
  house = await wireHouse();
  ({ calls } = house);
}, 900_000);
afterAll(() => house?.close());

const refusal = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) });
const invalid = (message: RegExp) => refusal('INVALID_PARAMETER_VALUE', message);
const missing = (message: RegExp) => refusal('RESOURCE_DOES_NOT_EXIST', message);

test('a model is registered, promoted, loaded by every name it goes by, and stays what it was', {
  timeout: 600_000,
}, async () => {
  const answer = (await calls('registered', { name: 'flights' })) as { registrations: string };
  expect(answer).toMatchObject({
    loads: { version: true, alias: true, stage: true, latest: true, copy: true, flavor: true },
    afterMove: true,
    afterDelete: true,
    version: ['1', 'None', true, ''],
    tags: { kind: 'boosted' },
    byRun: ['3', true],
    copied: ['flights-copy', '1', true],
    latest: { None: '3', Production: '2' },
    aliases: { champion: '3' },
    uri: true,
  });
  const model = await house.json('GET', `/api/2.0/mlflow/logged-models/${answer.registrations}`);
  expect((model.body as { model: { info: object } }).model.info).toMatchObject({
    registrations: expect.arrayContaining([{ name: 'flights', version: '1' }]),
  });
  const shown = await house.ask('GET', '/model-versions/get-artifact?name=flights&version=1&path=MLmodel');
  expect(await shown.text()).toContain('sklearn');
});

test('numbers are never given twice, stages and names move, and what is wrong is told in the words that programs know', async () => {
  expect(await calls('registry_rules', { name: 'rules' })).toEqual({
    made: ['what it is for', { team: '1' }],
    numbers: ['1', '2', '3', '4'],
    stages: { 1: 'Archived', 2: 'Production', 4: 'None' },
    found: ['changed', ['more'], { best: '2' }],
    renamed: ['first', { k: 'v' }],
    described: 'second',
    blank: '',
    mistakes: {
      twice: refusal('RESOURCE_ALREADY_EXISTS', /Registered Model \(name=rules\) already exists/),
      slash: invalid(/Names cannot contain '\/' or ':'/),
      missing: missing(/Registered Model with name=nothing not found/),
      version: missing(/Model Version .*not found/),
      number: invalid(/Parameter 'version' must be an integer, got 'x'/),
      alias: invalid(/alias unknown not found/),
      latest: invalid(/reserved/),
      reserved: invalid(/reserved/),
      stage: invalid(/Invalid Model Version stage/),
      deleted: missing(/not found/),
    },
    outside: {
      '/etc/passwd': 'INVALID_PARAMETER_VALUE',
      'file:///etc': 'INVALID_PARAMETER_VALUE',
      'file:/etc': 'INVALID_PARAMETER_VALUE',
      '../../etc': 'INVALID_PARAMETER_VALUE',
      's3://bucket/key': 'INVALID_PARAMETER_VALUE',
      'http://169.254.169.254/latest': 'INVALID_PARAMETER_VALUE',
      'https://example.org/model': 'INVALID_PARAMETER_VALUE',
      'dbfs:/model': 'INVALID_PARAMETER_VALUE',
      'mlflow-artifacts://example.org/0/a/artifacts': 'INVALID_PARAMETER_VALUE',
      'mlflow-artifacts:/0/RUN/artifacts/../../x': 'INVALID_PARAMETER_VALUE',
      'mlflow-artifacts:/0/RUN/artifacts/%2e%2e/x': 'INVALID_PARAMETER_VALUE',
      'runs:/RUN/../RUN/m': 'INVALID_PARAMETER_VALUE',
      'runs:/RUN/%252e%252e/m': 'INVALID_PARAMETER_VALUE',
      'runs://host/RUN/m': 'INVALID_PARAMETER_VALUE',
      'runs:/ffffffffffffffffffffffffffffffff/m': 'RESOURCE_DOES_NOT_EXIST',
      'models:/nothing/1': 'RESOURCE_DOES_NOT_EXIST',
      'models:/rules-new@unknown': 'INVALID_PARAMETER_VALUE',
      'models:/m-00000000000000000000000000000000': 'RESOURCE_DOES_NOT_EXIST',
      'prompt-template': 'INVALID_PARAMETER_VALUE',
    },
  });
});

test('models and versions are found by what is known of them, in any order, page by page', async () => {
  expect(await calls('searched_registry', { prefix: 'find-' })).toEqual({
    like: 'abc',
    ilike: 'abc',
    descending: 'cba',
    tag: 'b',
    prompt: '-prompt',
    mistake: expect.stringMatching(/no attribute “colour”/),
    pages: [2, 1],
    versions: ['c3', 'c2', 'c1'],
    ordered: ['c1', 'b1', 'a1', 'c2', 'b2', 'c3'],
    number: ['c3'],
    run: 6,
    runs: 6,
    of: ['b2', 'b1'],
    deleted: ['ab', []],
  });
});

test('registering, promoting and deleting are three rights, and another project has none of them', async () => {
  const post = (path: string, body: object, as?: string) => house.json('POST', `/api/2.0/mlflow/${path}`, body, as);
  const run = ((await post('runs/create', {})).body as { run: { info: { run_id: string } } }).run.info.run_id;
  await house.ask('PUT', `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/m/MLmodel`, { body: 'x' });
  const registers = await house.person.token(['project.view', 'data.read', 'model.register']);
  expect((await post('registered-models/create', { name: 'rights' }, registers)).status).toBe(200);
  const source = { name: 'rights', source: `runs:/${run}/m` };
  expect((await post('model-versions/create', source, registers)).status).toBe(200);
  const logs = await house.person.token(['project.view', 'run.execute']);
  expect((await post('model-versions/create', source, logs)).status).toBe(403);
  const alias = { name: 'rights', alias: 'champion', version: '1' };
  const stage = { name: 'rights', version: '1', stage: 'Production' };
  expect((await post('registered-models/alias', alias, registers)).status).toBe(403);
  expect((await post('model-versions/transition-stage', stage, registers)).status).toBe(403);
  const promotes = await house.person.token(['project.view', 'model.promote']);
  expect((await post('registered-models/alias', alias, promotes)).status).toBe(200);
  expect((await post('model-versions/transition-stage', stage, promotes)).status).toBe(200);
  const gone = { name: 'rights', version: '1' };
  expect((await house.json('DELETE', '/api/2.0/mlflow/model-versions/delete', gone, promotes)).status).toBe(403);
  // A scientist of the preset registers, and leaves promoting to others.
  const scientist = await house.api.person({ role: 'data-scientist' });
  await expect(scientist.token(everything)).resolves.toBeTypeOf('string');
  expect((await post('registered-models/alias', alias, await scientist.token(everything))).status).toBe(403);
  const stranger = await house.stranger();
  const got = await house.json('GET', '/api/2.0/mlflow/registered-models/get?name=rights', undefined, stranger);
  expect(got.status).toBe(404);
  expect((await post('registered-models/create', { name: 'theirs' }, stranger)).status).toBe(200);
  expect((await post('model-versions/create', { name: 'theirs', source: source.source }, stranger)).status).toBe(404);
  const { body } = await house.json('GET', '/api/2.0/mlflow/model-versions/get-download-uri?name=rights&version=1');
  const place = (body as { artifact_uri: string }).artifact_uri.replace('mlflow-artifacts:/', '');
  const proxy = `/api/2.0/mlflow-artifacts/artifacts/${place}/MLmodel`;
  expect(await (await house.ask('GET', proxy)).text()).toBe('x');
  expect((await house.ask('GET', proxy, { as: stranger })).status).toBe(404);
  for (const method of ['PUT', 'DELETE']) expect((await house.ask(method, proxy)).status).toBe(400);
  const audited = await house.api.house.sql<{ action: string }[]>`
    select action from drawloom.audit where outcome = 'denied' and action in ('registered-models/alias', 'model-versions/delete') order by 1`;
  expect(audited.length).toBeGreaterThanOrEqual(3);
});

test('a version keeps its files when those it was made of change or go, and their bytes with them', async () => {
  const { sql } = house.api.house;
  const post = (path: string, body: object) => house.json('POST', `/api/2.0/mlflow/${path}`, body);
  const run = ((await post('runs/create', {})).body as { run: { info: { run_id: string } } }).run.info.run_id;
  const at = `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/m/weights`;
  await house.ask('PUT', at, { body: 'as registered' });
  await post('registered-models/create', { name: 'frozen' });
  await post('model-versions/create', { name: 'frozen', source: `runs:/${run}/m` });
  await house.ask('PUT', at, { body: 'changed later' });
  await house.ask('DELETE', at);
  const read = () => house.ask('GET', '/model-versions/get-artifact?name=frozen&version=1&path=weights');
  expect(await (await read()).text()).toBe('as registered');
  await house.json('DELETE', '/api/2.0/mlflow/registered-models/delete', { name: 'frozen' });
  expect((await read()).status).toBe(404);
  expect(await sql`select from drawloom.tracked_file where path = 'weights'`).toHaveLength(0);
});
