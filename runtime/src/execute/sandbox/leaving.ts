// Tells when an attempt can do nothing any more, and with what result, some milliseconds before the kernel has taken it down.

import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';

const exiting = 0x4; // PF_EXITING: the thread has entered its exit and never again runs code of its own

/** Fields of a process's or thread's `stat`, counted as the manual does. */
const field = { flags: 9, startOfCode: 26, exitCode: 52 } as const;

export interface ExitStatus {
  exitCode: number | null;
  signal: string | null;
}

/**
 * How `pid`, the first process of an attempt, is leaving; undefined unless every thread of it is, and no other process of
 * the attempt is there. `members` are the attempt's pids as its cgroup knows them; without one, children are looked for.
 * Asked in this order because only who is not leaving can make new processes: if none of the first's threads can, those
 * listed afterwards are all there will be.
 */
export function leavingWith(pid: number, members: (() => number[]) | undefined): ExitStatus | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    if (!threads.every((thread) => (read(`/proc/${pid}/task/${thread}`, field.flags) & exiting) !== 0))
      return undefined;
    const isAlone =
      members === undefined
        ? threads.every((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8') === '')
        : members().every((member) => member === pid);
    return isAlone ? statusOf(read(`/proc/${pid}`, field.exitCode)) : undefined;
  } catch {
    return undefined; // gone while being asked: then the exit is on its way, which says it better
  }
}

/** Whether this worker may be told how `pid` ends. To others the kernel shows a zero there, and here a one. */
export function mayKnowEnd(pid: number): boolean {
  try {
    return read(`/proc/${pid}`, field.startOfCode) > 1;
  } catch {
    return false;
  }
}

function read(process: string, number: number): number {
  // The name stands in parentheses and may hold anything; what follows is the third field and the rest.
  const fields = readFileSync(`${process}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
  return Number(fields?.[number - 3]);
}

/** As `wait` would give it. */
function statusOf(code: number): ExitStatus {
  const number = code & 0x7f;
  if (number === 0) return { exitCode: (code >> 8) & 0xff, signal: null };
  const [signal = `signal ${number}`] = Object.entries(constants.signals).find(([, one]) => one === number) ?? [];
  return { exitCode: null, signal };
}
