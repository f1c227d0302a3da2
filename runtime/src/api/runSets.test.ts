import { randomUUID } from 'node:crypto';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { RunSet } from '@drawloom/shared/api/runSets.ts';
import type { Fire, Trigger } from '@drawloom/shared/api/triggers.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { ProblemBody } from '@drawloom/shared/problem.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';

let api: TestApi;
let maker: Asker;
let pipeline: string;
let trigger: string;
beforeAll(async () => {
  api = await testApi();
  maker = await api.person({ role: 'ml-engineer' });
  const document = {
    ...emptyPipeline('Monthly'),
    parameters: { date_from: { type: 'date' }, date_to: { type: 'date' }, seed: { type: 'integer', default: 7 } },
  };
  pipeline = (
    await maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document: document as unknown as Json })
  ).id;
  const parameters = {
    date_from: { $nominal: 'monthStart', months: -1 },
    date_to: { $nominal: 'monthEnd', months: -1 },
  };
  const on = { kind: 'cron', cron: '0 6 1 * *', timeZone: 'America/New_York' };
  trigger = (
    await maker.json<Trigger>('POST', `/api/v1/pipelines/${pipeline}/triggers`, { name: 'Months', on, parameters })
  ).id;
});
afterAll(async () => {
  await api.close();
});

const ask = (body: object, what = 'backfills') => maker.ask('POST', `/api/v1/pipelines/${pipeline}/${what}`, body);
const minutely = { kind: 'cron', cron: '* * * * *' };
const days = { date_from: '2013-01-01', date_to: '2013-01-31' };

test('a backfill of a trigger takes its times and parameters, is looked at first, and then watched and stopped', async () => {
  const year = { trigger, from: '2013-02-01', until: '2014-01-01', concurrency: 3 };
  const preview = await (await ask(year, 'backfill-preview')).json();
  expect(preview).toEqual({
    count: 12,
    first: '2013-02-01T11:00:00.000Z',
    last: '2014-01-01T11:00:00.000Z',
    parameters: { date_from: '2013-01-01', date_to: '2013-01-31' },
  });
  const answer = await ask({ ...year, name: 'The year 2013' });
  expect(answer.status).toBe(201);
  const set = (await answer.json()) as RunSet;
  expect(set).toMatchObject({
    name: 'The year 2013',
    trigger: { id: trigger, name: 'Months' },
    status: 'running',
    counts: { planned: 12, running: 0, succeeded: 0, failed: 0, cancelled: 0 },
    from: '2013-02-01T05:00:00.000Z',
    until: '2014-01-02T05:00:00.000Z',
  });
  const { fires } = await maker.json<{ fires: Fire[] }>('GET', `/api/v1/run-sets/${set.id}/fires`);
  expect(fires.map(({ nominalAt, state }) => `${nominalAt.slice(0, 7)} ${state}`)).toHaveLength(12);
  expect(await maker.json('POST', `/api/v1/run-sets/${set.id}/stop`, {})).toMatchObject({ status: 'stopped' });
  expect((await maker.ask('POST', `/api/v1/run-sets/${set.id}/stop`, {})).status).toBe(409);
  expect(await maker.json('POST', `/api/v1/run-sets/${set.id}/resume`)).toMatchObject({ status: 'running' });
  expect((await maker.ask('POST', `/api/v1/run-sets/${set.id}/resume`)).status).toBe(409);
  expect(await maker.json('POST', `/api/v1/run-sets/${set.id}/retry`)).toMatchObject({ again: 0 });
  // The trigger may go; the set keeps its times.
  await maker.json('DELETE', `/api/v1/triggers/${trigger}`);
  expect(await maker.json('GET', `/api/v1/run-sets/${set.id}`)).toMatchObject({
    trigger: null,
    counts: { planned: 12 },
  });
});

test.each([
  [{ on: minutely, from: '2010-01-01', until: '2011-12-31' }, '/until', /more than 10000 times\. End it by 2010-01-07/],
  [{ on: minutely, from: '2013-01-02', until: '2013-01-01' }, '/until', /ends before it begins/],
  [
    { on: { kind: 'cron', cron: '0 6 31 * *' }, from: '2013-02-01', until: '2013-02-28' },
    '/until',
    /no time in this range/,
  ],
  [
    { on: { kind: 'cron', cron: '0 6 30 2 *' }, from: '2013-02-01', until: '2013-02-28' },
    '/on/cron',
    /never falls due/,
  ],
  [
    { on: { ...minutely, timeZone: 'Moon/Crater' }, from: '2013-02-01', until: '2013-02-28' },
    '/on/timeZone',
    /time zone/,
  ],
  [{ from: '2013-02-01', until: '2013-02-28' }, '/on', /Name a trigger/],
  [{ trigger: randomUUID(), from: '2013-02-01', until: '2013-02-28' }, '/trigger', /no such trigger/],
  [{ on: minutely, from: 'yesterday', until: '2013-02-28' }, '/from', /from/],
  [{ on: minutely, from: '2013-02-01', until: '2013-02-01', concurrency: 0 }, '/concurrency', /At least one/],
  [{ on: minutely, from: '2013-02-01', until: '2013-02-01', version: 9 }, '/version', /no version 9/],
  [
    { on: minutely, from: '2013-02-01', until: '2013-02-01', parameters: { date_to: '2013-01-31' } },
    '/parameters/date_from',
    /no default/,
  ],
])('%j is refused at %s, and nothing is kept', async (body, at, message) => {
  const before = await api.house
    .sql`select (select count(*) from drawloom.run_set), (select count(*) from drawloom.fire)`;
  for (const what of ['backfills', 'backfill-preview']) {
    const answer = await ask({ parameters: days, ...body }, what);
    const problem = (await answer.json()) as ProblemBody;
    expect([answer.status, problem.at]).toEqual([422, at]);
    expect(problem.message).toMatch(message);
  }
  expect(
    await api.house.sql`select (select count(*) from drawloom.run_set), (select count(*) from drawloom.fire)`,
  ).toEqual(before);
});

test('run sets are listed by pages, newest first, and are nothing to those outside', async () => {
  for (const name of ['one', 'two', 'three'])
    await ask({
      on: { kind: 'interval', everySeconds: 3600 },
      from: '2013-02-01',
      until: '2013-02-01',
      parameters: days,
      name,
    });
  const page = (query: string) =>
    maker.json<{ items: RunSet[]; next: string | null }>('GET', `/api/v1/projects/first/run-sets?${query}`);
  const first = await page(`limit=2&pipeline=${pipeline}`);
  expect(first.items.map(({ name, counts }) => [name, counts.planned])).toEqual([
    ['three', 24],
    ['two', 24],
  ]);
  const second = await page(`limit=2&after=${first.next}`);
  expect(second.items[0]!.name).toBe('one');
  expect((await maker.ask('GET', '/api/v1/projects/first/run-sets?after=odd')).status).toBe(400);
  const stranger = await api.person();
  expect((await stranger.ask('GET', `/api/v1/run-sets/${first.items[0]!.id}`)).status).toBe(404);
  const scientist = await api.person({ role: 'data-scientist' });
  expect((await scientist.ask('POST', `/api/v1/run-sets/${first.items[0]!.id}/stop`, {})).status).toBe(403);
});
