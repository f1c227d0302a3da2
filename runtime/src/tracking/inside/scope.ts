/**
 * Decides what an attempt reaches: its own run, those it began inside of it, and the models it logged. Nobody else's can be seen or named.
 */
import type { Sql } from '../../db/connection.ts';
import type { Work } from '../../execute/executor.ts';
import { catchUpRun, nameOutside } from '../pipelines.ts';
import { notThere, WireMistake } from '../wire/mistake.ts';

const mostRuns = 1000;

export class Scope {
  readonly own: string;
  readonly #sql: Sql;
  readonly #work: Work;
  readonly #begun = new Set<string>();
  readonly #models = new Set<string>();
  #home: Promise<{ experiment: string; user: string }> | undefined;

  constructor(sql: Sql, work: Work) {
    this.#sql = sql;
    this.#work = work;
    this.own = nameOutside(work);
  }

  /** The number of the experiment that its run is in, and who started the run; both are found when they are first asked for. */
  home(): Promise<{ experiment: string; user: string }> {
    this.#home ??= this.#find();
    this.#home.catch(() => {
      this.#home = undefined;
    });
    return this.#home;
  }

  async #find(): Promise<{ experiment: string; user: string }> {
    const { project, run, node, mapIndex } = this.#work;
    await catchUpRun(this.#sql, project, this.own);
    // Items of a map come into the memory when they tell something, which this one is about to do.
    if (mapIndex > 0) {
      await this.#sql`select drawloom.track_item(${run}::bigint, ${node}::int, ${mapIndex}::int)`;
      await catchUpRun(this.#sql, project, this.own);
    }
    const [found] = await this.#sql<{ experiment: string; user: string }[]>`
      select experiment_id::text as experiment, user_id as user from drawloom.tracked_run where uuid = ${this.own}`;
    if (!found) throw notThere(`Run with id=${this.own} not found.`);
    return found;
  }

  get begun(): readonly string[] {
    return [...this.#begun];
  }

  mayBegin(): void {
    if (this.#begun.size >= mostRuns)
      throw new WireMistake('INVALID_PARAMETER_VALUE', `A node begins at most ${mostRuns} runs inside its own.`);
  }

  began(uuid: string): void {
    this.#begun.add(uuid);
  }

  mayLogModel(): void {
    if (this.#models.size >= mostRuns)
      throw new WireMistake('INVALID_PARAMETER_VALUE', `A node logs at most ${mostRuns} models.`);
  }

  loggedModel(uuid: string): void {
    this.#models.add(uuid);
  }

  hasModel(uuid: string): boolean {
    return this.#models.has(uuid);
  }

  checkModel(uuid: string): void {
    if (!this.#models.has(uuid))
      throw denied(
        `A node reaches the models that it logged itself, and not '${uuid.slice(0, 100)}'. A registered model comes in through the node Load model.`,
      );
  }

  checkRun(uuid: string): void {
    if (uuid !== this.own && !this.#begun.has(uuid))
      throw denied(
        `A node reaches its own run (${this.own}) and those it begins inside of it, and not '${uuid.slice(0, 100)}'.`,
      );
  }
}

export const denied = (message: string): WireMistake => new WireMistake('PERMISSION_DENIED', message);
