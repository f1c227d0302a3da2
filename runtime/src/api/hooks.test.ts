import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { connect as dial } from 'node:net';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { Fire, Trigger } from '@drawloom/shared/api/triggers.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { ProblemBody } from '@drawloom/shared/problem.ts';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Asker, host, origin, type TestApi, testApi } from '../../../test/support/api.ts';
import { drawSigningKey, signed } from '../outbox/sign.ts';
import { carryOutFire } from '../triggers/carrying.ts';
import { launch } from '../triggers/launch.ts';
import { groundOf } from './runs.ts';

type Made = Trigger & { signingKey: string | null };
interface Received extends Pick<Fire, 'state' | 'why' | 'run' | 'runStatus'> {
  fire: number;
}

let api: TestApi;
let maker: Asker;
let pipeline: string;
let hook: Made;
let key: string;
beforeAll(async () => {
  api = await testApi({ messagePatienceMs: 2000 });
  maker = await api.person({ role: 'ml-engineer' });
  const document = {
    ...emptyPipeline('On demand'),
    nodes: { one: { type: 'source', name: 'One', parameters: {} } },
    parameters: {
      day: { type: 'date' },
      rows: { type: 'integer', default: 7 },
      label: { type: 'string', default: '' },
    },
  };
  const made = await maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', {
    document: document as unknown as Json,
  });
  pipeline = made.id;
});
afterAll(async () => {
  await api.close();
});
beforeEach(async () => {
  await api.house.sql`delete from drawloom.rate_window`;
  await api.house.sql`delete from drawloom.trigger`;
  hook = await add({ parameters: { day: { $body: '/data/day' }, rows: { $body: '/data/rows/0' } }, overlap: 'allow' });
  key = hook.signingKey!;
});

const add = (body: object) =>
  maker.json<Made>('POST', `/api/v1/pipelines/${pipeline}/triggers`, { on: { kind: 'webhook' }, ...body });
const minutesAgo = (n: number) => new Date(Date.now() - n * 60_000);
const good = { data: { day: '2013-02-01', rows: [5] } };

/** A message as a program elsewhere sends it: no cookie, no origin. */
function post(trigger: string, headers: Record<string, string>, body: string): Promise<Response> {
  const all = { host, 'content-type': 'application/json', ...headers };
  return Promise.resolve(api.app.request(`${origin}/api/v1/hooks/${trigger}`, { method: 'POST', headers: all, body }));
}
function send(
  body: unknown,
  {
    id = randomUUID(),
    at = new Date(),
    by = key,
    to = hook.id,
  }: { id?: string; at?: Date; by?: string; to?: string } = {},
): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return post(to, signed(by, id, at, text), text);
}
const told = async (answer: Response) => {
  const { code, at } = (await answer.json()) as ProblemBody;
  return `${answer.status} ${code}${at ? ` ${at}` : ''}`;
};
const received = async (answer: Response) => (await answer.json()) as Received;
const startAll = async () => {
  for (const { id } of await api.house.sql`select id from drawloom.fire where state = 'launching'`)
    await carryOutFire(
      api.house.sql,
      (wanted) => launch(groundOf(api.house), { ...wanted, mayUseSecrets: () => false }),
      { fire: Number(id) },
    );
};
const firesOf = (trigger: string) =>
  api.house.sql`select * from drawloom.fire where trigger_id = ${trigger} order by id`;

test('a signed message starts a run at once, with parameters taken from its body', async () => {
  expect(hook).toMatchObject({
    next: [],
    webhook: { address: `${origin}/api/v1/hooks/${hook.id}`, oldKeyUntil: null },
  });
  const answer = await send(good);
  expect(answer.status).toBe(202);
  const { fire, state, run } = await received(answer);
  expect({ state, run }).toEqual({ state: 'launching', run: null });
  await startAll();
  const [row] = await api.house.sql`
    select r.parameters, r.trigger, r.trigger_id, r.nominal_at = f.nominal_at as received
    from drawloom.fire f join drawloom.run r on r.id = f.run_id where f.id = ${fire}`;
  expect(row).toEqual({
    parameters: { day: '2013-02-01', rows: 5, label: '' },
    trigger: 'webhook',
    trigger_id: hook.id,
    received: true,
  });
});

test('the same id signed anew is answered with the run of the first, whatever it says by then', async () => {
  const id = 'msg_1';
  const first = await received(await send(good, { id, at: minutesAgo(2) }));
  await startAll();
  const again = await send({ quite: 'another' }, { id, at: minutesAgo(1) });
  expect(again.status).toBe(200);
  expect(await received(again)).toMatchObject({ fire: first.fire, state: 'started', run: expect.any(Number) });
  expect(await firesOf(hook.id)).toHaveLength(1);
});

test('the very same message again is a replay, the second try of its sender too, and an older one as well', async () => {
  const id = 'msg_2';
  const [first, second] = [minutesAgo(2), minutesAgo(1)];
  expect((await send(good, { id, at: first })).status).toBe(202);
  expect(await told(await send(good, { id, at: first }))).toBe('409 replayed');
  expect((await send(good, { id, at: second })).status).toBe(200);
  expect(await told(await send(good, { id, at: second }))).toBe('409 replayed');
  expect(await told(await send(good, { id, at: first }))).toBe('409 replayed');
  expect(await firesOf(hook.id)).toHaveLength(1);
  const [counted] = await api.house.sql`select count from drawloom.rate_window`;
  expect(counted!.count).toBe(2); // whoever overheard it uses up nothing of the limit
});

test('one message brought a hundred times at once is received once', async () => {
  const at = new Date();
  const answers = await Promise.all(Array.from({ length: 100 }, () => send(good, { id: 'msg_3', at })));
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([202, ...Array.from({ length: 99 }, () => 409)]);
  expect(await firesOf(hook.id)).toHaveLength(1);
});

test('an unknown trigger, a schedule, and a signature by another key are told the same, and nothing is kept', async () => {
  const schedule = await add({ on: { kind: 'cron', cron: '0 6 * * *' }, parameters: { day: { $nominal: 'date' } } });
  const answers = [
    await send(good, { to: randomUUID() }),
    await send(good, { to: schedule.id }),
    await send(good, { by: drawSigningKey() }),
    await post(hook.id, signed(key, 'msg', new Date(), JSON.stringify(good)), JSON.stringify({ data: {} })), // another body
    await post(hook.id, { ...signed(key, 'msg', new Date(), '{}'), 'webhook-id': 'other' }, '{}'),
    await post(
      hook.id,
      { ...signed(key, 'msg', minutesAgo(1), '{}'), 'webhook-timestamp': `${Math.floor(Date.now() / 1000)}` },
      '{}',
    ),
    await post(hook.id, { ...signed(key, 'msg', new Date(), '{}'), 'webhook-signature': 'v1,' }, '{}'),
    await post(hook.id, { ...signed(key, 'msg', new Date(), '{}'), 'webhook-signature': 'v1a,AAAA v2,BBBB' }, '{}'),
  ];
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  expect([...new Set(bodies)]).toEqual([expect.stringContaining('bad_signature')]);
  expect(await api.house.sql`select from drawloom.fire`).toEqual([]);
  expect(await api.house.sql`select from drawloom.rate_window`).toEqual([]); // nobody uses up the limit of who has the key
});

test('a sender that signs with its old and its new key is understood', async () => {
  const [text, at] = [JSON.stringify(good), new Date()];
  const [wrong, right] = [drawSigningKey(), key].map((one) => signed(one, 'msg_4', at, text));
  const both = `${wrong!['webhook-signature']} v1a,AAAA ${right!['webhook-signature']}`;
  expect((await post(hook.id, { ...right!, 'webhook-signature': both }, text)).status).toBe(202);
});

test.each([
  ['without a signature', { 'webhook-signature': '' }],
  ['without an id', { 'webhook-id': '' }],
  ['with an id that could end elsewhere', { 'webhook-id': 'msg.1' }],
  ['with a time that is none', { 'webhook-timestamp': 'now' }],
])('a message %s is told what to send', async (_, wrong) => {
  expect(await told(await post(hook.id, { ...signed(key, 'msg', new Date(), '{}'), ...wrong }, '{}'))).toBe(
    '400 unsigned',
  );
});

test.each([
  ['long ago', 6],
  ['in the future', -6],
])('a message signed %s is refused, though its signature fits', async (_, minutes) => {
  expect(await told(await send(good, { at: minutesAgo(minutes) }))).toBe('401 old_signature');
  expect(await firesOf(hook.id)).toEqual([]);
});

test.each([
  [{ data: {} }, '422 parameter_missing /data/day'],
  [{ data: null }, '422 parameter_missing /data/day'],
  [[], '422 parameter_missing /data/day'],
  [{ data: { day: 7 } }, '422 parameter_invalid /data/day'],
  [{ data: { day: { $nominal: 'date' } } }, '422 parameter_invalid /data/day'],
  [{ data: { day: { $secret: 'TOKEN' } } }, '422 parameter_invalid /data/day'],
  [{ data: { day: '2013-02-30' } }, '422 parameter_invalid /data/day'],
  [{ data: { day: '2013-02-01', rows: ['many'] } }, '422 parameter_invalid /data/rows/0'],
  ['{"data": ', '400 json_malformed'],
  ['', '400 json_malformed'],
  ['day=2013-02-01', '400 json_malformed'],
  ['{"data": {"day": "2013-02-01", "day": "2013-02-02"}}', '400 json_duplicate_key'],
  [`${'['.repeat(100)}${']'.repeat(100)}`, '400 json_too_deep'],
])('%j does not fit, is told where, and can be sent again', async (body, expected) => {
  const id = 'msg_5';
  expect(await told(await send(body, { id, at: minutesAgo(1) }))).toBe(expected);
  expect(await firesOf(hook.id)).toEqual([]);
  expect((await send(good, { id })).status).toBe(202);
});

test('what the message leaves out takes the default of the pipeline', async () => {
  await send({ data: { day: '2013-02-01' } });
  expect((await firesOf(hook.id))[0]!.parameters).toEqual({ day: '2013-02-01' });
});

test('a huge body is refused before it is read, and while it is', async () => {
  const huge = 'x'.repeat(256 * 1024 + 1);
  expect(
    await told(
      await post(hook.id, { ...signed(key, 'msg', new Date(), huge), 'content-length': `${huge.length}` }, huge),
    ),
  ).toBe('413 too_big');
  expect(await told(await send(huge))).toBe('413 too_big');
  const [most, more] = [256 * 1024 - JSON.stringify({ ...good, more: '' }).length, 256 * 1024].map((n) =>
    'x'.repeat(n),
  );
  expect((await send({ ...good, more: most })).status).toBe(202);
  expect(await told(await send({ ...good, more }))).toBe('413 too_big');
});

test('a body that does not come is not waited for', async () => {
  const server = createAdaptorServer({ fetch: api.app.fetch }) as unknown as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = dial(port, '127.0.0.1');
  const said: string[] = [];
  socket.on('data', (chunk) => said.push(chunk.toString()));
  const headers = Object.entries(signed(key, 'msg_6', new Date(), JSON.stringify(good)));
  const head = [`POST /api/v1/hooks/${hook.id} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Content-Length: 1000'];
  socket.write([...head, ...headers.map((pair) => pair.join(': ')), '', '{"data":'].join('\r\n'));
  await once(socket, 'close');
  expect(said.join('')).toMatch(/^HTTP\/1.1 408 [\s\S]*too_slow/);
  server.close();
});

test('a trigger that is off says so to who has the key, and to nobody else; the message can be sent again', async () => {
  await maker.json('PATCH', `/api/v1/triggers/${hook.id}`, { enabled: false });
  expect(await told(await send(good, { id: 'msg_7', at: minutesAgo(1) }))).toBe('409 trigger_off');
  expect(await told(await send(good, { by: drawSigningKey() }))).toBe('401 bad_signature');
  await maker.json('PATCH', `/api/v1/triggers/${hook.id}`, { enabled: true });
  expect((await send(good, { id: 'msg_7' })).status).toBe(202);
});

test('while a run is not over, messages follow the rule for that, and their sender is told', async () => {
  const careful = await add({ parameters: { day: { $body: '/data/day' } }, overlap: 'skip' });
  const to = { to: careful.id, by: careful.signingKey! };
  expect(await received(await send(good, to))).toMatchObject({ state: 'launching' });
  const second = await send(good, to);
  expect([second.status, await received(second)]).toMatchObject([202, { state: 'skipped', why: 'running', run: null }]);
});

test('a trigger takes 120 messages a minute, and then says when to come back', async () => {
  await send(good);
  const counted = await api.house.sql`
    update drawloom.rate_window set count = 119, started_at = now() where key = ${`received: ${hook.id}`} and count = 1
    returning true`;
  expect(counted).toHaveLength(1);
  expect((await send(good)).status).toBe(202);
  const one = await send(good);
  expect([one.status, Number(one.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
  expect(await firesOf(hook.id)).toHaveLength(2);
});

test('the key is shown once, and lies sealed; neither audit nor any answer has it', async () => {
  await send(good);
  const secret = Buffer.from(key.slice(6), 'base64');
  const forms = [key.slice(6), secret.toString('base64url').slice(0, 20), secret.toString('hex')];
  const tables = await api.house.sql`select table_name as name from information_schema.tables
    where table_schema = 'drawloom' and table_type = 'BASE TABLE'`;
  expect(tables.map(({ name }) => name)).toContain('trigger_key');
  for (const { name } of tables) {
    const rows = await api.house.sql.unsafe(`select t::text as row from drawloom."${name}" t`);
    for (const { row } of rows) for (const form of forms) expect(row.includes(form), name).toBe(false);
  }
  const list = await (await maker.ask('GET', '/api/v1/projects/first/triggers')).text();
  expect(list).toContain(hook.id);
  expect(list).not.toContain(key.slice(6));
  const [audit] = await api.house.sql`
    select action, via, project_id, details from drawloom.audit where action = 'receiveMessage' order by id desc limit 1`;
  expect(audit).toMatchObject({ via: 'signature', project_id: api.project.id, details: { fire: expect.any(Number) } });
});

test('a key sealed for one trigger does not open as that of another', async () => {
  const other = await add({ parameters: { day: { $body: '/data/day' } } });
  await api.house.sql`update drawloom.trigger_key set envelope =
    (select envelope from drawloom.trigger_key where trigger_id = ${other.id}) where trigger_id = ${hook.id}`;
  expect((await send(good, { by: other.signingKey! })).status).toBe(500);
  expect(await firesOf(hook.id)).toEqual([]);
});

test('with a new key the old one is good for as long as was said, and for no longer', async () => {
  const change = (body: object) =>
    maker.json<{ signingKey: string | null; oldKeyUntil: string | null }>(
      'POST',
      `/api/v1/triggers/${hook.id}/signing-key`,
      body,
    );
  const { signingKey: second, oldKeyUntil } = await change({ oldKeyHours: 2 });
  expect(Date.parse(oldKeyUntil!) - Date.now()).toBeGreaterThan(7_000_000);
  for (const by of [key, second!]) expect((await send(good, { by })).status).toBe(202);
  const [shown] = (await maker.json<{ triggers: Trigger[] }>('GET', '/api/v1/projects/first/triggers')).triggers;
  expect(shown!.webhook!.oldKeyUntil).toBe(oldKeyUntil);
  await api.house.sql`update drawloom.trigger_key set good_until = now() where good_until is not null`;
  expect(await told(await send(good, { by: key }))).toBe('401 bad_signature');
  const own = drawSigningKey();
  expect(await change({ signingKey: own, oldKeyHours: 0 })).toEqual({ signingKey: null, oldKeyUntil: null });
  expect(await told(await send(good, { by: second! }))).toBe('401 bad_signature');
  expect((await send(good, { by: own })).status).toBe(202);
});

test.each([
  [{ parameters: { day: { $body: 'data' } } }, '422 body_invalid /parameters/day'],
  [{ parameters: { day: { $body: '/d', more: 1 } } }, '422 body_invalid /parameters/day'],
  [{ parameters: { day: { $body: '/d' }, colour: { $body: '/c' } } }, '422 parameter_unknown /parameters/colour'],
  [{ parameters: { rows: { $body: '/rows' } } }, '422 parameter_missing /parameters/day'],
  [{ parameters: { day: { $body: '/d' }, rows: 'many' } }, '422 parameter_invalid /parameters/rows'],
  [{ parameters: { day: { $body: '/d' } }, signingKey: 'whsec_c2hvcnQ=' }, '422 invalid /signingKey'],
  [{ parameters: { day: { $body: '/d' } }, version: 9 }, '422 no_version /version'],
  [{ on: { kind: 'webhook', timeZone: 'UTC' }, parameters: { day: { $body: '/d' } } }, '422 invalid /on'],
  [{ on: { kind: 'cron', cron: '0 6 * * *' }, parameters: { day: { $body: '/d' } } }, '422 no_message /parameters/day'],
  [
    { on: { kind: 'cron', cron: '0 6 * * *' }, parameters: { day: '2013-01-01' }, signingKey: drawSigningKey() },
    '422 no_messages /signingKey',
  ],
])('%j is refused when it is made: %s', async (body, expected) => {
  const before = await api.house.sql`select count(*) from drawloom.trigger`;
  expect(
    await told(await maker.ask('POST', `/api/v1/pipelines/${pipeline}/triggers`, { on: { kind: 'webhook' }, ...body })),
  ).toBe(expected);
  expect(await api.house.sql`select count(*) from drawloom.trigger`).toEqual(before);
});

test('a webhook stays one, has no times to backfill, and only who manages triggers changes its key', async () => {
  const cron = { kind: 'cron', cron: '0 6 * * *' };
  expect(await told(await maker.ask('PATCH', `/api/v1/triggers/${hook.id}`, { on: cron }))).toBe(
    '422 kind_kept /on/kind',
  );
  const range = { trigger: hook.id, from: '2013-01-01', until: '2013-01-31' };
  expect(await told(await maker.ask('POST', `/api/v1/pipelines/${pipeline}/backfills`, range))).toBe(
    '422 no_times /on',
  );
  const scientist = await api.person({ role: 'data-scientist' });
  expect((await scientist.ask('POST', `/api/v1/triggers/${hook.id}/signing-key`, {})).status).toBe(403);
});
