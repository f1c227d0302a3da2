import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { Fire, Trigger } from '@drawloom/shared/api/triggers.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { compose } from '../outbox/compose.ts';
import { launchByTrigger } from '../server.ts';
import { carryOutFire } from './carrying.ts';
import { decideFires } from './deciding.ts';
import { rightsOf, stopWithoutRights } from './rights.ts';

let api: TestApi;
let admin: Asker;
let pipeline: string;
beforeAll(async () => {
  api = await testApi();
  admin = await api.person({ admin: true });
  const document = { ...emptyPipeline('Nightly'), nodes: { one: { type: 'source', name: 'One', parameters: {} } } };
  const made = await admin.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', {
    document: document as unknown as Json,
  });
  pipeline = made.id;
  await admin.json('POST', '/api/v1/projects/first/channels', {
    name: 'Program',
    settings: { kind: 'webhook', url: 'https://receiver.example/hook' },
  });
  const { channels } = await admin.json<{ channels: { id: string }[] }>('GET', '/api/v1/projects/first/notifications');
  await admin.json('POST', '/api/v1/projects/first/notification-rules', {
    channel: channels[0]!.id,
    news: ['stopped'],
  });
});
afterAll(async () => {
  await api.close();
});
beforeEach(async () => {
  await api.house.sql`delete from drawloom.outbox`;
  await api.house.sql`delete from drawloom.trigger`;
});

const nightly = { kind: 'cron', cron: '0 3 * * *' };
const addBy = (who: Asker) => who.json<Trigger>('POST', `/api/v1/pipelines/${pipeline}/triggers`, { on: nightly });
const now = async (id: string): Promise<Trigger> => {
  const { triggers } = await admin.json<{ triggers: Trigger[] }>('GET', '/api/v1/projects/first/triggers');
  return triggers.find((one) => one.id === id)!;
};
const giveRole = (who: Asker, role: string) =>
  api.house.sql`update drawloom.role_grant set role = ${role} where person_id = ${who.id}`;

/** Lets a trigger fall due and starts what is to be started, as the server does. */
async function fallDue(trigger: string): Promise<Fire> {
  const { sql } = api.house;
  await sql`insert into drawloom.fire (trigger_id, key, nominal_at, due_at, state)
    values (${trigger}, ${crypto.randomUUID()}, date_trunc('milliseconds', now()), now(), 'due')`;
  await decideFires(sql);
  for (const { id } of await sql`select id from drawloom.fire where state = 'launching'`)
    await carryOutFire(sql, launchByTrigger(api.house), { fire: Number(id) });
  const page = await admin.json<{ items: Fire[] }>('GET', `/api/v1/triggers/${trigger}/fires`);
  return page.items[0]!;
}

test('a trigger stops when whoever made it loses the right, says why, and tells those who want to hear', async () => {
  const engineer = await api.person({ role: 'data-engineer' });
  const made = await addBy(engineer);
  expect(await stopWithoutRights(api.house.sql)).toBe(0);
  await giveRole(engineer, 'data-scientist');
  expect(await stopWithoutRights(api.house.sql)).toBe(1);
  expect(await now(made.id)).toMatchObject({ enabled: false, next: [], paused: { why: 'rights', run: null } });
  const [fact] = await api.house.sql`select id from drawloom.outbox where kind = 'stopped'`;
  const message = await compose(api.house.sql, Number(fact!.id), 'c', 'https://drawloom.example');
  expect(message).toMatchObject({
    title: 'Nightly does not start by itself any more',
    link: 'https://drawloom.example/p/first/triggers',
    payload: { type: 'trigger.stopped' },
  });
  expect(message!.lines.join('\n')).toContain('may not manage triggers');
  expect(await stopWithoutRights(api.house.sql)).toBe(0);
});

test('what fell due in the moment before starts nothing either, and its row says why', async () => {
  const engineer = await api.person({ role: 'data-engineer' });
  const made = await addBy(engineer);
  expect(await fallDue(made.id)).toMatchObject({ state: 'started', run: expect.any(Number) });
  await api.house.sql`update drawloom.fire set state = 'done' where trigger_id = ${made.id}`;
  await giveRole(engineer, 'software-engineer');
  expect(await fallDue(made.id)).toMatchObject({ state: 'refused', run: null, problems: [{ code: 'rights_lost' }] });
  expect(await now(made.id)).toMatchObject({ enabled: false, paused: { why: 'rights' } });
});

test('a person who is gone, from the project or altogether, has no triggers that act; others go on', async () => {
  const [moved, removed, kept] = await Promise.all([
    api.person({ role: 'data-engineer' }),
    api.person({ role: 'ml-engineer' }),
    api.person({ role: 'devops-engineer' }),
  ]);
  const [first, second, third, own] = await Promise.all([moved, removed, kept, admin].map(addBy));
  const other = await api.addProject('elsewhere');
  await api.house.sql`update drawloom.role_grant set project_id = ${other.id} where person_id = ${moved.id}`;
  await admin.json('DELETE', `/api/v1/people/${removed.id}`);
  expect(await stopWithoutRights(api.house.sql)).toBe(2);
  const enabled = await Promise.all([first, second, third, own].map(async (one) => (await now(one!.id)).enabled));
  expect(enabled).toEqual([false, false, true, true]);
});

test('somebody who may switches it on again, and from then on it acts for them', async () => {
  const [maker, other] = [await api.person({ role: 'data-engineer' }), await api.person({ role: 'ml-engineer' })];
  const made = await addBy(maker);
  await giveRole(maker, 'data-scientist');
  await stopWithoutRights(api.house.sql);
  const on = await other.json<Trigger>('PATCH', `/api/v1/triggers/${made.id}`, { enabled: true });
  expect(on).toMatchObject({ enabled: true, paused: null, createdBy: made.createdBy });
  expect(on.actsFor).not.toBe(made.actsFor);
  expect(await stopWithoutRights(api.house.sql)).toBe(0);
  expect(await fallDue(made.id)).toMatchObject({ state: 'started' });
});

test('a change makes a trigger act for whoever made it, and switching it off does not', async () => {
  const [maker, other] = [await api.person({ role: 'data-engineer' }), await api.person({ role: 'ml-engineer' })];
  const made = await addBy(maker);
  const change = (body: object) => other.json<Trigger>('PATCH', `/api/v1/triggers/${made.id}`, body);
  expect((await change({ enabled: false })).actsFor).toBe(made.actsFor);
  expect((await change({ name: 'Mine now' })).actsFor).not.toBe(made.actsFor);
});

test('a trigger that is saved with a token may do no more than the token', async () => {
  const engineer = await api.person({ role: 'data-engineer' });
  const token = await engineer.token(['project.view', 'schedule.manage']);
  const answer = await api.nobody.ask(
    'POST',
    `/api/v1/pipelines/${pipeline}/triggers`,
    { on: nightly },
    {
      headers: { authorization: `Bearer ${token}` },
    },
  );
  const { id } = (await answer.json()) as Trigger;
  const rights = async () => {
    const [row] = await api.house.sql`select project_id, acts_for, acts_within from drawloom.trigger where id = ${id}`;
    const { project_id: projectId, acts_for: actor, acts_within: within } = row!;
    return [...(await rightsOf(api.house.db, { projectId, actor, within }))].sort();
  };
  expect(await rights()).toEqual(['project.view', 'schedule.manage']);
  await engineer.json('PATCH', `/api/v1/triggers/${id}`, { name: 'By hand' });
  expect(await rights()).toContain('secret.use');
});
