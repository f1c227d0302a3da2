/** Pools as people handle them: who may, what is refused, and what a run that wants one is told. */
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { Pool } from '@drawloom/shared/api/pools.ts';
import type { RunSummary, Waiting } from '@drawloom/shared/api/runs.ts';
import type { System } from '@drawloom/shared/api/system.ts';
import { emptyPipeline, type PoolWant } from '@drawloom/shared/pipeline/document.ts';
import type { Problem, ProblemBody } from '@drawloom/shared/problem.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { catalog } from '../nodes/catalog.ts';

let api: TestApi;
let engineer: Asker;
beforeAll(async () => {
  api = await testApi({ catalog, environment: async () => 'lock' });
  engineer = await api.person({ role: 'data-engineer' });
});
afterAll(() => api.close());

const pools = '/api/v1/projects/first/pools';
const set = (name: string, size: unknown, who = engineer) => who.ask('PUT', `${pools}/${name}`, { size });
const told = async (answer: Response) => [answer.status, (await answer.json()) as ProblemBody] as const;
const draw = async (name: string, pool: PoolWant) => {
  const node = {
    type: 'python',
    name: 'Load',
    code: 'def load():\n    return 1\n',
    parameters: {},
    execution: { pool },
  };
  const document = { ...emptyPipeline(name), nodes: { load: node } };
  return engineer.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document });
};
const start = (pipeline: string) => engineer.ask('POST', `/api/v1/pipelines/${pipeline}/runs`, {});

test('a pool is made, sized, listed and removed by whoever may, and only looked at by others', async () => {
  expect(await (await set('gpu', 2)).json()).toEqual({ name: 'gpu', size: 2, held: 0, waiting: 0, holders: [] });
  expect(await (await set('gpu', 3)).json()).toMatchObject({ size: 3 });
  const reader = await api.person({ role: 'business-stakeholder' });
  expect((await set('gpu', 1, reader)).status).toBe(403);
  expect(await reader.json(`GET`, pools)).toMatchObject({ pools: [{ name: 'gpu', size: 3 }] });
  const stranger = await api.person({ role: 'data-engineer', project: (await api.addProject('elsewhere')).id });
  expect((await stranger.ask('GET', pools)).status).toBe(404);
  expect((await engineer.ask('DELETE', `${pools}/gpu`)).status).toBe(204);
  expect((await engineer.ask('DELETE', `${pools}/gpu`)).status).toBe(404);
});

test.each([0, -1, 1.5, 1001, '2', null])('a pool of size %j is refused with its place', async (size) => {
  const [status, body] = await told(await set('odd', size));
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(body.at).toBe('/size');
  expect((await engineer.json<{ pools: Pool[] }>('GET', pools)).pools).toEqual([]);
});

test('a name that no node could name is refused', async () => {
  for (const name of ['Big', '9', 'a b', 'a'.repeat(64)]) {
    const [status, body] = await told(await set(encodeURIComponent(name), 1));
    expect([name, status, body.code]).toEqual([name, 422, 'pool_name']);
    expect(body.message).toContain('starts with a letter');
  }
});

test('a run whose node wants a pool that is not there, or more than it has, is told where and what to do', async () => {
  const missing = await draw('missing', { name: 'nowhere' });
  const [status, body] = await told(await start(missing.id));
  expect([status, body.code, body.at]).toEqual([422, 'pool_missing', '/nodes/load/execution/pool/name']);
  expect(body.message).toContain('Settings, Pools');
  await set('small', 1);
  const small = await draw('small', { name: 'small', slots: 2 });
  const [again, problem] = await told(await start(small.id));
  expect([again, problem.code, problem.at]).toEqual([422, 'pool_small', '/nodes/load/execution/pool/slots']);
  await set('small', 2);
  expect((await start(small.id)).status).toBe(201);
});

test('a pool that a run wants stays, and a rerun of one whose pool is gone says so', async () => {
  await set('busy', 2);
  const { id } = await draw('busy', { name: 'busy', slots: 2 });
  const { run } = (await (await start(id)).json()) as { run: RunSummary };
  const why = await engineer.json<Waiting>('GET', `/api/v1/runs/${run.id}/nodes/load/why`);
  expect(why).toMatchObject({ status: 'queued', waits: [{ kind: 'no_worker' }] });
  expect((await engineer.ask('GET', `/api/v1/runs/${run.id}/nodes/none/why`)).status).toBe(404);
  const refused = [await set('busy', 1), await engineer.ask('DELETE', `${pools}/busy`)];
  for (const answer of refused) {
    const [status, body] = await told(answer);
    expect([status, body.code]).toEqual([409, 'pool_wanted']);
    expect(body.message).toContain(`Run ${run.id}`);
  }
  await engineer.ask('POST', `/api/v1/runs/${run.id}/cancel`);
  expect((await engineer.ask('DELETE', `${pools}/busy`)).status).toBe(204);
  const [status, body] = await told(await engineer.ask('POST', `/api/v1/runs/${run.id}/rerun`, { only: 'all' }));
  expect([status, body.code]).toEqual([422, 'pool_missing']);
});

test('a node that stands for a pipeline has no pool of its own', async () => {
  const node = {
    type: 'subpipeline',
    name: 'Part',
    parameters: { pipeline: '' },
    execution: { pool: { name: 'gpu' } },
  };
  const document = { ...emptyPipeline('idle'), nodes: { part: node } };
  const { problems } = await engineer.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document });
  expect(problems).toContainEqual(expect.objectContaining({ code: 'pool_idle', at: '/nodes/part/execution/pool' }));
});

test('a tag that no worker ever had is refused at the start, with its place; one that is none at the save', async () => {
  const node = (needs: string[]) => ({
    ...{ type: 'python', name: 'Load', code: 'def load():\n    return 1\n', parameters: {}, execution: { needs } },
  });
  const save = (name: string, needs: string[]) =>
    engineer.ask('POST', '/api/v1/projects/first/pipelines', {
      document: { ...emptyPipeline(name), nodes: { load: node(needs) } },
    });
  const { id } = (await (await save('tagged', ['gpu'])).json()) as Pipeline;
  const warned = async () => {
    const document = { ...emptyPipeline('tagged'), nodes: { load: node(['gpu']) } };
    const { problems } = await engineer.json<{ problems: Problem[] }>('POST', '/api/v1/projects/first/check', {
      document,
    });
    return problems.filter(({ code }) => code === 'tag_unknown').map(({ at, severity }) => `${severity} ${at}`);
  };
  const ever = async () => (await engineer.json<System>('GET', '/api/v1/system')).tags;
  expect(await warned()).toEqual(['warning /nodes/load/execution/needs']);
  expect(await ever()).not.toContain('gpu');
  const [status, body] = await told(await start(id));
  expect([status, body.code, body.at]).toEqual([422, 'tag_unknown', '/nodes/load/execution/needs']);
  expect(body.message).toContain('DRAWLOOM_TAGS=gpu');
  await api.house.db.execute(
    sql`insert into drawloom.worker (id, host, pid, version, capacity, tags, ttl_ms, stopped_at)
      values (gen_random_uuid(), 'away', 1, 'test', 1, '{gpu}', 1000, now())`,
  );
  expect(await warned()).toEqual([]);
  expect(await ever()).toContain('gpu');
  expect((await start(id)).status).toBe(201);
  const [refused, problem] = await told(await save('loud', ['GPU!']));
  expect([refused, problem.problems?.[0]?.at ?? problem.at]).toEqual([422, '/document/nodes/load/execution/needs/0']);
});
