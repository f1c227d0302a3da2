/** What a real process gives back: the kernel's figures of a child that worked, and then has nothing to do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';

const rest = new URL('./rest.ts', import.meta.url).href;
let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

/** Holds a list, makes a lot of garbage, says so, and then does what `after` says. */
function begin(after: string): ChildProcess {
  const code = `
    const { giveBackAtRest } = await import(${JSON.stringify(rest)});
    const kept = Array.from({ length: 1000 }, (_, index) => ({ index }));
    let held = [];
    for (let round = 0; round < 20; round++) held = Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: 'x' + index }));
    held = [];
    ${after}
    console.log('worked');
    process.on('message', () => { console.log(kept.length); process.exit(); });`;
  child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  return child;
}
const residentMb = ({ pid }: ChildProcess) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

test('a process that has come to rest gives back what its work made it ask for', { timeout: 300_000 }, async () => {
  const process = begin('giveBackAtRest({ everyMs: 50 });');
  const said = text(process.stdout!);
  await expect.poll(() => residentMb(process), { timeout: 120_000 }).toBeGreaterThan(350);
  await expect.poll(() => residentMb(process), { timeout: 120_000 }).toBeLessThan(250);
  process.send('what do you still hold?');
  expect(await said).toBe('worked\n1000\n');
});
