import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive } from '../db/embedded/processes.ts';
import { type Supervised, supervise } from './supervise.ts';

let folder: string;
let worker: Supervised | undefined;
const losses: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drawloom-supervise-'));
  losses.length = 0;
});
afterEach(async () => {
  await worker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A worker of a few lines; it notes every start of its. */
async function superviseScript(script: string, patienceMs?: number): Promise<Supervised> {
  const file = path.join(folder, 'worker.mjs');
  const note = `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(path.join(folder, 'starts'))}, '.');`;
  writeFileSync(file, `${note}\n${script}`);
  worker = await supervise({ file, env: process.env, onLoss: (line) => losses.push(line), patienceMs });
  return worker;
}
const starts = () => readFileSync(path.join(folder, 'starts'), 'utf8').length;
const living = "process.send('ready'); setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit());";

test('a worker that was killed is followed by another', async () => {
  const { pid } = await superviseScript(living);
  const first = pid()!;
  process.kill(first, 'SIGKILL');
  await expect.poll(starts).toBe(2);
  expect(pid()).not.toBe(first);
  expect(losses).toEqual(['The worker ended (SIGKILL); another takes its place.']);
});

test('a worker that keeps ending is started less and less often', async () => {
  await superviseScript("process.send('ready'); process.disconnect();");
  await expect.poll(() => losses.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
  expect(losses.slice(0, 3)).toEqual([
    'The worker ended (exit 0); another takes its place.',
    'The worker ended (exit 0); another takes its place in 1 s.',
    'The worker ended (exit 0); another takes its place in 2 s.',
  ]);
});

test('a worker that ends before it is ready stops the start', async () => {
  await expect(superviseScript('process.exit(4)')).rejects.toThrow(/^The worker did not start \(exit 4\)\./);
});

test('after the stop no worker lives, and none follows', async () => {
  const { pid, stop } = await superviseScript(living);
  const process = pid()!;
  await stop();
  expect(isAlive(process)).toBe(false);
  await stop();
  expect(losses).toEqual([]);
  expect(starts()).toBe(1);
});

test('a worker that does not stop when asked is stopped', async () => {
  const { pid, stop } = await superviseScript(
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); process.send('ready');",
    200,
  );
  const process = pid()!;
  await stop();
  expect(isAlive(process)).toBe(false);
});
