// Watches how much memory an attempt's processes hold together, where the kernel cannot be asked to count and bound them.

import { readdir, readFile, statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Memory is seldom filled faster, so the next look is due when the rest could be gone. */
const fastestBytesPerMs = 6_000_000;
const shortestPauseMs = 5;
const longestPauseMs = 250;
const pageBytes = 4096;

/**
 * Looks until `signal` aborts; tells each larger peak, and calls `exceeded` once if it passes `limit`.
 * unit    bytes of anonymous and shared memory, and of files in its own /tmp and /dev/shm; files on disk do not count
 * shared  pages that a fork shares with the host or its siblings count by their part, in the precise look, which is made
 *         only when the cheap one, that counts them for each, is above what is allowed
 */
export async function watchMemory(
  attempt: { pid: number; privateFolders: boolean },
  limit: number,
  signal: AbortSignal,
  peaked: (bytes: number) => void,
  exceeded: () => void,
): Promise<void> {
  let peak = 0;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const pids = await treeOf(attempt.pid);
    const filed = attempt.privateFolders ? await bytesInFolders(attempt.pid) : 0;
    let bytes = filed + (await sum(pids, residentBytes));
    if (bytes > limit || bytes > peak) bytes = await preciseBytes(pids, filed);
    if (signal.aborted) return;
    if (bytes > peak) peaked(bytes);
    peak = Math.max(peak, bytes);
    if (bytes > limit) return exceeded();
    const tookMs = performance.now() - startedAt;
    const couldBeFullInMs = (limit - bytes) / fastestBytesPerMs;
    const pauseMs = Math.max(Math.min(Math.max(couldBeFullInMs, shortestPauseMs), longestPauseMs), tookMs * 10);
    await delay(pauseMs, undefined, { signal, ref: false }).catch(() => {});
  }
}

async function treeOf(root: number): Promise<number[]> {
  const found = [root];
  for (let index = 0; index < found.length; index++) {
    const tasks = `/proc/${found[index]}/task`;
    for (const task of await readdir(tasks).catch(() => [])) {
      const children = await readFile(`${tasks}/${task}/children`, 'utf8').catch(() => '');
      found.push(...children.split(' ').filter(Boolean).map(Number));
    }
  }
  return found;
}

/** A file in /dev/shm that is also mapped must not count twice; the larger of the two is what is surely held. */
async function preciseBytes(pids: number[], filed: number): Promise<number> {
  let anonymous = 0;
  let shared = 0;
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    anonymous += kilobytes('Pss_Anon') * 1024;
    shared += kilobytes('Pss_Shmem') * 1024;
  }
  return anonymous + Math.max(shared, filed);
}

/** What lies in the attempt's own /tmp and /dev/shm, which are memory. */
async function bytesInFolders(pid: number): Promise<number> {
  let total = 0;
  for (const folder of ['tmp', 'dev/shm']) {
    const facts = await statfs(`/proc/${pid}/root/${folder}`).catch(() => null);
    if (facts !== null) total += (facts.blocks - facts.bfree) * facts.bsize;
  }
  return total;
}

async function sum(pids: number[], bytesOf: (pid: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (const pid of pids) total += await bytesOf(pid);
  return total;
}

async function residentBytes(pid: number): Promise<number> {
  const [, resident = 0, shared = 0] = (await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => ''))
    .split(' ')
    .map(Number);
  return (resident - shared) * pageBytes;
}
