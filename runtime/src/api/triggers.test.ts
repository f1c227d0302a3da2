import { randomUUID } from 'node:crypto';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { Fire, Trigger } from '@drawloom/shared/api/triggers.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { ProblemBody } from '@drawloom/shared/problem.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';

let api: TestApi;
let maker: Asker;
let pipeline: string;
beforeAll(async () => {
  api = await testApi();
  maker = await api.person({ role: 'ml-engineer' });
  const document = {
    ...emptyPipeline('Monthly'),
    parameters: { date_from: { type: 'date' }, seed: { type: 'integer', default: 7 } },
  };
  const made = await maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', {
    document: document as unknown as Json,
  });
  pipeline = made.id;
});
afterAll(async () => {
  await api.close();
});

const add = (body: object) => maker.ask('POST', `/api/v1/pipelines/${pipeline}/triggers`, body);
const monthly = { kind: 'cron', cron: '30 6 1 * *', timeZone: 'Europe/Berlin' };
const monthStart = { date_from: { $nominal: 'monthStart', months: -1 } };

test('a trigger shows its next times; a change keeps what it leaves out', async () => {
  const answer = await add({ name: 'Retraining', on: monthly, parameters: monthStart });
  expect(answer.status).toBe(201);
  const made = (await answer.json()) as Trigger;
  expect(made).toMatchObject({ name: 'Retraining', overlap: 'skip', version: null, enabled: true, lastFire: null });
  expect(made.next).toHaveLength(5);
  const off = await maker.json<Trigger>('PATCH', `/api/v1/triggers/${made.id}`, { enabled: false });
  expect(off).toMatchObject({ on: made.on, parameters: monthStart, enabled: false, next: [] });
  const on = await maker.json<Trigger>('PATCH', `/api/v1/triggers/${made.id}`, { enabled: true, overlap: 'cancel' });
  expect([on.next.length, on.overlap, on.name]).toEqual([5, 'cancel', 'Retraining']);
  const list = await maker.json<{ triggers: Trigger[] }>('GET', `/api/v1/projects/first/triggers?pipeline=${pipeline}`);
  expect(list.triggers.map(({ id }) => id)).toContain(made.id);
  await maker.json('DELETE', `/api/v1/triggers/${made.id}`);
  expect((await maker.ask('GET', `/api/v1/triggers/${made.id}/fires`)).status).toBe(404);
});

test.each([
  [{ on: { kind: 'cron', cron: '61 * * * *' } }, '/on/cron'],
  [{ on: { kind: 'cron', cron: '0 0 31 2 *' } }, '/on/cron'],
  [{ on: { kind: 'cron', cron: '0 0 1 * *', timeZone: 'Moon/Crater' } }, '/on/timeZone'],
  [{ on: { kind: 'interval', everySeconds: 0 } }, '/on/everySeconds'],
  [{ on: { kind: 'interval', everySeconds: 1.5 } }, '/on/everySeconds'],
  [{ on: { kind: 'calendar', at: ['25:00'], days: { every: 'day' } } }, '/on/at/0'],
  [{ on: { kind: 'calendar', at: ['06:00'], days: { monthDays: [30] }, months: [2] } }, '/on/days'],
  [{ on: { ...monthly, except: ['2026-13-01'] } }, '/on/except/0'],
  [{ on: { ...monthly, jitterSeconds: -1 } }, '/on/jitterSeconds'],
  [{ on: { ...monthly, catchUpSeconds: 1 } }, '/on/catchUpSeconds'],
  [{ on: monthly, overlap: 'sometimes' }, '/overlap'],
  [{ on: monthly, version: 99 }, '/version'],
  [{ on: monthly, parameters: {} }, '/parameters/date_from'],
  [{ on: monthly, parameters: { date_from: 7 } }, '/parameters/date_from'],
  [{ on: monthly, parameters: { date_from: { $nominal: 'year' } } }, '/parameters/date_from'],
  [{ on: monthly, parameters: { date_from: { $nominal: 'century' } } }, '/parameters/date_from'],
  [{ on: monthly, parameters: { ...monthStart, colour: 'red' } }, '/parameters/colour'],
])('%j is refused at %s, and nothing is kept', async (body, at) => {
  const before = await api.house.sql`select count(*) from drawloom.trigger`;
  const answer = await add({ parameters: monthStart, ...body });
  const problem = (await answer.json()) as ProblemBody;
  expect([answer.status, problem.at]).toEqual([422, at]);
  expect(problem.message.length).toBeGreaterThan(20);
  expect(await api.house.sql`select count(*) from drawloom.trigger`).toEqual(before);
});

test('the history is read page by page, newest first', async () => {
  const made = (await (await add({ on: monthly, parameters: monthStart })).json()) as Trigger;
  await api.house.sql`insert into drawloom.fire (trigger_id, key, nominal_at, due_at, state, why)
    select ${made.id}, n::text, '2026-01-01'::timestamptz + n * interval '1 day', now(), 'skipped', 'running' from generate_series(1, 7) n`;
  const page = (query: string) =>
    maker.json<{ items: Fire[]; next: string | null }>('GET', `/api/v1/triggers/${made.id}/fires?${query}`);
  const first = await page('limit=4');
  const second = await page(`limit=4&after=${encodeURIComponent(first.next!)}`);
  const days = [...first.items, ...second.items].map((fire) => fire.nominalAt.slice(8, 10));
  expect([days, second.next]).toEqual([['08', '07', '06', '05', '04', '03', '02'], null]);
  expect(first.items[0]).toMatchObject({ state: 'skipped', why: 'running', run: null });
  expect((await maker.ask('GET', `/api/v1/triggers/${made.id}/fires?after=odd`)).status).toBe(400);
});

test('who may not manage triggers may look at them, and of another project they see nothing', async () => {
  const made = (await (await add({ on: monthly, parameters: monthStart })).json()) as Trigger;
  const scientist = await api.person({ role: 'data-scientist' });
  expect((await scientist.ask('GET', `/api/v1/triggers/${made.id}/fires`)).status).toBe(200);
  expect((await scientist.ask('PATCH', `/api/v1/triggers/${made.id}`, { enabled: false })).status).toBe(403);
  expect((await scientist.ask('POST', `/api/v1/pipelines/${pipeline}/triggers`, { on: monthly })).status).toBe(403);
  const stranger = await api.person();
  for (const id of [made.id, randomUUID()])
    expect((await stranger.ask('GET', `/api/v1/triggers/${id}/fires`)).status).toBe(404);
});

test('one for new data is made, says what it waits for, keeps its kind, and is refused with the place of what is wrong', async () => {
  const source = await maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', {
    document: {
      ...emptyPipeline('Source'),
      nodes: { load: { type: 'source', name: 'Load', parameters: {} } },
    } as unknown as Json,
  });
  const output = { kind: 'output', pipeline: source.id, node: 'load', port: 'out' };
  const on = (inputs: object[], more: object = {}) => ({ kind: 'data', inputs, ...more });
  const body = {
    on: on([output, { kind: 'file', name: 'flights.csv' }], { when: 'all' }),
    parameters: { date_from: '2013-01-01', seed: { $body: '/inputs/0/run' } },
  };
  const answer = await add(body);
  expect(answer.status).toBe(201);
  const made = (await answer.json()) as Trigger & { signingKey: string | null };
  expect(made).toMatchObject({ on: body.on, next: [], webhook: null, signingKey: null, enabled: true });
  const refusedAt = async (answer: Response) => [answer.status, ((await answer.json()) as ProblemBody).at];
  for (const [inputs, at] of [
    [[], '/on/inputs'],
    [[output, output], '/on/inputs/1'],
    [[{ ...output, pipeline: randomUUID() }], '/on/inputs/0/pipeline'],
    [[{ ...output, pipeline }], '/on/inputs/0/pipeline'],
    [[{ ...output, node: 'gone' }], '/on/inputs/0/node'],
    [[{ kind: 'file', name: '../secret' }], '/on/inputs/0/name'],
    [[{ kind: 'folder', name: 'x' }], '/on/inputs/0/kind'],
    [Array(21).fill(output), '/on/inputs'],
  ] as const)
    expect(await refusedAt(await add({ ...body, on: on([...inputs]) }))).toEqual([422, at]);
  expect(await refusedAt(await add({ ...body, on: on([output], { when: 'often' }) }))).toEqual([422, '/on/when']);
  expect(await refusedAt(await add({ ...body, signingKey: 'whsec_x' }))).toEqual([422, '/signingKey']);
  const turned = await maker.ask('PATCH', `/api/v1/triggers/${made.id}`, { on: monthly });
  expect(await refusedAt(turned)).toEqual([422, '/on/kind']);
  // The source, started by what the first gives, would start that again.
  const circle = { on: on([{ ...output, pipeline, node: 'load' }]) };
  const back = await maker.ask('POST', `/api/v1/pipelines/${source.id}/triggers`, circle);
  expect([back.status, ((await back.json()) as ProblemBody).problems!.map(({ code }) => code)]).toMatchObject([
    422,
    expect.arrayContaining(['data_circle']),
  ]);
  await maker.json('DELETE', `/api/v1/triggers/${made.id}`);
});
