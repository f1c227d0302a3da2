import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Json } from '@drawloom/shared/json.ts';
import { type ServerType, serve } from '@hono/node-server';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { type OpenLineageClient, startOpenLineageClient } from '../../../test/support/openLineageClient.ts';
import { sweep } from '../queue/duties.ts';

let api: TestApi;
let server: ServerType;
let url: string;
let person: Asker;
let token: string;
let client: OpenLineageClient;

beforeAll(async () => {
  api = await testApi();
  person = await api.person({ role: 'data-scientist' });
  token = await person.token(['project.view', 'data.read', 'run.execute']);
  server = serve({ fetch: api.app.fetch, port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = await startOpenLineageClient(url);
}, 600_000);
afterAll(async () => {
  client?.close();
  server.close();
  await api.close();
});
beforeEach(async () => {
  for (const table of ['event', 'job', 'set', 'run', 'use'])
    await api.house.sql`delete from drawloom.${api.house.sql(`lineage_${table}`)}`;
});

type Fields = { [key: string]: Json };
async function post(
  body: Json | Uint8Array<ArrayBuffer> | string,
  { path = '/api/v1/lineage', as = token, headers = {} } = {},
) {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
  return {
    status: answer.status,
    body: (await answer.json()) as Fields & { problems?: { at: string; message: string }[] },
  };
}

const run = '0190c2f4-8f3a-7bd3-a4cb-31ad4a2fa001';
const facet = (more: Fields = {}) => ({
  _producer: 'https://example.org/scheduler',
  _schemaURL: 'https://example.org/facet.json',
  ...more,
});
const told = (eventType: string | null, minute: number, more: Fields = {}): Fields => ({
  eventType,
  eventTime: `2026-01-31T02:${String(minute).padStart(2, '0')}:00Z`,
  producer: 'https://example.org/scheduler',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  run: { runId: run },
  job: { namespace: 'warehouse', name: 'load' },
  ...more,
});

/** All that events added up to, by names; what each facet says without the words that every one has. */
async function known() {
  const [row] = (await api.house.sql`
    select jsonb_build_object(
      'events', (select count(*) from drawloom.lineage_event),
      'jobs', (select jsonb_object_agg(name, facets) from drawloom.lineage_job),
      'sets', (select jsonb_object_agg(name, facets) from drawloom.lineage_set),
      'runs', (select jsonb_agg(jsonb_build_object('uuid', r.uuid, 'job', j.name, 'state', r.state, 'stateAt', r.state_at, 'beganAt', r.began_at,
        'facets', r.facets) order by r.uuid) from drawloom.lineage_run r join drawloom.lineage_job j on j.id = r.job_id),
      'uses', (select jsonb_agg(concat_ws(' ', j.name, case when u.run_id = 0 then 'ever' else 'run' end, u.direction, s.name) order by 1)
        from drawloom.lineage_use u join drawloom.lineage_job j on j.id = u.job_id join drawloom.lineage_set s on s.id = u.set_id)) as known`) as unknown as [
    { known: { events: number; jobs: Fields; sets: Fields; runs: Fields[]; uses: string[] | null } },
  ];
  return row!.known;
}

test('what the released client tells of a night adds up to a job, its run and its data sets, plain or packed', async () => {
  for (const gzip of [false, true]) await client.call(token, 'nightly', { run, gzip });
  const now = await known();
  expect(now.events).toBe(4);
  expect(now.jobs).toMatchObject({
    'nightly.flights': { sql: { facet: { query: expect.stringContaining('raw.flights') } } },
  });
  expect(now.runs).toMatchObject([
    {
      uuid: run,
      job: 'nightly.flights',
      state: 'COMPLETE',
      beganAt: '2026-01-31T01:00:00.000001+00:00',
      stateAt: '2026-01-31T01:10:00+00:00',
    },
  ]);
  expect(now.sets).toMatchObject({
    'raw.flights': {},
    'public.flights': {
      schema: { facet: { fields: [{ name: 'delay', type: 'double' }] } },
      ownership: { facet: { owners: [{ name: 'team:blue' }] } },
    },
  });
  expect(now.uses!.sort()).toEqual([
    'nightly.flights ever in raw.flights',
    'nightly.flights ever out public.flights',
    'nightly.flights run in raw.flights',
    'nightly.flights run out public.flights',
  ]);
});

test('an event is forgotten after thirty days, what it added to stays, and sent once more it changes nothing', async () => {
  const event = told('COMPLETE', 10, { inputs: [{ namespace: 'db', name: 'raw' }] });
  await post(event);
  await post(told('START', 0));
  const before = await known();
  await api.house
    .sql`update drawloom.lineage_event set received_at = now() - interval '31 days' where event ->> 'eventType' = 'COMPLETE'`;
  await sweep(api.house.sql);
  expect(await known()).toEqual({ ...before, events: 1 });
  expect(await post(event)).toMatchObject({ status: 201, body: { again: false } });
  expect(await known()).toEqual(before);
});

test('events add up to the same in whichever order they come, and an end stays the end', async () => {
  const set = { namespace: 'db', name: 'raw' };
  const events = [
    told('START', 0, { run: { runId: run, facets: { mine: facet({ says: 'start' }), gone: facet() } } }),
    told('RUNNING', 5, { inputs: [{ ...set, facets: { schema: facet({ fields: ['a'] }) } }] }),
    told('FAIL', 10, {
      inputs: [set],
      run: { runId: run, facets: { mine: facet({ says: 'end' }), gone: facet({ _deleted: true }) } },
    }),
    told('OTHER', 20, { outputs: [{ namespace: 'db', name: 'late' }] }),
    told(null, 21, { inputs: [{ ...set, facets: { schema: facet({ fields: ['a', 'b'] }) } }] }),
  ];
  const orders = [
    [0, 1, 2, 3, 4],
    [4, 3, 2, 1, 0],
    [2, 0, 4, 1, 3],
    [3, 2, 4, 0, 1],
  ];
  const outcomes: unknown[] = [];
  for (const order of orders) {
    for (const index of order) expect((await post(events[index]!)).status).toBe(201);
    const { uses, ...now } = await known();
    outcomes.push({ ...now, uses: uses!.sort() });
    await api.house.sql`delete from drawloom.lineage_use`;
    for (const table of ['event', 'job', 'set', 'run'])
      await api.house.sql`delete from drawloom.${api.house.sql(`lineage_${table}`)}`;
  }
  expect(outcomes[0]).toMatchObject({
    events: 5,
    runs: [
      {
        state: 'FAIL',
        stateAt: '2026-01-31T02:10:00+00:00',
        beganAt: '2026-01-31T02:00:00+00:00',
        facets: { mine: { facet: { says: 'end' } }, gone: { facet: null } },
      },
    ],
    sets: { raw: { schema: { facet: { fields: ['a', 'b'] } } }, late: {} },
  });
  for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
});

test('the same event counts once, also when it is sent from many sides at once and its keys stand in another order', async () => {
  const event = told('START', 0, {
    inputs: [
      { namespace: 'db', name: 'raw' },
      { namespace: 'db', name: 'more' },
    ],
  });
  const turned = Object.fromEntries(Object.entries(event).reverse());
  const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => post(index % 2 ? event : turned)));
  expect(answers.map(({ status, body }) => [status, body.again]).sort()).toEqual([
    ...Array(7).fill([200, true]),
    [201, false],
  ]);
  expect(await known()).toMatchObject({ events: 1, runs: [{ state: 'START' }] });
});

test('many runs that tell of the same data sets at once, each in its own order, all come in', async () => {
  const sets = Array.from({ length: 30 }, (_, index) => ({ namespace: 'db', name: `table ${index}` }));
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      post(
        told('COMPLETE', index, {
          run: { runId: run.replace(/01$/, String(10 + index)) },
          inputs: index % 2 ? sets : [...sets].reverse(),
          outputs: [sets[index]!],
        }),
      ),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
  expect((await known()).runs).toHaveLength(20);
});

test('what is wrong with an event is told field by field, and nothing of it is kept', async () => {
  const whole = told('START', 0);
  const without = (key: string) => Object.fromEntries(Object.entries(whole).filter(([one]) => one !== key));
  const about = { producer: whole.producer!, schemaURL: whole.schemaURL!, eventTime: whole.eventTime! };
  const cases: [Json, string[]][] = [
    [{ ...whole, eventTime: 'yesterday' }, ['/eventTime']],
    [{ ...whole, eventTime: '0000-01-01T00:00:00Z' }, ['/eventTime']],
    [{ ...whole, eventTime: '2026-01-31T02:00:00' }, ['/eventTime']],
    [without('producer'), ['/producer']],
    [{ ...whole, producer: 'me' }, ['/producer']],
    [{ ...whole, eventType: 'DONE', run: { runId: 'seven' } }, ['/eventType', '/run/runId']],
    [{ ...whole, job: { namespace: '', name: 7 } }, ['/job/namespace', '/job/name']],
    [{ ...whole, job: { namespace: 'a', name: 'é'.repeat(1001) } }, ['/job/name']],
    [{ ...whole, inputs: [{ namespace: 'db' }] }, ['/inputs/0/name']],
    [
      { ...whole, run: { runId: run, facets: { mine: { says: 1 } } } },
      ['/run/facets/mine/_producer', '/run/facets/mine/_schemaURL'],
    ],
    [
      { ...whole, outputs: [{ namespace: 'a', name: 'b', outputFacets: { mine: 1 } }] },
      ['/outputs/0/outputFacets/mine'],
    ],
    [{ ...about, dataset: { namespace: 'a', name: 'b' }, job: { namespace: 'a', name: 'b' } }, ['/job']],
    [about, ['/job']],
    [[whole], ['']],
    ['"text"', ['']],
  ];
  for (const [body, places] of cases) {
    const { status, body: answer } = await post(body);
    expect([status, answer.problems?.map(({ at }) => at)], JSON.stringify(body).slice(0, 200)).toEqual([422, places]);
  }
  expect((await known()).events).toBe(0);
});

test('a body that is no JSON, too large, packed to be too large, or of another kind is refused and never ours', async () => {
  const large = JSON.stringify({ ...told('START', 0), more: 'x'.repeat(2 ** 20) });
  const packed = (text: string) => new Uint8Array(gzipSync(text));
  const gzip = { 'content-encoding': 'gzip' };
  expect(await post('{')).toMatchObject({ status: 400, body: { code: 'json_malformed' } });
  expect(await post('')).toMatchObject({ status: 400 });
  expect(await post(large)).toMatchObject({ status: 413, body: { message: expect.stringContaining('1 MiB') } });
  expect(await post(packed(large), { headers: gzip })).toMatchObject({ status: 413 });
  expect(await post('plain', { headers: gzip })).toMatchObject({ status: 400, body: { code: 'bad_encoding' } });
  expect(await post('{}', { headers: { 'content-encoding': 'br' } })).toMatchObject({ status: 415 });
  expect(await post('{}', { headers: { 'content-type': 'text/plain' } })).toMatchObject({ status: 415 });
  expect(await post('{"a":"\\u0000"}')).toMatchObject({ status: 400, body: { code: 'json_character' } });
  expect(await post(JSON.stringify(told('START', 0, { big: 7 })).replace('"big":7', '"big":1e999'))).toMatchObject({
    status: 201,
  });
});

test('of a batch, what is an event is kept and what is none is named', async () => {
  const path = '/api/v1/lineage/batch';
  expect(
    await post(
      [told('START', 0), { ...told('COMPLETE', 1), eventTime: 'soon' }, told('COMPLETE', 2), told('START', 0)],
      { path },
    ),
  ).toEqual({
    status: 200,
    body: {
      status: 'partial_success',
      summary: { received: 4, successful: 3, failed: 1, retriable: 0, non_retriable: 1 },
      failed_events: [{ index: 1, reason: expect.stringMatching(/^eventTime: /), retriable: false }],
    },
  });
  expect(await known()).toMatchObject({ events: 2, runs: [{ state: 'COMPLETE' }] });
  expect(await post([], { path })).toMatchObject({ status: 200, body: { status: 'success' } });
  expect(await post(told('START', 0), { path })).toMatchObject({ status: 422 });
});

test('it takes a token that may write, and what it tells stays in the token’s project', async () => {
  const other = await api.addProject('second');
  const reader = await person.token(['project.view', 'data.read']);
  expect(await post(told('START', 0), { as: reader })).toMatchObject({ status: 403 });
  expect(await post(told('START', 0), { as: 'nobody' })).toMatchObject({ status: 401 });
  expect(await post(told('START', 0), { path: '/api/v1/lineage?project=second' })).toMatchObject({ status: 404 });
  expect(await post(told('START', 0), { path: '/api/v1/lineage?project=first' })).toMatchObject({ status: 201 });
  const there = await api.house.sql`select distinct project_id from drawloom.lineage_job`;
  expect(there.map((row) => row.project_id)).toEqual([api.project.id]);
  const member = await api.person({ role: 'ml-engineer', project: other.id });
  expect((await member.ask('POST', '/api/v1/lineage', told('START', 0))).status).toBe(201);
  expect(await api.house.sql`select 1 from drawloom.lineage_run where project_id = ${other.id}`).toHaveLength(1);
});
