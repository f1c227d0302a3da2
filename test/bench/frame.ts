/** Decides what a measurement is, so that figures of different days and machines can be laid side by side. */
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import path from 'node:path';
import { type FigureFacts, figures } from './figures.ts';

export const checkout = path.resolve(import.meta.dirname, '../..');

export interface Figure {
  /** One of the fixed names, so that it can be followed over time. */
  name: string;
  /** The median of the runs. */
  value: number;
  unit: string;
  /** The same work without us, measured in the same run: a bare loop, another tool. */
  peer?: number;
  /** `value` / `peer`. Ratios survive a change of machine; absolute figures do not. */
  ratio?: number;
  /** Every single measurement, in order. */
  runs: number[];
}

export type Tell = (line: string) => void;

/**
 * One group of measurements. `tell` shows progress; it goes to standard error. A `quick` one shows that all of it works, with so few
 * repetitions that its figures say nothing.
 */
export type Bench = (tell: Tell, extent: { quick: boolean }) => Promise<Figure[]>;

/**
 * A figure from its measurements.
 * shape   one run or more; peer runs, where given, in the same unit
 * unit    as `figures.ts` says for the name
 * throws  for a name that stands nowhere, and for no runs: both are mistakes of the caller
 */
export function figure(name: string, runs: readonly number[], peerRuns: readonly number[] = []): Figure {
  const facts: FigureFacts | undefined = figures[name];
  if (!facts) throw new Error(`${name} is no figure that anybody knows; give it its line in figures.ts.`);
  if (runs.length === 0) throw new Error(`${name} was not measured.`);
  const { unit } = facts;
  const value = rounded(median(runs));
  if (peerRuns.length === 0) return { name, value, unit, runs: runs.map(rounded) };
  const peer = rounded(median(peerRuns));
  return { name, value, unit, peer, ratio: rounded(value / peer), runs: runs.map(rounded) };
}

/** The middle of the sorted values; of an even count, halfway between the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The smallest value that at least `share` (0 to 1) of all values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** Waits until what is begun after a burst is over, such as parking the next interpreters; nothing tells when that is. */
export const settle = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Seconds that `work` took. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

export function machine() {
  const processors = cpus();
  return {
    platform: `${process.platform} ${release()} ${process.arch}`,
    processor: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  };
}

/** The commit that was measured, with a plus sign when the work tree differs from it. */
export function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: checkout, encoding: 'utf8' }).trim();
  try {
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch {
    return 'unknown'; // a checkout without its history
  }
}

const rounded = (value: number) => Number(value.toPrecision(5));
