/** Decides who owns a folder on this machine: one living program at a time, and nobody once that program is dead. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface Claim {
  release(): void;
}

/**
 * Claims a folder, or tells the process number of the one that holds it.
 *
 * The claim is a file lock of the operating system, so it ends with its process however that ends, and a process number
 * that was given to somebody else cannot keep it. Node has no call for file locks; its SQLite takes one for a transaction.
 */
export function claimFolder(folder: string): Claim | { heldBy: number | undefined } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const holder = path.join(folder, 'holder');
  const lock = new DatabaseSync(path.join(folder, 'lock'));
  try {
    lock.exec('pragma busy_timeout = 300; begin exclusive');
  } catch (cause) {
    lock.close();
    if ((cause as { errcode?: number }).errcode !== 5) throw cause; // 5 is "locked"; anything else is a broken disk
    return { heldBy: readHolder(holder) };
  }
  writeFileSync(holder, `${process.pid}\n`);
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      rmSync(holder, { force: true });
      lock.close();
    },
  };
}

function readHolder(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined; // it has just begun, or is just ending
  }
}
