import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Channel, Delivery, NotificationRule } from '@drawloom/shared/api/notifications.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { networksIn } from '../outbox/addresses.ts';

let api: TestApi;
let manager: Asker;
let receiver: http.Server;
let status = 200;
const bodies: string[] = [];
beforeAll(async () => {
  api = await testApi();
  api.house.config.internalNetworks = networksIn('127.0.0.0/8')!;
  manager = await api.person({ role: 'devops-engineer' });
  receiver = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    bodies.push(body);
    response.statusCode = status;
    response.end(status === 200 ? 'ok' : 'no_service');
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterAll(async () => {
  receiver.close();
  await api.close();
});

const root = '/api/v1/projects/first';
const url = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
const addChat = async (name: string) =>
  (
    await manager.json<{ channel: Channel }>('POST', `${root}/channels`, {
      name,
      settings: { kind: 'chat' },
      secret: `${url()}?token=canary-4711`,
    })
  ).channel;

test('a channel’s secret goes in and is never shown: not by a route, not by the audit, not in the database in the clear', async () => {
  const channel = await addChat('Operators');
  expect(channel).toMatchObject({ name: 'Operators', settings: { kind: 'chat' }, hasSecret: true, enabled: true });
  await manager.json('PATCH', `${root}/channels/${channel.id}`, { secret: `${url()}?token=canary-4712` });
  const admin = await api.person({ admin: true });
  const shown = [
    await (await manager.ask('GET', `${root}/notifications`)).text(),
    await (await admin.ask('GET', `${root}/audit`)).text(),
    JSON.stringify(await api.house.sql`select * from drawloom.channel`),
  ].join();
  expect(shown).toContain(channel.id);
  expect(shown).not.toContain('canary');
});

test('a test message says at once how it went, and shows what came back', async () => {
  const channel = await addChat('Tried');
  status = 404;
  const refused = await manager.json<Delivery>('POST', `${root}/channels/${channel.id}/test`);
  expect(refused).toMatchObject({ state: 'given_up', status: 404, answer: 'no_service', news: 'test', tries: 1 });
  status = 200;
  const again = await manager.json<Delivery>('POST', `${root}/deliveries/${refused.id}/send`);
  expect(again).toMatchObject({ id: refused.id, state: 'delivered', status: 200, answer: 'ok' });
  expect(JSON.parse(bodies.at(-1)!).text).toContain('A test message from Drawloom');
  expect((await manager.ask('POST', `${root}/deliveries/${refused.id}/send`)).status).toBe(409);
  const { items } = await manager.json<{ items: Delivery[] }>('GET', `${root}/deliveries?state=delivered`);
  expect(items[0]).toMatchObject({ id: refused.id, channel: { name: 'Tried' } });
});

test('a signing key that was made is answered once', async () => {
  const settings = { kind: 'webhook', url: 'https://example.org/hook' };
  const made = await manager.json<{ channel: Channel; signingKey: string }>('POST', `${root}/channels`, {
    name: 'Program',
    settings,
  });
  expect(made.signingKey).toMatch(/^whsec_/);
  const given = await manager.json<{ signingKey: string | null }>('POST', `${root}/channels`, {
    name: 'Other program',
    settings,
    secret: made.signingKey,
  });
  expect(given.signingKey).toBeNull();
});

test('what could never arrive is refused with its place', async () => {
  const refused = async (body: object) => {
    const answer = await manager.ask('POST', `${root}/channels`, { name: `x${Math.random()}`, ...body });
    return [answer.status, ((await answer.json()) as { problems?: { at: string }[] }).problems?.[0]?.at];
  };
  expect(await refused({ settings: { kind: 'chat' } })).toEqual([422, '/secret']);
  expect(await refused({ settings: { kind: 'chat' }, secret: 'file:///etc/passwd' })).toEqual([422, '/secret']);
  expect(await refused({ settings: { kind: 'webhook', url: 'ftp://example.org' } })).toEqual([422, '/settings/url']);
  expect(await refused({ settings: { kind: 'webhook', url: 'https://a:b@example.org' } })).toEqual([
    422,
    '/settings/url',
  ]);
  expect(await refused({ settings: { kind: 'webhook', url: 'https://example.org' }, secret: 'whsec_short' })).toEqual([
    422,
    '/secret',
  ]);
  const mail = { kind: 'email', host: 'mail.example.org', from: 'a@example.org', to: ['b@example.org'] };
  expect(await refused({ settings: { ...mail, to: [] } })).toEqual([422, '/settings/to']);
  expect(await refused({ settings: { ...mail, user: 'a' } })).toEqual([422, '/secret']);
  expect(await refused({ settings: { ...mail, host: 'a b' } })).toEqual([422, '/settings/host']);
});

test('rules name pipelines of their own project, and say when late is', async () => {
  const { id: channel } = await addChat('Ruled');
  const ask = (body: object) => manager.ask('POST', `${root}/notification-rules`, { channel, ...body });
  expect((await ask({ news: [] })).status).toBe(422);
  expect((await ask({ news: ['late'] })).status).toBe(422);
  expect((await ask({ news: ['failed'], pipelines: ['00000000-0000-4000-8000-000000000000'] })).status).toBe(422);
  const rule = (await (await ask({ news: ['late'], lateAfterMs: 3_600_000 })).json()) as NotificationRule;
  const changed = await manager.json<NotificationRule>('PATCH', `${root}/notification-rules/${rule.id}`, {
    news: ['failed', 'recovered'],
    enabled: false,
  });
  expect(changed).toMatchObject({ news: ['failed', 'recovered'], enabled: false, lateAfterMs: 3_600_000 });
  await manager.json('DELETE', `${root}/notification-rules/${rule.id}`);
  expect((await manager.ask('DELETE', `${root}/notification-rules/${rule.id}`)).status).toBe(404);
});

test('channels of another project are not there, and those who may not manage schedules are refused', async () => {
  const { id } = await addChat('Mine');
  const other = await api.addProject('other');
  const stranger = await api.person({ role: 'devops-engineer', project: other.id });
  expect((await stranger.ask('POST', `/api/v1/projects/other/channels/${id}/test`)).status).toBe(404);
  expect((await stranger.ask('PATCH', `/api/v1/projects/other/channels/${id}`, { enabled: false })).status).toBe(404);
  const scientist = await api.person({ role: 'data-scientist' });
  expect((await scientist.ask('GET', `${root}/notifications`)).status).toBe(403);
  expect((await scientist.ask('GET', `${root}/deliveries`)).status).toBe(403);
});
