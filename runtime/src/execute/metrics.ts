/** Decides when metrics are told: many at once, soon, and never more in waiting than memory can bear. */
import * as z from 'zod';
import type { MetricRow } from './executor.ts';

const Number64 = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);

/** What node code logs. JSON has no word for three numbers, so they travel as those words. */
export const MetricMessage = z.object({
  key: z.string().min(1).max(250),
  value: Number64,
  step: z.int().nullish(),
  time: z.number().nullish(),
});

const soonMs = 250;
const mostAtOnce = 1000;
const mostWaiting = 5000;

export class MetricBatches {
  readonly #tell: (rows: MetricRow[]) => Promise<boolean>;
  readonly #onTold: (kept: boolean) => void;
  readonly #onTrouble: (error: Error) => void;
  #waiting: MetricRow[] = [];
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> = Promise.resolve();
  #inFlight = 0;
  /** Points of one key in one millisecond stay apart by microseconds, which is what the database counts in. */
  #lastAt = new Map<string, { ms: number; count: number }>();

  constructor(
    tell: (rows: MetricRow[]) => Promise<boolean>,
    onTold: (kept: boolean) => void,
    onTrouble: (error: Error) => void,
  ) {
    this.#tell = tell;
    this.#onTold = onTold;
    this.#onTrouble = onTrouble;
  }

  /** The promise, when there is one, asks the sender to wait. */
  add(message: z.infer<typeof MetricMessage>): void | Promise<void> {
    const step = message.step ?? 0;
    this.#waiting.push({
      key: message.key,
      step,
      value: message.value,
      at: this.#instant(`${step} ${message.key}`, message.time),
    });
    if (this.#waiting.length >= mostAtOnce) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), soonMs);
    if (this.#waiting.length + this.#inFlight > mostWaiting) return this.#telling;
  }

  /** Resolves once everything added so far is told. */
  async flush(): Promise<void> {
    this.#flush();
    await this.#telling;
  }

  #instant(key: string, time: number | null | undefined): string {
    const given = time ?? Date.now();
    const ms = Math.floor(Number.isFinite(given) && Math.abs(given) < 8.64e15 ? given : Date.now());
    const last = this.#lastAt.get(key);
    const count = last?.ms === ms ? Math.min(999, last.count + 1) : 0;
    if (this.#lastAt.size > 10_000) this.#lastAt.clear();
    this.#lastAt.set(key, { ms, count });
    return new Date(ms).toISOString().replace('Z', `${String(count).padStart(3, '0')}Z`);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const rows = this.#waiting.splice(0);
    if (rows.length === 0) return;
    this.#inFlight += rows.length;
    this.#telling = this.#telling
      .then(() => this.#tell(rows))
      .then(this.#onTold, this.#onTrouble)
      .finally(() => {
        this.#inFlight -= rows.length;
      });
  }
}
