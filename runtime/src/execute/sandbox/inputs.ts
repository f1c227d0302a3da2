// Puts an input into a slot's folder: by hard link where it can, so that a large input costs nothing.

import { chmod, constants, copyFile, link, lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';

/** Why a link may be refused though the file is fine: another file system, a full link count, someone else's file. */
const copyInstead = new Set(['EXDEV', 'EMLINK', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP']);

/** `as` is a path below the slot's `in` folder. A folder is linked file by file. Symlinks are refused: they would dangle. */
export async function linkInput(source: string, folder: string, as: string): Promise<void> {
  const path = normalize(as);
  if (as === '' || isAbsolute(path) || path === '.' || path === '..' || path.startsWith('../') || path.includes('\0')) {
    throw new Error(`An input cannot be placed at "${as}". Give a relative path below /in.`);
  }
  await place(source, join(folder, path));
}

async function place(source: string, target: string): Promise<void> {
  const kind = await lstat(source);
  if (kind.isDirectory()) {
    await mkdir(target, { recursive: true });
    for (const name of await readdir(source)) await place(join(source, name), join(target, name));
    return;
  }
  if (!kind.isFile()) throw new Error(`${source} is neither a file nor a folder and cannot be an input.`);
  try {
    await link(source, target);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOENT') {
      await mkdir(dirname(target), { recursive: true });
      return place(source, target);
    }
    if (!copyInstead.has(code)) throw cause;
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    await chmod(target, 0o444);
  }
}
