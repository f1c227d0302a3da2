import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  worker = await supervise({
    file,
    env: { ...process.env, DATABASE_URL: 'postgres://nobody@127.0.0.1/nothing', DRAWLOOM_HOME: folder },
    onLoss: (line) => losses.push(line),
    patienceMs,
    soonestMs: 0,
  });
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

/** The first one says that it holds too much; every one notes what it is told, and ends only then. */
const tiring = (others: string, stays = false) => `${noting()}
  setInterval(() => {}, 1000);
  process.on('SIGTERM', () => process.exit());
  process.on('message', (said) => { note((first ? 'first ' : 'next ') + said); if (!${stays}) process.exit(); });
  if (first) { process.send('ready'); process.send('spent'); } else { ${others} }`;
const noting = () => `import { readFileSync } from 'node:fs';
  const first = readFileSync(${JSON.stringify(path.join(folder, 'starts'))}, 'utf8') === '.';
  const note = (what) => appendFileSync(${JSON.stringify(path.join(folder, 'notes'))}, what + '\\n');`;
const notes = () => (existsSync(path.join(folder, 'notes')) ? readFileSync(path.join(folder, 'notes'), 'utf8') : '');
const came = "note('next ready'); process.send('ready');";

test('a worker that holds too much is told to finish once the next one is ready, and no loss is told', async () => {
  const { pid } = await superviseScript(tiring(came));
  const first = pid()!;
  await expect.poll(() => isAlive(first), { timeout: 20_000 }).toBe(false);
  expect(notes()).toBe('next ready\nfirst finish\n');
  expect(isAlive(pid()!)).toBe(true);
  expect([pid() === first, starts(), losses]).toEqual([false, 2, []]);
});

test('a worker whose next one does not come goes on', async () => {
  const { pid } = await superviseScript(tiring('setTimeout(() => { note("next ends"); process.exit(1); }, 100);'));
  const first = pid()!;
  await expect.poll(notes, { timeout: 20_000 }).toBe('next ends\n');
  expect([pid(), isAlive(first), losses]).toEqual([first, true, []]);
});

test('a stop ends a worker that still finishes as well as the one that took its place', async () => {
  const { pid, stop } = await superviseScript(tiring(came, true));
  const first = pid()!;
  await expect.poll(notes, { timeout: 20_000 }).toContain('first finish');
  const both = [first, pid()!];
  expect(both.map(isAlive)).toEqual([true, true]);
  await stop();
  expect([both.map(isAlive), starts()]).toEqual([[false, false], 2]);
});

test('a worker that rests and holds too much of what no collection can free gives way to a fresh one', {
  timeout: 120_000,
}, async () => {
  const part = JSON.stringify(new URL('./part.ts', import.meta.url).href);
  const { pid } = await superviseScript(`${noting()}
    const { runPart } = await import(${part});
    const held = first ? Buffer.alloc(300 * 2 ** 20, 1) : null;
    await runPart(async () => {
      setInterval(() => held?.at(0), 60_000);
      return { stop: async () => note('stopped'), finish: async () => note('finished') };
    });`);
  const first = pid()!;
  await expect.poll(() => isAlive(first), { timeout: 100_000 }).toBe(false);
  expect(notes()).toBe('finished\nstopped\n');
  expect([isAlive(pid()!), pid() === first, losses]).toEqual([true, false, []]);
});
