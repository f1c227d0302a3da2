/** Decides which processes belong to a program, so that a test can kill them all, or see that none is left. */
import { readdirSync, readFileSync } from 'node:fs';

/** The process and everything below it, as the kernel tells it now. Zombies are not counted: they are dead. */
export function treeOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  const living = new Set<number>();
  for (const entry of readdirSync('/proc')) {
    const each = Number(entry);
    if (!Number.isInteger(each)) continue;
    const stat = statOf(each);
    if (!stat || stat.state === 'Z') continue;
    living.add(each);
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), each]);
  }
  const below = (each: number): number[] => [each, ...(children.get(each) ?? []).flatMap(below)];
  return below(pid).filter((each) => living.has(each));
}

/** Those of the processes that still live. */
export const livingOf = (pids: readonly number[]): number[] =>
  pids.filter((pid) => {
    const state = statOf(pid)?.state;
    return state !== undefined && state !== 'Z' && state !== 'X';
  });

/** Every living process whose environment or command line holds the text: one that left its tree is found by its home. */
export function mentioning(text: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && livingOf([pid]).length > 0)
    .filter((pid) => [`/proc/${pid}/environ`, `/proc/${pid}/cmdline`].some((file) => readText(file).includes(text)));
}

export function killHard(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // gone by itself between our look and our shot
    }
  }
}

function statOf(pid: number): { state: string; parent: number } | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state ? { state, parent: Number(parent) } : undefined;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
