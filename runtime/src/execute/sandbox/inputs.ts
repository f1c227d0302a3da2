// Puts an input into a slot's folder: by hard link where it can, so that a large input costs nothing.

import { chmod, constants, copyFile, link, lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';

/** Why a link may be refused though the file is fine: another file system, a full link count, someone else's file. */
const copyInstead = new Set(['EXDEV', 'EMLINK', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP']);

export interface LinkOptions {
  /** The attempt runs as another user than the file's: a file that only its owner may read is copied, never reopened. */
  byOthers?: boolean;
}

/** `as` is a path below the slot's `in` folder. A folder is linked file by file. Symlinks are refused: they would dangle. */
export async function linkInput(source: string, folder: string, as: string, options: LinkOptions = {}): Promise<void> {
  const path = normalize(as);
  if (as === '' || isAbsolute(path) || path === '.' || path === '..' || path.startsWith('../') || path.includes('\0')) {
    throw new Error(`An input cannot be placed at "${as}". Give a relative path below /in.`);
  }
  let parent = folder;
  for (const name of dirname(path).split('/')) {
    if (name === '.') continue;
    parent = join(parent, name);
    await makeFolder(parent, 0o755);
  }
  await place(source, join(folder, path), options);
}

/** With exactly this mode, whatever the worker's umask takes away from others. One that is there stays as it is. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    return;
  }
  if ((process.umask() & mode) !== 0) await chmod(path, mode);
}

async function place(source: string, target: string, options: LinkOptions): Promise<void> {
  const kind = await lstat(source);
  if (kind.isDirectory()) {
    await makeFolder(target, 0o755);
    for (const name of await readdir(source)) await place(join(source, name), join(target, name), options);
    return;
  }
  if (!kind.isFile()) throw new Error(`${source} is neither a file nor a folder and cannot be an input.`);
  if (options.byOthers !== true || (kind.mode & 0o004) !== 0) {
    try {
      return await link(source, target);
    } catch (cause) {
      if (!copyInstead.has((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
    }
  }
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  await chmod(target, 0o444);
}
