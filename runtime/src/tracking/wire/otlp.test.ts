/** Spans as programs without MLflow's client send them, in each form, and what is no span in any. */
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import type { Json } from '@drawloom/shared/json.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../../test/support/api.ts';
import { everything } from '../../../../test/support/wireHouse.ts';
import { forget } from '../../retention/forget.ts';

let api: TestApi;
let person: Asker;
let token: string;
let experiment: string;
beforeAll(async () => {
  api = await testApi();
  person = await api.person({ role: 'ml-engineer' });
  token = await person.token(everything);
  experiment = await newExperiment();
});
afterAll(() => api.close());

const newExperiment = async () =>
  (
    await person.json<{ experiment_id: string }>('POST', '/api/2.0/mlflow/experiments/create', {
      name: `e${Math.random()}`,
    })
  ).experiment_id;

const hex = (length: number) =>
  Array.from({ length }, () =>
    Math.floor(Math.random() * 256)
      .toString(16)
      .padStart(2, '0'),
  ).join('');

/** One field of a message, as protobuf has it. */
function field(number: number, value: Buffer | string | bigint): Buffer {
  if (typeof value === 'bigint') {
    const eight = Buffer.alloc(8);
    eight.writeBigUInt64LE(BigInt.asUintN(64, value));
    return Buffer.concat([varint((number << 3) | 1), eight]);
  }
  const bytes = Buffer.from(value);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}
const nested = (depth: number): Buffer =>
  depth === 0 ? field(1, 'the innermost') : field(5, field(1, nested(depth - 1)));
const exported = (...spans: Buffer[]) => field(1, field(2, Buffer.concat(spans.map((span) => field(2, span)))));
const start = 1_764_000_000_000_000_000n;
const span = (trace: string, ...more: Buffer[]) =>
  Buffer.concat([
    field(1, Buffer.from(trace, 'hex')),
    field(2, Buffer.from(hex(8), 'hex')),
    field(5, 'asks'),
    field(7, start),
    field(8, start + 1_500_000_000n),
    ...more,
  ]);

type Body = string | Uint8Array;
const send = (body: Body, headers: Record<string, string> = {}, as = token) =>
  api.nobody.ask('POST', '/v1/traces', undefined, {
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: {
      authorization: `Bearer ${as}`,
      'content-type': 'application/x-protobuf',
      'x-mlflow-experiment-id': experiment,
      ...headers,
    },
  });
interface Got {
  trace: {
    trace_info: { state: string; execution_duration: string; request_time: string; tags: Record<string, string> };
    spans: { name: string; attributes: { key: string; value: Json }[] }[];
  };
}
const got = async (trace: string) =>
  (await person.json<Got>('GET', `/api/3.0/mlflow/traces/get?trace_id=tr-${trace}`)).trace;

test('a span comes as protobuf or as JSON, packed or not, and each makes the same trace', async () => {
  const attributes = (trace: string): Record<string, Json> => ({
    traceId: trace,
    spanId: hex(8),
    name: 'asks',
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_500_000_000n),
    attributes: [
      { key: 'mlflow.spanInputs', value: { kvlistValue: { values: [{ key: 'n', value: { intValue: '7' } }] } } },
      { key: 'mlflow.traceTag.team', value: { stringValue: 'blue' } },
    ],
    status: { code: 1 },
  });
  const asJson = (trace: string) =>
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [attributes(trace)] }] }] });
  const pair = (key: string, value: Buffer) => Buffer.concat([field(1, key), field(2, value)]);
  const seven = Buffer.concat([Buffer.from([0x18]), varint(7)]);
  const asProtobuf = (trace: string) =>
    exported(
      span(
        trace,
        field(9, pair('mlflow.spanInputs', field(6, field(1, pair('n', seven))))),
        field(9, pair('mlflow.traceTag.team', field(1, 'blue'))),
        field(15, Buffer.from([0x18, 1])),
      ),
    );
  const json = { 'content-type': 'application/json' };
  const packed = { 'content-encoding': 'gzip' };
  const [first, second, third, fourth] = Array.from({ length: 4 }, () => hex(16)) as [string, string, string, string];
  for (const answer of [
    await send(asJson(first), json),
    await send(gzipSync(asJson(second)), { ...json, ...packed }),
    await send(asProtobuf(third)),
    await send(gzipSync(asProtobuf(fourth)), packed),
  ])
    expect([answer.status, (await answer.text()).length < 3]).toEqual([200, true]);
  for (const trace of [first, second, third, fourth])
    expect(await got(trace)).toMatchObject({
      trace_info: {
        state: 'OK',
        request_time: new Date(Number(start / 1_000_000n)).toISOString(),
        execution_duration: '1.500s',
        request_preview: '{"n":7}',
        tags: { team: 'blue', 'mlflow.traceName': 'asks' },
      },
      spans: [
        {
          name: 'asks',
          attributes: [
            {
              key: 'mlflow.spanInputs',
              value: { kvlist_value: { values: [{ key: 'n', value: { int_value: '7' } }] } },
            },
            { key: 'mlflow.traceTag.team', value: { string_value: 'blue' } },
          ],
        },
      ],
    });
});

test('spans of one trace come in any order and more than once, and the first of them ends it', async () => {
  const trace = hex(16);
  const root = hex(8);
  const child = Buffer.concat([
    field(1, Buffer.from(trace, 'hex')),
    field(2, Buffer.from(hex(8), 'hex')),
    field(4, Buffer.from(root, 'hex')),
    field(5, 'within'),
    field(7, start + 1_000_000n),
    field(8, start + 2_000_000n),
  ]);
  expect((await send(exported(child))).status).toBe(200);
  expect(await got(trace)).toMatchObject({ trace_info: { state: 'IN_PROGRESS' }, spans: [{ name: 'within' }] });
  const first = Buffer.concat([
    field(1, Buffer.from(trace, 'hex')),
    field(2, Buffer.from(root, 'hex')),
    field(5, 'whole'),
    field(7, start),
    field(8, start + 9_000_000n),
    field(15, Buffer.from([0x18, 2])),
  ]);
  await Promise.all([1, 2, 3].map(() => send(exported(first, child))));
  expect(await got(trace)).toMatchObject({
    trace_info: { state: 'ERROR', execution_duration: '0.009s' },
    spans: [{ name: 'whole' }, { name: 'within' }],
  });
});

test('values inside values without an end are cut, NUL characters are replaced, and the rest stays', async () => {
  const trace = hex(16);
  const deep = Buffer.concat([field(1, 'deep'), field(2, nested(500))]);
  const odd = Buffer.concat([field(1, 'o\0dd'), field(2, field(1, Buffer.from([0x61, 0, 0xff, 0x62])))]);
  expect((await send(exported(span(trace, field(9, deep), field(9, odd))))).status).toBe(200);
  const { spans } = await got(trace);
  expect(JSON.stringify(spans)).toContain('more than 24 values inside each other');
  expect(spans[0]!.attributes[1]).toEqual({ key: 'o\uFFFDdd', value: { string_value: 'a\uFFFD\uFFFDb' } });
});

test('what is no span is the sender’s fault, whatever it is, and nothing of its request is kept', {
  timeout: 120_000,
}, async () => {
  const trace = hex(16);
  const good = exported(span(trace));
  const json = { 'content-type': 'application/json' };
  const ofSpan = (given: Json) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [given] }] }] });
  const ids = { traceId: trace, spanId: hex(8) };
  const refused: [string, Body, Record<string, string>?][] = [
    ['nothing', ''],
    ['text', 'hello'],
    ['half of it', good.subarray(0, good.length - 3)],
    ['a length that is not there', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['a number without an end', Buffer.alloc(20, 0xff)],
    ['a span without ids', exported(field(5, 'asks'))],
    ['one good span and one that is none', exported(span(trace), field(5, 'asks'))],
    ['ids of other lengths', exported(Buffer.concat([field(1, 'abc'), field(2, 'abc')]))],
    ['a time beyond 64 bits', exported(span(trace, field(8, 2n ** 64n - 1n)))],
    [
      'too many values',
      exported(span(trace, field(9, field(2, field(5, Buffer.alloc(2_000_000, Buffer.from([0x0a, 0]))))))),
    ],
    ['no gzip', good, { 'content-encoding': 'gzip' }],
    ['a small body that unpacks to a large one', gzipSync(Buffer.alloc(64 * 2 ** 20)), { 'content-encoding': 'gzip' }],
    ['an encoding that is not known', good, { 'content-encoding': 'br' }],
    ['a type that is not known', good, { 'content-type': 'text/html' }],
    ['no experiment', good, { 'x-mlflow-experiment-id': '' }],
    ['an experiment that is not there', good, { 'x-mlflow-experiment-id': '9999999' }],
    ['a run that is not there', good, { 'x-mlflow-run-id': 'f'.repeat(32) }],
    ['JSON that is none', '{', json],
    ['JSON without spans', '{}', json],
    ['a list', '[1]', json],
    ['spans that are a text', '{"resourceSpans":"x"}', json],
    ['a NUL', ofSpan({ ...ids, name: 'a' }).replace('"a"', '"\\u0000"'), json],
    ['ids in base64', ofSpan({ traceId: 'AAAA==', spanId: 'x' }), json],
    ['a time that is none', ofSpan({ ...ids, startTimeUnixNano: 'soon' }), json],
    ['a negative time', ofSpan({ ...ids, startTimeUnixNano: '-1' }), json],
    ['a value that is a list', ofSpan({ ...ids, attributes: [{ key: 'a', value: [] }] }), json],
  ];
  for (const [what, body, headers] of refused) {
    const answer = await send(body, headers);
    const text = await answer.text();
    expect([what, [400, 404].includes(answer.status), text]).toEqual([
      what,
      true,
      expect.stringMatching(/INVALID_PARAMETER_VALUE|BAD_REQUEST|RESOURCE_DOES_NOT_EXIST/),
    ]);
    expect(JSON.parse(text)).toEqual({ error_code: expect.any(String), message: expect.stringMatching(/\S/) });
  }
  expect((await person.ask('GET', `/api/3.0/mlflow/traces/tr-${trace}`)).status).toBe(404);
});

test('a body with any of its bytes changed is taken or told off, and never a fault of ours', {
  timeout: 120_000,
}, async () => {
  const attribute = Buffer.concat([field(1, 'key'), field(2, nested(3))]);
  const good = exported(
    span(hex(16), field(9, attribute), field(11, Buffer.concat([field(1, start), field(2, 'event')]))),
  );
  for (let at = 0; at < good.length; at++)
    for (const change of [0, 0xff, good[at]! ^ 1, good[at]! ^ 0x80]) {
      const spoiled = Buffer.from(good);
      spoiled[at] = change;
      const { status } = await send(spoiled);
      expect([at, change, [200, 400].includes(status)]).toEqual([at, change, true]);
    }
});

test('every field of a trace and of an assessment, however it is spoiled, is told off or kept', {
  timeout: 120_000,
}, async () => {
  const info: Record<string, Json> = {
    trace_id: 'tr-spoiled',
    client_request_id: 'c',
    trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } },
    request_preview: 'in',
    response_preview: 'out',
    request_time: '2026-11-25T16:00:00.125Z',
    execution_duration: '1.5s',
    state: 'OK',
    trace_metadata: { a: 'b' },
    tags: { a: 'b' },
  };
  const assessment: Record<string, Json> = {
    assessment_name: 'good',
    span_id: 's',
    source: { source_type: 'HUMAN', source_id: 'ada' },
    feedback: { value: true },
    rationale: 'r',
    metadata: { a: 'b' },
    overrides: 'a-1',
    valid: true,
  };
  const spoils: Json[] = [
    null,
    true,
    '',
    ' ',
    '0',
    -1,
    1e308,
    2 ** 63,
    [],
    {},
    [{}],
    ['x'],
    'x'.repeat(100_000),
    '../..',
    '💥\u202e',
    '9999-99-99T99:99:99Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '999999999999999s',
    '-999999999999s',
    { value: { deep: [[[[1]]]] } },
    { serialized_value: { value: '{' } },
    { type: 'X' },
    { a: 1 },
    { __proto__: 'x', constructor: 'y' },
    Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`k${at}`, 'v'])),
  ];
  const told = async (path: string, body: Json, doing: string) => {
    const answer = await person.ask('POST', `/api/3.0/mlflow/${path}`, body);
    const text = await answer.text();
    expect([doing, [200, 400, 404].includes(answer.status), text.slice(0, 300)]).toEqual([
      doing,
      true,
      expect.any(String),
    ]);
    return answer.status;
  };
  expect(await told('traces', { trace: { trace_info: info } }, 'as it is meant')).toBe(200);
  for (const name of Object.keys(info))
    for (const spoiled of spoils)
      await told(
        'traces',
        { trace: { trace_info: { ...info, [name]: spoiled } } },
        `${name} ${JSON.stringify(spoiled).slice(0, 50)}`,
      );
  const { overrides: _, ...plain } = assessment;
  expect(await told('traces/tr-spoiled/assessments', { assessment: plain }, 'as it is meant')).toBe(200);
  expect(await told('traces/tr-spoiled/assessments', { assessment }, 'in the place of none')).toBe(404);
  for (const name of Object.keys(assessment))
    for (const spoiled of spoils)
      await told(
        'traces/tr-spoiled/assessments',
        { assessment: { ...plain, [name]: spoiled } },
        `${name} ${JSON.stringify(spoiled).slice(0, 50)}`,
      );
  const read = await person.json<{ trace: { trace_info: { assessments: object[] } } }>(
    'GET',
    '/api/3.0/mlflow/traces/tr-spoiled',
  );
  expect(read.trace.trace_info.assessments.length).toBeGreaterThan(1);
});

test('people see a trace as a tree, however long a chain of calls it is, and one whose parents go in a circle says that there is more', async () => {
  const spanOf = (trace: string, id: number, parent: number | null) =>
    Buffer.concat([
      field(1, Buffer.from(trace, 'hex')),
      field(2, Buffer.from(id.toString(16).padStart(16, '0'), 'hex')),
      ...(parent === null ? [] : [field(4, Buffer.from(parent.toString(16).padStart(16, '0'), 'hex'))]),
      field(5, `call ${id}`),
      field(7, start + BigInt(id) * 1_000_000n),
      field(8, start + BigInt(id) * 1_000_000n + 500_000n),
    ]);
  interface Seen {
    spans: { name: string; depth: number; afterMs: number; tookMs: number }[];
    more: boolean;
  }
  const seen = (trace: string) => person.json<Seen>('GET', `/api/v1/projects/first/logged-traces/tr-${trace}`);
  const [chain, circle] = [hex(16), hex(16)];
  const links = Array.from({ length: 2100 }, (_, at) => spanOf(chain, at + 1, at === 0 ? null : at));
  expect((await send(exported(...links))).status).toBe(200);
  const long = await seen(chain);
  expect([long.spans.length, long.more]).toEqual([2000, true]);
  expect(long.spans[1999]).toMatchObject({ name: 'call 2000', depth: 1999, afterMs: 1999, tookMs: 0.5 });
  await send(exported(spanOf(circle, 1, null), spanOf(circle, 2, 3), spanOf(circle, 3, 2)));
  expect(await seen(circle)).toMatchObject({ spans: [{ name: 'call 1', depth: 0 }], more: true });
});

test('who may only look at a project reads no trace, who may only log deletes none, and a stranger’s trace of the same name is another', async () => {
  const trace = hex(16);
  await send(exported(span(trace)));
  const path = `/api/3.0/mlflow/traces/tr-${trace}`;
  const as = async (actions: Parameters<Asker['token']>[0]) => {
    const token = await person.token(actions);
    return (method: string, to: string, body?: Json) =>
      api.nobody.ask(method, to, body, { headers: { authorization: `Bearer ${token}` } });
  };
  const looks = await as(['project.view']);
  const logs = await as(['project.view', 'run.execute']);
  expect((await looks('GET', path)).status).toBe(403);
  expect((await logs('PATCH', `${path}/tags`, { key: 'a', value: 'b' })).status).toBe(200);
  const one = { experiment_id: experiment, trace_ids: [`tr-${trace}`] };
  expect((await logs('POST', '/api/3.0/mlflow/traces/delete-traces', one)).status).toBe(403);
  expect((await api.nobody.ask('GET', path)).status).toBe(401);
  const other = await api.addProject('elsewhere');
  const stranger = await api.person({ role: 'ml-engineer', project: other.id });
  const inTheirs = { 'x-mlflow-workspace': 'elsewhere' };
  expect((await stranger.ask('GET', path, undefined, { headers: inTheirs })).status).toBe(404);
  const wanted = { name: 'theirs', project: 'elsewhere', actions: everything };
  const theirs = (await stranger.json<{ text: string }>('POST', '/api/v1/tokens', wanted)).text;
  const same = await send(exported(span(trace)), { 'x-mlflow-experiment-id': '0' }, theirs);
  expect(same.status).toBe(200);
  expect((await got(trace)).spans).toHaveLength(1);
  const kept = await api.house.sql`
    select details ->> 'peer' is not null as peer from drawloom.audit where action = 'traces/delete-traces' and outcome = 'denied'`;
  expect(kept).toEqual([{ peer: true }]);
});

test('a trace goes with the age at which runs go, and takes all that belongs to it along', async () => {
  const [old, young] = [hex(16), hex(16)];
  for (const trace of [old, young]) await send(exported(span(trace)));
  const { sql } = api.house;
  const [row] = await sql<{ project: string }[]>`
    update drawloom.logged_trace set kept_at = now() - interval '366 days' where uuid = ${`tr-${old}`} returning project_id as project`;
  await forget(sql, row!.project, tmpdir());
  expect((await person.ask('GET', `/api/3.0/mlflow/traces/tr-${old}`)).status).toBe(404);
  expect((await got(young)).spans).toHaveLength(1);
  const [left] = await sql`
    select (select count(*) from drawloom.logged_span s where not exists (select from drawloom.logged_trace t where t.id = s.trace_id))::int as spans`;
  expect(left).toEqual({ spans: 0 });
});
