import { routeList } from '@drawloom/shared/api/index.ts';
import type { Session } from '@drawloom/shared/api/people.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { host, origin, type TestApi, testApi } from '../../../test/support/api.ts';
import { auditBreaks } from '../audit/record.ts';
import { hashPassword } from '../auth/credentials.ts';
import { issueSignInLink } from '../auth/links.ts';
import { people } from '../db/tables/people.ts';

// A password is dear to try on purpose; a busy machine makes a dozen tries take long.
vi.setConfig({ testTimeout: 120_000 });

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const example = (route: string) =>
  `/api/v1${route
    .replace('{project}', 'first')
    .replace(/\{(pipeline|trigger|runSet)\}/, '00000000-0000-4000-8000-000000000000')
    .replace('{run}', '1')
    .replace('{sha256}', 'a'.repeat(64))
    .replace('{version}', '1')
    .replace(/\{\w+\}/g, 'x')}`;

test('every route but the declared public ones answers 401 to nobody, in the form of a problem', async () => {
  for (const [name, route] of routeList) {
    const answer = await api.nobody.ask(route.method.toUpperCase(), example(route.path), undefined, {
      headers: { 'content-type': 'application/json' },
      ...(route.method !== 'get' && { body: '{}' }),
    });
    if (route.action === 'public') {
      expect(['signIn', 'signInByLink', 'receiveMessage']).toContain(name);
      continue;
    }
    expect([name, answer.status]).toEqual([name, 401]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ code: 'no_credential', status: 401, at: '' });
  }
});

test('a path with no route is not there, for the signed-in and for nobody alike', async () => {
  const person = await api.person({ role: 'data-scientist' });
  for (const asker of [person, api.nobody]) expect((await asker.ask('GET', '/api/v1/nothing')).status).toBe(404);
});

test('a member acts within their role, and what is beyond it is 403', async () => {
  const reader = await api.person({ role: 'business-stakeholder' });
  expect((await reader.ask('GET', '/api/v1/projects/first/pipelines')).status).toBe(200);
  const refused = await reader.ask('POST', '/api/v1/projects/first/pipelines', { name: 'Mine' });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ code: 'not_allowed', message: expect.stringContaining('graph.edit') });
});

test('a project of others and what is in it look exactly as if they were not there', async () => {
  const other = await api.addProject('other');
  const owner = await api.person({ role: 'data-scientist', project: other.id });
  const pipeline = await owner.json<{ id: string }>('POST', '/api/v1/projects/other/pipelines', { name: 'Hidden' });
  const stranger = await api.person({ role: 'data-scientist' });
  const hidden = [
    await stranger.ask('GET', '/api/v1/projects/other/pipelines'),
    await stranger.ask('GET', `/api/v1/projects/${other.id}/pipelines`),
    await stranger.ask('GET', `/api/v1/pipelines/${pipeline.id}`),
    await stranger.ask('PUT', `/api/v1/pipelines/${pipeline.id}`, { revision: 1, document: {} }),
    await stranger.ask('DELETE', `/api/v1/pipelines/${pipeline.id}`),
    await stranger.ask('GET', '/api/v1/projects/no-such/pipelines'),
    await stranger.ask('GET', '/api/v1/pipelines/00000000-0000-4000-8000-000000000000'),
    await stranger.ask('GET', '/api/v1/pipelines/not-even-an-id'),
    await stranger.ask('GET', '/api/v1/projects/other%00/pipelines'),
  ];
  const bodies = await Promise.all(hidden.map((answer) => answer.text()));
  expect(hidden.map((answer) => answer.status)).toEqual(hidden.map(() => 404));
  expect(new Set(bodies).size).toBe(1);
  const session = await stranger.json<Session>('GET', '/api/v1/session');
  expect(session.projects.map((project) => project.id)).toEqual(['first']);
});

test('a session is refused when the request comes from another site, in every way a page can send one', async () => {
  const person = await api.person({ role: 'data-scientist' });
  const { csrfToken } = await person.json<Session>('GET', '/api/v1/session');
  const post = (headers: Record<string, string>, body = '{"name":"From elsewhere"}') =>
    person.ask('POST', '/api/v1/projects/first/pipelines', undefined, { body, headers });
  const refused = [
    await post({ origin: 'https://evil.example' }),
    await post({ origin: 'null' }),
    await post({ origin: 'http://localhost:9999' }),
    await post({ 'sec-fetch-site': 'cross-site' }),
    await post({ 'sec-fetch-site': 'same-site' }),
    await post({ 'content-type': 'text/plain' }),
    await post({ 'content-type': 'application/x-www-form-urlencoded' }),
    await post({ 'content-type': 'text/plain', 'x-csrf-token': 'guess' }),
  ];
  for (const answer of refused) {
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'cross_site' });
  }
  expect((await post({ 'content-type': 'text/plain', 'x-csrf-token': csrfToken! })).status).toBe(415);
  expect((await post({ 'sec-fetch-site': 'same-origin' })).status).toBe(201);
});

test('a request for a host that is not ours is refused before anything else', async () => {
  for (const wrong of ['evil.example', 'localhost.evil.example:4400', '127.0.0.1.nip.io', '', 'a b'])
    for (const path of ['/', '/healthz', '/api/v1/session'])
      expect([wrong, (await api.nobody.ask('GET', path, undefined, { headers: { host: wrong } })).status]).toEqual([
        wrong,
        403,
      ]);
  for (const right of [host, '127.0.0.1:4400', '[::1]:4400'])
    expect((await api.nobody.ask('GET', '/healthz', undefined, { headers: { host: right } })).status).toBe(200);
});

test('a sign-in link lets in once, however many click at the same moment', async () => {
  const token = await issueSignInLink(api.house.db);
  const clicks = await Promise.all(
    Array.from({ length: 10 }, () => api.nobody.ask('POST', '/api/v1/session/link', { token })),
  );
  expect(clicks.map((answer) => answer.status).sort()).toEqual([200, ...Array(9).fill(410)]);
  const won = clicks.find((answer) => answer.status === 200)!;
  const cookie = won.headers.get('set-cookie')!;
  expect(cookie).toMatch(/^drawloom-4400=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax/);
  const answer = await api.nobody.ask('GET', '/api/v1/session', undefined, {
    headers: { cookie: cookie.split(';')[0]! },
  });
  expect(await answer.json()).toMatchObject({ person: { name: 'Owner', admin: true } });
});

test('behind TLS the cookie has the name that only a secure page of this very host can set', async () => {
  const token = await issueSignInLink(api.house.db);
  const headers = { origin: `https://${host}` };
  const answer = await api.nobody.ask('POST', '/api/v1/session/link', { token }, { headers });
  const cookie = answer.headers.get('set-cookie')!;
  expect(cookie).toMatch(/^__Host-drawloom-4400=.*; Path=\/; HttpOnly; SameSite=Lax; .*Secure$/);
  const session = await api.nobody.ask('GET', '/api/v1/session', undefined, {
    headers: { cookie: `drawloom-4400=planted; ${cookie.split(';')[0]}` },
  });
  expect(session.status).toBe(200);
});

test('a new start link makes the unused one before it void', async () => {
  const old = await issueSignInLink(api.house.db);
  await issueSignInLink(api.house.db);
  expect((await api.nobody.ask('POST', '/api/v1/session/link', { token: old })).status).toBe(410);
});

test('e-mail and password let in; guessing is stopped, twenty at once as well as one after another', async () => {
  const person = await api.person({ role: 'data-engineer' });
  await person.json('PATCH', '/api/v1/session/person', { password: 'a very long password', email: 'P@Example.org' });
  const good = { email: 'p@example.org', password: 'a very long password' };
  expect((await api.nobody.ask('POST', '/api/v1/session', good)).status).toBe(200);
  const guesses = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      api.nobody.ask('POST', '/api/v1/session', { ...good, password: `guess number ${i}` }),
    ),
  );
  const statuses = guesses.map((answer) => answer.status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(9);
  expect(statuses.filter((status) => status === 429)).toHaveLength(11);
  const late = await api.nobody.ask('POST', '/api/v1/session', good);
  expect(late.status).toBe(429);
  expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
  await api.house.db.execute(sql`delete from drawloom.rate_window`);
});

test('changing a password takes the old one, and ends the other sessions', async () => {
  const person = await api.person({ role: 'data-engineer' });
  await api.house.db
    .update(people)
    .set({ passwordHash: await hashPassword('first password') })
    .where(sql`id = ${person.id}`);
  const email = (await person.json<Session>('GET', '/api/v1/session')).person.email!;
  const other = await api.nobody.ask('POST', '/api/v1/session', { email, password: 'first password' });
  const cookie = other.headers.get('set-cookie')!.split(';')[0]!;
  const change = (currentPassword: string) =>
    person.ask('PATCH', '/api/v1/session/person', { password: 'second password', currentPassword });
  expect((await change('wrong')).status).toBe(422);
  expect((await change('first password')).status).toBe(200);
  expect((await api.nobody.ask('GET', '/api/v1/session', undefined, { headers: { cookie } })).status).toBe(401);
  expect((await person.ask('GET', '/api/v1/session')).status).toBe(200);
});

test('a session’s cookie changes once a day, and the one before it still counts for a moment', async () => {
  const person = await api.person();
  await api.house.db.execute(
    sql`update drawloom.session set rotated_at = now() - interval '2 days' where person_id = ${person.id}`,
  );
  const first = await person.ask('GET', '/api/v1/session');
  expect(first.headers.get('set-cookie')).toMatch(/^drawloom-4400=/);
  const second = await person.ask('GET', '/api/v1/session');
  expect([second.status, second.headers.get('set-cookie')]).toEqual([200, null]);
  await api.house.db.execute(
    sql`update drawloom.session set rotated_at = now() - interval '2 minutes' where person_id = ${person.id}`,
  );
  expect((await person.ask('GET', '/api/v1/session')).status).toBe(401);
});

test('signing out ends the session, not only the cookie', async () => {
  const person = await api.person();
  expect((await person.ask('DELETE', '/api/v1/session')).status).toBe(204);
  expect((await person.ask('GET', '/api/v1/session')).status).toBe(401);
});

test('a token does what it was made for, in its project, as bearer or as Basic’s password, until it is revoked', async () => {
  const person = await api.person({ role: 'data-scientist' });
  const { text, token } = await person.json<{ text: string; token: { id: string; lastUsedAt: string | null } }>(
    'POST',
    '/api/v1/tokens',
    { name: 'ci', project: 'first', actions: ['project.view'] },
  );
  const as = (authorization: string, method = 'GET', path = '/api/v1/projects/first/pipelines', json?: unknown) =>
    api.nobody.ask(method, path, json, { headers: { authorization } });
  expect((await as(`Bearer ${text}`)).status).toBe(200);
  expect((await as(`Basic ${btoa(`anyone:${text}`)}`)).status).toBe(200);
  expect((await as(`Bearer ${text}`, 'POST', undefined, { name: 'x' })).status).toBe(403);
  expect((await as(`Bearer ${text}`, 'GET', '/api/v1/people')).status).toBe(403);
  expect((await as(`Bearer ${text}`, 'POST', '/api/v1/tokens', { name: 'more', project: 'first' })).status).toBe(403);
  const mistyped = text.slice(0, -1) + (text.endsWith('x') ? 'y' : 'x');
  expect((await as(`Bearer ${mistyped}`)).status).toBe(401);
  const stored = await api.house.sql`select * from drawloom.api_token where id = ${token.id}`;
  expect(JSON.stringify(stored)).not.toContain(text.slice(12));
  await person.json('DELETE', `/api/v1/tokens/${token.id}`);
  expect((await as(`Bearer ${text}`)).status).toBe(401);
});

test('a token cannot be given more than its maker may do, and loses what its maker loses', async () => {
  const person = await api.person({ role: 'business-stakeholder' });
  const wanted = { name: 'big', project: 'first', actions: ['project.view', 'code.edit'] };
  expect((await person.ask('POST', '/api/v1/tokens', wanted)).status).toBe(422);
  const text = await person.token(['project.view', 'graph.edit']);
  const as = (path: string, json?: unknown) =>
    api.nobody.ask(json ? 'POST' : 'GET', path, json, { headers: { authorization: `Bearer ${text}` } });
  expect((await as('/api/v1/projects/first/pipelines', { name: 'x' })).status).toBe(403);
  await api.house.db.execute(sql`delete from drawloom.role_grant where person_id = ${person.id}`);
  expect((await as('/api/v1/projects/first/pipelines')).status).toBe(404);
});

test('a secret goes in and never comes out, and not even the database holds its text', async () => {
  const person = await api.person({ role: 'data-engineer' });
  const value = 'canary-5up3r-s3cret';
  const answers = [
    await person.ask('PUT', '/api/v1/projects/first/secrets/API_KEY', { value }),
    await person.ask('PUT', '/api/v1/projects/first/secrets/API_KEY', { value: `${value}-2` }),
    await person.ask('GET', '/api/v1/projects/first/secrets'),
  ];
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
  const [list] = [JSON.parse(await answers[2]!.text())];
  expect(list.secrets).toEqual([expect.objectContaining({ name: 'API_KEY', version: 2 })]);
  const dump = await api.house.sql`
    select (select json_agg(s) from drawloom.secret s)::text || (select json_agg(a) from drawloom.audit a)::text as text`;
  expect(dump[0]!.text).not.toContain('canary');
});

test('the audit has one row per change and per denial, its chain holds, and it cannot be altered', async () => {
  const admin = await api.person({ admin: true });
  const count = async () => Number((await api.house.sql`select count(*) from drawloom.audit`)[0]!.count);
  const before = await count();
  const made = Array.from({ length: 8 }, (_, i) => admin.json('POST', '/api/v1/projects', { name: `Audited ${i}` }));
  await Promise.all(made);
  const reader = await api.person({ role: 'business-stakeholder' });
  await reader.ask('GET', '/api/v1/projects/first/audit');
  expect(await count()).toBe(before + 9);
  expect(await auditBreaks(api.house.db)).toEqual([]);
  await expect(api.house.sql`update drawloom.audit set actor = 'x'`).rejects.toThrow(/only ever added to/);
  await expect(api.house.sql`delete from drawloom.audit`).rejects.toThrow(/only ever added to/);
  await expect(api.house.sql`truncate drawloom.audit`).rejects.toThrow(/only ever added to/);
  const architect = await api.person({ role: 'solution-architect' });
  const page = await architect.json<{ items: { outcome: string; action: string }[] }>(
    'GET',
    '/api/v1/projects/first/audit?limit=5',
  );
  expect(page.items[0]).toMatchObject({ outcome: 'denied', action: 'listAudit' });
});

test('a row of the audit that was altered behind its back is found', async () => {
  const fresh = await testApi();
  try {
    const admin = await fresh.person({ admin: true });
    for (const name of ['One', 'Two', 'Three']) await admin.json('POST', '/api/v1/projects', { name });
    await fresh.house.sql.begin(async (tx) => {
      await tx`alter table drawloom.audit disable trigger audit_refuse`;
      await tx`update drawloom.audit set object = '/elsewhere' where id = 2`;
      await tx`alter table drawloom.audit enable trigger audit_refuse`;
    });
    expect(await auditBreaks(fresh.house.db)).toEqual([2]);
  } finally {
    await fresh.close();
  }
});

test('admins invite and remove people, and the last admin stays', async () => {
  const admin = await api.person({ admin: true });
  const { person, link } = await admin.json<{ person: { id: string }; link: string }>('POST', '/api/v1/people', {
    name: 'New',
    email: 'new@example.org',
  });
  expect(link).toContain(`${origin}/sign-in#`);
  const entered = await api.nobody.ask('POST', '/api/v1/session/link', { token: link.split('#')[1] });
  const cookie = entered.headers.get('set-cookie')!.split(';')[0]!;
  await admin.json('PUT', `/api/v1/projects/first/members/${person.id}`, { role: 'ml-engineer' });
  const members = await admin.json<{ members: unknown[] }>('GET', '/api/v1/projects/first/members');
  expect(members.members).toContainEqual(expect.objectContaining({ role: 'ml-engineer' }));
  await admin.json('DELETE', `/api/v1/people/${person.id}`);
  expect((await api.nobody.ask('GET', '/api/v1/session', undefined, { headers: { cookie } })).status).toBe(401);
  expect((await admin.ask('POST', '/api/v1/people', { name: 'New', email: 'new@example.org' })).status).toBe(201);
});
