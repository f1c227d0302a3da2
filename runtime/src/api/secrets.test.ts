/** Who may have which secret handed to a node: at saving, at the start of a run, at a rerun, and when a schedule fires. */
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { NodeRun, RunSummary } from '@drawloom/shared/api/runs.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { ProblemBody } from '@drawloom/shared/problem.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import type { Executor, Work } from '../execute/executor.ts';
import { catalog } from '../nodes/catalog.ts';
import { type RunningWorker, runWorker } from '../queue/worker-loop.ts';
import { giveSecrets } from '../secrets/give.ts';
import { launch } from '../triggers/launch.ts';
import { groundOf } from './runs.ts';

let api: TestApi;
let engineer: Asker;
let worker: RunningWorker;
const given: { work: Work; secrets: Record<string, string> }[] = [];
const executor: Executor = {
  async execute(work) {
    given.push({ work, secrets: await giveSecrets(api.house.db, api.house.config.home, work) });
    return { reason: 'user_error', outputs: [], error: { message: 'so that it can be rerun' } };
  },
};

beforeAll(async () => {
  api = await testApi({ catalog, environment: async () => 'lock' });
  engineer = await api.person({ role: 'data-engineer' });
  worker = await runWorker({ sql: api.house.sql, executor, capacity: 2 });
});
afterAll(async () => {
  await worker.kill();
  await api.close();
});

const code = 'from drawloom import Secret\ndef load(*, token: Secret, url: str = ""):\n    return 1\n';
const drawing = (name: string, token: Json) => ({
  ...emptyPipeline(name),
  nodes: { load: { type: 'python', name: 'Load', code, parameters: { token } } },
});
const set = (name: string, value: string) => engineer.ask('PUT', `/api/v1/projects/first/secrets/${name}`, { value });
const draw = (name: string, token: Json, who = engineer) =>
  who.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document: drawing(name, token) });
const start = (pipeline: string, who = engineer) => who.ask('POST', `/api/v1/pipelines/${pipeline}/runs`, {});
const over = async (answer: Response) => {
  const { run } = (await answer.json()) as { run: RunSummary };
  await expect
    .poll(() => engineer.json<NodeRun>('GET', `/api/v1/runs/${run.id}/nodes/load`), { timeout: 20_000 })
    .toMatchObject({ status: 'failed', history: [{ error: { message: 'so that it can be rerun' } }] });
  return run.id;
};

test('a value written where a secret belongs, and a secret where none belongs, are problems at their place', async () => {
  const written = await draw('written out', 'hunter2');
  expect(written.problems).toMatchObject([{ code: 'secret_written_out', at: '/nodes/load/parameters/token' }]);
  const document = drawing('misplaced', { $secret: 'API_KEY' });
  Object.assign(document.nodes.load.parameters, { url: { $secret: 'API_KEY' } });
  const { problems } = await engineer.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document });
  expect(problems).toMatchObject([{ code: 'secret_misplaced', at: '/nodes/load/parameters/url' }]);
});

test('a secret that is not there is a problem before the run, with its place and what to do', async () => {
  const { id, problems } = await draw('missing', { $secret: 'NOT_YET' });
  expect(problems).toEqual([]);
  const refused = await start(id);
  expect(refused.status).toBe(422);
  const body = (await refused.json()) as ProblemBody;
  expect(body).toMatchObject({ code: 'secret_missing', at: '/nodes/load/parameters/token' });
  expect(body.message).toContain('Set it under Settings, Secrets');
});

test('the attempt of the node that names it gets the value as it is set then, and the audit says so', async () => {
  await set('API_KEY', 'first value');
  await set('OTHER', 'not asked for');
  const { id } = await draw('given', { $secret: 'API_KEY' });
  const run = await over(await start(id));
  expect(given.at(-1)).toMatchObject({ work: { run, parameters: { token: { $secret: 'API_KEY' } } } });
  expect(given.at(-1)!.secrets).toEqual({ API_KEY: 'first value' });
  await set('API_KEY', 'second value');
  await over(await engineer.ask('POST', `/api/v1/runs/${run}/rerun`, { only: 'failed' }));
  expect(given.at(-1)!.secrets).toEqual({ API_KEY: 'second value' });
  const audit = await api.house.sql`
    select actor, object, details->>'node' as node from drawloom.audit where action = 'secret.use' order by id`;
  expect(audit).toEqual([
    { actor: engineer.id, object: 'secret API_KEY', node: 'load' },
    { actor: engineer.id, object: 'secret API_KEY', node: 'load' },
  ]);
  await engineer.ask('DELETE', '/api/v1/projects/first/secrets/API_KEY');
  const gone = await engineer.ask('POST', `/api/v1/runs/${run}/rerun`, { only: 'failed' });
  expect([gone.status, await gone.json()]).toMatchObject([422, { code: 'secret_missing' }]);
});

test('work done with a secret is other work once the secret was set anew', async () => {
  await set('SALT', 'salt');
  const { id } = await draw('key', { $secret: 'SALT' });
  const keys = async () => {
    const run = await over(await start(id));
    const [row] = await api.house.sql`
      select p.static_key, p.key_parts from drawloom.run r join drawloom.plan_node p on p.plan_id = r.plan_id where r.id = ${run}`;
    return row as { static_key: string; key_parts: { secrets: Record<string, string> } };
  };
  const before = await keys();
  expect(await keys()).toEqual(before);
  expect(before.key_parts.secrets.SALT).toMatch(/^1 of 2/);
  await set('SALT', 'salt');
  expect((await keys()).static_key).not.toBe(before.static_key);
});

test('whoever may not use secrets starts nothing that is given one, and names none in a drawing', async () => {
  await set('GUARDED', 'value');
  const { id, revision } = await draw('guarded', { $secret: 'GUARDED' });
  const run = await over(await start(id));
  // A token without the right, of a person who has it: what is started is bounded by both.
  const token = await engineer.token(['project.view', 'run.execute', 'graph.edit', 'code.edit', 'data.read']);
  const bound = (method: string, path: string, json: unknown) =>
    api.nobody.ask(method, path, json, { headers: { authorization: `Bearer ${token}` } });
  for (const route of [`pipelines/${id}/runs`, `runs/${run}/rerun`]) {
    const refused = await bound('POST', `/api/v1/${route}`, {});
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'secret_not_allowed' }]);
  }
  const architect = await api.person({ role: 'solution-architect' });
  const added = await draw('by an architect', null).then((made) => ({
    ...made,
    document: drawing('by an architect', { $secret: 'GUARDED' }),
  }));
  const named = await architect.ask('PUT', `/api/v1/pipelines/${added.id}`, {
    document: added.document,
    revision: added.revision,
  });
  expect([named.status, await named.json()]).toMatchObject([403, { at: '/document/nodes/load/parameters/token' }]);
  // What is named already may stay while other things are moved.
  const moved = { ...drawing('guarded', { $secret: 'GUARDED' }), looks: { positions: { load: { x: 5, y: 5 } } } };
  expect((await architect.ask('PUT', `/api/v1/pipelines/${id}`, { document: moved, revision })).status).toBe(200);
});

test('a schedule is given secrets while whoever made it may use them', async () => {
  await set('NIGHTLY', 'value');
  const { id } = await draw('nightly', { $secret: 'NIGHTLY' });
  const fire = (mayUseSecrets: boolean) =>
    launch(groundOf(api.house), {
      pipelineId: id,
      parameters: {},
      trigger: 'schedule',
      actor: engineer.id,
      mayUseSecrets: () => mayUseSecrets,
    });
  expect(await fire(true)).toMatchObject({ existed: false });
  expect(await fire(false)).toMatchObject({ problems: [{ code: 'secret_not_allowed' }] });
});

test('an import that names a secret runs nothing until somebody who may use secrets accepts it', async () => {
  await set('IMPORTED', 'value');
  const text = JSON.stringify(drawing('imported', { $secret: 'IMPORTED' }));
  const added = await engineer.json<Pipeline>('POST', '/api/v1/projects/first/import', { text });
  expect(added.trusted).toBe(false);
  expect(await (await start(added.id)).json()).toMatchObject({ code: 'untrusted' });
  const token = await engineer.token(['project.view', 'code.edit']);
  const refused = await api.nobody.ask(
    'POST',
    `/api/v1/pipelines/${added.id}/trust`,
    {},
    { headers: { authorization: `Bearer ${token}` } },
  );
  expect(refused.status).toBe(403);
  expect((await engineer.ask('POST', `/api/v1/pipelines/${added.id}/trust`)).status).toBe(200);
  expect((await start(added.id)).status).toBe(201);
});
