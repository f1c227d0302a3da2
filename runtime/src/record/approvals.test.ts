import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Json } from '@drawloom/shared/json.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { change, draw, set } from '../../../test/support/draw.ts';
import { nest, type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { LocalStore } from '../artifacts/localStore.ts';
import type { Work } from '../execute/executor.ts';
import { type Answer, answerApproval, endExpired } from './approvals.ts';
import { readApproval } from './read/approvals.ts';
import { cancelRun, pauseRun, rerunRun, resumeRun } from './runs.ts';
import { type Result, tick } from './tick.ts';

let database: TestDatabase;
let house: Playground;
let folder: string;
let store: LocalStore;
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url);
  folder = await mkdtemp(path.join(tmpdir(), 'drawloom-approvals-'));
  store = new LocalStore(folder);
});
afterAll(async () => {
  await house.close();
  await database.drop();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
});

/** Works off what can run; a gate is parked, everything else makes nothing that counts. Returns what was handed out, in order. */
async function workOff(): Promise<Work[]> {
  const worker = await house.worker();
  const all: Work[] = [];
  let results: Result[] = [];
  for (;;) {
    const { work } = await tick(house.sql, house.plans, worker, results, 100);
    if (work.length === 0) return all;
    all.push(...work);
    results = work.map(({ run, node, mapIndex, fence, type, reuse }) => ({
      run,
      node,
      mapIndex,
      fence,
      outcome: reuse
        ? { reason: 'ok', outputs: [], reusedFrom: reuse }
        : type === 'approval'
          ? { reason: 'parked', park: 'approval', outputs: [] }
          : type === 'subpipeline'
            ? { reason: 'parked', park: 'child', outputs: [] }
            : { reason: 'ok', outputs: [] },
    }));
  }
}
const gated = (parameters: Record<string, Json> = {}, drawing = 'a > gate > b') =>
  planOf(set(draw(drawing), 'gate', parameters), { reuse: false });
async function asking(parameters: Record<string, Json> = {}): Promise<{ run: number; approval: number }> {
  const { run } = await house.start(gated(parameters));
  await workOff();
  return { run, approval: await approvalOf(run) };
}
async function approvalOf(run: number): Promise<number> {
  const [row] = await house.sql`select id from drawloom.approval where run_id = ${run}`;
  return Number(row!.id);
}
const answer = (approval: number, more: Partial<Answer> = {}) =>
  answerApproval(house.sql, store, approval, {
    personId: randomUUID(),
    personName: 'Ada',
    via: 'session',
    verdict: 'approve',
    values: {},
    comment: '',
    ...more,
  });
const passTime = (approval: number) =>
  house.sql`update drawloom.approval set expires_at = expires_at - interval '2 hours' where id = ${approval}`;
const statusOf = async (run: number) => {
  const [row] = await house.sql`select status from drawloom.run where id = ${run}`;
  return row!.status;
};
const nodesOf = async (run: number) =>
  Object.fromEntries(
    (
      await house.sql`select p.node_id, n.status, n.reason from drawloom.node_run n join drawloom.run r on r.id = n.run_id
        join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node where n.run_id = ${run} order by n.node`
    ).map(({ node_id, status, reason }) => [node_id, [status, reason]]),
  );

test('who waits for an approval holds no worker, and goes on once it came, with what was filled in', async () => {
  const { run, approval } = await asking({ title: 'Publish?', form: { share: { type: 'number' } } });
  expect(await house.sql`select from drawloom.lease where run_id = ${run}`).toHaveLength(0);
  expect(await readApproval(house.db, approval)).toMatchObject({ title: 'Publish?', status: 'open', needed: 1 });

  expect(await answer(approval, { values: { share: 0.4 }, comment: 'looks right' })).toBe('approved');
  const [b] = await workOff();
  expect(b!.nodeId).toBe('b');
  expect(JSON.parse(await text(await store.open(b!.inputs[0]!.sha256)))).toEqual({ share: 0.4 });
  expect(await statusOf(run)).toBe('succeeded');

  const [said] =
    await house.sql`select a.sha256 from drawloom.artifact_use u join drawloom.artifact a on a.id = u.artifact_id
    where u.run_id = ${run} and u.direction = 'out' and u.port = 'answers'`;
  expect(JSON.parse(await text(await store.open(said!.sha256)))).toMatchObject([
    { person: { name: 'Ada' }, verdict: 'approve', comment: 'looks right' },
  ]);
});

test('as many people as asked for have to approve, each once, and the last of them decides', async () => {
  const { run, approval } = await asking({ approvals: 2 });
  const first = randomUUID();
  expect(await answer(approval, { personId: first })).toBe('open');
  expect(await answer(approval, { personId: first })).toBe('twice');
  expect(await workOff()).toEqual([]);
  expect(await answer(approval)).toBe('approved');
  expect(await answer(approval)).toBe('over');
  await workOff();
  expect(await statusOf(run)).toBe('succeeded');
});

test('twenty people who answer at once decide it once', async () => {
  const { run, approval } = await asking({ approvals: 3 });
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => answer(approval)));
  expect(outcomes.toSorted()).toEqual(['approved', 'open', 'open', ...Array(17).fill('over')]);
  expect((await readApproval(house.db, approval))!.answers).toHaveLength(3);
  await workOff();
  expect(await statusOf(run)).toBe('succeeded');
});

test('one who rejects is enough, and the run says who and why', async () => {
  const { run, approval } = await asking({ approvals: 2 });
  await answer(approval);
  expect(await answer(approval, { personName: 'Bo', verdict: 'reject', comment: 'too few rows' })).toBe('rejected');
  expect(await nodesOf(run)).toEqual({
    a: ['succeeded', 'ok'],
    gate: ['failed', 'rejected'],
    b: ['skipped', 'upstream_failed'],
  });
  const [last] = await house.sql`select error from drawloom.attempt where run_id = ${run} and reason = 'rejected'`;
  expect(last!.error.message).toBe('Bo rejected it: too few rows');
  expect(await statusOf(run)).toBe('failed');
});

test.each([
  ['fail', 'expired', 'expired', 'failed'],
  ['reject', 'rejected', 'rejected', 'failed'],
  ['approve', 'approved', 'ok', 'succeeded'],
] as const)('when nobody answers in time it may %s, once', async (onExpiry, status, reason, end) => {
  const { run, approval } = await asking({ expiresAfterHours: 1, onExpiry });
  expect(await endExpired(house.sql, store)).toBe(0);
  await passTime(approval);
  expect(await answer(approval)).toBe('over');
  const ended = await Promise.all(Array.from({ length: 5 }, () => endExpired(house.sql, store)));
  expect(ended.reduce((sum, one) => sum + one)).toBe(1);
  expect(await readApproval(house.db, approval)).toMatchObject({ status, byExpiry: true, answers: [] });
  expect((await nodesOf(run)).gate![1]).toBe(reason);
  await workOff();
  expect(await statusOf(run)).toBe(end);
});

test('a run that is stopped asks nobody any more', async () => {
  const { run, approval } = await asking();
  await house.db.transaction((tx) => cancelRun(tx, run, null));
  expect(await statusOf(run)).toBe('cancelled');
  expect(await readApproval(house.db, approval)).toMatchObject({ status: 'withdrawn' });
  expect(await answer(approval)).toBe('over');
});

test('what tidies up may still ask after its run was stopped', async () => {
  const drawing = change(draw('a; gate'), { gate: { finally: true } });
  const { run } = await house.start(planOf(drawing, { reuse: false }));
  await house.db.transaction((tx) => cancelRun(tx, run, null));
  await workOff();
  expect(await answer(await approvalOf(run))).toBe('approved');
  expect(await statusOf(run)).toBe('cancelled');
});

test('while a run is paused it may be answered, nothing begins, and its time does not pass', async () => {
  const { run, approval } = await asking({ expiresAfterHours: 1 });
  await house.db.transaction((tx) => pauseRun(tx, run));
  await house.sql`update drawloom.run set paused_at = paused_at - interval '3 hours' where id = ${run}`;
  await house.sql`update drawloom.approval set asked_at = asked_at - interval '4 hours', expires_at = expires_at - interval '3 hours' where id = ${approval}`;
  expect(await endExpired(house.sql, store)).toBe(0);
  await house.db.transaction((tx) => resumeRun(tx, run));
  expect(await endExpired(house.sql, store)).toBe(0); // an hour is left, as there was before
  await house.db.transaction((tx) => pauseRun(tx, run));
  expect(await answer(approval)).toBe('approved');
  expect(await workOff()).toEqual([]);
  await house.db.transaction((tx) => resumeRun(tx, run));
  expect((await workOff()).map(({ nodeId }) => nodeId)).toEqual(['b']);
});

test('an approval inside of a subpipeline ends the node that started it', async () => {
  const part = planOf(draw('x > gate'), { reuse: false });
  const { run } = await house.start(nest(house, planOf('a > sub > b', { reuse: false }), 'sub', part));
  await workOff();
  const [child] = await house.sql`select id from drawloom.run where parent_run = ${run}`;
  expect(await answer(await approvalOf(Number(child!.id)), { verdict: 'reject' })).toBe('rejected');
  expect((await nodesOf(run)).sub).toEqual(['failed', 'child_failed']);
  expect(await statusOf(run)).toBe('failed');
});

test('a rerun of what failed takes an approval over that was given for the same, and asks anew after a rejection', async () => {
  const rejected = await asking();
  await answer(rejected.approval, { verdict: 'reject' });
  const again = await house.db.transaction((tx) => rerunRun(tx, rejected.run, { only: 'failed', actor: null }));
  await workOff();
  expect(await answer(await approvalOf(again!.run))).toBe('approved');
  const third = await house.db.transaction((tx) => rerunRun(tx, again!.run, { only: 'failed', actor: null }));
  await workOff();
  expect((await nodesOf(third!.run)).gate).toEqual(['reused', 'ok']);
});

test('who wants news hears of an approval once', async () => {
  const [channel] = await house.sql`insert into drawloom.channel (project_id, name, kind, settings)
    values (${house.project}, 'chat', 'chat', '{"kind": "chat"}') returning id`;
  await house.sql`insert into drawloom.notification_rule (project_id, channel_id, news) values (${house.project}, ${channel!.id}, '{approval}')`;
  const { run, approval } = await asking({ title: 'Publish?' });
  const news = await house.sql`select kind, details from drawloom.outbox where run_id = ${run}`;
  expect(news).toEqual([{ kind: 'approval', details: { approval, title: 'Publish?', text: '' } }]);
});
