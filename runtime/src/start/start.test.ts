import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { livingOf, mentioning, treeOf } from '../../../test/support/processes.ts';
import { type RunningDrawloom, startDrawloom } from '../../../test/support/server.ts';
import { runningServer } from './home.ts';

// One home for the whole file: each test goes on where the one before it left the house.
let home: string;
let running: RunningDrawloom;
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'drawloom-start-'));
});
afterAll(async () => {
  await running?.kill();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

const status = async (route: string) => (await fetch(new URL(route, running.url))).status;
const everything = () => [...new Set([...treeOf(running.child.pid!), ...mentioning(home)])];

test('the first start brings everything up and says how to get in', { timeout: 300_000 }, async () => {
  running = await startDrawloom({ home });
  expect(await status('/healthz')).toBe(200);
  await expect.poll(() => status('/readyz'), { timeout: 30_000 }).toBe(200);
  const page = await fetch(running.url);
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect((await running.fetch('/api/v1/session')).status).toBe(200);
  expect(await status('/api/v1/session')).toBe(401);
  expect(running.signInLink).toMatch(new RegExp(`^${running.url}/sign-in#[\\w=-]{20,}$`));
  const linkFile = path.join(home, 'sign-in-link');
  expect(readFileSync(linkFile, 'utf8').trim()).toBe(running.signInLink);
  expect(statSync(linkFile).mode & 0o777).toBe(0o600);
  expect(runningServer(home)).toBe(running.url);
});

test('every line of the start stands alone, and none is an error', () => {
  const lines = running.output().split('\n');
  expect(lines.filter((line) => line.startsWith('✓')).length).toBeGreaterThanOrEqual(6);
  expect(lines.filter((line) => line.startsWith('!'))).toEqual([]);
  expect(running.output()).not.toContain('\u001b');
  expect(running.output()).not.toMatch(/Error|Warning/);
});

test('Ctrl-C stops all of it and leaves no process', async () => {
  const before = everything();
  expect(before.length).toBeGreaterThan(5);
  const ended = new Promise((resolve) => running.child.once('exit', (code) => resolve(code)));
  running.child.kill('SIGINT');
  expect(await ended).toBe(0);
  await expect.poll(() => [...livingOf(before), ...mentioning(home)], { timeout: 5_000 }).toEqual([]);
  expect(runningServer(home)).toBe(undefined);
});

test('a second start builds nothing again', async () => {
  running = await startDrawloom({ home });
  expect(running.output()).toMatch(/✓ Editor up to date/);
  expect(running.output()).not.toMatch(/Downloading|building/);
});

test('a worker that is killed is replaced, and the server never stopped answering', async () => {
  const worker = Number(running.output().match(/Worker ready \(process (\d+)\)/)?.[1]);
  process.kill(worker, 'SIGKILL');
  await expect
    .poll(() => running.output(), { timeout: 10_000 })
    .toMatch(/The worker ended \(SIGKILL\); another takes its place\./);
  expect(await status('/healthz')).toBe(200);
  await expect.poll(() => status('/readyz'), { timeout: 30_000 }).toBe(200);
});

test('after everything was killed at once, the next start recovers by itself', { timeout: 120_000 }, async () => {
  const before = everything();
  await running.kill();
  await expect.poll(() => livingOf(before), { timeout: 10_000 }).toEqual([]);
  running = await startDrawloom({ home });
  await expect.poll(() => status('/readyz'), { timeout: 30_000 }).toBe(200);
});

test('when only the program itself is killed, the rest follows it', async () => {
  const before = everything();
  running.child.kill('SIGKILL');
  await expect.poll(() => livingOf(before), { timeout: 30_000 }).toEqual([]);
});
