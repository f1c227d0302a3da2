/**
 * Decides how ended runs are counted without a counter that runs would have to wait for: whoever asks looks at the runs that are new
 * since the last look, and again at those that were not over then. Counting begins with the first look.
 */
import { type RunStatus, RunStatus as RunStatuses } from '@drawloom/shared/run/status.ts';
import { Counter, type Registry } from 'prom-client';
import type { Sql } from '../db/connection.ts';

/** A run becomes visible at its commit, which may come later than that of a younger one, but not by so much. */
const settled = '10 seconds';

export class RunTally {
  readonly #sql: Sql;
  #upTo: number | null = null;
  #open: number[] = [];
  #ended = new Map<RunStatus, number>();
  #started = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Looks, and puts the counts into a registry. */
  async fill(registry: Registry): Promise<void> {
    // One look at a time, or two at once would count the same.
    this.#turn = this.#turn.then(
      () => this.#look(),
      () => this.#look(),
    );
    await this.#turn;
    const started = new Counter({
      name: 'drawloom_runs_started_total',
      help: 'Runs that were started.',
      registers: [registry],
    });
    started.inc(this.#started);
    const ended = new Counter({
      name: 'drawloom_runs_ended_total',
      help: 'Runs that are over, by how they ended.',
      labelNames: ['status'] as const,
      registers: [registry],
    });
    for (const status of RunStatuses.options.filter((one) => ['succeeded', 'failed', 'cancelled'].includes(one)))
      ended.inc({ status }, this.#ended.get(status) ?? 0);
  }

  async #look(): Promise<void> {
    const [edge] = await this.#sql`
      select coalesce((select id from drawloom.run where created_at < now() - ${settled}::text::interval order by id desc limit 1), 0)::float8 as id`;
    const edgeId = Number(edge!.id);
    if (this.#upTo === null) {
      const rows = await this
        .#sql`select id::float8 as id from drawloom.run where finished_at is null and id <= ${edgeId}`;
      this.#open = rows.map((row) => Number(row.id));
      this.#upTo = edgeId;
      return;
    }
    const from = this.#upTo;
    const rows = await this.#sql<{ id: number; status: RunStatus; over: boolean }[]>`
      select id::float8 as id, status, finished_at is not null as over from drawloom.run
      where id > ${from} and id <= ${Math.max(from, edgeId)}
      union all
      select id::float8, status, finished_at is not null from drawloom.run
      where id in (select value::bigint from jsonb_array_elements_text(${JSON.stringify(this.#open)}::text::jsonb))`;
    this.#open = rows.filter(({ over }) => !over).map(({ id }) => id);
    for (const { status, over } of rows) if (over) this.#ended.set(status, (this.#ended.get(status) ?? 0) + 1);
    this.#started += rows.filter(({ id }) => id > from).length;
    this.#upTo = Math.max(from, edgeId);
  }
}
