// One prepared process and the one attempt it will carry out: what goes in, what comes out, and how it is ended.

import { chown } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cgroup, Usage } from './cgroups.ts';
import { bytesBelow, watchDisk } from './disk.ts';
import { linkInput, makeFolder } from './inputs.ts';
import { type ExitStatus, leavingWith, mayKnowEnd } from './leaving.ts';
import { readLines } from './lines.ts';
import { watchMemory } from './memory.ts';
import { removeTree } from './removal.ts';
import type { Line } from './switchboard.ts';

export type SlotSpec = { kind: 'python' } | { kind: 'exec'; argv: string[]; env?: Record<string, string> };

export interface Limits {
  /** Wall time from dispatch. */
  timeoutMs: number;
  /** Of all processes of the attempt together, its /tmp and /dev/shm included; without cgroups watched, not bounded. */
  memoryBytes: number;
  /** How it fares against others when CPU is scarce: 2 gets twice as much as 1, the default. */
  cpuShare?: number;
  /** In the job folder. */
  diskBytes: number;
  /** Processes and threads. */
  pids: number;
}

/** Ours are named here; a caller may add its own. */
export type KillReason = 'cancelled' | 'timeout' | 'disk' | 'protocol' | 'host' | 'unused' | (string & {});

export interface SlotExit {
  exitCode: number | null;
  signal: string | null;
  killedFor?: KillReason;
  /** A process of the attempt was ended because memory ran out, or could not get what it asked for. */
  oom: boolean;
  /** The attempt wanted more processes than it may have. Not known without cgroups. */
  pidsRefused: boolean;
  /** Its own, without what it shares with the host or what the kernel keeps of files for it. */
  peakMemoryBytes: number;
  cpuMs: number;
  wallMs: number;
  /** Counted where the kernel counts; the end of a pid namespace proves it elsewhere. */
  processesLeft: number;
}

type Message = Record<string, unknown>;
type Taker<T> = (value: T) => void | Promise<void>;

export interface Slot {
  readonly id: string;
  /** As the worker's machine numbers it. */
  readonly pid: number;
  /** Host path, seen as /job inside; outputs are collected from here after the exit. */
  readonly jobFolder: string;
  /** What is done before the attempt can read it: a file or folder of the host, at a relative path under /in. */
  link(file: string, as: string): Promise<void>;
  dispatch(message: object, limits: Limits): void;
  /** A promise given back holds the stream, and in the end the process, until it settles. */
  onStdout(take: Taker<Buffer>): void;
  onStderr(take: Taker<Buffer>): void;
  onMessage(take: Taker<Message>): void;
  pauseOutput(): void;
  resumeOutput(): void;
  kill(reason: KillReason, graceMs?: number): Promise<void>;
  /** Once the attempt has hung up and every message has been taken. A process of it may still run. */
  readonly closed: Promise<void>;
  /**
   * Once, beyond that, no process of the attempt can do anything any more: its outputs are final, and so is how it ended.
   * To take down a large process takes milliseconds more, which the next attempt need not wait for. Never after `exited`.
   */
  readonly stopped: Promise<SlotExit>;
  /** Once the process tree is gone and every message has been taken. */
  readonly exited: Promise<SlotExit>;
  /** Once both outputs have been taken to their end. */
  readonly drained: Promise<void>;
  release(): Promise<void>;
}

/** What a slot needs of its host. */
export interface SlotHome {
  readonly folder: string;
  readonly mode: 'root' | 'user' | 'none';
  readonly graceMs: number;
  readonly parkTimeoutMs: number;
  /** Already reserved and held by the interpreter that children are forked from. */
  readonly dataBytes: number;
  readonly residentBytes: number;
  order(order: object): void;
  ended(slot: LiveSlot): void;
}

export interface HostExitEvent {
  exitCode: number | null;
  signal: string | null;
  peakBytes: number;
  cpuMs: number;
}

/** A file may pass the limit by this much, so that the limit is seen to be passed. */
const beyondDiskBytes = 1 << 20;
/** Programs reserve address space freely and use little of it: stacks of threads, arenas, heaps that may grow. */
const reservedBytes = 4 * 1024 ** 3;
/** A program that lives on for longer after it hung up is measured again. */
const longestFarewellMs = 100;
const longestTimerMs = 2 ** 31 - 1;

export class LiveSlot implements Slot {
  readonly id: string;
  readonly kind: SlotSpec['kind'];
  readonly jobFolder: string;
  readonly exited: Promise<SlotExit>;
  readonly drained: Promise<void>;
  readonly closed: Promise<void>;
  readonly stopped: Promise<SlotExit>;
  readonly parked: Promise<void>;
  pid = 0;

  readonly #home: SlotHome;
  readonly #base: string;
  readonly #cgroup: Cgroup | undefined;
  readonly #uid: { uid: number; giveBack(): void } | undefined;
  readonly #sockets = new Map<Line, Socket>();
  readonly #watching = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  readonly #outputsOver = { stdout: Promise.withResolvers<void>(), stderr: Promise.withResolvers<void>() };
  readonly #still = Promise.withResolvers<SlotExit>();
  readonly #exit = Promise.withResolvers<SlotExit>();
  /** Until someone listens, or the end, messages wait in the process that sends them. */
  readonly #listened = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #made: Promise<void>;
  #asked = false;
  #attached: Promise<void> = Promise.resolve();
  #takeMessage: Taker<Message> | undefined;
  #state: 'starting' | 'parked' | 'running' | 'ended' = 'starting';
  #limits: Limits | undefined;
  #dispatchedAt = 0;
  #killedFor: KillReason | undefined;
  #outOfMemory = false;
  #peakBytes = 0;
  #trouble = '';
  #timer: NodeJS.Timeout | undefined;
  #patience: NodeJS.Timeout | undefined;
  #released: Promise<void> | undefined;
  #ending = false;
  #mayKnowEnd = false;
  #leaving: { peakBytes: number; cpuMs: number } | undefined;
  #hungUpAt = 0;
  #measured: Promise<boolean> = Promise.resolve(false);

  constructor(
    id: string,
    spec: SlotSpec,
    home: SlotHome,
    means: { cgroup?: Cgroup; uid?: { uid: number; giveBack(): void }; owner?: number },
  ) {
    this.id = id;
    this.kind = spec.kind;
    this.#home = home;
    this.#cgroup = means.cgroup;
    this.#uid = means.uid;
    this.#base = join(home.folder, id);
    this.jobFolder = join(this.#base, 'job');
    this.exited = this.#exit.promise;
    this.closed = this.#over.promise;
    this.stopped = this.#still.promise;
    this.parked = this.#ready.promise;
    this.drained = Promise.all([this.#outputsOver.stdout.promise, this.#outputsOver.stderr.promise]).then(() => {});
    this.parked.catch(() => {}); // whoever waits for it is told; nobody has to wait
    this.#patience = setTimeout(() => {
      this.#trouble = `it was not ready after ${home.parkTimeoutMs} ms`;
      void this.kill('unused', 0);
    }, home.parkTimeoutMs);
    this.#made = this.#makeFolders(means.uid?.uid ?? means.owner);
    this.#made.then(
      () => {
        if (this.#killedFor !== undefined) this.unable('it was not needed any more');
        else home.order({ do: 'spawn', slot: id, uid: means.uid?.uid ?? null, ...spec });
        this.#asked = true;
      },
      (error: Error) => this.unable(`its folders could not be made: ${error.message}`),
    );
  }

  async #makeFolders(owner: number | undefined): Promise<void> {
    await makeFolder(this.#base, 0o711);
    const own = this.#home.mode === 'none' ? [this.jobFolder, join(this.#base, 'tmp')] : [this.jobFolder];
    await Promise.all([
      makeFolder(join(this.#base, 'in'), 0o755),
      ...own.map(async (folder) => {
        await makeFolder(folder, 0o700);
        if (owner !== undefined) await chown(folder, owner, owner);
      }),
    ]);
  }

  get state() {
    return this.#state;
  }

  connected(line: Line, socket: Socket): void {
    if (this.#state === 'ended') return void socket.destroy();
    this.#sockets.set(line, socket);
    if (line !== 'control') {
      // 'close' comes after the last byte has been taken, or when the socket is given up.
      socket.once('close', () => this.#outputsOver[line].resolve());
      socket.once('end', () => socket.destroy());
      return;
    }
    void readLines(socket, {
      line: (text) => this.#heard(text),
      end: () => {
        socket.destroy();
        // Meanwhile its processes are taken down; what a daemon writes in these milliseconds is not worth a second look.
        this.#measured = this.#holdsTooMuch();
        this.#hungUpAt = performance.now();
        this.#over.resolve();
        this.#seeWhetherStill();
      },
      tooLong: () => void this.kill('protocol', 0),
    });
  }

  async link(file: string, as: string): Promise<void> {
    // An attempt with a user of its own reads what everyone may read.
    await linkInput(file, join(this.#base, 'in'), as, { byOthers: this.#uid !== undefined });
  }

  dispatch(message: object, limits: Limits): void {
    if (this.#state !== 'parked') throw new Error(`Slot ${this.id} is ${this.#state}; each slot takes one attempt.`);
    this.#state = 'running';
    this.#limits = limits;
    const { memoryBytes, pids, diskBytes, timeoutMs, cpuShare = 1 } = limits;
    const perProcess: Record<string, number> = { fileBytes: diskBytes + beyondDiskBytes };
    if (this.#cgroup !== undefined) {
      this.#cgroup.bound({ memoryBytes, pids, cpuShare });
      this.#cgroup.begin();
    } else {
      // Only against one huge request: the watch counts what is held, this what is reserved, which may be far more.
      perProcess.dataBytes = this.#home.dataBytes + 4 * memoryBytes + reservedBytes;
      // Where slots share one user, the kernel would count them all together.
      if (this.#home.mode === 'user' || this.#uid !== undefined) perProcess.processes = pids;
    }
    this.#home.order({ do: 'limit', slot: this.id, limits: perProcess });
    if (this.#cgroup === undefined) this.#watchMemory(memoryBytes);
    this.#dispatchedAt = performance.now();
    this.#sockets.get('control')?.write(`${JSON.stringify(message)}\n`);
    this.#timer = setTimeout(() => void this.kill('timeout'), Math.min(timeoutMs, longestTimerMs));
    void watchDisk(this.jobFolder, diskBytes, this.#watching.signal, () => void this.kill('disk', 0));
  }

  onStdout(take: Taker<Buffer>): void {
    this.#pump('stdout', take);
  }

  onStderr(take: Taker<Buffer>): void {
    this.#pump('stderr', take);
  }

  onMessage(take: Taker<Message>): void {
    this.#takeMessage = take;
    this.#listened.resolve();
  }

  pauseOutput(): void {
    for (const line of ['stdout', 'stderr'] as const) this.#sockets.get(line)?.pause();
  }

  resumeOutput(): void {
    for (const line of ['stdout', 'stderr'] as const) {
      const socket = this.#sockets.get(line);
      if (socket?.listenerCount('data')) socket.resume();
    }
  }

  async kill(reason: KillReason, graceMs = this.#home.graceMs): Promise<void> {
    if (this.#state === 'ended') return;
    this.#killedFor ??= reason;
    clearTimeout(this.#timer);
    clearTimeout(this.#patience);
    if (!this.#asked) return void (await this.exited); // there is no process yet, and now there will be none
    const polite = this.#state === 'running' && graceMs > 0;
    this.#home.order({ do: 'signal', slot: this.id, signal: polite ? 15 : 9 });
    if (polite) {
      this.#patience = setTimeout(() => this.#home.order({ do: 'signal', slot: this.id, signal: 9 }), graceMs);
    }
    await this.exited;
  }

  /** The host could not even fork. */
  unable(error: string): void {
    this.#trouble = error;
    void this.hostSawExit({ exitCode: null, signal: null, peakBytes: 0, cpuMs: 0 });
  }

  hostGone(): void {
    this.#killedFor ??= 'host';
    this.#trouble ||= 'the sandbox host ended';
    // Whoever might still hold the line is nobody that anyone counts on; what it said before is read first.
    setTimeout(() => this.#sockets.get('control')?.destroy(), longestFarewellMs).unref();
    void this.hostSawExit({ exitCode: null, signal: 'SIGKILL', peakBytes: 0, cpuMs: 0 });
  }

  /** The tree is gone. The exit can be told before the last message is read: what was said decides, so it is waited for. */
  async hostSawExit(event: HostExitEvent): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#patience);
    this.#watching.abort();
    this.#listened.resolve();
    // One that ends at once may be gone before it was let in; what it said is on its way then.
    for (const since = performance.now(); !this.#sockets.has('control') && !this.#trouble; await delay(1))
      if (performance.now() - since > longestFarewellMs) break;
    if (!this.#sockets.has('control')) this.#over.resolve();
    await this.#over.promise;
    if (performance.now() - this.#hungUpAt > longestFarewellMs) this.#measured = this.#holdsTooMuch();
    for (const line of ['stdout', 'stderr'] as const) if (!this.#sockets.has(line)) this.#outputsOver[line].resolve();
    await this.#attached.catch(() => {});
    this.#state = 'ended';
    const exit = await this.#account(event, event);
    exit.processesLeft = this.#cgroup?.usage().processesLeft ?? 0;
    this.#ready.reject(new Error(`A slot could not be prepared: ${this.#trouble || describe(exit)}.`));
    this.#home.ended(this);
    this.#still.resolve(exit);
    this.#exit.resolve(exit);
  }

  release(): Promise<void> {
    this.#released ??= this.#giveBack();
    return this.#released;
  }

  async #giveBack(): Promise<void> {
    await this.kill('unused', 0);
    await this.exited;
    for (const socket of this.#sockets.values()) socket.destroy();
    await this.#made.catch(() => {});
    await Promise.all([this.#cgroup?.remove(), removeTree(this.#base)]);
    this.#uid?.giveBack();
  }

  async #account(status: ExitStatus, used: { peakBytes?: number; cpuMs?: number }): Promise<SlotExit> {
    const usage = this.#cgroup?.usage();
    if (await this.#measured) this.#killedFor ??= 'disk'; // it ended between two looks
    const exit: SlotExit = {
      exitCode: status.exitCode,
      signal: status.signal,
      oom: (usage?.oom ?? false) || this.#outOfMemory,
      pidsRefused: usage?.pidsRefused ?? false,
      peakMemoryBytes: this.#peakOf(usage, used.peakBytes),
      cpuMs: usage?.cpuMs ?? used.cpuMs ?? 0,
      wallMs: this.#dispatchedAt === 0 ? 0 : Math.round((this.#hungUpAt || performance.now()) - this.#dispatchedAt),
      processesLeft: 0,
    };
    if (this.#killedFor !== undefined) exit.killedFor = this.#killedFor;
    return exit;
  }

  /**
   * The kernel's peak holds the files that went through memory, which it would have given back at once; what is left of
   * them is taken off. Files may have come after the true peak, though: so never less than the largest process had of its
   * own, and nothing is taken off where that is not known.
   */
  #peakOf(usage: Usage | undefined, largest: number | undefined): number {
    const own = largest && Math.max(0, largest - (this.kind === 'python' ? this.#home.residentBytes : 0));
    if (usage?.peakMemoryBytes == null) return Math.max(this.#peakBytes, own ?? 0);
    const { peakMemoryBytes, fileCacheBytes } = usage;
    return own === undefined
      ? peakMemoryBytes
      : Math.min(peakMemoryBytes, Math.max(own, peakMemoryBytes - fileCacheBytes));
  }

  #seeWhetherStill(): void {
    // Without a pid namespace, who is not a child is nowhere seen.
    if (this.#ending || this.#home.mode === 'none' || !this.#mayKnowEnd) return;
    const cgroup = this.#cgroup;
    if (cgroup === undefined && this.#leaving === undefined) return; // what it used is known only at its exit
    const status = leavingWith(this.pid, cgroup && (() => cgroup.members()));
    if (status !== undefined) {
      void this.#account(status, this.#leaving ?? {}).then((exit) => this.#still.resolve(exit));
      return;
    }
    // It hung up as the last thing before it leaves, so that this takes a turn or two; unless something else runs on.
    const waitedMs = performance.now() - this.#hungUpAt;
    if (waitedMs < 1) setImmediate(() => this.#seeWhetherStill());
    else if (waitedMs < longestFarewellMs) setTimeout(() => this.#seeWhetherStill(), 1);
  }

  async #holdsTooMuch(): Promise<boolean> {
    if (this.#limits === undefined) return false;
    const { diskBytes } = this.#limits;
    return (await bytesBelow(this.jobFolder, diskBytes)) > diskBytes;
  }

  #watchMemory(limit: number): void {
    void watchMemory(
      { pid: this.pid, privateFolders: this.#home.mode !== 'none' },
      limit,
      this.#watching.signal,
      (bytes) => {
        this.#peakBytes = bytes;
      },
      () => {
        this.#outOfMemory = true;
        this.#home.order({ do: 'signal', slot: this.id, signal: 9 });
      },
    );
  }

  #pump(line: 'stdout' | 'stderr', take: Taker<Buffer>): void {
    const socket = this.#sockets.get(line);
    socket?.on('data', (chunk: Buffer) => {
      const taken = take(chunk);
      if (taken === undefined) return;
      socket.pause();
      taken.then(
        () => socket.resume(),
        (error: Error) => socket.destroy(error),
      );
    });
  }

  #heard(text: string): void | Promise<void> {
    let message: Message;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
      message = value as Message;
    } catch {
      message = { type: 'unreadable', text: text.slice(0, 200) };
    }
    if (this.#state === 'starting') return this.#heardWhileStarting(message);
    if (message.type === 'leaving') {
      // What only it knows before its exit. Should it lie, it does so about itself.
      this.#leaving = { peakBytes: Number(message.peakBytes) || 0, cpuMs: Number(message.cpuMs) || 0 };
      return;
    }
    if (message.type === 'crash' && message.outOfMemory === true) this.#outOfMemory = true;
    if (this.#takeMessage !== undefined) return this.#takeMessage(message);
    return this.#listened.promise.then(() => this.#takeMessage?.(message));
  }

  #heardWhileStarting(message: Message): void {
    if (message.type === 'born') {
      this.pid = Number(message.pid);
      this.#attached = this.#cgroup?.attach(this.pid) ?? Promise.resolve();
      this.#attached.catch((error: Error) => {
        this.#trouble ||= `its limits could not be set: ${error.message}`;
        void this.kill('unused', 0);
      });
    } else if (message.type === 'ready') {
      void this.#attached.then(() => this.#park()).catch(() => {});
    } else if (message.type === 'unable') {
      this.#trouble = `${message.error} (${message.stage})`;
    } else if (message.type === 'crash') {
      this.#trouble = String(message.traceback ?? message.error);
    }
  }

  #park(): void {
    if (this.#state !== 'starting' || this.#killedFor !== undefined) return;
    if (this.#sockets.size < 3) return void setImmediate(() => this.#park()); // its sockets are on the way, before "ready"
    clearTimeout(this.#patience);
    this.#state = 'parked';
    this.#mayKnowEnd = mayKnowEnd(this.pid);
    this.#ready.resolve();
  }
}

const describe = (exit: SlotExit): string =>
  exit.signal !== null ? `its process ended by ${exit.signal}` : `its process ended with code ${exit.exitCode}`;
