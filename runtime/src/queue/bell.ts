/**
 * Decides how idle ears hear of new work and new events: a notification after the commit, at most one per channel in 5 ms.
 * It is a courtesy. Whoever waits also looks by itself now and then, and nothing depends on a bell being heard.
 */
import type { Sql } from '../db/connection.ts';

export type Channel = 'drawloom_ready' | 'drawloom_event';
/** Rung by the database itself, in the transaction that cancels. */
export const cancelChannel = 'drawloom_cancel';

const quietMs = 5;

export class Bell {
  #sql: Sql;
  #waiting = new Map<Channel, NodeJS.Timeout | null>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Call after the commit: a notification inside the transaction would make all commits queue for one lock. */
  ring(channel: Channel): void {
    if (this.#waiting.has(channel)) {
      this.#waiting.set(channel, this.#waiting.get(channel) ?? setTimeout(() => this.#send(channel), quietMs).unref());
      return;
    }
    this.#send(channel);
  }

  #send(channel: Channel): void {
    this.#waiting.set(channel, null);
    // It need not outlast a power cut: waiting for the disk, it would hold up the ticks that do. Unheard, the ears look by themselves.
    this.#sql`select set_config('synchronous_commit', 'off', true), pg_notify(${channel}, '')`.catch(() => {});
    setTimeout(() => {
      if (this.#waiting.get(channel) === null) this.#waiting.delete(channel);
    }, quietMs).unref();
  }
}
