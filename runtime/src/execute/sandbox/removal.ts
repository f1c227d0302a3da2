// Takes away the folder of an attempt, whatever that left in it: however much, however deep, under names that are no text, or locked.

import { randomBytes } from 'node:crypto';
import { chmod, opendir, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Paths that are longer are refused by the kernel from 4,096 on; what lies so deep is moved up before it gets there. */
const longestPath = 2000;
/** At once, so that a folder of half a million files costs time and not memory. */
const atOnce = 64;
const slash = Buffer.from('/');

/** Like `rm -rf`. No process may write to it any more. */
export async function removeTree(folder: string): Promise<void> {
  try {
    // Most are empty, and three folders are taken away faster one by one than by a search for more.
    await Promise.all([rmdir(join(folder, 'in')), rmdir(join(folder, 'job'))]);
    return await rmdir(folder);
  } catch {
    // not empty, then
  }
  const salt = randomBytes(4).toString('hex'); // an earlier removal may have been cut short
  let moved = 0;
  const folders = [{ path: Buffer.from(folder) as Buffer, mayBeEmpty: false }];
  for (let here = folders.at(-1); here !== undefined; here = folders.at(-1)) {
    if (here.mayBeEmpty && (await isRemoved(here.path))) {
      folders.pop();
      continue;
    }
    here.mayBeEmpty = true;
    for (const inner of await empty(here.path)) {
      let path = inner;
      if (path.length > longestPath) {
        path = Buffer.from(join(folder, `.moved-${salt}-${moved++}`));
        await rename(inner, path);
      }
      folders.push({ path, mayBeEmpty: false });
    }
  }
}

async function isRemoved(folder: Buffer): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the files of a folder; answers the folders in it, as many as are taken on at a time. */
async function empty(folder: Buffer): Promise<Buffer[]> {
  const below: Buffer[] = [];
  const files: Buffer[] = [];
  const leave = () => Promise.all(files.splice(0).map((file) => passOver('ENOENT', unlink(file))));
  // Names are bytes; as text some would name nothing any more.
  const entries = await open(folder);
  for await (const entry of entries ?? []) {
    const path = Buffer.concat([folder, slash, entry.name as unknown as Buffer]);
    if (entry.isDirectory()) below.push(path);
    else files.push(path);
    if (below.length === atOnce) break;
    if (files.length === atOnce) await leave();
  }
  await leave();
  return below;
}

/** Undefined when it is gone. The attempt may have taken its own user, who is ours, the right to look, or to take away. */
async function open(folder: Buffer) {
  await passOver('ENOENT', chmod(folder, 0o700));
  return passOver(
    'ENOENT',
    opendir(folder as unknown as string, { encoding: 'buffer' as BufferEncoding, bufferSize: 256 }),
  );
}

async function passOver<T>(code: string, doing: Promise<T>): Promise<T | undefined> {
  try {
    return await doing;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  }
}
