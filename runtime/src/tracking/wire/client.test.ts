import type { AddressInfo } from 'node:net';
import type { Action } from '@drawloom/shared/api/access.ts';
import { type ServerType, serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../../test/support/api.ts';
import { type MlflowClient, startMlflowClient } from '../../../../test/support/mlflowClient.ts';

const everything: Action[] = ['project.view', 'data.read', 'run.execute', 'artifact.delete'];
let api: TestApi;
let server: ServerType;
let url: string;
let person: Asker;
let token: string;
let client: MlflowClient;
let calls: (scenario: string, args?: Record<string, unknown>) => Promise<unknown>;

beforeAll(async () => {
  api = await testApi();
  person = await api.person({ role: 'data-scientist' });
  token = await person.token(everything);
  server = serve({ fetch: api.app.fetch, port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = await startMlflowClient(url);
  calls = (scenario, args) => client.call(token, scenario, args);
}, 600_000);
afterAll(async () => {
  client?.close();
  server.close();
  await api.close();
});

/** As a program without the client asks. */
async function ask(method: string, path: string, body?: string, as = `Bearer ${token}`) {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: as, 'content-type': 'application/json' },
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

test('a training script logs to us with nothing but two variables set', async () => {
  const answer = (await calls('train', { experiment: 'flights' })) as { runs: object; id: string };
  expect(answer).toMatchObject({
    parent: true,
    byName: true,
    default: 'Default',
    history: [0, 1, 2, 3, 4].map((step) => [step, 1 / (step + 1)]),
    runs: {
      outer: {
        name: 'outer',
        status: 'FINISHED',
        stage: 'active',
        ended: true,
        metrics: { loss: '0.2', rmse: '12.5', r2: '0.75' },
        params: { depth: '3', rate: '0.1', model: 'tree' },
        tags: { team: 'blue', stage: 'trial', 'mlflow.runName': 'outer', 'mlflow.note.content': 'as a script would' },
      },
      inner: { name: 'inner', metrics: { fold: '1.0' } },
      broken: { status: 'FAILED' },
    },
  });
});

test('numbers that are none, or have no end, and steps out of order come back as they were meant', async () => {
  expect(await calls('numbers')).toEqual({
    latest: {
      odd: 'nan',
      up: '1.7976931348623157e+308',
      down: '-1.7976931348623157e+308',
      exact: '0.30000000000000004',
      late: '7.0',
    },
    history: [
      [1, 9],
      [2, 5],
      [2, 7],
    ],
  });
});

test('a batch is taken whole or not at all, and a parameter once', async () => {
  const invalid = (message: RegExp) => ({ code: 'INVALID_PARAMETER_VALUE', message: expect.stringMatching(message) });
  expect(await calls('batches')).toEqual({
    clash: invalid(/'p1' of run \w+ is '1' already; '2' was refused/),
    clashInBatch: invalid(/'p2'/),
    unknown: { code: 'RESOURCE_DOES_NOT_EXIST', message: expect.stringContaining('f'.repeat(32)) },
    badName: invalid(/a\/\.\.\/b/),
    longValue: invalid(/8001|8000/),
    counts: [500, 100, 100],
    stray: false,
  });
});

test('runs are found by every kind of comparison, in any order, page by page', async () => {
  await calls('prepared', { experiment: 'searched' });
  const filters: [string, string | RegExp][] = [
    ['', 'abcdef'],
    ['metrics.score > 1', 'ad'],
    ['metrics.score = 1.0', 'be'],
    ['metric.score != 1', 'ad'],
    ["params.model = 'Tree'", 'bdf'],
    ["params.model ILIKE 'tr%'", 'bdf'],
    ["params.model LIKE 'tr%'", ''],
    ["params.model = 'linear''s'", 'ace'],
    ['params.model = "linear\'s" AND metrics.score < 2', 'e'],
    ["tags.`a b/c` = '2'", 'c'],
    ['tags."a b/c" = \'2\'', 'c'],
    ['params.depth IS NULL', 'abcdef'],
    ['params.model IS NOT NULL and metrics.score>=2', 'ad'],
    ["attributes.status = 'RUNNING'", 'abcdef'],
    ["run_name IN ('a')", /RunName|run_name/i],
    ["run.run_name = 'c'", 'c'],
    ['start_time > 4000', 'ef'],
    ['attributes.start_time <= 2000', 'ab'],
    ["run_id NOT IN ('x')", 'abcdef'],
    ["params.model = 'Tree' OR params.model = 'x'", /AND/],
    ['params.model = Tree', /quotes/],
    ["metrics.score > 'high'", /without quotes/],
    ["colour = 'red'", /no attribute “colour”/],
    ["metrics.score > 1 params.model = 'Tree'", /AND is missing/],
    ["params.model = 'Tree", /has no end/],
    ["params.model > 'a'", /does not go with/],
    ["'; drop table drawloom.run; --' = 'x'", /.+/],
  ];
  const found = (await calls('searched', {
    experiment: 'searched',
    filters: filters.map(([filter]) => filter),
  })) as Record<string, string[] | string>;
  for (const [filter, expected] of filters) {
    const answer = found[filter]!;
    if (typeof expected === 'string') expect(answer, filter).toEqual([...expected]);
    else expect(answer, filter).toMatch(expected);
  }
  expect(
    await calls('ordered', {
      experiment: 'searched',
      orders: [
        '',
        'metrics.score DESC',
        'metrics.score ASC',
        'params.model ASC',
        'attributes.start_time',
        'tags.`a b/c` DESC',
        'run_name',
      ],
    }),
  ).toEqual({
    '': ['fedcba', 3],
    // The numbers, then what is none, then what has none; the newest first among equals.
    'metrics.score DESC': ['adebcf', 3],
    'metrics.score ASC': ['ebdacf', 3],
    'params.model ASC': ['fdbeca', 3],
    'attributes.start_time': ['abcdef', 3],
    'tags.`a b/c` DESC': ['fedcba', 3],
    run_name: ['abcdef', 3],
  });
  expect(await calls('frame', { experiment: 'searched' })).toEqual({ names: ['a', 'd'], scores: [3, 2] });
});

test('what is deleted is put aside, changes no more, and comes back', async () => {
  const invalid = { code: 'INVALID_PARAMETER_VALUE', message: expect.any(String) };
  expect(await calls('trash')).toEqual({
    run: { stage: 'deleted', found: 0, log: invalid },
    experiment: {
      stage: 'deleted',
      listed: false,
      again: { code: 'RESOURCE_ALREADY_EXISTS', message: expect.stringContaining('rubbish') },
      run: invalid,
      default: invalid,
    },
    kept: ['treasure', 'active', 'kept'],
  });
});

test('a run tells which data went into it, and is found by it', async () => {
  expect(await calls('datasets')).toEqual({
    inputs: [['tiny', { 'mlflow.data.context': 'training' }]],
    rows: 2,
    searched: [1, 0],
  });
});

test('who may only look, changes nothing; who may only log, deletes nothing; a stranger learns nothing', async () => {
  expect(await client.call(await person.token(['project.view']), 'who')).toEqual({
    code: 'PERMISSION_DENIED',
    message: expect.stringContaining('run.execute'),
  });
  const made = await ask('POST', '/api/2.0/mlflow/runs/create', '{}');
  const { run_id: run } = made.body.run.info;
  const logger = `Bearer ${await person.token(['project.view', 'run.execute'])}`;
  expect(await ask('POST', '/api/2.0/mlflow/runs/delete', JSON.stringify({ run_id: run }), logger)).toMatchObject({
    status: 403,
    body: { error_code: 'PERMISSION_DENIED' },
  });
  const kept = await api.house.sql`
    select actor, details ->> 'peer' is not null as peer from drawloom.audit where action = 'runs/delete' and outcome = 'denied'`;
  expect(kept).toEqual([{ actor: person.id, peer: true }]);
  const other = await api.addProject('other');
  const stranger = await api.person({ role: 'data-scientist', project: other.id });
  const { text } = await stranger.json<{ text: string }>('POST', '/api/v1/tokens', {
    name: 'theirs',
    project: 'other',
    actions: everything,
  });
  expect(await client.call(text, 'seen', { name: run })).toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
  expect(await calls('seen', { name: run })).toBe('seen');
  expect(await client.call('dlm_wrong', 'who')).toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a token is as good as the password of Basic', async () => {
  const basic = `Basic ${btoa(`anyone:${token}`)}`;
  expect((await ask('GET', '/api/2.0/mlflow/experiments/get?experiment_id=0', undefined, basic)).status).toBe(200);
});

test('both prefixes answer, bare NaN is read, int64 comes as text or number, and what is not spoken is said so', async () => {
  const made = await ask(
    'POST',
    '/ajax-api/2.0/mlflow/runs/create',
    '{"experiment_id":"0","start_time":"1700000000000","unheard":[1]}',
  );
  expect(made).toMatchObject({
    status: 200,
    body: { run: { info: { start_time: 1_700_000_000_000, experiment_id: '0' } } },
  });
  const { run_id: run } = made.body.run.info;
  const logged = await ask(
    'POST',
    '/api/2.0/mlflow/runs/log-metric',
    `{"run_uuid":"${run}","key":"m","value":NaN,"timestamp":1,"step":"3"}`,
  );
  expect(logged).toEqual({ status: 200, body: {} });
  const got = await ask('GET', `/api/2.0/mlflow/runs/get?run_id=${run}`);
  expect(got.body.run.data.metrics).toEqual([{ key: 'm', value: 'NaN', timestamp: 1, step: 3 }]);
  const history = `/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=m`;
  expect((await ask('GET', history)).body.metrics).toEqual([{ key: 'm', value: 'NaN', timestamp: 1, step: 3 }]);
  for (const path of ['/api/2.0/mlflow/gateway-proxy', '/api/3.0/mlflow/scorers/list', '/ajax-api/2.0/mlflow/nothing'])
    expect(await ask('GET', path)).toMatchObject({ status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND' } });
  expect((await ask('GET', '/version')).body).toMatch(/^3\./);
});

test('what is wrong with a call is told by the field, and is never a fault of ours', async () => {
  const wrong: [string, string, string, RegExp][] = [
    [
      'runs/create',
      '{"start_time":"soon"}',
      'INVALID_PARAMETER_VALUE',
      /Invalid value "soon" for parameter 'start_time'/,
    ],
    [
      'runs/log-metric',
      '{"key":"m","value":1,"timestamp":1}',
      'INVALID_PARAMETER_VALUE',
      /Missing value for required parameter 'run_id'/,
    ],
    [
      'runs/log-metric',
      '{"run_id":"x","value":1,"timestamp":1}',
      'INVALID_PARAMETER_VALUE',
      /Missing value for required parameter 'key'/,
    ],
    ['runs/log-metric', '{"run_id":"x","key":"m","value":"much","timestamp":1}', 'INVALID_PARAMETER_VALUE', /'value'/],
    ['experiments/create', '{"name":""}', 'INVALID_PARAMETER_VALUE', /'name'/],
    ['experiments/create', '{"name":"a\\u0000b"}', 'INVALID_PARAMETER_VALUE', /NUL/],
    ['runs/set-tag', `{"run_id":"x","key":"k","value":"${'x'.repeat(9 * 2 ** 20)}"}`, 'BAD_REQUEST', /8 MiB/],
    ['experiments/create', '[1]', 'INVALID_PARAMETER_VALUE', /object/],
    ['experiments/create', '{"name":', 'BAD_REQUEST', /.+/],
    ['runs/search', '{"experiment_ids":["0"],"max_results":50001}', 'INVALID_PARAMETER_VALUE', /max_results/],
    ['runs/search', '{"experiment_ids":["0"],"page_token":"e30"}', 'INVALID_PARAMETER_VALUE', /page_token/],
    [
      'runs/search',
      '{"experiment_ids":["0","-1","1e9","99999999999999999999"],"order_by":["datasets.name"]}',
      'INVALID_PARAMETER_VALUE',
      /dataset/,
    ],
    ['runs/update', '{"run_id":"x","status":"DONE"}', 'INVALID_PARAMETER_VALUE', /'status'/],
    ['runs/delete-tag', '{"run_id":"x","key":"k"}', 'RESOURCE_DOES_NOT_EXIST', /.+/],
  ];
  for (const [call, body, code, message] of wrong) {
    const answer = await ask('POST', `/api/2.0/mlflow/${call}`, body);
    expect(answer.body, `${call} ${body.slice(0, 200)}`).toMatchObject({
      error_code: code,
      message: expect.stringMatching(message),
    });
    expect(answer.status).toBe(code === 'RESOURCE_DOES_NOT_EXIST' ? 404 : 400);
  }
});

test('two writers of one parameter: one is taken, the other told, whichever comes first', async () => {
  const { body } = await ask('POST', '/api/2.0/mlflow/runs/create', '{}');
  const { run_id: run } = body.run.info;
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      ask(
        'POST',
        '/api/2.0/mlflow/runs/log-parameter',
        JSON.stringify({ run_id: run, key: 'p', value: String(index) }),
      ),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(400)]);
});
