/** Every call of MLflow's protocol with every field spoiled: what the caller did wrong is the caller's, since clients try 5xx and 429 again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as z from 'zod';
import { type Asker, type TestApi, testApi } from '../../../../test/support/api.ts';
import { rpcs } from './app.ts';
import type { Rpc } from './rpc.ts';

let api: TestApi;
let person: Asker;
beforeAll(async () => {
  api = await testApi();
  person = await api.person({ role: 'data-scientist' });
});
afterAll(() => api.close());

/** As JSON text, since much of it no serializer would write. */
const hostile = [
  'null',
  'true',
  '""',
  '" "',
  '"0"',
  '0',
  '-0',
  '-1',
  '0.5',
  '2147483648',
  '9007199254740993',
  '9223372036854775807',
  '"9223372036854775807"',
  '"-9223372036854775808"',
  '9223372036854775808',
  '"9999999999999999999"',
  '1e308',
  '1e400',
  '"1e400"',
  'NaN',
  '-Infinity',
  '"NaN"',
  '"Infinity"',
  '"0x10"',
  '"١٢"',
  '[]',
  '{}',
  '[null]',
  '[[]]',
  '[""]',
  '["0","0"]',
  '["9223372036854775808","-1","x"]',
  '[{}]',
  '[{"key":"k"}]',
  '[{"key":"k","value":null}]',
  '[{"key":"k","value":"1"},{"key":"k","value":"2"}]',
  '[{"key":"k","value":NaN,"timestamp":9223372036854775808,"step":-9223372036854775808}]',
  '[{"key":"k","value":1,"timestamp":1,"step":"9223372036854775807"}]',
  '[{"dataset":{"name":"n","digest":"d","source_type":"","source":""},"tags":[{"key":"","value":""}]}]',
  '{"__proto__":{"isAdmin":true}}',
  '[{"__proto__":[]}]',
  '{"constructor":{"prototype":{"isAdmin":true}}}',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"\\u0000"',
  '"\\ud800"',
  '"💥\\u202e\\u2028"',
  '"../../etc/passwd"',
  `"${'x'.repeat(20_000)}"`,
  `["${'x'.repeat(20_000)}"]`,
  '"\'); drop table drawloom.run; --"',
  '"metrics.a = 1e400"',
  '"metrics.`a` > 9999999999999999999999999 AND attributes.start_time < 99999999999999999999"',
  "\"attributes.start_time = 1.5 AND attributes.run_id IN ('a','')\"",
  '["metrics.`\\"` DESC","attributes.nothing","params.a ASC NULLS LAST"]',
  `"${"tags.a = 'b' AND ".repeat(3000)}tags.a = 'b'"`,
  `"${'('.repeat(20_000)}"`,
  `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  `${'{"a":'.repeat(39)}1${'}'.repeat(39)}`,
  '"eyJhIjoxfQ=="',
  '"WzFlNDAwLCJ4Il0="',
  `"${Buffer.from('[[null,1e999],"x",{}]').toString('base64url')}"`,
  '{"key":1,"key":2}',
  '01',
  '.5',
  'undefined',
];

/** What a call takes when it is meant well, by the field's name; else by the field's kind. */
async function meantWell(): Promise<Record<string, unknown>> {
  const post = <T>(path: string, body: object) => person.json<T>('POST', `/api/2.0/mlflow/${path}`, body);
  const { experiment_id } = await post<{ experiment_id: string }>('experiments/create', { name: `e${Math.random()}` });
  const { run } = await post<{ run: { info: { run_id: string } } }>('runs/create', { experiment_id });
  const { run_id } = run.info;
  await post('runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1 });
  return {
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

async function send(method: string, path: string, field: string, others: Record<string, unknown>, spoiled: string) {
  if (method === 'GET') {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(others))
      for (const one of [value].flat()) query.append(name, String(one));
    let value = spoiled;
    try {
      const read = JSON.parse(spoiled) as unknown;
      if (typeof read === 'string') value = read;
    } catch {
      // Sent as it stands.
    }
    query.append(field, value);
    return person.ask('GET', `${path}?${query}`);
  }
  const members = Object.entries(others).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return person.ask(method, path, undefined, { body: `{${[...members, `${JSON.stringify(field)}:${spoiled}`]}}` });
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

const calls: [string, Rpc][] = rpcs.flatMap((rpc) => rpc.places.map((place): [string, Rpc] => [place, rpc]));

test.for(calls)(
  '%s, however it is spoiled, is told off and never a fault of ours',
  { timeout: 600_000 },
  async ([place, { version, fields }]) => {
    const [method, name] = place.split(' ') as [string, string];
    const path = `/api/${version}/mlflow/${name}`;
    const known = await meantWell();
    const good = Object.fromEntries(
      Object.entries(fields.shape).flatMap(([field, schema]) => {
        const value = known[field] ?? ordinary(schema as z.ZodType);
        return value === undefined || field === 'run_uuid' || field === 'page_token' ? [] : [[field, value]];
      }),
    );
    for (const field of [...Object.keys(fields.shape), '__proto__'])
      for (const spoiled of hostile) {
        const { [field]: _, ...others } = good;
        const doing = `${place} ${field} = ${spoiled.slice(0, 100)}`;
        await expectToldOff(await send(method, path, field, others, spoiled), doing);
      }
  },
);

test('a body that is no object of fields is told off on every call', { timeout: 600_000 }, async () => {
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
  ];
  const large = [`{"key":"${'x'.repeat(10_000_000)}"}`, `[${'1,'.repeat(500_000)}1]`];
  for (const [index, [place, { version }]] of calls.entries()) {
    const [method, name] = place.split(' ') as [string, string];
    if (method === 'GET') continue;
    for (const body of index === 0 ? [...bodies, ...large] : bodies) {
      const answer = await person.ask(method, `/api/${version}/mlflow/${name}`, undefined, { body });
      await expectToldOff(answer, `${place} ${String(body).slice(0, 50)}`);
    }
  }
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
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
