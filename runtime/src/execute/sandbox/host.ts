// Starts the process that forks slots, keeps some of them parked ahead, and hands them out.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CgroupTree, openCgroups, sweepCgroups } from './cgroups.ts';
import { inspectInterpreter } from './interpreter.ts';
import {
  explainRefusal,
  type IsolationLevel,
  type IsolationName,
  isAtLeast,
  SandboxRefusedError,
} from './isolation.ts';
import { readLines } from './lines.ts';
import { Pool } from './pool.ts';
import { removeTree } from './removal.ts';
import { type HostExitEvent, LiveSlot, type Slot, type SlotHome, type SlotSpec } from './slot.ts';
import { Switchboard } from './switchboard.ts';
import { uidRange, workerUids } from './uids.ts';

export interface HostSpec {
  name: string;
  /** Path of the interpreter; shims and virtual environments are understood. */
  python: string;
  /**
   * Modules to import ahead. They, and the start-up files of the environment, then run in the host itself, which has
   * rights that attempts have not: name only what is trusted. With an empty list all of it waits for the locked child.
   */
  preload: string[];
  /** Read-only folders put first on the module path. */
  pythonPath: string[];
  /** Further host paths, shown read-only at the same path. */
  readOnly: string[];
  /**
   * What a python slot calls on dispatch: `module:function`, given the message and a control to answer with. A function
   * that has a `warm_up` is asked to do it while the slot is prepared, already locked.
   */
  entry: string;
}

export interface HostOptions {
  /** Where slots' folders are made. On the artifact store's file system, inputs are linked; elsewhere, copied. */
  folder: string;
  /** The weakest isolation that is acceptable. Default full: refuse rather than run unprotected. */
  allow?: IsolationName;
  /** For a worker that is root but wants its host to be an ordinary user. That user must be able to reach `folder`. */
  runAs?: number;
  tmpBytes?: number;
  shmBytes?: number;
  /** Between asking an attempt to stop and stopping it. */
  graceMs?: number;
  parkTimeoutMs?: number;
  startTimeoutMs?: number;
  /** False: bounds per process only, even where cgroups could be written. */
  cgroups?: boolean;
  /** Called before the interpreter, as `env` or `setpriv` are: its arguments end with the program to start. */
  launcher?: string[];
  /** What the host itself says, such as the errors of a module that could not be imported ahead. */
  onHostOutput?: (text: string) => void;
}

const program = fileURLToPath(new URL('../../../python/host/__main__.py', import.meta.url));
/** All that a host leaves on the machine is named by the worker's pid, so that a later worker knows what is left over. */
const ownName = () => `drawloom-host-${process.pid}-${randomBytes(3).toString('hex')}`;
const ownNames = /^drawloom-host-(\d+)-/;
/** The name of a socket has 107 bytes; ours adds some forty to its folder. */
const longestSocketFolder = 60;
/** Who the host becomes where the worker is root but may not mount as root. */
const hostUser = uidRange.first - 1;

/** Fixed for all attempts, so that equal work gives equal results: the order of sets, the split of sums over threads. */
const environment = {
  PYTHONHASHSEED: '0',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONUTF8: '1',
  PYTHONUNBUFFERED: '',
  OPENBLAS_NUM_THREADS: '1',
  OMP_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
};

interface Ready {
  mode: 'root' | 'user' | 'none';
  missing: Record<string, string>;
  proc: boolean;
  filter: boolean;
  landlock: boolean;
  dataBytes: number;
  residentBytes: number;
  preloadMs: number;
  python: string;
  setsUser: boolean;
}

export class SandboxHost implements SlotHome {
  readonly spec: HostSpec;
  readonly folder: string;
  readonly mode: 'root' | 'user' | 'none';
  readonly graceMs: number;
  readonly parkTimeoutMs: number;
  readonly dataBytes: number;
  readonly residentBytes: number;
  readonly preloadMs: number;
  /** Modules of `preload` that could not be imported, and why. */
  readonly notPreloaded: Readonly<Record<string, string>>;
  /** Once the host process has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** As built; `selfTest` replaces it by what it found. */
  level: IsolationLevel;

  readonly #process: ChildProcess;
  readonly #channel: Socket;
  readonly #switchboard: Switchboard;
  readonly #cgroups: CgroupTree | undefined;
  readonly #door: string;
  readonly #runAs: number | undefined;
  readonly #userPerSlot: boolean;
  readonly #slots = new Map<string, LiveSlot>();
  readonly #pool: Pool;
  readonly #ended = Promise.withResolvers<void>();
  readonly #salt = randomBytes(3).toString('hex');
  #count = 0;
  #stopping = false;

  private constructor(spec: HostSpec, options: HostOptions, parts: Started, cgroups: CgroupTree | string) {
    this.spec = spec;
    this.folder = parts.folder;
    this.mode = parts.ready.mode;
    this.graceMs = options.graceMs ?? 5000;
    this.parkTimeoutMs = options.parkTimeoutMs ?? 30_000;
    this.dataBytes = parts.ready.dataBytes;
    this.residentBytes = parts.ready.residentBytes;
    this.preloadMs = parts.ready.preloadMs;
    this.notPreloaded = parts.ready.missing;
    this.#process = parts.process;
    this.#channel = parts.channel;
    this.#switchboard = parts.switchboard;
    this.#door = parts.door;
    this.#runAs = options.runAs;
    this.#userPerSlot = parts.ready.mode !== 'user' && parts.ready.setsUser;
    this.#cgroups = typeof cgroups === 'string' ? undefined : cgroups;
    this.level = levelAsBuilt(parts.ready, typeof cgroups === 'string' ? cgroups : cgroups.version, parts.refusal);
    this.exited = this.#ended.promise;
    this.#pool = new Pool((slot) => this.#spawn(slot));
    parts.hear((event) => this.#heard(event));
    void parts.gone.then(() => this.#gone());
  }

  /** Throws SandboxRefusedError where attempts could not be kept apart as well as `allow` asks. */
  static async start(spec: HostSpec, options: HostOptions): Promise<SandboxHost> {
    const allow = options.allow ?? 'full';
    if (process.platform !== 'linux') {
      throw new SandboxRefusedError(
        `The sandbox is made of Linux namespaces, and this is ${process.platform}. Run the worker on Linux, in a virtual machine or a container.`,
      );
    }
    let chosen = options;
    let started = await launch(spec, chosen, 'isolated');
    if (
      started.ready === undefined &&
      process.getuid?.() === 0 &&
      options.runAs === undefined &&
      started.step === 'namespaces'
    ) {
      chosen = { ...options, runAs: hostUser };
      const asUser = await launch(spec, chosen, 'isolated');
      if (asUser.ready !== undefined) started = asUser;
    }
    if (started.ready === undefined) {
      if (allow !== 'none') {
        throw new SandboxRefusedError(
          `The sandbox cannot isolate attempts here: ${started.refusal} To run without isolation nevertheless, allow it explicitly.`,
        );
      }
      const { refusal } = started;
      chosen = options;
      started = await launch(spec, chosen, 'none');
      if (started.ready === undefined) throw new SandboxRefusedError(started.refusal);
      started.refusal = refusal;
    }
    const cgroups = chosen.cgroups === false ? 'cgroups are switched off' : openCgroups(ownName());
    const host = new SandboxHost(spec, chosen, started as Started, cgroups);
    if (!isAtLeast(host.level.level, allow)) {
      await host.stop();
      throw new SandboxRefusedError(
        `The sandbox reaches only level "${host.level.level}": ${host.level.details.join(' ')}`,
      );
    }
    return host;
  }

  /** Keeps this many of the kind parked. Call again with another count whenever the queue says so. */
  prepare(slot: SlotSpec, count: number): void {
    if (!this.#stopping) this.#pool.prepare(slot, count);
  }

  /** A parked slot, at once if there is one. It is the caller's now, to dispatch once and to release. */
  async acquire(slot: SlotSpec): Promise<Slot> {
    if (this.#stopping) throw new Error(`The sandbox host ${this.spec.name} has stopped.`);
    return this.#pool.take(slot);
  }

  /** How many are ready now. */
  parked(slot: SlotSpec): number {
    return this.#pool.parked(slot);
  }

  /** The same over all kinds. */
  get parkedInAll(): number {
    return this.#pool.parkedInAll;
  }

  /** Ends every slot, at once, and takes away what the host made. */
  async stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#pool.close();
      this.order({ do: 'stop' });
      const impatient = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
      await this.#ended.promise;
      clearTimeout(impatient);
    }
    await this.#ended.promise;
  }

  order(order: object): void {
    if (!this.#channel.destroyed) this.#channel.write(`${JSON.stringify(order)}\n`);
  }

  ended(slot: LiveSlot): void {
    this.#switchboard.forget(slot.id);
    this.#slots.delete(slot.id);
  }

  #spawn(spec: SlotSpec): LiveSlot {
    const id = `${(++this.#count).toString(36)}-${this.#salt}`; // says nothing: the attempt can read it in its mounts
    const uid = this.#userPerSlot ? workerUids.take() : undefined;
    const slot = new LiveSlot(id, spec, this, {
      ...(this.#cgroups === undefined ? {} : { cgroup: this.#cgroups.create(id) }),
      ...(uid === undefined ? {} : { uid: { uid, giveBack: () => workerUids.giveBack(uid) } }),
      ...(this.#runAs === undefined ? {} : { owner: this.#runAs }),
    });
    this.#slots.set(id, slot);
    this.#switchboard.expect(id, (line, socket) => slot.connected(line, socket));
    return slot;
  }

  #heard(event: HostEvent): void {
    const slot = this.#slots.get(event.slot ?? '');
    if (event.event === 'exit') void slot?.hostSawExit(event as unknown as HostExitEvent);
    if (event.event === 'unable') slot?.unable(event.error ?? 'the host could not fork');
  }

  async #gone(): Promise<void> {
    this.#stopping = true;
    this.#pool.close();
    this.#channel.destroy();
    const slots = [...this.#slots.values()];
    for (const slot of slots) slot.hostGone();
    await Promise.all(slots.map((slot) => slot.exited));
    this.#switchboard.close();
    await this.#pool.emptied();
    // Slots that a caller still holds keep their folders until it releases them, and with them the host's, which is then
    // swept by the next worker. Nothing of this is worth failing for.
    await Promise.allSettled([
      rm(this.#door, { recursive: true, force: true }),
      rmdir(this.folder),
      this.#cgroups?.remove(),
    ]);
    this.#ended.resolve();
  }
}

interface HostEvent {
  event: string;
  slot?: string;
  error?: string;
  step?: string;
  errno?: number;
}

interface Launched {
  folder: string;
  door: string;
  process: ChildProcess;
  channel: Socket;
  switchboard: Switchboard;
  ready: Ready | undefined;
  refusal: string | undefined;
  /** Where it was refused. */
  step: string | undefined;
  gone: Promise<void>;
  hear(listener: (event: HostEvent) => void): void;
}
type Started = Launched & { ready: Ready };

async function launch(spec: HostSpec, options: HostOptions, mode: 'isolated' | 'none'): Promise<Launched> {
  const python = await inspectInterpreter(spec.python);
  sweep(options.folder);
  const folder = newFolder(options.folder);
  const door = newFolder(tmpdir().length < longestSocketFolder ? tmpdir() : '/tmp');
  const switchboard = await Switchboard.open(join(door, 'worker.sock'));
  if (options.runAs !== undefined) {
    for (const path of [folder, door, join(door, 'worker.sock')]) chownSync(path, options.runAs, options.runAs);
  }
  const command = [...(options.launcher ?? []), python.executable, '-s', '-S', program];
  const child = spawn(command[0] ?? '', command.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true, // a Ctrl-C at the terminal is for the worker, which decides what it means
    cwd: '/',
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: '/tmp',
      LANG: 'C.UTF-8',
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
      ...environment,
    },
    ...(options.runAs === undefined ? {} : { uid: options.runAs, gid: options.runAs }),
  });
  const channel = child.stdio[3] as Socket;
  channel.on('error', () => {}); // its end is told by the exit of the process
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-8000);
      options.onHostOutput?.(text);
    });
  }
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      said += error.message;
      resolve();
    });
    child.once('exit', () => resolve());
  });
  const first = Promise.withResolvers<HostEvent | undefined>();
  let listener: (event: HostEvent) => void = first.resolve;
  void readLines(channel, {
    line: (text) => listener(JSON.parse(text) as HostEvent),
    end: () => first.resolve(undefined),
    tooLong: () => channel.destroy(),
  });
  channel.write(
    `${JSON.stringify({
      worker: process.pid,
      mode,
      slots: folder,
      door,
      entry: spec.entry,
      preload: spec.preload,
      pythonPath: spec.pythonPath,
      readOnly: [...new Set([...python.folders, ...spec.pythonPath, ...spec.readOnly])],
      links: python.links,
      environment,
      tmpBytes: options.tmpBytes ?? 1024 ** 3,
      shmBytes: options.shmBytes ?? 1024 ** 3,
      uids: [uidRange.first, uidRange.end],
    })}\n`,
  );
  const patience = setTimeout(() => child.kill('SIGKILL'), options.startTimeoutMs ?? 120_000);
  const event = await Promise.race([first.promise, gone.then(() => first.promise)]);
  clearTimeout(patience);
  const ready = event?.event === 'ready' ? (event as unknown as Ready) : undefined;
  let refusal: string | undefined;
  if (ready === undefined) {
    refusal =
      event?.event === 'refused'
        ? explainRefusal(event.step ?? '', event.error ?? '', event.errno ?? null)
        : `The host ended before it was ready. It said: ${said.trim() || 'nothing'}`;
    child.kill('SIGKILL');
    switchboard.close();
    await gone;
    await Promise.all([folder, door].map((path) => rm(path, { recursive: true, force: true })));
  }
  return {
    folder,
    door,
    process: child,
    channel,
    switchboard,
    ready,
    refusal,
    step: event?.step,
    gone,
    hear: (next) => {
      listener = next;
    },
  };
}

function levelAsBuilt(ready: Ready, limits: string, refusal: string | undefined): IsolationLevel {
  const missing: string[] = [];
  const details: string[] = [];
  if (ready.mode === 'none') {
    missing.push('namespaces');
    details.push(
      `Attempts are not isolated from this machine: ${refusal ?? ''}`,
      ready.landlock ? 'Files are confined by Landlock.' : 'Files are protected by their permissions alone.',
    );
    if (!ready.filter) missing.push('system call filter');
    if (!ready.landlock) missing.push('landlock');
  }
  if (!ready.proc) {
    missing.push('proc');
    details.push(
      'This container masks parts of /proc, so attempts have none and programs that need it will fail. Start the container with /proc unmasked, or accept the level partial.',
    );
  }
  const counted = limits === 'cgroup-v1' || limits === 'cgroup-v2';
  if (!counted)
    details.push(`Memory is watched and CPU shared by the system alone, because no cgroups can be written: ${limits}.`);
  return {
    level: ready.mode === 'none' ? 'none' : missing.length > 0 ? 'partial' : 'full',
    missing,
    details,
    mode: ready.mode,
    limits: counted ? limits : 'rlimit',
    tested: false,
  };
}

function newFolder(parent: string): string {
  const folder = join(realpathSync(parent), ownName());
  mkdirSync(folder);
  chmodSync(folder, 0o711); // below it, each slot's folders are for their own user alone
  return folder;
}

/** A worker that was killed could not tidy up; whoever starts next does. */
function sweep(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const isLeftOver = (name: string) => {
    const pid = ownNames.exec(name)?.[1];
    return pid !== undefined && !exists(Number(pid));
  };
  sweepCgroups(isLeftOver);
  for (const parent of new Set([folder, tmpdir(), '/tmp'])) {
    for (const name of readdirSync(parent).filter(isLeftOver)) {
      void removeTree(join(parent, name)).catch(() => {}); // another user's, or being swept by another worker
    }
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
