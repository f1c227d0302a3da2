/**
 * Decides when a worker asks for work and how it holds what it got: one tick at a time, results sent as soon as there are any,
 * a beat every two seconds, and no attempt killed unless the database said that it is over.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Sql } from '../db/connection.ts';
import type { AttemptContext, AttemptOutcome, Executor, Work } from '../execute/executor.ts';
import { needsNothing } from '../plan/noop.ts';
import { recordItems, recordLogChunk, recordMetrics, recordProgress } from '../record/observations.ts';
import { PlanShelf } from '../record/store-plan.ts';
import { type Result, tick } from '../record/tick.ts';
import { announceDrain, heartbeat, registerWorker, retireWorker } from '../record/workers.ts';
import { Bell, cancelChannel } from './bell.ts';

export interface WorkerOptions {
  sql: Sql;
  executor: Executor;
  /** Attempts at once. */
  capacity: number;
  /** What it has that others do not. */
  tags?: readonly string[];
  version?: string;
  heartbeatMs?: number;
  /** How long after the last beat others take the work over. */
  ttlMs?: number;
  /** How long an idle worker goes without looking, if it hears nothing. */
  pollMs?: number;
  /** A tick is over: how long it took, and how much it handed out. */
  onTick?: (tookMs: number, claimed: number) => void;
  /** What code of the attempt is answered that logs to its own run as programs outside do. */
  track?: (work: Work) => AttemptContext['track'];
  /** What went wrong with the database, told once per failure; the worker goes on by itself. */
  onError?: (error: unknown, doing: string) => void;
}

export interface RunningWorker {
  id: string;
  /** Looks for work now. */
  wake(): void;
  /** Resolves when a look found nothing ready. */
  idle(): Promise<void>;
  /** How many attempts are under way. */
  readonly busy: number;
  /** Takes nothing new, finishes what runs, hands back what does not end within the grace, and leaves. */
  stop(graceMs?: number): Promise<void>;
  /** Aborts everything now, hands it back, and leaves. */
  kill(): Promise<void>;
}

interface Held {
  work: Work;
  abort: AbortController;
}

/** Why an attempt is aborted; what the executor sees as `signal.reason`. */
export type AbortReason = 'cancelled' | 'lost' | 'drain';

export async function runWorker(options: WorkerOptions): Promise<RunningWorker> {
  const worker = new Worker(options);
  await worker.begin();
  return worker;
}

class Worker implements RunningWorker {
  readonly id = randomUUID();
  #sql: Sql;
  #executor: Executor;
  #options: Required<Omit<WorkerOptions, 'sql' | 'executor' | 'track'>>;
  #track: WorkerOptions['track'];
  #plans: PlanShelf;
  #bell: Bell;
  /** By fence. */
  #held = new Map<number, Held>();
  #results: Result[] = [];
  /** How many results are told one by one, since the database refuses one of them. */
  #sifting = 0;
  /** Told, and not yet answered. */
  #telling: Result[] = [];
  #phase: 'working' | 'draining' | 'left' = 'working';
  #wanted = true;
  #wakeUp: (() => void) | null = null;
  #idlers: (() => void)[] = [];
  #loop: Promise<void> = Promise.resolve();
  #beating: NodeJS.Timeout | undefined;
  #ears: { unlisten(): Promise<void> }[] = [];

  constructor({
    sql,
    executor,
    capacity,
    tags = [],
    version = '0',
    heartbeatMs = 2000,
    ttlMs = 10_000,
    pollMs = 250,
    onTick = () => {},
    onError = () => {},
    track,
  }: WorkerOptions) {
    this.#sql = sql;
    this.#executor = executor;
    this.#options = { capacity, tags, version, heartbeatMs, ttlMs, pollMs, onTick, onError };
    this.#track = track;
    this.#plans = new PlanShelf(sql);
    this.#bell = new Bell(sql);
  }

  get busy(): number {
    return this.#held.size;
  }

  async begin(): Promise<void> {
    await this.#register();
    this.#ears = await Promise.all([
      this.#sql.listen('drawloom_ready', () => this.wake()),
      this.#sql.listen(cancelChannel, () => void this.#beat()),
    ]).catch((error) => {
      this.#options.onError(error, 'listening for work; it will be found by looking'); // a pooler in between may forbid it
      return [];
    });
    this.#scheduleBeat();
    this.#loop = this.#work();
  }

  #register(): Promise<void> {
    const { version, capacity, tags, ttlMs } = this.#options;
    return registerWorker(this.#sql, {
      id: this.id,
      host: hostname(),
      pid: process.pid,
      version,
      capacity,
      tags,
      ttlMs,
    });
  }

  wake(): void {
    this.#wanted = true;
    this.#wakeUp?.();
  }

  idle(): Promise<void> {
    const found = new Promise<void>((resolve) => this.#idlers.push(resolve));
    this.wake();
    return found;
  }

  async #work(): Promise<void> {
    let pauseMs = 0;
    while (this.#phase !== 'left') {
      const sifts = this.#sifting > 0 && this.#results.length > 0;
      const want = this.#phase === 'working' && !sifts ? this.#options.capacity - this.#held.size : 0;
      if (this.#results.length === 0 && !(this.#wanted && want > 0)) {
        if (this.#phase === 'draining' && this.#held.size === 0) break;
        await this.#rest(this.#options.pollMs * (0.8 + 0.4 * Math.random()));
        continue;
      }
      this.#wanted = false;
      const idlers = this.#idlers.splice(0);
      const results = this.#results.splice(0, sifts ? 1 : this.#results.length);
      if (sifts) this.#sifting--;
      this.#telling = results;
      try {
        const began = performance.now();
        const ticked = await tick(this.#sql, this.#plans, this.id, results, want);
        this.#options.onTick(performance.now() - began, ticked.work.length);
        pauseMs = 0;
        for (const fence of ticked.refused) this.#held.get(fence)?.abort.abort('lost' satisfies AbortReason);
        for (const work of ticked.work) this.#take(work);
        if (results.length > 0 || ticked.work.length > 0) this.#bell.ring('drawloom_event');
        if (ticked.work.length > 0) {
          this.#wanted = true;
          this.#idlers.unshift(...idlers);
          // There may be more than this worker can hold; others are told of it, once per full house.
          if (ticked.work.length === want && this.#held.size >= this.#options.capacity)
            this.#bell.ring('drawloom_ready');
        } else for (const idler of idlers) idler();
        if (ticked.contended) {
          this.#wanted = true;
          if (ticked.work.length === 0) await this.#rest(2);
        }
      } catch (error) {
        // Nothing is known of what became of it. The results are told again: what was recorded is not recorded twice.
        this.#results.unshift(...(isRefusal(error) ? this.#sift(results, want) : results));
        this.#idlers.unshift(...idlers);
        this.#wanted = true;
        this.#options.onError(error, 'telling results and asking for work');
        pauseMs = Math.min(2000, pauseMs * 2 || 50);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      } finally {
        this.#telling = [];
      }
    }
  }

  /**
   * The database was there and will not have these results, whenever they are told. Told one by one and without asking for work,
   * the one it minds shows; as our failure instead, it holds up nobody else's. If even that is refused, its lease is left to run out.
   */
  #sift(results: readonly Result[], want: number): Result[] {
    const [first, ...rest] = results;
    if (!first) return [];
    if (rest.length > 0 || want > 0) {
      this.#sifting = results.length;
      return [...results];
    }
    if (first.outcome.reason === 'infra') return [];
    this.#sifting++;
    const message = 'What came of it could not be recorded: the database refused it. The worker’s own log says why.';
    return [{ ...first, outcome: { reason: 'infra', outputs: [], error: { message } } }];
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#wanted = true;
        done();
      }, ms);
      const done = () => {
        clearTimeout(timer);
        this.#wakeUp = null;
        resolve();
      };
      this.#wakeUp = done;
    });
  }

  #take(work: Work): void {
    if (needsNothing(work)) {
      this.#results.push({ ...keyOf(work), outcome: { reason: 'ok', outputs: [] } });
      return;
    }
    const held: Held = { work, abort: new AbortController() };
    this.#held.set(work.fence, held);
    void this.#carryOut(held);
  }

  async #carryOut({ work, abort }: Held): Promise<void> {
    const track = this.#track?.(work);
    let outcome: AttemptOutcome;
    try {
      outcome = await this.#executor.execute(work, {
        signal: abort.signal,
        onProgress: throttled(1000, (share: number) => void recordProgress(this.#sql, work, share).catch(() => {})),
        onMetrics: (rows) => this.#keep(work, () => recordMetrics(this.#sql, work, rows)),
        ...(track && { track }),
        onItems: (items) => this.#keep(work, () => recordItems(this.#sql, work, items)),
        onLogChunk: (chunk) => this.#keep(work, () => recordLogChunk(this.#sql, work, chunk)),
      });
    } catch (error) {
      outcome = {
        reason: 'infra',
        outputs: [],
        error: { type: (error as Error)?.name ?? 'Error', message: (error as Error)?.message ?? String(error) },
      };
    }
    this.#held.delete(work.fence);
    if (abort.signal.aborted && outcome.reason !== 'ok') outcome = { ...outcome, reason: 'cancelled' };
    if (abort.signal.reason !== ('lost' satisfies AbortReason)) this.#results.push({ ...keyOf(work), outcome });
    this.wake();
  }

  /** Observations outlast an absence of the database, as the attempt itself does. */
  async #keep(work: Work, write: () => Promise<boolean>): Promise<boolean> {
    for (let pauseMs = 50; ; pauseMs = Math.min(2000, pauseMs * 2)) {
      try {
        const kept = await write();
        if (kept) this.#bell.ring('drawloom_event');
        return kept;
      } catch (error) {
        if (!isAbsence(error) || this.#phase === 'left' || !this.#held.has(work.fence)) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  #scheduleBeat(): void {
    this.#beating = setTimeout(async () => {
      await this.#beat();
      if (this.#phase !== 'left') this.#scheduleBeat();
    }, this.#options.heartbeatMs);
  }

  async #beat(): Promise<void> {
    try {
      const fences = [...this.#held.keys(), ...[...this.#results, ...this.#telling].map((result) => result.fence)];
      const { known, cancelled, gone } = await heartbeat(this.#sql, this.id, fences);
      if (!known && this.#phase === 'working') await this.#register();
      for (const fence of cancelled) this.#held.get(fence)?.abort.abort('cancelled' satisfies AbortReason);
      for (const fence of gone) this.#held.get(fence)?.abort.abort('lost' satisfies AbortReason);
    } catch (error) {
      this.#options.onError(error, 'telling that it lives'); // a beat that fails kills nothing
    }
  }

  async stop(graceMs = 30_000): Promise<void> {
    if (this.#phase === 'left') return;
    this.#phase = 'draining';
    void announceDrain(this.#sql, this.id).catch(() => {});
    const overdue = setTimeout(() => this.#abortAll('drain'), graceMs);
    this.wake();
    await this.#loop;
    clearTimeout(overdue);
    await this.#leave();
  }

  async kill(): Promise<void> {
    await this.stop(0);
  }

  #abortAll(reason: AbortReason): void {
    for (const { abort } of this.#held.values()) abort.abort(reason);
  }

  async #leave(): Promise<void> {
    this.#phase = 'left';
    clearTimeout(this.#beating);
    for (const idler of this.#idlers.splice(0)) idler();
    await Promise.allSettled(this.#ears.map((ear) => ear.unlisten()));
    await retireWorker(this.#sql, this.id).catch((error) => this.#options.onError(error, 'saying goodbye'));
  }
}

const keyOf = ({ run, node, mapIndex, fence, retryRules }: Work) => ({ run, node, mapIndex, fence, retryRules });

/** Whether the database was away, as against having refused. */
const isAbsence = (error: unknown): boolean => {
  const code = String((error as { code?: string })?.code ?? '');
  return /^(ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|CONNECTION_|CONNECT_TIMEOUT|57P0|08)/.test(code);
};

/** Data that cannot be kept (22), breaks a rule of the tables (23), or is beyond a limit of Postgres (54): it stays refused. */
const isRefusal = (error: unknown): boolean => /^(22|23|54)/.test(String((error as { code?: string })?.code ?? ''));

function throttled<T>(ms: number, act: (value: T) => void): (value: T) => void {
  let last = 0;
  return (value) => {
    const now = performance.now();
    if (now - last < ms) return;
    last = now;
    act(value);
  };
}
