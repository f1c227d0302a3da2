// Measures what the sandbox costs an attempt: from dispatch to its first word, forty in a row, and how fast slots come back.

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostOptions, SandboxHost } from './host.ts';
import type { Limits, SlotSpec } from './slot.ts';

export interface Figures {
  /** What was measured, such as `light`. */
  name: string;
  mode: string;
  startMs: number;
  /** Dispatch to the first message, nothing else going on. */
  firstWordMs: Quantiles;
  /** Dispatch to its outputs being final and its end being known. */
  stoppedMs: Quantiles;
  /** Dispatch to the proof that all its processes are gone. */
  exitMs: Quantiles;
  /** Forty attempts one after the other, each in a fresh process out of a pool that was filled before. */
  fortyMs: Quantiles;
  /** The same when only eight were parked and the rest is prepared meanwhile. */
  fortyRefilledMs: Quantiles;
  /** Slots prepared from an order of forty at once. */
  replenishPerSecond: number;
  parkedBytes: number;
}

export interface Quantiles {
  p50: number;
  p95: number;
}

export interface BenchOptions {
  python: string;
  /** Imported ahead; each attempt uses the first of them, if any. */
  preload: string[];
  host?: Partial<HostOptions>;
  repetitions?: number;
}

const slotSpec: SlotSpec = { kind: 'python' };
const limits: Limits = { timeoutMs: 60_000, memoryBytes: 1024 ** 3, diskBytes: 1024 ** 3, pids: 256 };
const burst = 40;

const entry = `
def execute(message, control):
    control.send({"type": "begun"})
    print("row", flush=True)
`;

export async function measureSandbox(name: string, options: BenchOptions): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-bench-'));
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'bench_entry.py'), entry);
  const startedAt = performance.now();
  const host = await SandboxHost.start(
    {
      name,
      python: options.python,
      preload: ['bench_entry', ...options.preload],
      pythonPath: [folder],
      readOnly: [],
      entry: 'bench_entry:execute',
    },
    { folder, ...options.host },
  );
  const startMs = performance.now() - startedAt;
  try {
    const missing = Object.values(host.notPreloaded);
    if (missing.length > 0) throw new Error(`Nothing is measured without its modules: ${missing.join('; ')}`);
    const repetitions = options.repetitions ?? 5;
    const firstWords: number[] = [];
    const stops: number[] = [];
    const exits: number[] = [];
    const forties: number[] = [];
    const refilled: number[] = [];
    const replenished: number[] = [];
    let parkedBytes = 0;
    for (let index = 0; index < 10; index++) await attempt(host); // the first ones warm up the worker
    for (let index = 0; index < repetitions; index++) {
      replenished.push(await fill(host, burst));
      if (index === 0) parkedBytes = await parkedMemory(host);
      forties.push(await elapsed(() => inARow(host)));
      await fill(host, 8);
      refilled.push(await elapsed(() => inARow(host)));
      await fill(host, burst);
      for (let one = 0; one < 20; one++) {
        const { firstWordMs, stoppedMs, exit } = await attempt(host);
        firstWords.push(firstWordMs);
        stops.push(stoppedMs);
        exits.push(await exit);
        await fill(host, burst);
      }
    }
    return {
      name,
      mode: host.mode,
      startMs: Math.round(startMs),
      firstWordMs: quantiles(firstWords),
      stoppedMs: quantiles(stops),
      exitMs: quantiles(exits),
      fortyMs: quantiles(forties),
      fortyRefilledMs: quantiles(refilled),
      replenishPerSecond: Math.round((burst * 1000) / quantiles(replenished).p50),
      parkedBytes,
    };
  } finally {
    await host.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function inARow(host: SandboxHost): Promise<void> {
  for (let index = 0; index < burst; index++) await attempt(host);
}

interface Measured {
  firstWordMs: number;
  stoppedMs: number;
  exit: Promise<number>;
}

async function attempt(host: SandboxHost): Promise<Measured> {
  const slot = await host.acquire(slotSpec);
  const dispatchedAt = performance.now();
  let firstWordMs = 0;
  slot.onMessage(() => {
    firstWordMs = performance.now() - dispatchedAt;
  });
  slot.onStdout(() => {});
  slot.onStderr(() => {});
  slot.dispatch({}, limits);
  await slot.stopped;
  const stoppedMs = performance.now() - dispatchedAt;
  if (firstWordMs === 0) throw new Error(`An attempt of the benchmark failed: ${JSON.stringify(await slot.exited)}`);
  const exit = slot.exited.then(() => performance.now() - dispatchedAt);
  void slot.release();
  return { firstWordMs, stoppedMs, exit };
}

/** Milliseconds until so many are parked. */
async function fill(host: SandboxHost, count: number): Promise<number> {
  host.prepare(slotSpec, 0);
  const startedAt = performance.now();
  host.prepare(slotSpec, count);
  while (host.parked(slotSpec) < count) await new Promise((resolve) => setTimeout(resolve, 1));
  return performance.now() - startedAt;
}

async function parkedMemory(host: SandboxHost): Promise<number> {
  const slot = await host.acquire(slotSpec);
  try {
    const text = await readFile(`/proc/${slot.pid}/smaps_rollup`, 'utf8');
    return Number(/^Private_Dirty:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
  } finally {
    await slot.release();
  }
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function quantiles(values: number[]): Quantiles {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
  return { p50: at(0.5), p95: at(0.95) };
}
