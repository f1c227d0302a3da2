/** Decides what is measured against: the real programs, on a scratch home and a Postgres that keeps its promises (fsync on). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type HouseEvent, HouseEvent as HouseEventSchema } from '@drawloom/shared/run/events.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { startPostgres } from '../../runtime/src/db/postgres.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

export interface Scratch {
  home: string;
  databaseUrl: string;
  close(): Promise<void>;
}

/** A Postgres of our own, so that a measurement can look into it and fill it. */
export async function scratchPostgres(): Promise<Scratch> {
  const home = mkdtempSync(path.join(tmpdir(), 'drawloom-bench-'));
  const server = await startPostgres({ home: path.join(home, 'database') });
  return {
    home,
    databaseUrl: server.url,
    async close() {
      await server.stop();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A client of the running programs, as any script of a user's would be one. */
export class House {
  readonly program: RunningDrawloom;
  #project: string | undefined;

  /** In `project`, or else in the first one that there is. */
  constructor(program: RunningDrawloom, project?: string) {
    this.program = program;
    this.#project = project;
  }

  static async open({ home, databaseUrl }: Scratch): Promise<House> {
    return new House(await startDrawloom({ home, env: { DATABASE_URL: databaseUrl } }));
  }

  close(): Promise<void> {
    return this.program.stop();
  }

  async ask<T>(route: string, json?: unknown, method = 'POST'): Promise<T> {
    const body = json === undefined ? {} : { method, body: JSON.stringify(json) };
    const answer = await this.program.fetch(`/api/v1${route}`, {
      ...body,
      headers: { 'content-type': 'application/json' },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }

  async project(): Promise<string> {
    if (this.#project === undefined) {
      const { projects } = await this.ask<{ projects: { id: string }[] }>('/session');
      this.#project = projects[0]!.id;
    }
    return this.#project;
  }

  async addPipeline(document: unknown): Promise<string> {
    return (await this.ask<{ id: string }>(`/projects/${await this.project()}/pipelines`, { document })).id;
  }

  /** Starts a run in which nothing is reused; resolves with the answer of the call. */
  async start(pipeline: string): Promise<number> {
    const { run } = await this.ask<{ run: { id: number } }>(`/pipelines/${pipeline}/runs`, { reuse: false });
    return run.id;
  }

  /** The value that a node of a run gave. */
  async valueOf(run: number, node: string): Promise<unknown> {
    const { nodes } = await this.ask<{ nodes: { node: string; outputs: { sha256: string }[] }[] }>(`/runs/${run}`);
    const sha256 = nodes.find((one) => one.node === node)?.outputs[0]?.sha256;
    return this.ask(`/projects/${await this.project()}/artifacts/${sha256}/content`);
  }
}

export interface Stream {
  close(): void;
}

/** Holds the stream of events open, as a page does. Resolves once the server has it; what commits from then on is heard. */
export async function listen(house: House, onEvent: (event: HouseEvent) => void): Promise<Stream> {
  const gone = new AbortController();
  const answer = await house.program.fetch(`/api/v1/projects/${await house.project()}/events`, { signal: gone.signal });
  if (!answer.ok || !answer.body) throw new Error(`The stream of events was refused: ${answer.status}.`);
  const parts = answer.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let rest = (await parts.next()).value ?? ''; // the greeting: from here on nothing is missed
  const read = async () => {
    for (;;) {
      const blocks = rest.split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data && data !== '{}') onEvent(HouseEventSchema.parse(JSON.parse(data)));
      }
      const next = await parts.next();
      if (next.done) return;
      rest += next.value;
    }
  };
  read().catch((problem) => {
    if (!gone.signal.aborted) throw problem;
  });
  return { close: () => gone.abort() };
}

/** Hears of runs that end, and of nodes that begin. */
export class Ends {
  readonly #heard = new Map<string, string>();
  readonly #waiting = new Map<string, (status: string) => void>();
  #stream: Stream | undefined;

  static async of(house: House): Promise<Ends> {
    const ends = new Ends();
    ends.#stream = await listen(house, (event) => {
      if (event.kind === 'run' && isRunFinal(event.status)) ends.#hear(`${event.run}`, event.status);
      if (event.kind !== 'nodes') return;
      for (const { node, status } of event.changes)
        if (status === 'running') ends.#hear(`${event.run} ${node}`, status);
    });
    return ends;
  }

  #hear(what: string, status: string): void {
    this.#heard.set(what, status);
    this.#waiting.get(what)?.(status);
  }
  async #hearingOf(what: string): Promise<string> {
    return this.#heard.get(what) ?? (await new Promise<string>((resolve) => this.#waiting.set(what, resolve)));
  }

  /** throws  when the run did not do well: its figure would say nothing */
  async wait(run: number): Promise<void> {
    const status = await this.ending(run);
    if (status !== 'succeeded') throw new Error(`Run ${run}, which was to succeed, is ${status}.`);
  }

  /** How the run ends. */
  ending(run: number): Promise<string> {
    return this.#hearingOf(`${run}`);
  }

  /** Until a node of the run is under way. */
  async begin(run: number, node: string): Promise<void> {
    await this.#hearingOf(`${run} ${node}`);
  }

  close(): void {
    this.#stream?.close();
  }
}
