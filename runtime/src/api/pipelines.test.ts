import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import { pretty } from '@drawloom/shared/json.ts';
import { emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';

let api: TestApi;
let maker: Asker;
beforeAll(async () => {
  api = await testApi();
  maker = await api.person({ role: 'data-scientist' });
});
afterAll(() => api.close());

const draw = (name: string, code = 'def run() -> dict:\n    return {}\n'): PipelineDocument => ({
  ...emptyPipeline(name),
  nodes: {
    load: { type: 'source', name: 'Load', parameters: {} },
    step: { type: 'python', name: 'Step', parameters: {}, code },
  },
});
const add = (document: PipelineDocument) =>
  maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document });

test('a drawing is saved over the revision it started from, and its looks change no hash', async () => {
  const made = await add(draw('Saved'));
  const moved = { ...made.document, looks: { positions: { load: { x: 10, y: 20 } } } };
  const saved = await maker.json<Pipeline>('PUT', `/api/v1/pipelines/${made.id}`, { revision: 1, document: moved });
  expect(saved).toMatchObject({ revision: 2, contentHash: made.contentHash });
  const again = await maker.json<Pipeline>('PUT', `/api/v1/pipelines/${made.id}`, { revision: 2, document: moved });
  expect(again.revision).toBe(2);
});

test('of twenty who save the same revision at once one gets in, and the others are shown what it is now', async () => {
  const made = await add(draw('Contested'));
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      maker.ask('PUT', `/api/v1/pipelines/${made.id}`, {
        revision: 1,
        document: { ...made.document, description: `by ${i}` },
      }),
    ),
  );
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array(19).fill(409)]);
  const refused = await answers.find((answer) => answer.status === 409)!.json();
  expect(refused).toMatchObject({ code: 'stale_revision', at: '/revision', current: { revision: 2 } });
});

test('who may draw but not program can move and wire, and cannot bring other code in', async () => {
  const made = await add(draw('Guarded'));
  const architect = await api.person({ role: 'solution-architect' });
  const save = (document: PipelineDocument) =>
    architect.ask('PUT', `/api/v1/pipelines/${made.id}`, { revision: 1, document });
  const other = await save({ ...draw('Guarded', 'import os'), looks: made.document.looks });
  expect(other.status).toBe(403);
  expect(await other.json()).toMatchObject({ at: '/document/nodes/step/code' });
  expect((await save({ ...made.document, description: 'rewired' })).status).toBe(200);
  expect((await architect.ask('POST', '/api/v1/projects/first/pipelines', { document: draw('Mine') })).status).toBe(
    403,
  );
});

test('export and import give the same document back, inert until its code is accepted', async () => {
  const made = await add(draw('Round trip'));
  const exported = await maker.ask('GET', `/api/v1/pipelines/${made.id}/export`);
  expect(exported.headers.get('content-disposition')).toContain('round-trip.drawloom.json');
  const text = await exported.text();
  expect(text).toBe(pretty(made.document));
  await maker.json('DELETE', `/api/v1/pipelines/${made.id}`);
  const added = await maker.json<Pipeline>('POST', '/api/v1/projects/first/import', { text });
  expect(added).toMatchObject({ trusted: false, contentHash: made.contentHash });
  expect(await (await maker.ask('GET', `/api/v1/pipelines/${added.id}/export`)).text()).toBe(text);
  const start = () => maker.ask('POST', `/api/v1/pipelines/${added.id}/runs`, {});
  const refused = await start();
  expect(refused.status).toBe(422);
  expect(await refused.json()).toMatchObject({ code: 'untrusted' });
  await maker.json('POST', `/api/v1/pipelines/${added.id}/trust`);
  expect(await (await start()).json()).not.toMatchObject({ code: 'untrusted' });
});

test('a new pipeline gets a free name, and a taken one is refused when it is asked for', async () => {
  const create = () => maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { name: 'Again' });
  expect([(await create()).document.name, (await create()).document.name]).toEqual(['Again', 'Again 2']);
  const refused = await maker.ask('POST', '/api/v1/projects/first/pipelines', { document: draw('Again') });
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ code: 'name_taken' });
});

test('equal drawings are one version, also when two freeze at once, and a version can be brought back', async () => {
  const made = await add(draw('Versioned'));
  const freeze = (message: string) =>
    maker.json<{ number: number }>('POST', `/api/v1/pipelines/${made.id}/versions`, { message });
  const both = await Promise.all([freeze('one'), freeze('two')]);
  expect(both.map((version) => version.number)).toEqual([1, 1]);
  const changed = { ...made.document, nodes: { load: made.document.nodes.load! } };
  await maker.json('PUT', `/api/v1/pipelines/${made.id}`, { revision: 1, document: changed });
  expect((await freeze('smaller')).number).toBe(2);
  const restored = await maker.json<Pipeline>('POST', `/api/v1/pipelines/${made.id}/versions/1/restore`);
  expect(restored).toMatchObject({ revision: 3, contentHash: made.contentHash });
  const { versions } = await maker.json<{ versions: { number: number }[] }>(
    'GET',
    `/api/v1/pipelines/${made.id}/versions`,
  );
  expect(versions.map((version) => version.number)).toEqual([2, 1]);

  // what nobody froze becomes a version before another one takes its place
  const unsaved = { ...made.document, nodes: {}, edges: {} };
  await maker.json('PUT', `/api/v1/pipelines/${made.id}`, { revision: 3, document: unsaved });
  await maker.json('POST', `/api/v1/pipelines/${made.id}/versions/2/restore`);
  const kept = await maker.json<{ document: PipelineDocument; message: string }>(
    'GET',
    `/api/v1/pipelines/${made.id}/versions/3`,
  );
  expect(kept.document.nodes).toEqual({});
  expect(kept.message).toBe('As it was before version 2 was restored');
});

test('an archived pipeline leaves the list, gives its name back, and can return under it when it is free', async () => {
  const made = await add(draw('Put away'));
  await maker.json('DELETE', `/api/v1/pipelines/${made.id}`);
  const list = async (query = '') =>
    (
      await maker.json<{ pipelines: { id: string }[] }>('GET', `/api/v1/projects/first/pipelines${query}`)
    ).pipelines.map((one) => one.id);
  expect(await list()).not.toContain(made.id);
  expect(await list('?archived=true&search=PUT')).toEqual([made.id]);
  await add(draw('Put away'));
  expect((await maker.ask('POST', `/api/v1/pipelines/${made.id}/restore`)).status).toBe(409);
});

test('a document that cannot be understood is told with a pointer, and nothing is stored', async () => {
  const bad = { ...draw('Bad'), edges: { x: { from: { node: 'load' }, to: 5 } } };
  const answer = await maker.ask('POST', '/api/v1/projects/first/pipelines', { document: bad });
  expect(answer.status).toBe(422);
  const body = (await answer.json()) as { at: string; problems: unknown[] };
  expect(body.at).toMatch(/^\/document\/edges\/x/);
  expect(body.problems.length).toBeGreaterThan(0);
  const cyclic = draw('Cyclic');
  cyclic.edges = {
    a: { from: { node: 'load', port: 'out' }, to: { node: 'step', port: 'in' } },
    b: { from: { node: 'step', port: 'out' }, to: { node: 'load', port: 'in' } },
  };
  const { problems } = await maker.json<{ problems: { code: string }[] }>('POST', '/api/v1/projects/first/check', {
    document: cyclic,
  });
  expect(problems.map((problem) => problem.code)).toContain('cycle');
  const imported = await maker.ask('POST', '/api/v1/projects/first/import', { text: JSON.stringify(cyclic) });
  expect(imported.status).toBe(422);
  expect(await imported.text()).toContain('wait for each other in a circle');
});

test('numbers that no version, revision or attempt can have are refused, not stumbled over', async () => {
  const { id } = await add(draw('Numbers'));
  const huge = 2 ** 40;
  const statusOf = async (method: string, path: string, body?: unknown) =>
    (await maker.ask(method, `/api/v1${path}`, body)).status;
  expect(await statusOf('GET', `/pipelines/${id}/export?version=${huge}`)).toBe(400);
  expect(await statusOf('GET', `/pipelines/${id}/versions/${huge}`)).toBe(404);
  expect(await statusOf('POST', `/pipelines/${id}/versions/${huge}/restore`)).toBe(404);
  expect(await statusOf('POST', `/pipelines/${id}/runs`, { version: huge })).toBe(422);
  expect(await statusOf('PUT', `/pipelines/${id}`, { revision: huge, document: draw('Numbers') })).toBe(422);
  await maker.ask('POST', `/api/v1/pipelines/${id}/versions`, { message: '' });
  const { run } = await maker.json<{ run: { id: number } }>('POST', `/api/v1/pipelines/${await runnable()}/runs`, {});
  for (const asked of ['?mapIndex=', '/log?attempt=', '/log?mapIndex=', '/log/search?text=x&attempt='])
    expect(await statusOf('GET', `/runs/${run.id}/nodes/load${asked}${huge}`), asked).toBe(400);
});
/** The id of a pipeline that can be run as it is. */
const runnable = async () =>
  (await add({ ...emptyPipeline('Runs'), nodes: { load: { type: 'source', name: 'Load', parameters: {} } } })).id;

const raw = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  path = '/api/v1/projects/first/pipelines',
) => maker.ask('POST', path, undefined, { body, headers });

test('bodies that are no JSON, too deep, too many or dangerous are refused, and the server goes on', async () => {
  const deep = `{"document":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  const cases: [number, string, Promise<Response>][] = [
    [400, 'json_malformed', raw('{"name": ')],
    [400, 'json_malformed', raw("{'name': 'x'}")],
    [400, 'json_too_deep', raw(deep)],
    [400, 'json_key', raw('{"name":"x","__proto__":{"admin":true}}')],
    [400, 'json_key', raw('{"document":{"constructor":{"prototype":{}}}}')],
    [400, 'json_duplicate_key', raw('{"name":"x","name":"y"}')],
    [400, 'json_encoding', raw(new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]))],
    [400, 'json_character', raw('{"name":"a\\u0000b"}')],
    [400, 'json_character', raw('{"name":"a\\ud800b"}')],
    [415, 'wrong_type', raw('name=x', { 'content-type': 'application/json; charset=latin1' })],
    [413, 'too_big', raw(`{"name":"${'x'.repeat(11 * 2 ** 20)}"}`)],
    [422, 'invalid', raw('{"name":""}')],
    [422, 'invalid', raw('[]')],
    [422, 'invalid', raw('null')],
  ];
  for (const [status, code, answer] of cases) {
    const got = await answer;
    expect([got.status, ((await got.json()) as { code: string }).code]).toEqual([status, code]);
  }
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
  expect((await maker.ask('GET', '/api/v1/session')).status).toBe(200);
});

test('an import of a million nodes, or nested 100,000 deep, is refused quickly', async () => {
  const nodes = Array.from({ length: 1_000_000 }, (_, i) => `"n${i}":{}`).join(',');
  const million = JSON.stringify({ text: `{"schemaVersion":1,"name":"x","nodes":{${nodes}}}` });
  const deep = JSON.stringify({ text: `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}` });
  const began = performance.now();
  const answers = [
    await raw(million, {}, '/api/v1/projects/first/import'),
    await raw(deep, {}, '/api/v1/projects/first/import'),
    await raw(JSON.stringify({ text: '{"schemaVersion":1,"__proto__":{}}' }), {}, '/api/v1/projects/first/import'),
  ];
  expect(answers.map((answer) => answer.status)).toEqual([413, 422, 422]);
  expect(performance.now() - began).toBeLessThan(5000);
  const stored = await api.house.db.execute(sql`select count(*)::int as count from drawloom.pipeline where name = 'x'`);
  expect(stored[0]!.count).toBe(0);
});

test('a pipeline of 10,000 nodes is imported, saved and answered within the bounds', async () => {
  const document = emptyPipeline('Ten thousand');
  for (let i = 0; i < 10_000; i++) document.nodes[`n${i}`] = { type: 'source', name: `N ${i}`, parameters: {} };
  const began = performance.now();
  const made = await maker.json<Pipeline>('POST', '/api/v1/projects/first/import', { text: JSON.stringify(document) });
  const imported = performance.now();
  await maker.json('PUT', `/api/v1/pipelines/${made.id}`, {
    revision: 1,
    document: { ...made.document, description: 'changed' },
  });
  const saved = performance.now();
  expect(imported - began).toBeLessThan(5000);
  expect(saved - imported).toBeLessThan(4000);
});

test('the API describes itself by the schemas its handlers use', async () => {
  const answer = await maker.ask('GET', '/api/v1/openapi.json');
  const page = JSON.parse(await answer.text());
  expect(page.openapi).toBe('3.1.0');
  expect(page.paths['/pipelines/{pipeline}'].put.requestBody.content['application/json'].schema.required).toEqual([
    'revision',
    'document',
  ]);
  const text = JSON.stringify(page);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
    expect(page.components.schemas[name!]).toBeDefined();
  expect(text).not.toContain('$defs');
});
