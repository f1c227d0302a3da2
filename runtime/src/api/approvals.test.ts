/** Approvals as people handle them: who may answer, what is refused, and what a run is told that could never be answered. */
import type { Approval } from '@drawloom/shared/api/approvals.ts';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { NodeRun, RunSummary, Waiting } from '@drawloom/shared/api/runs.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { ProblemBody } from '@drawloom/shared/problem.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { catalog } from '../nodes/catalog.ts';
import { PlanShelf } from '../record/store-plan.ts';
import { tick } from '../record/tick.ts';
import { registerWorker } from '../record/workers.ts';

let api: TestApi;
let engineer: Asker;
let reader: Asker;
let admin: Asker;
const worker = crypto.randomUUID();
beforeAll(async () => {
  api = await testApi({ catalog, environment: async () => 'lock' });
  engineer = await api.person({ role: 'data-engineer' });
  reader = await api.person({ role: 'business-stakeholder' });
  admin = await api.person({ admin: true });
  await registerWorker(api.house.sql, {
    id: worker,
    host: 'here',
    pid: 1,
    version: 'test',
    capacity: 1,
    ttlMs: 600_000,
  });
});
afterAll(() => api.close());
afterEach(async () => {
  expect(await api.house.sql`select * from drawloom.violations()`).toEqual([]);
});

const list = '/api/v1/projects/first/approvals';
const told = async (answer: Response) => [answer.status, (await answer.json()) as ProblemBody] as const;
const draw = (parameters: Record<string, Json>) =>
  engineer.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', {
    document: {
      ...emptyPipeline(`gated ${crypto.randomUUID()}`),
      nodes: { gate: { type: 'approval', name: 'Sign off', parameters } },
    },
  });
const start = (pipeline: string) => engineer.ask('POST', `/api/v1/pipelines/${pipeline}/runs`, {});
/** A run of the engineer that waits for its approval. */
async function asked(parameters: Record<string, Json> = {}): Promise<{ run: number; approval: Approval }> {
  const answer = await start((await draw(parameters)).id);
  expect(answer.status).toBe(201);
  const { run } = (await answer.json()) as { run: RunSummary };
  const { sql } = api.house;
  const plans = new PlanShelf(sql);
  const { work } = await tick(sql, plans, worker, [], 10);
  const results = work.map(({ run, node, mapIndex, fence }) => ({
    run,
    node,
    mapIndex,
    fence,
    outcome: { reason: 'parked' as const, park: 'approval' as const, outputs: [] },
  }));
  await tick(sql, plans, worker, results, 0);
  const { approval } = await engineer.json<NodeRun>('GET', `/api/v1/runs/${run.id}/nodes/gate`);
  return { run: run.id, approval: await engineer.json<Approval>('GET', `/api/v1/approvals/${approval}`) };
}
const answer = (who: Asker, approval: Approval, body: object = { verdict: 'approve' }) =>
  who.ask('POST', `/api/v1/approvals/${approval.id}/answer`, body);
const mine = async (who: Asker) =>
  (await who.json<{ items: Approval[] }>('GET', `${list}?mine=true`)).items.map(({ id }) => id);

test('whoever is asked finds it, answers it, and it is on record with who and when', async () => {
  const { run, approval } = await asked({
    title: 'Publish?',
    form: { share: { type: 'number', title: 'Share', maximum: 1 } },
  });
  expect(approval).toMatchObject({
    title: 'Publish?',
    status: 'open',
    mayAnswer: true,
    run: { id: run, node: 'gate', name: 'Sign off' },
    askedBy: { id: engineer.id },
  });
  expect(await mine(reader)).toContain(approval.id);
  const why = await engineer.json<Waiting>('GET', `/api/v1/runs/${run}/nodes/gate/why`);
  expect(why.waits).toMatchObject([{ kind: 'approval', message: expect.stringContaining('0 of 1') }]);

  const done = await answer(reader, approval, { verdict: 'approve', values: { share: 0.5 }, comment: ' fine ' });
  expect(await done.json()).toMatchObject({
    status: 'approved',
    mayAnswer: false,
    answers: [{ person: { id: reader.id }, verdict: 'approve', values: { share: 0.5 }, comment: 'fine' }],
  });
  expect(await mine(reader)).not.toContain(approval.id);
  expect(await engineer.json('GET', `/api/v1/runs/${run}`)).toMatchObject({ status: 'succeeded' });
  const [row] = await api.house
    .sql`select actor, details from drawloom.audit where action = 'answerApproval' order by id desc limit 1`;
  expect(row).toMatchObject({
    actor: reader.id,
    details: { verdict: 'approve', status: 'approved', run, node: 'gate' },
  });
});

test('who is not asked is refused, and says whom to ask', async () => {
  const byRole = await asked({ roles: ['ml-engineer'] }); // the admin stands for every role
  const scientist = await api.person({ role: 'ml-engineer' });
  const [status, body] = await told(await answer(reader, byRole.approval));
  expect([status, body.code]).toEqual([403, 'not_asked']);
  expect(await mine(reader)).not.toContain(byRole.approval.id);
  expect((await answer(scientist, byRole.approval)).status).toBe(200);

  const named = await asked({ people: [reader.id] });
  expect((await told(await answer(admin, named.approval)))[1].code).toBe('not_asked');
  expect((await answer(reader, named.approval)).status).toBe(200);

  const own = await asked({ ownAllowed: false });
  expect((await told(await answer(engineer, own.approval)))[1].message).toContain('somebody else');
  expect((await answer(admin, own.approval)).status).toBe(200);
});

test('strangers, nobody, and tokens that were not made for it cannot answer', async () => {
  const { approval } = await asked();
  const stranger = await api.person({ role: 'data-engineer', project: (await api.addProject('elsewhere')).id });
  expect((await answer(stranger, approval)).status).toBe(404);
  expect((await stranger.ask('GET', `/api/v1/approvals/${approval.id}`)).status).toBe(404);
  expect((await answer(api.nobody, approval)).status).toBe(401);
  const withToken = async (actions: Parameters<Asker['token']>[0]) =>
    api.nobody.ask(
      'POST',
      `/api/v1/approvals/${approval.id}/answer`,
      { verdict: 'reject' },
      {
        headers: { authorization: `Bearer ${await engineer.token(actions)}` },
      },
    );
  expect((await withToken(['project.view', 'run.execute', 'run.cancel', 'schedule.manage'])).status).toBe(403);
  expect((await withToken(['project.view', 'approval.answer'])).status).toBe(200);
});

test('an answer stays, and what is decided is decided', async () => {
  const { approval } = await asked({ approvals: 2 });
  expect((await answer(reader, approval)).status).toBe(200);
  expect((await told(await answer(reader, approval, { verdict: 'reject' })))[1].code).toBe('answered');
  expect((await answer(admin, approval)).status).toBe(200);
  expect((await told(await answer(engineer, approval)))[1].code).toBe('approval_over');
  expect((await engineer.ask('GET', '/api/v1/approvals/999999')).status).toBe(404);
});

test.each([
  [{ verdict: 'maybe' }, '/verdict'],
  [{ verdict: 'approve', values: { count: 1.5 } }, '/values/count'],
  [{ verdict: 'approve', values: { count: 3, more: 1 } }, '/values/more'],
  [{ verdict: 'approve', values: {} }, '/values/count'],
  [{ verdict: 'approve', values: { count: { deep: 1 } } }, '/values/count'],
  [{ verdict: 'approve', values: { count: 3 }, comment: 'x'.repeat(5000) }, '/comment'],
])('an answer that does not fit is refused with its place (%#)', async (body, at) => {
  const { approval } = await asked({ form: { count: { type: 'integer' } } });
  const [status, problem] = await told(await answer(reader, approval, body));
  expect([status, problem.at]).toEqual([422, at]);
  const after = await engineer.json<Approval>('GET', `/api/v1/approvals/${approval.id}`);
  expect(after.answers).toEqual([]);
});

test.each([
  [{ approvals: 0 }, '/nodes/gate/parameters/approvals'],
  [{ expiresAfterHours: -1 }, '/nodes/gate/parameters/expiresAfterHours'],
  [{ roles: ['king'] }, '/nodes/gate/parameters/roles/0'],
  [{ people: ['ada'] }, '/nodes/gate/parameters/people/0'],
  [{ people: [crypto.randomUUID()] }, '/nodes/gate/parameters/people/0'],
  [{ approvals: 99 }, '/nodes/gate/parameters/approvals'],
  [{ onExpiry: 'explode' }, '/nodes/gate/parameters/onExpiry'],
  [{ form: { 'not a name': { type: 'string' } } }, '/nodes/gate/parameters/form/not a name'],
  [{ form: { x: { type: 'picture' } } }, '/nodes/gate/parameters/form/x/type'],
  [{ form: { x: { type: 'integer', default: 'many' } } }, '/nodes/gate/parameters/form/x/default'],
])('a run that could not be answered does not start (%#)', async (parameters, at) => {
  const [status, body] = await told(await start((await draw(parameters)).id));
  expect([status, body.at]).toEqual([422, at]);
  expect(body.message.length).toBeGreaterThan(20);
});
