/**
 * Decides what a worker counts of its own work. It serves nobody; its figures go to the database with a beat of their own, where
 * the server's `/metrics` finds those of all workers and adds them up.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Sql } from '../db/connection.ts';
import type { Executor } from '../execute/executor.ts';

export interface WorkerMeters {
  registry: Registry;
  /** One tick is over: how long it took, and how much it handed out. */
  ticked(tookMs: number, claimed: number): void;
  /** Counts what an executor carries out. */
  around(executor: Executor): Executor;
}

const writeEveryMs = 5000;

export function workerMeters(now: { busy: () => number; capacity: number; parked: () => number }): WorkerMeters {
  const registry = new Registry();
  const registers = [registry];
  const ticks = new Histogram({
    name: 'drawloom_tick_seconds',
    help: 'Time of a tick: results in, what follows released, the next work handed out.',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const claims = new Counter({ name: 'drawloom_claims_total', help: 'Attempts handed out to workers.', registers });
  const attempts = new Counter({
    name: 'drawloom_attempts_total',
    help: 'Attempts that ended at a worker, by reason.',
    labelNames: ['reason'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'drawloom_attempt_seconds',
    help: 'Time of an attempt from claim to outcome, by tier; reuse is a tier of its own.',
    labelNames: ['tier'] as const,
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600, 3600, 14_400],
    registers,
  });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge('drawloom_busy_slots', 'Attempts under way at workers that live.', now.busy);
  gauge('drawloom_slots', 'Attempts that the workers that live can carry out at once.', () => now.capacity);
  gauge('drawloom_parked_children', 'Processes that wait ready for an attempt.', now.parked);
  gauge('drawloom_worker_memory_bytes', 'Memory of worker programs, without their attempts.', () =>
    process.memoryUsage.rss(),
  );
  return {
    registry,
    ticked(tookMs, claimed) {
      ticks.observe(tookMs / 1000);
      if (claimed > 0) claims.inc(claimed);
    },
    around: (executor) => ({
      async execute(work, context) {
        const began = performance.now();
        try {
          const outcome = await executor.execute(work, context);
          attempts.inc({ reason: outcome.reason });
          const tier = outcome.reusedFrom ? 'reused' : work.tier;
          durations.observe({ tier }, (performance.now() - began) / 1000);
          return outcome;
        } catch (error) {
          attempts.inc({ reason: 'infra' });
          throw error;
        }
      },
    }),
  };
}

/** Writes the figures down now. */
export async function tellMeters(
  sql: Sql,
  worker: string,
  { registry }: Pick<WorkerMeters, 'registry'>,
): Promise<void> {
  const figures = JSON.stringify(await registry.getMetricsAsJSON());
  await sql`insert into drawloom.meter (worker_id, figures) values (${worker}, ${figures}::text::jsonb)
    on conflict (worker_id) do update set figures = excluded.figures, at = now()`;
}

/** Writes them down every few seconds and at the end. A failure costs a few seconds' figures. */
export function keepTelling(sql: Sql, worker: string, meters: WorkerMeters): { stop(): Promise<void> } {
  const tell = () => tellMeters(sql, worker, meters).catch(() => {});
  const timer = setInterval(tell, writeEveryMs).unref();
  return {
    async stop() {
      clearInterval(timer);
      await tell();
    },
  };
}
