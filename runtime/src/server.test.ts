import { mkdtemp, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProgramConfig } from './config.ts';
import { connect } from './db/connection.ts';
import { migrate } from './db/migrate.ts';
import { type RunningPostgres, startPostgres } from './db/postgres.ts';
import { seedExample } from './examples/seed.ts';
import { type RunningServer, startServer } from './server.ts';

/** A Postgres of its own, since it goes away in the middle. */
let folder: string;
let postgres: RunningPostgres;
let config: ProgramConfig;
let server: RunningServer;
let door: Door;
const adminToken = 'a'.repeat(40);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drawloom-server-'));
  postgres = await startPostgres({ home: path.join(folder, 'database'), fsync: false });
  await migrate(postgres.url);
  door = await openDoor(() => Number(new URL(postgres.url).port));
  config = {
    port: 0,
    host: '127.0.0.1',
    home: path.join(folder, 'home'),
    databaseUrl: throughDoor(),
    adminToken,
    hosts: [],
    tags: [],
    leastIsolation: 'full',
    publicUrl: undefined,
    internalNetworks: [],
    traces: undefined,
    serverUrl: undefined,
    token: undefined,
  };
  const { db, close } = connect(postgres.url, { max: 1 });
  await seedExample(db).finally(close);
  server = await startServer(config);
});
afterAll(async () => {
  await server.stop();
  door.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

const ask = (route: string, init: RequestInit = {}) =>
  fetch(`${server.url}${route}`, { ...init, headers: { authorization: `Bearer ${adminToken}`, ...init.headers } });

test('it listens, answers the preset token as the owner, and keeps its own token to itself', async () => {
  const session = await (await ask('/api/v1/session')).json();
  expect(session).toMatchObject({ person: { name: 'Owner', admin: true }, projects: [{ id: 'getting-started' }] });
  const { mode } = await stat(path.join(config.home, 'program/token'));
  expect(mode & 0o777).toBe(0o600);
});

test('machines are told that it lives to anybody, and its counts only to who may know', async () => {
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  const ready = await fetch(`${server.url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([503, 'not ready\n']); // no worker here
  expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
  const metrics = await (await ask('/metrics')).text();
  expect(metrics).toContain('drawloom_request_seconds_bucket');
  const basic = await fetch(`${server.url}/metrics`, {
    headers: { authorization: `Basic ${btoa(`x:${adminToken}`)}` },
  });
  expect(basic.status).toBe(200);
});

test('without its database it says so with a time to come back, and is well again once the database is', async () => {
  const stream = await ask('/api/v1/projects/getting-started/events');
  expect(stream.status).toBe(200);
  await postgres.stop();
  const away = await ask('/api/v1/session');
  expect(away.status).toBe(503);
  expect(away.headers.get('retry-after')).toBe('2');
  expect(await away.json()).toMatchObject({ code: 'database_away' });
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  postgres = await startPostgres({ home: path.join(folder, 'database'), fsync: false });
  await expect.poll(async () => (await ask('/api/v1/session')).status, { timeout: 10_000 }).toBe(200);
  const made = await ask('/api/v1/projects', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name":"After the outage"}',
  });
  expect(made.status).toBe(201);
  await stream.body!.cancel();
});

test('a stop ends streams and idle connections at once', async () => {
  const other = await startServer({ ...config, home: path.join(folder, 'other') });
  const events = `${other.url}/api/v1/projects/getting-started/events`;
  const ended = new Promise<void>((resolve, reject) => {
    const stream = request(events, { headers: { authorization: `Bearer ${adminToken}` } }, (answer) => {
      answer.resume();
      answer.on('end', resolve);
      answer.on('error', reject);
      void other.stop();
    });
    stream.end();
  });
  const began = performance.now();
  await ended;
  expect(performance.now() - began).toBeLessThan(20_000);
  await expect
    .poll(() =>
      fetch(`${other.url}/healthz`).then(
        () => 'up',
        () => 'down',
      ),
    )
    .toBe('down');
});

test('an address that others can reach is refused until an admin can get in without the printed link', async () => {
  const exposed = { ...config, host: '0.0.0.0', adminToken: undefined };
  await expect(startServer(exposed)).rejects.toThrow(/no admin has a password or token yet/);
});

interface Door {
  port: number;
  close(): void;
}

/** Always the same port, whichever the database behind it has after it came back. */
async function openDoor(portBehind: () => number): Promise<Door> {
  const open = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = dial(portBehind(), '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    port,
    close() {
      proxy.close();
      for (const socket of open) socket.destroy();
    },
  };
}

function throughDoor(): string {
  const url = new URL(postgres.url);
  url.port = String(door.port);
  return url.href;
}
