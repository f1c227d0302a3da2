/**
 * Decides what a node should ask for, from what its attempts needed: a high quantile with head room, and more than was ever seen, so
 * that what is advised would have stopped none of them. Below a few attempts nothing is advised.
 */
import * as z from 'zod';

export const ResourceAdvice = z
  .object({
    node: z.string(),
    attempts: z.int().meta({ description: 'How many attempts it rests on; below three, nothing is advised.' }),
    memory: z
      .object({
        p95Bytes: z.int(),
        mostBytes: z.int(),
        limitBytes: z.int().nullable().meta({ description: 'What the drawing says now; null where it says nothing.' }),
        adviseBytes: z.int(),
      })
      .nullable(),
    time: z
      .object({ p95Ms: z.int(), mostMs: z.int(), limitMs: z.int().nullable(), adviseMs: z.int() })
      .nullable()
      .meta({ description: 'Of one attempt.' }),
    cpu: z
      .object({ p95Cores: z.number(), adviseCores: z.int() })
      .nullable()
      .meta({ description: 'Processors that it kept busy on average, and how many are enough.' }),
  })
  .meta({ id: 'ResourceAdvice' });
export type ResourceAdvice = z.infer<typeof ResourceAdvice>;

/** What one attempt needed. One that hit a limit tells that it needs more than that. */
export interface Needed {
  reason: 'ok' | 'oom' | 'timeout';
  peakMemoryBytes: number | null;
  cpuMs: number | null;
  wallMs: number;
  /** The limit that it hit. */
  memoryBytes: number | null;
  timeoutMs: number | null;
}

const fewest = 3;
const mib = 2 ** 20;

export function advise(
  node: string,
  attempts: readonly Needed[],
  now: { memoryBytes: number | null; timeoutMs: number | null },
): ResourceAdvice {
  const advice: ResourceAdvice = { node, attempts: attempts.length, memory: null, time: null, cpu: null };
  if (attempts.length < fewest) return advice;
  const well = attempts.filter(({ reason }) => reason === 'ok');
  const peaks = well.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? []);
  const hitMemory = attempts.flatMap(({ reason, memoryBytes, peakMemoryBytes }) =>
    reason === 'oom' ? Math.max(memoryBytes ?? 0, peakMemoryBytes ?? 0) : [],
  );
  if (peaks.length > 0 || hitMemory.length > 0) {
    const all = [...peaks, ...hitMemory];
    const [p95Bytes, mostBytes] = [quantile(all, 0.95), Math.max(...all)];
    const wanted = Math.max(p95Bytes * 1.25, mostBytes * 1.1, ...hitMemory.map((bytes) => bytes * 2));
    const adviseBytes = Math.min(2 ** 44, upTo(wanted, wanted < 2 ** 30 ? 64 * mib : 256 * mib));
    advice.memory = { p95Bytes, mostBytes, limitBytes: now.memoryBytes, adviseBytes };
  }
  const times = well.map(({ wallMs }) => Math.round(wallMs));
  const hitTime = attempts.flatMap(({ reason, timeoutMs, wallMs }) =>
    reason === 'timeout' ? (timeoutMs ?? Math.round(wallMs)) : [],
  );
  if (times.length > 0 || hitTime.length > 0) {
    const all = [...times, ...hitTime];
    const [p95Ms, mostMs] = [quantile(all, 0.95), Math.max(...all)];
    const wanted = Math.max(10_000, p95Ms * 2, mostMs * 1.5, ...hitTime.map((ms) => ms * 2));
    const adviseMs = Math.min(
      7 * 86_400_000,
      upTo(wanted, wanted <= 60_000 ? 5000 : wanted <= 600_000 ? 30_000 : 300_000),
    );
    advice.time = { p95Ms, mostMs, limitMs: now.timeoutMs, adviseMs };
  }
  // Over a moment, what a process needed to begin would count for more than what it did.
  const shares = well.flatMap(({ cpuMs, wallMs }) => (cpuMs !== null && wallMs >= 100 ? cpuMs / wallMs : []));
  if (shares.length > 0) {
    const p95Cores = Math.round(quantile(shares, 0.95) * 10) / 10;
    advice.cpu = { p95Cores, adviseCores: Math.max(1, Math.ceil(p95Cores - 0.2)) };
  }
  return advice;
}

const upTo = (amount: number, step: number): number => Math.ceil(amount / step) * step;

/** The smallest value that the share of all is not above. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}
