/** Decides that only the attempt that counts writes: whatever a client inside of it writes is written while its lease cannot fall. */
import type { Sql } from '../../db/connection.ts';
import type { Work } from '../../execute/executor.ts';
import { WireMistake } from '../wire/mistake.ts';

export type Fence = Pick<Work, 'run' | 'node' | 'mapIndex' | 'fence'>;

/** Two transactions may want the same rows in another order; then one of them is tried again. */
const tries = 5;
const deadlocked = '40P01';

export class FencedWrites {
  readonly #sql: Sql;
  /** Each holds a connection, and may need another for a look: more at once would leave none for the worker's own work. */
  #last: Promise<unknown> = Promise.resolve();

  readonly #withTicks: boolean;

  /** `withTicks`: what is written takes locks that ticks take as well, and so keeps to their order. */
  constructor(sql: Sql, { withTicks = false } = {}) {
    this.#sql = sql;
    this.#withTicks = withTicks;
  }

  /** All of it or nothing; nothing once another attempt counts. */
  write<T>(held: Fence, work: (sql: Sql) => Promise<T>): Promise<T> {
    const written = this.#last.then(() => this.#write(held, work));
    this.#last = written.catch(() => {});
    return written;
  }

  async #write<T>(held: Fence, work: (sql: Sql) => Promise<T>): Promise<T> {
    for (let left = tries; ; left--)
      try {
        return (await this.#sql.begin(async (tx) => {
          if (this.#withTicks) await tx`select pg_advisory_xact_lock_shared(drawloom.tick_lock())`;
          await this.#hold(tx as unknown as Sql, held);
          return work(asWhole(tx as unknown as Sql));
        })) as T;
      } catch (error) {
        if ((error as { code?: string }).code !== deadlocked || left <= 1) throw error;
      }
  }

  async #hold(tx: Sql, { run, node, mapIndex, fence }: Fence): Promise<void> {
    const rows = await tx`
      select from drawloom.lease l where l.run_id = ${run} and l.node = ${node} and l.map_index = ${mapIndex} and l.fence = ${fence}
      for share`;
    if (rows.length === 0)
      throw new WireMistake(
        'PERMISSION_DENIED',
        'Another attempt of this node counts now. Nothing of this one is kept.',
      );
  }
}

/** A transaction in the form of the database: what begins one within it sets a point to come back to. */
const asWhole = (tx: Sql): Sql =>
  new Proxy(tx, {
    get: (of, name) =>
      name === 'begin'
        ? (work: (inner: Sql) => Promise<unknown>) =>
            (of as unknown as { savepoint(work: (inner: Sql) => Promise<unknown>): Promise<unknown> }).savepoint(work)
        : Reflect.get(of, name),
  });
