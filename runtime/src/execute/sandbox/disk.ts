// Watches how much an attempt has written to its folder and says when it is too much.

import { lstatSync, readdirSync } from 'node:fs';
import { chmod, lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** More names than this count as too much, too: they fill the file system's table of files before its space. */
export const mostFiles = 500_000;

/** The kernel takes no longer ones. */
const longestPath = 4095;
const slash = Buffer.from('/');

/** Nothing writes faster than this, so the next look is due when the rest of the allowance could be gone. */
const fastestBytesPerMs = 1_500_000;
const shortestPauseMs = 20;
const longestPauseMs = 1000;

/**
 * Bytes on disk below `folder`; stops counting beyond `enough`. Infinity when there are too many files, or folders so deep within
 * each other that the kernel takes no path to them: what lies there could not be counted.
 * unit    bytes in allocated blocks: a sparse file counts what it holds, a file with two names counts once
 * racing  the attempt writes meanwhile; what vanishes while being counted is not counted
 */
export async function bytesBelow(folder: string, enough = Number.POSITIVE_INFINITY): Promise<number> {
  const few = fewBytesBelow(folder, enough);
  if (few !== undefined) return few;
  let bytes = 0;
  let files = 0;
  const seen = new Set<number>();
  const folders: Buffer[] = [Buffer.from(folder)];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const here = next;
    const look = () => opendir(here as unknown as string, { encoding: 'buffer' as BufferEncoding });
    const entries = await look().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES') return null;
      await chmod(here, 0o700).catch(() => {}); // our own user hid it; hidden bytes are bytes
      return look().catch(() => null);
    });
    if (entries === null) continue;
    try {
      for await (const entry of entries) {
        if (++files > mostFiles) return Number.POSITIVE_INFINITY;
        // A name is bytes: as text, one that is none would name nothing, and hide what it holds.
        const path = Buffer.concat([here, slash, entry.name as unknown as Buffer]);
        if (path.length > longestPath) return Number.POSITIVE_INFINITY;
        const facts = await lstat(path).catch(() => null);
        if (facts === null) continue;
        if (facts.nlink > 1 && !facts.isDirectory()) {
          if (seen.has(facts.ino)) continue;
          seen.add(facts.ino);
        }
        bytes += facts.blocks * 512;
        if (bytes > enough) return bytes;
        if (entry.isDirectory()) folders.push(path);
      }
    } catch {
      // the folder went away while it was read
    }
  }
  return bytes;
}

/** Most folders hold next to nothing, and a look without waiting is over before a turn of waiting would have begun. */
const fewEntries = 64;
/** A folder whose own record is no larger cannot hold many names, on any file system: so listing it is quick. */
const shortFolderBytes = 4096;

/** Undefined when it is more than can be counted in a moment, or not to be read. */
function fewBytesBelow(folder: string, enough: number): number | undefined {
  let bytes = 0;
  let entries = 0;
  const seen = new Set<number>();
  const folders = [folder];
  try {
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
      if (lstatSync(next).size > shortFolderBytes) return undefined;
      for (const name of readdirSync(next)) {
        if (++entries > fewEntries) return undefined;
        const path = join(next, name);
        const facts = lstatSync(path);
        if (facts.isDirectory()) folders.push(path);
        else if (facts.nlink > 1 && seen.has(facts.ino)) continue;
        seen.add(facts.ino);
        bytes += facts.blocks * 512;
        if (bytes > enough) return bytes;
      }
    }
    return bytes;
  } catch {
    return undefined;
  }
}

/** Looks until `signal` aborts; calls `exceeded` once if the folder, empty at first, grows beyond `limit`. */
export async function watchDisk(
  folder: string,
  limit: number,
  signal: AbortSignal,
  exceeded: () => void,
): Promise<void> {
  let bytes = 0;
  let tookMs = 0;
  while (true) {
    const couldBeFullInMs = (limit - bytes) / fastestBytesPerMs;
    // At most a tenth of the time goes into looking, however many files there are.
    const pauseMs = Math.max(Math.min(Math.max(couldBeFullInMs, shortestPauseMs), longestPauseMs), tookMs * 10);
    await delay(pauseMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    const startedAt = performance.now();
    bytes = await bytesBelow(folder, limit);
    if (signal.aborted) return;
    if (bytes > limit) return exceeded();
    tookMs = performance.now() - startedAt;
  }
}
