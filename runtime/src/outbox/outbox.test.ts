import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ChannelSettings, NewsKind } from '@drawloom/shared/api/notifications.ts';
import { CronClock } from '@drawloom/shared/trigger/when.ts';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { noopPlan, type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { notificationRules } from '../db/tables/notifications.ts';
import type { AttemptOutcome } from '../execute/executor.ts';
import { tick } from '../record/tick.ts';
import { networksIn } from './addresses.ts';
import { sealChannel } from './channels.ts';
import { type DeliverOptions, deliverDue, lookIntoOutbox, mostTries, pauseAfter } from './deliver.ts';
import { drawSigningKey } from './sign.ts';

const senderProcess = path.resolve(import.meta.dirname, '../../../test/support/senderProcess.ts');

/** For localhost, signed by itself: whoever is not told to trust it does not. */
const certificate = readFileSync(path.join(import.meta.dirname, 'fixtures/localhost.pem'), 'utf8');

interface Received {
  path: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

let home: string;
let database: TestDatabase;
let ground: Playground;
let receiver: http.Server;
let received: Received[];
let answer: (request: Received, response: http.ServerResponse) => void;
let options: DeliverOptions;

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'drawloom-outbox-'));
  receiver = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const one = { path: request.url!, headers: request.headers, body };
    received.push(one);
    answer(one, response);
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  options = { home, internalNetworks: networksIn('127.0.0.0/8, ::1')!, origin: () => 'https://drawloom.example' };
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await rm(home, { recursive: true, force: true });
});
beforeEach(async () => {
  database = await testDatabase();
  ground = await playground(database.url);
  received = [];
  answer = (_, response) => response.end('ok');
});
afterEach(async () => {
  await ground.close();
  await database.drop();
});

const address = (place = '/') => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${place}`;

async function addChannel(settings: ChannelSettings, secret: string | null): Promise<string> {
  const [row] = await ground.sql`
    insert into drawloom.channel (project_id, name, kind, settings, version)
    values (${ground.project}, ${`channel ${Math.random()}`}, ${settings.kind}, ${JSON.stringify(settings)}::text::jsonb, 1) returning id`;
  const id = row!.id as string;
  if (secret !== null) {
    const envelope = await sealChannel(home, { id, projectId: ground.project, version: 1 }, secret);
    await ground.sql`update drawloom.channel set envelope = ${envelope} where id = ${id}`;
  }
  return id;
}

async function addRule(channel: string, news: NewsKind[], more: { lateAfterMs?: number; pipelines?: string[] } = {}) {
  await ground.db.insert(notificationRules).values({
    projectId: ground.project,
    channelId: channel,
    news,
    createdAt: new Date(Date.now() - 86_400_000),
    ...more,
  });
}

/** A run of one node that ends like this. */
async function runThatEnds(outcome: AttemptOutcome): Promise<number> {
  const { run } = await ground.start(planOf('load', { retryAttempts: 1, reuse: false }));
  const worker = await ground.worker();
  const { work } = await tick(ground.sql, ground.plans, worker, [], 1);
  const [one] = work;
  await tick(ground.sql, ground.plans, worker, [{ ...one!, outcome }], 0);
  return run;
}
const fails = () =>
  runThatEnds({ reason: 'user_error', outputs: [], error: { message: 'no <column> "tip"\nTraceback of it' } });
const succeeds = () => runThatEnds({ reason: 'ok', outputs: [] });

/** What the house does by itself every second. */
async function send(): Promise<void> {
  while ((await ground.sql`select drawloom.sort_outbox() as sorted`)[0]!.sorted > 0);
  await deliverDue(ground.sql, options);
}
const deliveries = () => ground.sql`select * from drawloom.delivery order by id`;

test('a chat is told of the first failure and of the recovery, and not of failures in between', async () => {
  await addRule(await addChannel({ kind: 'chat' }, address('/services/T0/B0/x')), ['failed', 'recovered']);
  await succeeds();
  await send();
  expect(received).toEqual([]);
  const run = await fails();
  await send();
  await fails();
  await send();
  await succeeds();
  await succeeds();
  await send();
  const texts = received.map(({ body }) => JSON.parse(body).text as string);
  expect(texts).toEqual([expect.stringContaining('*played failed*'), expect.stringContaining('*played works again*')]);
  expect(texts[0]).toContain('no &lt;column&gt; "tip"');
  expect(texts[0]).not.toContain('Traceback');
  expect(texts[0]).toContain(`https://drawloom.example/p/${ground.project}/runs/${run}|`);
  expect(received[0]!.path).toBe('/services/T0/B0/x');
});

test('the news are true or absent together with what they tell of', async () => {
  await addRule(await addChannel({ kind: 'chat' }, address()), ['failed']);
  const { run } = await ground.start(noopPlan([[]]));
  await expect(
    ground.sql.begin(async (tx) => {
      await tx`update drawloom.run set status = 'failed', finished_at = now() where id = ${run}`;
      expect(await tx`select from drawloom.outbox`).toHaveLength(1);
      throw new Error('cut off');
    }),
  ).rejects.toThrow('cut off');
  expect(await ground.sql`select from drawloom.outbox`).toHaveLength(0);
});

test('a program can tell by the signature that a message is ours', async () => {
  const key = drawSigningKey();
  await addRule(await addChannel({ kind: 'webhook', url: address('/hook') }, key), ['failed']);
  const run = await fails();
  await send();
  const { headers, body } = received[0]!;
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const mac = createHmac('sha256', Buffer.from(key.slice(6), 'base64'))
    .update(content)
    .digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${mac}`);
  expect(Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp']))).toBeLessThan(300);
  expect(JSON.parse(body)).toMatchObject({
    type: 'run.failed',
    data: { run: { id: run, status: 'failed' }, failures: [{ name: 'load', reason: 'user_error' }] },
  });
});

test('what was not taken is tried again with the same id, later each time, and in the end given up', async () => {
  await addRule(await addChannel({ kind: 'webhook', url: address() }, drawSigningKey()), ['failed']);
  answer = (_, response) => {
    response.statusCode = 503;
    response.end('x'.repeat(5000));
  };
  await fails();
  for (let tries = 1; tries <= mostTries; tries++) {
    await send();
    const [row] = await deliveries();
    expect(row).toMatchObject({ tries, status: 503, state: tries < mostTries ? 'waiting' : 'given_up' });
    expect(row!.answer).toHaveLength(1024);
    await send();
    expect(received).toHaveLength(tries); // not before its time
    await ground.sql`update drawloom.delivery set due_at = now()`;
  }
  await send();
  expect(received).toHaveLength(mostTries);
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect([1, 2, 3, 20].map((tries) => pauseAfter(tries, 0.5))).toEqual([5000, 10_000, 20_000, 3_600_000]);
});

test('a receiver that points elsewhere is not followed, and one that refuses for good is not asked again', async () => {
  await addRule(await addChannel({ kind: 'webhook', url: address() }, drawSigningKey()), ['failed']);
  answer = (_, response) => {
    response.writeHead(307, { location: address('/elsewhere') });
    response.end();
  };
  await fails();
  await send();
  expect(received.map((one) => one.path)).toEqual(['/']);
  expect(await deliveries()).toMatchObject([{ state: 'given_up', status: 307 }]);
});

test('nothing is sent into networks that the operator did not name', async () => {
  await addRule(await addChannel({ kind: 'chat' }, address()), ['failed']);
  await fails();
  while ((await ground.sql`select drawloom.sort_outbox() as sorted`)[0]!.sorted > 0);
  await deliverDue(ground.sql, { ...options, internalNetworks: [] });
  expect(received).toEqual([]);
  const [row] = await deliveries();
  expect(row).toMatchObject({ state: 'given_up' });
  expect(row!.problem).toMatch(/DRAWLOOM_INTERNAL_NETWORKS/);
});

test('a receiver that never answers is left after the time limit', async () => {
  await addRule(await addChannel({ kind: 'chat' }, address()), ['failed']);
  answer = () => {};
  await fails();
  while ((await ground.sql`select drawloom.sort_outbox() as sorted`)[0]!.sorted > 0);
  await deliverDue(ground.sql, { ...options, timeoutMs: 300 });
  expect(await deliveries()).toMatchObject([
    { state: 'waiting', problem: expect.stringContaining('did not answer within 0.3 s.') },
  ]);
});

test('many senders at once send each message once', async () => {
  for (let index = 0; index < 20; index++)
    await addRule(await addChannel({ kind: 'chat' }, address(`/${index}`)), ['failed']);
  await fails();
  await Promise.all(Array.from({ length: 6 }, () => lookIntoOutbox(ground.sql)));
  await Promise.all(Array.from({ length: 6 }, () => deliverDue(ground.sql, options)));
  expect(received.map((one) => one.path).sort()).toEqual(Array.from({ length: 20 }, (_, index) => `/${index}`).sort());
});

test('a sender that is killed while it sends is followed by another, which sends the same message under the same id', async () => {
  await addRule(await addChannel({ kind: 'webhook', url: address() }, drawSigningKey()), ['failed']);
  await fails();
  while ((await ground.sql`select drawloom.sort_outbox() as sorted`)[0]!.sorted > 0);
  const arrived = new Promise<void>((resolve) => {
    answer = () => resolve(); // and no answer, ever
  });
  const sender = spawn(process.execPath, [senderProcess, database.url, home], { stdio: 'inherit' });
  await arrived;
  const gone = once(sender, 'exit');
  sender.kill('SIGKILL');
  await gone;
  expect(await deliveries()).toMatchObject([{ state: 'waiting', tries: 1 }]);
  answer = (_, response) => response.end('ok');
  await expect.poll(() => deliverDue(ground.sql, options)).toBe(1); // once the time of the dead one is up
  expect(await deliveries()).toMatchObject([{ state: 'delivered', tries: 2 }]);
  expect(received).toHaveLength(2);
  expect(received[1]!.headers['webhook-id']).toBe(received[0]!.headers['webhook-id']);
});

test('a sender that was overtaken records nothing', async () => {
  await addRule(await addChannel({ kind: 'chat' }, address()), ['failed']);
  await fails();
  while ((await ground.sql`select drawloom.sort_outbox() as sorted`)[0]!.sorted > 0);
  let release = () => {};
  const arrived = new Promise<void>((resolve) => {
    answer = (_, response) => {
      release = () => {
        response.statusCode = 500;
        response.end('too late');
      };
      answer = (__, second) => second.end('taken');
      resolve();
    };
  });
  const slow = deliverDue(ground.sql, { ...options, claimMs: 0 });
  await arrived;
  await deliverDue(ground.sql, options);
  release();
  await slow;
  expect(await deliveries()).toMatchObject([{ state: 'delivered', answer: 'taken', tries: 2 }]);
});

test('a run of a schedule that takes too long is late, once, and a time without a run is missing', async () => {
  const channel = await addChannel({ kind: 'chat' }, address());
  await addRule(channel, ['late', 'missing'], { lateAfterMs: 3_600_000, pipelines: [ground.pipeline] });
  const on = JSON.stringify(CronClock.parse({ kind: 'cron', cron: '0 6 * * *' }));
  const [trigger] = await ground.sql`
    insert into drawloom.trigger (project_id, pipeline_id, spec) values (${ground.project}, ${ground.pipeline}, ${on}::text::jsonb) returning id`;
  const { run } = await ground.start(noopPlan([[]]));
  const fire = (minutesAgo: number, state: string, started: number | null) =>
    ground.sql`insert into drawloom.fire (trigger_id, key, nominal_at, due_at, state, run_id)
      select ${trigger!.id}, ${minutesAgo}::int::text, t, t, ${state}, ${started}::bigint from (select now() - make_interval(mins => ${minutesAgo}::int)) n (t)`;
  await fire(59, 'started', run);
  await fire(61, 'started', run);
  await fire(11, 'launching', null);
  await fire(12, 'skipped', null);
  for (let times = 0; times < 2; times++) {
    await ground.sql`select drawloom.note_late()`;
    await send();
  }
  await fire(0, 'launching', null);
  await ground.sql`update drawloom.fire set state = 'refused', problems = '[{"message": "The pipeline is put away."}]' where key = '0'`;
  await send();
  const texts = received.map(({ body }) => JSON.parse(body).text as string);
  expect(texts).toHaveLength(3);
  expect(texts.filter((text) => text.includes('*played is late*') && text.includes('60 minutes later'))).toHaveLength(
    1,
  );
  expect(texts.filter((text) => text.includes('*played did not run*'))).toHaveLength(2);
  expect(texts.at(-1)).toContain('The pipeline is put away.');
});

test('a letter reaches its readers over STARTTLS, with a password that is never said in the clear', async () => {
  const letters: { text: string; secure: boolean; user: unknown }[] = [];
  const server = new SMTPServer({
    key: certificate,
    cert: certificate,
    authMethods: ['PLAIN'],
    onAuth: ({ username, password }, session, done) =>
      password === 'geheim' && session.secure ? done(null, { user: username }) : done(new Error('no')),
    onData: async (stream, session, done) => {
      let text = '';
      for await (const part of stream) text += part;
      letters.push({ text, secure: session.secure, user: session.user });
      done();
    },
  });
  server.listen(0, 'localhost');
  await once(server.server, 'listening');
  try {
    const { port } = server.server.address() as AddressInfo;
    const settings = (more: object = {}): ChannelSettings => ({
      kind: 'email',
      host: 'localhost',
      port,
      encryption: 'starttls',
      user: 'loom',
      from: 'loom@example.org',
      to: ['a@example.org', 'b@example.org'],
      ...more,
    });
    await addRule(await addChannel(settings(), 'geheim'), ['failed']);
    await addRule(await addChannel(settings(), 'wrong'), ['failed']);
    await ground.sql`update drawloom.pipeline set name = 'Flüge'`;
    const run = await fails();
    while ((await ground.sql`select drawloom.sort_outbox() as sorted`)[0]!.sorted > 0);
    // The certificate of the test's server is trusted by nobody: without being told so, no password is sent.
    await deliverDue(ground.sql, options);
    expect(letters).toEqual([]);
    expect((await deliveries()).map((row) => [row.state, row.problem])).toEqual([
      ['waiting', expect.stringMatching(/certificate/i)],
      ['waiting', expect.stringMatching(/certificate/i)],
    ]);
    await ground.sql`update drawloom.delivery set due_at = now()`;
    await deliverDue(ground.sql, { ...options, ca: certificate });
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({ secure: true, user: 'loom' });
    expect(letters[0]!.text).toMatch(/^Subject: =\?UTF-8\?Q\?Fl=C3=BCge_failed\?=\r$/m);
    expect(letters[0]!.text).toContain(`/runs/${run}`);
    expect((await deliveries()).map((row) => [row.state, row.status]).sort()).toEqual([
      ['delivered', 250],
      ['given_up', 535],
    ]);
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});
