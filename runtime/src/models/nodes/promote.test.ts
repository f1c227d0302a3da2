/** A node that asks for a promotion: it waits without a worker, somebody else answers, and the alias moves with that answer. */
import type { Approval } from '@drawloom/shared/api/approvals.ts';
import type { RegisteredModel } from '@drawloom/shared/api/models.ts';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Asker } from '../../../../test/support/api.ts';
import { type WorkingHouse, workingHouse } from '../../../../test/support/workingHouse.ts';

vi.setConfig({ testTimeout: 120_000 });

let house: WorkingHouse;
let scientist: Asker;
let other: Asker;
let named = 0;
beforeAll(async () => {
  house = await workingHouse();
  scientist = await house.api.person({ role: 'data-scientist' });
  other = await house.api.person({ role: 'solution-architect' });
}, 900_000);
afterAll(() => house?.close());
afterEach(async () => {
  expect(await house.api.house.sql`select * from drawloom.violations()`).toEqual([]);
});

const fit = `from sklearn.dummy import DummyRegressor
def fit(*, value: float = 1.0) -> DummyRegressor:
    return DummyRegressor(strategy="constant", constant=value).fit([[0.0]], [value])`;
/** Trains a model of a name of its own, registers it, and asks for the alias. */
async function promoting(parameters: object = {}): Promise<{ model: string; pipeline: string }> {
  const model = `promoted-${++named}`;
  const pipeline = await house.drawn(
    {
      fit: { type: 'python', code: fit, parameters: { value: named } },
      keep: { type: 'register-model', parameters: { name: model } },
      ask: { type: 'promote-model', parameters: { to: '@champion', text: 'Learned well.', ...parameters } },
      after: {
        type: 'python',
        code: 'def after(version: dict, answers: list) -> list:\n    return [version["version"], *(each["verdict"] for each in answers)]',
      },
    },
    'fit.model > keep.model',
    'keep.version > ask.version',
    'ask.version > after.version',
    'ask.answers > after.answers',
  );
  return { model, pipeline };
}
/** The approval that a run of the scientist waits for. */
async function waiting(pipeline: string): Promise<{ run: number; approval: Approval }> {
  const run = await house.started(pipeline, scientist);
  const approval = async () => (await house.nodesOf(run)).ask!.approval;
  await expect.poll(async () => (await house.nodesOf(run)).ask!.status, { timeout: 60_000 }).toBe('waiting');
  return { run, approval: await scientist.json<Approval>('GET', `/api/v1/approvals/${await approval()}`) };
}
const answer = (who: Asker, { id }: Approval, verdict = 'approve') =>
  who.ask('POST', `/api/v1/approvals/${id}/answer`, { verdict, comment: 'seen' });
const over = (run: number) =>
  expect.poll(async () => (await house.person.json<{ status: string }>('GET', `/api/v1/runs/${run}`)).status, {
    timeout: 60_000,
  });
const aliases = async (model: string) =>
  (await house.person.json<RegisteredModel>('GET', `/api/v1/projects/first/models/${model}`)).aliases;

test('it waits for somebody else, and the alias and the run move with their answer', async () => {
  const { model, pipeline } = await promoting();
  const { run, approval } = await waiting(pipeline);
  expect(approval).toMatchObject({
    kind: 'promotion',
    title: `Promote version 1 of ${model} to @champion?`,
    text: 'Learned well.',
    status: 'open',
    run: { id: run, node: 'ask' },
    promotion: { model, version: 1, alias: 'champion' },
    askedBy: { id: scientist.id },
    ownAllowed: false,
  });
  // Nothing holds a worker for it.
  expect(await house.api.house.sql`select from drawloom.lease where run_id = ${run}`).toHaveLength(0);
  expect((await answer(scientist, approval)).status).toBe(403);
  expect(await aliases(model)).toEqual([]);
  expect((await answer(other, approval)).status).toBe(200);
  await over(run).toBe('succeeded');
  expect(await aliases(model)).toEqual([{ alias: 'champion', version: 1 }]);
  // The same version again: there is nothing left to ask.
  const again = await house.played(pipeline, scientist);
  expect([again.run.status, again.nodes.ask!.approval]).toEqual(['succeeded', null]);
});

test('a rejection fails the node with its words, and nothing moves', async () => {
  const { model, pipeline } = await promoting();
  const { run, approval } = await waiting(pipeline);
  expect((await answer(other, approval, 'reject')).status).toBe(200);
  await over(run).toBe('failed');
  const { ask, after } = await house.nodesOf(run);
  expect(ask).toMatchObject({ status: 'failed', reason: 'rejected' });
  expect(ask!.history.at(-1)!.error!.message).toMatch(/rejected it: seen/);
  expect([after!.status, await aliases(model)]).toEqual(['skipped', []]);
});

test('a version that a run waits for is not deleted, and a run that is stopped asks nobody any more', async () => {
  const { model, pipeline } = await promoting({ to: 'Production', archive: true });
  const { run, approval } = await waiting(pipeline);
  expect(approval.promotion).toMatchObject({ alias: null, stage: 'Production', archive: true });
  const admin = await house.api.person({ admin: true });
  for (const path of [`${model}/versions/1`, model]) {
    const refused = await admin.ask('DELETE', `/api/v1/projects/first/models/${path}`);
    expect([refused.status, await refused.text()]).toEqual([
      409,
      expect.stringMatching(new RegExp(`Run ${run} waits for the promotion of this version`)),
    ]);
  }
  await scientist.ask('POST', `/api/v1/runs/${run}/cancel`);
  await over(run).toBe('cancelled');
  expect(await scientist.json('GET', `/api/v1/approvals/${approval.id}`)).toMatchObject({ status: 'withdrawn' });
  expect((await answer(other, approval)).status).toBe(409);
  expect((await admin.ask('DELETE', `/api/v1/projects/first/models/${model}`)).status).toBe(204);
});

test('what names no version, and a run that nobody could answer, are told at once', async () => {
  const wrong = await house.drawn(
    { name: { type: 'value', parameters: { value: 'champion' } }, ask: { type: 'promote-model' } },
    'name.value > ask.version',
  );
  const { nodes } = await house.played(wrong, scientist);
  expect(nodes.ask!.history[0]!.error!.message).toMatch(/names no version of a model/);
  const reader = await house.api.person({ role: 'data-engineer' });
  const { pipeline } = await promoting();
  const refused = (await house.played(pipeline, reader)).nodes;
  expect(refused.keep!.history[0]!.error!.message).toMatch(/may not register models/);
});
