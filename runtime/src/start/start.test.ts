import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killHard, livingOf, mentioning, treeOf } from '../../../test/support/processes.ts';
import { type RunningDrawloom, runDrawloom, startDrawloom } from '../../../test/support/server.ts';
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
  const { database } = await running.ask<{ database: { embedded: boolean } }>('GET', '/system');
  expect(database.embedded).toBe(true);
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

/** A pipeline that is at work for a while. */
function slowPipeline(): string {
  const file = path.join(home, 'slow.json');
  const code = 'import time\ndef wait(*, seconds: int = 3) -> int:\n    time.sleep(seconds)\n    return seconds\n';
  const nodes = { wait: { type: 'python', name: 'Wait', parameters: {}, code } };
  writeFileSync(file, JSON.stringify({ ...emptyPipeline('Slow'), nodes }));
  return file;
}

test.each([
  ['a start', () => ['start']],
  ['a command that brings up its own server', () => ['run', slowPipeline()]],
])('Ctrl-C in the middle of %s ends what it began, in order', { timeout: 60_000 }, async (_what, words) => {
  const { child, output, exited } = runDrawloom(words(), { DRAWLOOM_HOME: home, PORT: '0' });
  const postgres = path.join(home, 'postgres/data/postmaster.pid');
  await expect.poll(() => existsSync(postgres), { timeout: 30_000 }).toBe(true);
  child.kill('SIGINT');
  expect(await exited).toMatchObject({ code: 130 });
  expect(output()).toMatch(/Stopping/);
  expect(output()).not.toMatch(/"level"|Error| at .*\.ts/); // nothing was pulled from under what still ran
  expect(mentioning(home)).toEqual([]);
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

test('when only the program itself is killed, the rest follows it', { timeout: 60_000 }, async () => {
  const before = everything();
  running.child.kill('SIGKILL');
  await expect.poll(() => livingOf(before), { timeout: 40_000 }).toEqual([]);
});

test('who waits for a run sees its end, though everything was killed meanwhile and started anew', {
  timeout: 180_000,
}, async () => {
  running = await startDrawloom({ home });
  const before = everything();
  const waiting = runDrawloom(['run', slowPipeline()], { DRAWLOOM_HOME: home });
  await expect.poll(waiting.output, { timeout: 60_000 }).toMatch(/Wait: running/);
  killHard(before);
  await expect.poll(() => livingOf(before), { timeout: 10_000 }).toEqual([]);
  running = await startDrawloom({ home });
  expect(await waiting.exited).toMatchObject({ code: 0, output: expect.stringMatching(/Run \d+ succeeded/) });
});

test('a database that is killed is back by itself, and its loss is told once by each process', {
  timeout: 60_000,
}, async () => {
  const postmaster = Number(readFileSync(path.join(home, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
  process.kill(postmaster, 'SIGKILL');
  const told = (words: RegExp) => running.output().match(words)?.length ?? 0;
  await expect.poll(() => told(/The database is back after/g), { timeout: 40_000 }).toBe(2);
  await expect.poll(() => status('/readyz'), { timeout: 30_000 }).toBe(200);
  expect(told(/! The embedded Postgres ended unasked; it is started again\./g)).toBe(1);
  expect(told(/The database is away\./g)).toBe(2);
  expect(told(/ECONNREFUSED|terminating connection|starting up/g)).toBe(0);
});
