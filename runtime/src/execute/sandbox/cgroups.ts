// Counts and bounds memory, processes and CPU per attempt, in whichever of the kernel's two interfaces may be written here.

import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Bounds {
  memoryBytes: number;
  pids: number;
  cpuShare: number;
}

export interface Usage {
  /** With the files it read and wrote, as far as the kernel keeps them in memory. */
  peakMemoryBytes: number | null;
  /** What is left of those files in memory now. */
  fileCacheBytes: number;
  cpuMs: number | null;
  oom: boolean;
  /** A fork or thread was refused because the attempt had as many as it may. */
  pidsRefused: boolean;
  processesLeft: number;
}

/** Where the bounds of one attempt live. */
export interface Cgroup {
  /** Moves the process here; what it starts later is born here. */
  attach(pid: number): Promise<void>;
  bound(bounds: Bounds): void;
  /** From now on counts for the attempt, not for its parking. */
  begin(): void;
  usage(): Usage;
  /** Who is here now, as the worker's machine numbers them. */
  members(): number[];
  remove(): Promise<void>;
}

export interface CgroupTree {
  readonly version: 'cgroup-v1' | 'cgroup-v2';
  create(name: string): Cgroup;
  remove(): Promise<void>;
}

/** The machine's files, replaceable by a folder that looks like them. */
export interface CgroupFiles {
  mountinfo: string;
  cgroup: string;
}

const controllers = ['memory', 'pids', 'cpu', 'cpuacct'] as const;
type Controller = (typeof controllers)[number];
const workerLeaf = 'drawloom-worker';

/** A tree of our own below the worker's group, or the reason why there is none. `name` must be new. */
export function openCgroups(name: string, files = ownFiles()): CgroupTree | string {
  const mounts = mountsOf(files.mountinfo);
  const paths = pathsOf(files.cgroup);
  const unified = mounts.find((mount) => mount.type === 'cgroup2');
  const refusals: string[] = [];
  if (unified !== undefined) {
    const own = below(unified, paths.get('') ?? '/');
    const tree = openUnified(own.endsWith(`/${workerLeaf}`) ? join(own, '..') : own, name);
    if (typeof tree !== 'string') return tree;
    refusals.push(tree);
  }
  const folders = new Map<Controller, string>();
  for (const controller of controllers) {
    const mount = mounts.find((one) => one.type === 'cgroup' && one.options.includes(controller));
    const path = paths.get(controller);
    if (mount !== undefined && path !== undefined) folders.set(controller, join(below(mount, path), name));
  }
  if (folders.has('memory') && folders.has('pids')) {
    try {
      for (const folder of folders.values()) mkdirSync(folder, { recursive: true });
      const cpu = folders.get('cpu');
      if (cpu !== undefined) writeFileSync(join(cpu, 'cpu.shares'), String(1024 * cpus().length));
      return new SplitTree(folders);
    } catch (error) {
      refusals.push((error as Error).message);
    }
  }
  return refusals.join('; ') || 'no memory and pids controllers are mounted';
}

const ownFiles = (): CgroupFiles => ({
  mountinfo: readFileSync('/proc/self/mountinfo', 'utf8'),
  cgroup: readFileSync('/proc/self/cgroup', 'utf8'),
});

interface CgroupMount {
  root: string;
  at: string;
  type: string;
  options: string[];
}

const mountsOf = (mountinfo: string): CgroupMount[] =>
  mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const [, , , root, at] = before?.split(' ') ?? [];
    const [type, , options] = after?.split(' ') ?? [];
    if (root === undefined || at === undefined || type === undefined || !type.startsWith('cgroup')) return [];
    return [{ root, at, type, options: options?.split(',') ?? [] }];
  });

/** Controller to path; the unified hierarchy under the empty name. */
const pathsOf = (cgroup: string): Map<string, string> =>
  new Map(
    cgroup.split('\n').flatMap((line) => {
      const [, names, ...path] = line.split(':');
      return (names?.split(',') ?? []).map((name): [string, string] => [name, path.join(':')]);
    }),
  );

/** A container may have mounted only its own part of the hierarchy. */
const below = (mount: CgroupMount, path: string): string =>
  join(mount.at, mount.root !== '/' && path.startsWith(mount.root) ? path.slice(mount.root.length) : path);

function openUnified(own: string, name: string): CgroupTree | string {
  try {
    const offered = readFileSync(join(own, 'cgroup.controllers'), 'utf8').trim().split(' ');
    const wanted = ['memory', 'pids', 'cpu'].filter((one) => offered.includes(one));
    if (!wanted.includes('memory') || !wanted.includes('pids')) return `${own} offers no memory and pids controllers`;
    const enable = wanted.map((one) => `+${one}`).join(' ');
    const enabled = () => writeFileSync(join(own, 'cgroup.subtree_control'), enable);
    try {
      enabled();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      // A group may hold processes or bounded groups, not both: the worker moves into a leaf of its own.
      mkdirSync(join(own, workerLeaf), { recursive: true });
      writeFileSync(join(own, workerLeaf, 'cgroup.procs'), String(process.pid));
      enabled();
    }
    const folder = join(own, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'cgroup.subtree_control'), enable);
    if (wanted.includes('cpu'))
      writeFileSync(join(folder, 'cpu.weight'), String(Math.min(10_000, 100 * cpus().length)));
    return new UnifiedTree(folder, wanted.includes('cpu'));
  } catch (error) {
    return (error as Error).message;
  }
}

class UnifiedTree implements CgroupTree {
  readonly version = 'cgroup-v2';
  readonly #folder: string;
  readonly #cpu: boolean;

  constructor(folder: string, cpu: boolean) {
    this.#folder = folder;
    this.#cpu = cpu;
  }

  create(name: string): Cgroup {
    const folder = join(this.#folder, name);
    const cpu = this.#cpu;
    const made = inBackground(mkdir(folder));
    let cpuBefore = 0;
    const cpuMs = () => numberAfter(read(folder, 'cpu.stat'), 'usage_usec') / 1000;
    return {
      attach: async (pid) => {
        await made;
        await writeFile(join(folder, 'cgroup.procs'), String(pid));
      },
      bound: ({ memoryBytes, pids, cpuShare }) => {
        writeFileSync(join(folder, 'memory.max'), String(memoryBytes));
        tryWrite(folder, 'memory.swap.max', '0');
        tryWrite(folder, 'memory.oom.group', '1'); // half an attempt is of no use to anyone
        writeFileSync(join(folder, 'pids.max'), String(pids));
        if (cpu) writeFileSync(join(folder, 'cpu.weight'), String(clamp(Math.round(100 * cpuShare), 1, 10_000)));
      },
      begin: () => {
        cpuBefore = cpuMs();
      },
      usage: () => ({
        peakMemoryBytes: numberOrNull(read(folder, 'memory.peak') ?? read(folder, 'memory.current')),
        fileCacheBytes: fileCache(read(folder, 'memory.stat'), 'file', 'shmem'),
        cpuMs: Math.max(0, Math.round(cpuMs() - cpuBefore)),
        oom: numberAfter(read(folder, 'memory.events'), 'oom_kill') > 0,
        pidsRefused: numberAfter(read(folder, 'pids.events'), 'max') > 0,
        processesLeft: pidsIn(read(folder, 'cgroup.procs')).length,
      }),
      members: () => pidsIn(readFileSync(join(folder, 'cgroup.procs'), 'utf8')),
      remove: async () => {
        await made.catch(() => {});
        await removeGroup(folder);
      },
    };
  }

  remove(): Promise<void> {
    return removeGroup(this.#folder);
  }
}

class SplitTree implements CgroupTree {
  readonly version = 'cgroup-v1';
  readonly #folders: Map<Controller, string>;

  constructor(folders: Map<Controller, string>) {
    this.#folders = folders;
  }

  create(name: string): Cgroup {
    const folders = new Map([...this.#folders].map(([controller, folder]) => [controller, join(folder, name)]));
    const unique = [...new Set(folders.values())];
    const made = inBackground(Promise.all(unique.map((folder) => mkdir(folder))));
    const of = (controller: Controller) => folders.get(controller) ?? '';
    let cpuBefore = 0;
    const cpuMs = () => (numberOrNull(read(of('cpuacct'), 'cpuacct.usage')) ?? 0) / 1e6;
    return {
      attach: async (pid) => {
        await made;
        await Promise.all(unique.map((folder) => writeFile(join(folder, 'cgroup.procs'), String(pid))));
      },
      bound: ({ memoryBytes, pids, cpuShare }) => {
        writeFileSync(join(of('memory'), 'memory.limit_in_bytes'), String(memoryBytes));
        tryWrite(of('memory'), 'memory.memsw.limit_in_bytes', String(memoryBytes));
        writeFileSync(join(of('pids'), 'pids.max'), String(pids));
        tryWrite(of('cpu'), 'cpu.shares', String(clamp(Math.round(1024 * cpuShare), 2, 262_144)));
      },
      begin: () => {
        tryWrite(of('memory'), 'memory.max_usage_in_bytes', '0');
        cpuBefore = cpuMs();
      },
      usage: () => ({
        peakMemoryBytes: numberOrNull(read(of('memory'), 'memory.max_usage_in_bytes')),
        fileCacheBytes: fileCache(read(of('memory'), 'memory.stat'), 'cache', 'shmem'),
        cpuMs: folders.has('cpuacct') ? Math.max(0, Math.round(cpuMs() - cpuBefore)) : null,
        oom: numberAfter(read(of('memory'), 'memory.oom_control'), 'oom_kill') > 0,
        pidsRefused: numberAfter(read(of('pids'), 'pids.events'), 'max') > 0,
        processesLeft: pidsIn(read(of('pids'), 'cgroup.procs')).length,
      }),
      members: () => pidsIn(readFileSync(join(of('pids'), 'cgroup.procs'), 'utf8')),
      remove: async () => {
        await made.catch(() => {});
        await Promise.all(unique.map(removeGroup));
      },
    };
  }

  async remove(): Promise<void> {
    await Promise.all([...new Set(this.#folders.values())].map(removeGroup));
  }
}

/** Groups of workers that were killed stay behind; this takes them away, with whatever survived in them. */
export function sweepCgroups(isLeftOver: (name: string) => boolean, files = ownFiles()): void {
  const paths = pathsOf(files.cgroup);
  for (const mount of mountsOf(files.mountinfo)) {
    const controller = mount.type === 'cgroup2' ? '' : controllers.find((one) => mount.options.includes(one));
    if (controller === undefined) continue;
    const own = below(mount, paths.get(controller) ?? '/');
    const parent = own.endsWith(`/${workerLeaf}`) ? join(own, '..') : own;
    for (const name of list(parent).filter(isLeftOver)) {
      for (const slot of list(join(parent, name))) {
        endAll(join(parent, name, slot));
        tryRemove(join(parent, name, slot));
      }
      tryRemove(join(parent, name));
    }
  }
}

/** The kernel takes its time to make a group. Whoever attaches waits for it, and is told if it failed. */
function inBackground<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

async function removeGroup(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      return await rmdir(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY') throw error;
      await delay(10); // the kernel is still putting the last process away
    }
  }
}

/** Where there are no pid namespaces, daemons of an attempt can outlive a killed worker; their group still names them. */
function endAll(folder: string): void {
  for (const pid of pidsIn(read(folder, 'cgroup.procs'))) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // ended meanwhile
    }
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((one) => one.isDirectory())
      .map((one) => one.name);
  } catch {
    return [];
  }
}

function tryRemove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // in use, or gone already
  }
}

function read(folder: string, file: string): string | null {
  try {
    return readFileSync(join(folder, file), 'utf8');
  } catch {
    return null;
  }
}

function tryWrite(folder: string, file: string, value: string): void {
  try {
    writeFileSync(join(folder, file), value);
  } catch {
    // not every kernel has this one, and none of them depends on it
  }
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));
const numberOrNull = (text: string | null) => (text === null || Number.isNaN(Number(text)) ? null : Number(text));
const numberAfter = (text: string | null, word: string) =>
  Number(
    text
      ?.split('\n')
      .find((line) => line.startsWith(`${word} `))
      ?.split(' ')[1] ?? 0,
  );
const fileCache = (stat: string | null, files: string, shared: string) =>
  Math.max(0, numberAfter(stat, files) - numberAfter(stat, shared));
const pidsIn = (text: string | null) => (text ?? '').split('\n').filter(Boolean).map(Number);
