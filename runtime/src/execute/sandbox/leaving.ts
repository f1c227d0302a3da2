// Tells when an attempt can do nothing any more, which is some milliseconds before the kernel has taken it down.

import { readdirSync, readFileSync } from 'node:fs';

const exiting = 0x4; // PF_EXITING: the thread has entered its exit and never again runs code of its own

/**
 * True if every thread of `pid`, the first process of an attempt, is leaving, and no other process of the attempt is there.
 * `members` are the pids of the attempt as its cgroup knows them; undefined without one, then children are looked for.
 * Asked in this order because only who is not leaving can make new processes: if none of the first's threads can, those
 * listed afterwards are all there will be.
 */
export function isLeaving(pid: number, members: (() => number[]) | undefined): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    if (!threads.every((thread) => (flagsOf(`/proc/${pid}/task/${thread}`) & exiting) !== 0)) return false;
    if (members !== undefined) return members().every((member) => member === pid);
    return threads.every((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8') === '');
  } catch {
    return false; // gone while being asked: then the exit is on its way, which says it better
  }
}

function flagsOf(thread: string): number {
  // The name stands in parentheses and may hold anything; what follows are numbers, the flags the seventh.
  const fields = readFileSync(`${thread}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
  return Number(fields?.[6] ?? 0);
}
