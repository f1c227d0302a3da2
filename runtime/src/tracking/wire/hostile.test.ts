/** Every call of MLflow's protocol with every field spoiled: what the caller did wrong is the caller's, since clients try 5xx and 429 again. */
import type { Json } from '@drawloom/shared/json.ts';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as z from 'zod';
import { type Asker, type TestApi, testApi } from '../../../../test/support/api.ts';
import { rpcs } from './app.ts';
import { WireMistake } from './mistake.ts';
import { queryFields, type Rpc, readFields } from './rpc.ts';

let api: TestApi;
let person: Asker;
const logged: { level: string; path?: string }[] = [];
beforeAll(async () => {
  const log = pino(
    { level: 'debug', formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => void logged.push(JSON.parse(line)) },
  );
  api = await testApi({ log });
  person = await api.person({ role: 'ml-engineer' });
});
afterAll(() => api.close());

const pairs = (...given: object[]) => given as Json[];
/** What any field may be given. Most of it the field's schema refuses; the rest goes all the way. */
const hostile: Json[] = [
  true,
  '',
  ' ',
  0,
  -1,
  0.5,
  2 ** 31,
  2 ** 53 + 2,
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  2 ** 63,
  '9999999999999999999',
  1e308,
  '1e400',
  'NaN',
  '-Infinity',
  '0x10',
  '١٢',
  [],
  {},
  [null],
  [[]],
  ['0', '0'],
  ['9223372036854775808', '-1', 'x'],
  [{}],
  pairs({ key: 'k', value: null }),
  pairs({ key: 'k', value: '1' }, { key: 'k', value: '2' }),
  pairs({ key: 'k', value: 'NaN', timestamp: 2 ** 63, step: 1 }),
  pairs({ key: 'k', value: 1, timestamp: 1, step: '9223372036854775807' }),
  pairs({ key: '../..', value: 'x'.repeat(20_000), timestamp: 1, step: 1 }),
  pairs({
    dataset: { name: 'n', digest: 'd', source_type: '', source: '', schema: '[', profile: ']' },
    tags: [{ key: '', value: '' }],
  }),
  '__proto__',
  'constructor',
  '💥\u202e\u2028',
  '../../etc/passwd',
  'x'.repeat(20_000),
  ['x'.repeat(20_000)],
  "'); drop table drawloom.run; --",
];
const anyText = new Set<Json>([
  '',
  '9223372036854775808',
  '__proto__',
  '💥\u202e\u2028',
  '../../etc/passwd',
  "'); drop table drawloom.run; --",
]);
/** What is searched for, in what order, and from where on: languages of their own. */
const hostileSearches: Json[] = [
  'metrics.a = 1e400',
  'metrics.`a` > 9999999999999999999999999 AND attributes.start_time < 99999999999999999999',
  "attributes.start_time = 1.5 AND attributes.run_id IN ('a','')",
  "name LIKE '%\\' AND tags.`a` ILIKE '%%%%'",
  ['metrics.`"` DESC', 'attributes.nothing', 'params.a ASC NULLS LAST'],
  `${"tags.a = 'b' AND ".repeat(3000)}tags.a = 'b'`,
  '('.repeat(20_000),
  'eyJhIjoxfQ==',
  'WzFlNDAwLCJ4Il0=',
  Buffer.from('[[null,1e999],"x",{}]').toString('base64url'),
];
const isSearch = (field: string) => /filter|order_by|page_token/.test(field);

/** What a call takes when it is meant well, by the field's name; else by the field's kind. */
async function meantWell(): Promise<Record<string, unknown>> {
  const post = <T>(path: string, body: object) => person.json<T>('POST', `/api/2.0/mlflow/${path}`, body);
  const { experiment_id } = await post<{ experiment_id: string }>('experiments/create', { name: `e${Math.random()}` });
  const { run } = await post<{ run: { info: { run_id: string } } }>('runs/create', { experiment_id });
  const { run_id } = run.info;
  await post('runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1 });
  const place = { mlflow_experiment: { experiment_id } };
  const trace_id = `tr-${Math.random()}`;
  const trace = { trace_info: { trace_id, trace_location: place, state: 'OK' } };
  const assessment = { assessment_name: 'a', feedback: { value: 1 } };
  await person.json('POST', '/api/3.0/mlflow/traces', { trace });
  const made = await person.json<{ assessment: { assessment_id: string } }>(
    'POST',
    `/api/3.0/mlflow/traces/${trace_id}/assessments`,
    { assessment },
  );
  return {
    trace_id,
    trace_ids: [trace_id],
    trace,
    assessment,
    assessment_id: made.assessment.assessment_id,
    update_mask: 'feedback',
    locations: [place],
    experiment_id,
    experiment_ids: [experiment_id],
    experiment_name: 'Default',
    run_id,
    run_ids: [run_id],
    metric_key: 'm',
    name: `n${Math.random()}`,
    new_name: `r${Math.random()}`,
    status: 'FINISHED',
    model_json: '{"flavors":{}}',
  };
}

/** A value of the kind that the field takes. */
function ordinary(schema: z.ZodType): unknown {
  for (const value of ['1', 1, true, [], ['1'], {}]) if (schema.safeParse(value).success) return value;
  return undefined;
}

const queryOf = (fields: Record<string, unknown>) => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
    for (const one of [value].flat()) query.append(name, typeof one === 'string' ? one : JSON.stringify(one));
  return query;
};

/** The field as the call will have it; undefined when it is refused before anything is done with it, and with words for it. */
function readBy({ fields }: Rpc, method: string, given: Record<string, unknown>, field: string): unknown {
  try {
    return readFields(fields, method === 'GET' ? queryFields(fields, queryOf(given)) : given)[field] ?? null;
  } catch (error) {
    expect(error).toBeInstanceOf(WireMistake);
    expect(error).toMatchObject({ code: 'INVALID_PARAMETER_VALUE', message: expect.stringMatching(/\S/) });
    return undefined;
  }
}

async function expectToldOff(answer: Response, doing: string): Promise<void> {
  const text = await answer.text();
  const seen = `${doing}: ${answer.status} ${text.slice(0, 500)}`;
  expect(answer.status, seen).toBeLessThan(500);
  expect(answer.status, seen).not.toBe(429);
  if (answer.ok) return;
  expect(JSON.parse(text), seen).toEqual({ error_code: expect.any(String), message: expect.stringMatching(/\S/) });
  // Nothing of how we are built.
  expect(text.slice(0, 2000), seen).not.toMatch(/ at \w+ \(|node_modules|postgres|syntax error at or near/i);
}

/** As many at once as the house has connections. */
async function together(work: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...work];
  const one = async () => {
    for (let next = left.shift(); next; next = left.shift()) await next();
  };
  await Promise.all(Array.from({ length: 10 }, one));
}

const calls: [string, Rpc][] = rpcs.flatMap((rpc) => rpc.places.map((place): [string, Rpc] => [place, rpc]));
const addressOf = (
  place: string,
  { version }: Rpc,
  known: Record<string, unknown> = {},
): [method: string, path: string] => {
  const [method, name] = place.split(' ') as [string, string];
  const meant = name.replaceAll(/:(\w+)/g, (as, field: string) => String(known[field] ?? as));
  return [method, `/api/${version}/mlflow/${meant}`];
};

test('every field of every call, however it is spoiled, is told off and never a fault of ours', {
  timeout: 600_000,
}, async () => {
  let asked = 0;
  await together(
    calls.map(([place, rpc]) => async () => {
      const known = await meantWell();
      const [method, path] = addressOf(place, rpc, known);
      const good = Object.fromEntries(
        Object.entries(rpc.fields.shape).flatMap(([field, schema]) => {
          const value = known[field] ?? ordinary(schema as z.ZodType);
          return value === undefined || field === 'run_uuid' || field === 'page_token' ? [] : [[field, value]];
        }),
      );
      for (const field of Object.keys(rpc.fields.shape))
        for (const spoiled of isSearch(field) ? [...hostile, ...hostileSearches] : hostile) {
          const given = { ...good, [field]: spoiled };
          const read = readBy(rpc, method, given, field);
          // Where any text will do, a few of them stand for the rest.
          if (read === undefined || (typeof read === 'string' && !isSearch(field) && !anyText.has(spoiled))) continue;
          asked++;
          const answer = await (method === 'GET'
            ? person.ask(method, `${path}?${queryOf(given)}`)
            : person.ask(method, path, given));
          await expectToldOff(answer, `${place} ${field} = ${JSON.stringify(spoiled).slice(0, 100)}`);
        }
    }),
  );
  expect(asked).toBeGreaterThan(1000);
});

/** As text, since no serializer would write it. */
const fields = [
  'NaN',
  '-Infinity',
  '1e400',
  '9223372036854775808',
  '01',
  '.5',
  'undefined',
  '"\\u0000"',
  '"\\ud800"',
  '{"__proto__":{"isAdmin":true}}',
  '[{"__proto__":[]}]',
  '{"constructor":{"prototype":{"isAdmin":true}}}',
  '{"key":1,"key":2}',
  `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  `${'{"a":'.repeat(39)}1${'}'.repeat(39)}`,
];
const bodies = [
  '',
  ' ',
  '[]',
  '1',
  'NaN',
  '"',
  '{',
  '}',
  '{"a":}',
  '\u0000',
  '\ufeff{}',
  '{"a":"\u0001"}',
  new Uint8Array([0xff, 0xfe, 0x7b]),
  new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
  '{"a":'.repeat(100_000),
  `{"key":"${'x'.repeat(10_000_000)}"}`,
  `[${'1,'.repeat(500_000)}1]`,
];

test('a body that is no object of fields, or holds what none may hold, is told off and touches no prototype', {
  timeout: 600_000,
}, async () => {
  // One reader stands before all of them; calls with a body of each kind stand for the rest.
  const some = ['POST runs/log-metric', 'POST runs/search', 'PATCH registered-models/update', 'POST runs/log-model'];
  const work = calls
    .filter(([place]) => some.includes(place))
    .flatMap(([place, rpc]) => {
      const [method, path] = addressOf(place, rpc);
      const spoiled = Object.keys(rpc.fields.shape).flatMap((field) =>
        [field, '__proto__'].flatMap((name) => fields.map((value) => `{${JSON.stringify(name)}:${value}}`)),
      );
      return [...bodies, ...spoiled].map((body) => async () => {
        const answer = await person.ask(method, path, undefined, { body });
        await expectToldOff(answer, `${place} ${String(body).slice(0, 100)}`);
      });
    });
  expect(work.length).toBeGreaterThan(200);
  await together(work);
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
});

test('numbers beyond eight bytes, and a NUL in a query, are refused before they are kept', async () => {
  const { run_id } = await meantWell();
  const log = (value: object) =>
    person.ask('POST', '/api/2.0/mlflow/runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1, ...value });
  for (const beyond of [2 ** 63, '9223372036854775808', -(2 ** 63), '1.5'])
    for (const field of ['timestamp', 'step'])
      expect([field, beyond, (await log({ [field]: beyond })).status]).toEqual([field, beyond, 400]);
  expect((await log({ step: String(2n ** 53n) })).status).toBe(200);
  const asked = await person.ask('GET', `/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=%00`);
  expect([asked.status, await asked.json()]).toEqual([
    400,
    { error_code: 'INVALID_PARAMETER_VALUE', message: "The parameter 'metric_key' holds a NUL character." },
  ]);
});

test('a model that a run tells of, and one more, stand in its history', async () => {
  const { run_id } = await meantWell();
  for (const model of ['first', 'second'])
    await person.json('POST', '/api/2.0/mlflow/runs/log-model', { run_id, model_json: `{"artifact_path":"${model}"}` });
  const { run } = await person.json<{ run: { data: { tags: { key: string; value: string }[] } } }>(
    'GET',
    `/api/2.0/mlflow/runs/get?run_id=${run_id}`,
  );
  const told = run.data.tags.find(({ key }) => key === 'mlflow.log-model.history');
  expect(JSON.parse(told!.value)).toEqual([{ artifact_path: 'first' }, { artifact_path: 'second' }]);
});

test('what a client tries first and goes on without is told so, to nobody without a token, and is no error in the log', async () => {
  const before = logged.length;
  const since = () => logged.slice(before);
  for (const [method, kind] of [
    ['POST', 'mpu/create'],
    ['GET', 'presigned'],
  ] as const) {
    const path = `/api/2.0/mlflow-artifacts/${kind}/0/run/artifacts/model`;
    expect((await api.nobody.ask(method, path)).status).toBe(401);
    const answer = await person.ask(method, path);
    expect([answer.status, await answer.json()]).toEqual([
      501,
      { error_code: 'NOT_IMPLEMENTED', message: expect.stringContaining('is not supported') },
    ]);
    expect(
      since()
        .filter((line) => line.path === path)
        .map(({ level }) => level),
    ).toEqual(['debug', 'debug']);
  }
  expect(since().filter(({ level }) => level === 'error')).toEqual([]);
});
