/** Promotions as people handle them: one asks, gates are judged, another one answers, and what moves moves with that answer. */
import type { Approval } from '@drawloom/shared/api/approvals.ts';
import type { ModelVersionSummary, RegisteredModel } from '@drawloom/shared/api/models.ts';
import type { ProblemBody } from '@drawloom/shared/problem.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { createExperiment } from '../tracking/experiments.ts';
import { createRun, logToRun } from '../tracking/runs.ts';

let api: TestApi;
let scientist: Asker;
let engineer: Asker;
let architect: Asker;
let experiment: number;
const base = '/api/v1/projects/first/models';

beforeAll(async () => {
  api = await testApi();
  scientist = await api.person({ role: 'data-scientist' });
  engineer = await api.person({ role: 'ml-engineer' });
  architect = await api.person({ role: 'solution-architect' });
  experiment = (await createExperiment(api.house.db, { projectId: api.project.id, name: 'flights', tags: [] })).id;
});
afterAll(() => api.close());

/** A model with one version for each of these. */
async function model(name: string, ...told: Record<string, number>[]): Promise<string> {
  await scientist.json('POST', base, { name });
  for (const metrics of told) {
    const run = await createRun(api.house.sql, { experiment, name: 'a try', userId: 'me', startMs: 1000, tags: [] });
    const values = Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 1, step: 0 }));
    await logToRun(api.house.sql, { projectId: api.project.id, uuid: run, metrics: values });
    await scientist.json('POST', `${base}/${name}/versions`, { source: `runs:/${run}/model` });
  }
  return name;
}
const ask = (name: string, version: number, body: object, who = scientist) =>
  who.ask('POST', `${base}/${name}/versions/${version}/promotions`, body);
const asked = async (name: string, version: number, body: object, who = scientist): Promise<Approval> => {
  const answer = await ask(name, version, body, who);
  expect(answer.status).toBe(201);
  return (await answer.json()) as Approval;
};
const answer = (who: Asker, { id }: Approval, verdict = 'approve') =>
  who.ask('POST', `/api/v1/approvals/${id}/answer`, { verdict, comment: 'seen' });
const problem = async (of: Response) => [of.status, ((await of.json()) as ProblemBody).code];
const aliases = async (name: string) => (await engineer.json<RegisteredModel>('GET', `${base}/${name}`)).aliases;
const stages = async (name: string) =>
  (await engineer.json<{ items: ModelVersionSummary[] }>('GET', `${base}/${name}/versions`)).items.map(
    ({ version, stage }) => [version, stage],
  );

test('who registers asks, somebody who promotes approves, and the alias moves with the answer', async () => {
  const name = await model('delays', { auc: 0.8 }, { auc: 0.79 });
  await engineer.json('PUT', `${base}/${name}/aliases/champion`, { version: 1 });
  const promotion = await asked(name, 2, {
    alias: 'champion',
    gates: [
      { metric: 'auc', is: 'at least', bound: 0.7 },
      { metric: 'auc', is: 'at least', than: 'champion', by: 0.02 },
    ],
    text: 'Learned from the whole year.',
  });
  expect(promotion).toMatchObject({
    kind: 'promotion',
    title: 'Promote version 2 of delays to @champion?',
    text: 'Learned from the whole year.',
    run: null,
    promotion: {
      model: 'delays',
      version: 2,
      alias: 'champion',
      stage: null,
      gates: [
        { limit: 0.7, measured: 0.79, passed: true, version: null },
        { limit: expect.closeTo(0.78), measured: 0.79, passed: true, version: 1, than: 'champion' },
      ],
    },
    mayAnswer: false,
  });
  expect(await problem(await answer(scientist, promotion))).toEqual([403, 'not_asked']);
  const stakeholder = await api.person({ role: 'business-stakeholder' });
  expect(await problem(await answer(stakeholder, promotion))).toEqual([403, 'not_asked']);
  expect(await aliases(name)).toEqual([{ alias: 'champion', version: 1 }]);
  expect((await answer(architect, promotion)).status).toBe(200);
  expect(await aliases(name)).toEqual([{ alias: 'champion', version: 2 }]);
  const kept = await engineer.json<{ items: Approval[] }>('GET', `/api/v1/projects/first/approvals?model=${name}`);
  expect(kept.items).toMatchObject([
    { status: 'approved', answers: [{ person: { id: architect.id }, verdict: 'approve', comment: 'seen' }] },
  ]);
});

test('a stage is moved to as well, and what was in it goes to the archive', async () => {
  const name = await model('churn', { auc: 0.6 }, { auc: 0.7 });
  await engineer.json('PUT', `${base}/${name}/versions/1/stage`, { stage: 'Production' });
  const promotion = await asked(name, 2, { stage: 'Production', archive: true });
  expect((await answer(engineer, promotion, 'approve')).status).toBe(200);
  expect(await stages(name)).toEqual([
    [2, 'Production'],
    [1, 'Archived'],
  ]);
});

test('a number that does not pass its gate is told at its place, and nobody is asked', async () => {
  const name = await model('weak', { auc: 0.9, loss: 0.1 }, { auc: 0.85, loss: 0.3 });
  await engineer.json('PUT', `${base}/${name}/aliases/champion`, { version: 1 });
  const refused = await ask(name, 2, {
    alias: 'champion',
    gates: [
      { metric: 'auc', is: 'at least', bound: 0.8 },
      { metric: 'auc', is: 'at least', than: 'champion', by: 0.01 },
      { metric: 'loss', is: 'at most', bound: 0.2 },
      { metric: 'f1', is: 'at least', bound: 0 },
    ],
  });
  expect(refused.status).toBe(422);
  const { problems } = (await refused.json()) as ProblemBody;
  expect(problems?.map(({ at, message }) => [at, message])).toEqual([
    ['/gates/1', expect.stringContaining('auc is 0.85, and has to be at least 0.89 beside version 1')],
    ['/gates/2', 'loss is 0.3, and has to be at most 0.2.'],
    ['/gates/3', expect.stringContaining('told no f1')],
  ]);
  const list = await engineer.json<{ items: Approval[] }>('GET', `/api/v1/projects/first/approvals?model=${name}`);
  expect(list.items).toEqual([]);
  expect((await ask(name, 2, { alias: 'a', stage: 'Staging' })).status).toBe(422);
  expect((await ask(name, 2, { alias: 'champion', gates: [{ metric: 'auc', is: 'at least' }] })).status).toBe(422);
});

test('beside an alias that names nothing yet everything passes, and the first champion is approved', async () => {
  const name = await model('first', { auc: 0.5 });
  const promotion = await asked(name, 1, {
    alias: 'champion',
    gates: [{ metric: 'auc', is: 'at least', than: 'champion' }],
  });
  expect((await answer(engineer, promotion)).status).toBe(200);
  expect(await aliases(name)).toEqual([{ alias: 'champion', version: 1 }]);
});

test('what was compared with a champion that is none any more is not approved, and can be rejected', async () => {
  const name = await model('moving', { auc: 0.7 }, { auc: 0.75 }, { auc: 0.9 });
  await engineer.json('PUT', `${base}/${name}/aliases/champion`, { version: 1 });
  const promotion = await asked(name, 2, {
    alias: 'champion',
    gates: [{ metric: 'auc', is: 'at least', than: 'champion' }],
  });
  await engineer.json('PUT', `${base}/${name}/aliases/champion`, { version: 3 });
  expect(await problem(await answer(architect, promotion))).toEqual([409, 'promotion_stale']);
  expect((await answer(architect, promotion, 'reject')).status).toBe(200);
  expect(await aliases(name)).toEqual([{ alias: 'champion', version: 3 }]);
});

test('the same is asked once, not even who promotes answers their own, and it is withdrawn with its version', async () => {
  const name = await model('gone', { auc: 0.7 });
  const promotion = await asked(name, 1, { alias: 'champion' }, engineer);
  expect(await problem(await ask(name, 1, { alias: 'champion' }))).toEqual([409, 'model_conflict']);
  expect(await problem(await answer(engineer, promotion))).toEqual([403, 'not_asked']);
  await engineer.json('DELETE', `${base}/${name}/versions/1`);
  expect(await engineer.json<Approval>('GET', `/api/v1/approvals/${promotion.id}`)).toMatchObject({
    status: 'withdrawn',
    promotion: null,
  });
  expect(await problem(await answer(architect, promotion))).toEqual([409, 'approval_over']);
  expect((await ask(name, 1, { alias: 'champion' })).status).toBe(404);
  expect((await ask(name, 1, { alias: 'champion' }, architect)).status).toBe(403);
});

test('two who approve at once, and a version that is deleted meanwhile, leave one outcome', async () => {
  const name = await model('raced', { auc: 0.7 });
  for (let round = 0; round < 5; round++) {
    const promotion = await asked(name, 1, { alias: `round-${round}` });
    const statuses = await Promise.all([answer(architect, promotion), answer(engineer, promotion)]);
    expect(statuses.map(({ status }) => status).sort()).toEqual([200, 409]);
  }
  const last = await asked(name, 1, { alias: 'last' });
  const [given, deleted] = await Promise.all([
    answer(architect, last),
    engineer.ask('DELETE', `${base}/${name}/versions/1`),
  ]);
  expect([200, 409]).toContain(given.status);
  expect(deleted.status).toBe(204);
  expect(await aliases(name)).toEqual([]);
});
