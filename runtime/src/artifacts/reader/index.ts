/**
 * Decides how the server looks into artifacts without ever reading their bytes itself: a few sandboxed processes, each for
 * one artifact, answer requests until they have been idle for a while, and are ended when they take too long or too much.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { typeless, typelessFolder } from '../../typeless/index.ts';
import type {
  Answer,
  Opening,
  Page,
  PageRequest,
  Plan,
  Preview,
  Profile,
  Question,
  ReaderProblem,
  ReaderRequest,
  Schema,
} from './request.ts';

export type { Filter, Page, PageRequest, Plan, Preview, Profile, Question, Schema, Sort } from './request.ts';

/** What the reader needs of a sandbox slot. */
export interface ReaderSlot {
  readonly jobFolder: string;
  readonly exited: Promise<{ oom: boolean }>;
  link(file: string, as: string): Promise<void>;
  dispatch(message: object, limits: { timeoutMs: number; memoryBytes: number; diskBytes: number; pids: number }): void;
  onMessage(take: (message: Record<string, unknown>) => void): void;
  onStderr(take: (chunk: Buffer) => void): void;
  onStdout(take: (chunk: Buffer) => void): void;
  kill(reason: string, graceMs?: number): Promise<void>;
  release(): Promise<void>;
}

export interface TableReaderOptions {
  /** A process parked with `readerProgram`, and where it sees its inputs: `/in` in a sandbox. */
  acquire(): Promise<{ slot: ReaderSlot; inside: string }>;
  /** A file on this machine that holds the artifact's bytes. */
  localFile(sha256: string): Promise<string>;
  /** For requests on their way into a slot; on the file system of the slots, so that they are linked. */
  folder: string;
  mostProcesses?: number;
  idleMs?: number;
  requestTimeoutMs?: number;
  memoryBytes?: number;
  threads?: number;
}

export class ReaderError extends Error {
  override name = 'ReaderError';
  /** `busy`: too many tables are looked at right now. `timeout`, `ended`: the process was stopped. */
  readonly code: ReaderProblem | 'busy' | 'timeout' | 'ended';
  constructor(code: ReaderError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** What a slot runs, and which folders it must see for that. */
export const readerProgram = {
  kind: 'exec' as const,
  argv: [process.execPath, typeless(path.join(import.meta.dirname, 'child.ts'))],
  env: { TZ: 'UTC', NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
};
export function readerFolders(): string[] {
  const require = createRequire(import.meta.url);
  const duckdb = path.dirname(path.dirname(require.resolve('@duckdb/node-api/package.json')));
  return [
    path.dirname(process.execPath),
    duckdb,
    import.meta.dirname,
    path.resolve(import.meta.dirname, '../../execute/node-host'),
    ...[typelessFolder() ?? []].flat(),
  ];
}

/** What is asked of a process that has no file in front of it goes by a name that no digest has. */
const withoutFile = 'plan ';

export class TableReader {
  readonly #options: Required<TableReaderOptions>;
  /** By artifact; the order is that of last use, the oldest first. */
  readonly #open = new Map<string, Promise<OpenFile>>();
  #closed = false;

  constructor(options: TableReaderOptions) {
    this.#options = {
      mostProcesses: 4,
      idleMs: 60_000,
      requestTimeoutMs: 20_000,
      memoryBytes: 512 * 2 ** 20,
      threads: 2,
      ...options,
    };
  }

  /** Rows, sorted and filtered. throws ReaderError */
  page(sha256: string, request: PageRequest): Promise<Page> {
    return this.#ask(sha256, { ask: 'page', ...request });
  }

  /** What each column holds. throws ReaderError */
  profile(sha256: string): Promise<Profile> {
    return this.#ask(sha256, { ask: 'profile' });
  }

  schema(sha256: string): Promise<Schema> {
    return this.#ask(sha256, { ask: 'schema' });
  }

  /** What a query gives over empty tables. Whose it is keeps what one project asks apart from what others ask. throws ReaderError */
  plan(whose: string, question: Question): Promise<Plan> {
    return this.#ask(`${withoutFile}${whose}`, { ask: 'plan', ...question });
  }

  /** The beginning of a CSV, JSON or text file. throws ReaderError */
  preview(
    sha256: string,
    { rows = 100, maxBytes = 64 * 1024 }: { rows?: number; maxBytes?: number } = {},
  ): Promise<Preview> {
    return this.#ask(sha256, { ask: 'preview', rows, maxBytes });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const files = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(files.map(async (file) => (await file).end('closed')));
  }

  async #ask<T>(sha256: string, request: ReaderRequest): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const file = await this.#fileOf(sha256);
      try {
        return (await file.ask(request)) as T;
      } catch (error) {
        // It may have been ended for being idle just as it was asked; a fresh one is asked once.
        const isGone = error instanceof ReaderError && error.code === 'ended' && file.answered > 0;
        if (!isGone || attempt > 0) throw error;
        // It may still be on its way out; whoever asks next must not meet it again.
        const known = this.#open.get(sha256);
        if (known && (await known.catch(() => undefined)) === file && this.#open.get(sha256) === known)
          this.#open.delete(sha256);
      }
    }
  }

  async #fileOf(sha256: string): Promise<OpenFile> {
    if (this.#closed) throw new ReaderError('ended', 'The server is stopping. Ask again in a moment.');
    const known = this.#open.get(sha256);
    if (known) {
      this.#open.delete(sha256);
      this.#open.set(sha256, known);
      return known;
    }
    await this.#makeRoom();
    const opening = this.#openFile(sha256);
    this.#open.set(sha256, opening);
    const forget = () => {
      if (this.#open.get(sha256) === opening) this.#open.delete(sha256);
    };
    opening.then((file) => file.ended.then(forget), forget);
    return opening;
  }

  /** Ends the one that was longest not asked and is not working; all working means that it is too much at once. */
  async #makeRoom(): Promise<void> {
    if (this.#open.size < this.#options.mostProcesses) return;
    for (const [sha256, opening] of this.#open) {
      const file = await opening.catch(() => undefined);
      if (file?.busy) continue;
      this.#open.delete(sha256);
      await file?.end('room');
      return;
    }
    throw new ReaderError('busy', 'Several large tables are being looked at right now. Try again in a few seconds.');
  }

  async #openFile(sha256: string): Promise<OpenFile> {
    const { acquire, localFile, folder, memoryBytes, threads } = this.#options;
    const bytes = sha256.startsWith(withoutFile) ? null : await localFile(sha256);
    const { slot, inside } = await acquire();
    try {
      await mkdir(folder, { recursive: true });
      const requests = await mkdtemp(path.join(folder, 'reader-'));
      if (bytes !== null) await slot.link(bytes, 'data');
      const opening: Opening = { file: `${inside}/data`, folder: inside, memoryBytes: memoryBytes * 0.7, threads };
      const file = new OpenFile(slot, requests, this.#options);
      // Its time is kept per request; this bound is for a process that nobody ends.
      slot.dispatch(opening, { timeoutMs: 6 * 3_600_000, memoryBytes, diskBytes: 2 * 2 ** 30, pids: 64 });
      return file;
    } catch (error) {
      await slot.kill('unused', 0);
      await slot.release();
      throw error;
    }
  }
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: ReaderError): void;
  timer: NodeJS.Timeout;
}

/** One process with one artifact in front of it. */
class OpenFile {
  readonly ended: Promise<void>;
  answered = 0;
  readonly #slot: ReaderSlot;
  readonly #requests: string;
  readonly #options: Required<TableReaderOptions>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #over = Promise.withResolvers<void>();
  #count = 0;
  #idle: NodeJS.Timeout | undefined;
  #reason: ReaderError | undefined;
  #said = '';

  constructor(slot: ReaderSlot, requests: string, options: Required<TableReaderOptions>) {
    this.#slot = slot;
    this.#requests = requests;
    this.#options = options;
    this.ended = this.#over.promise;
    slot.onMessage((message) => this.#hear(message as unknown as Answer));
    // Nothing is printed unless something is wrong; the end of it says what.
    const keep = (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-2000);
    };
    slot.onStderr(keep);
    slot.onStdout(() => {});
    void slot.exited.then(({ oom }) => this.#gone(oom));
  }

  get busy(): boolean {
    return this.#waiting.size > 0;
  }

  async ask(request: ReaderRequest): Promise<unknown> {
    if (this.#reason) throw this.#reason;
    clearTimeout(this.#idle);
    const id = ++this.#count;
    const answered = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => void this.end('timeout'), this.#options.requestTimeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
    });
    answered.catch(() => {});
    try {
      const name = `request-${id}.json`;
      await writeFile(path.join(this.#requests, name), JSON.stringify(request), { mode: 0o644 });
      await this.#slot.link(path.join(this.#requests, name), name);
    } catch (error) {
      await this.end('broken');
      if (!this.#reason) throw error;
    }
    return answered;
  }

  async end(why: 'idle' | 'room' | 'closed' | 'timeout' | 'broken'): Promise<void> {
    this.#reason ??=
      why === 'timeout'
        ? new ReaderError(
            'timeout',
            `Looking into this table took longer than ${Math.round(this.#options.requestTimeoutMs / 1000)} seconds. Ask for less, or use a SQL node.`,
          )
        : new ReaderError('ended', 'The process that reads this table was ended. Ask again.');
    await this.#slot.kill(why, 0);
    await this.ended;
  }

  #hear(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    this.#waiting.delete(answer.id);
    clearTimeout(waiting.timer);
    this.answered++;
    if (answer.type === 'answer') waiting.resolve(answer.value);
    else waiting.reject(new ReaderError(answer.code, answer.message));
    void rm(path.join(this.#requests, `request-${answer.id}.json`), { force: true });
    if (!this.busy) this.#idle = setTimeout(() => void this.end('idle'), this.#options.idleMs).unref();
  }

  async #gone(oom: boolean): Promise<void> {
    clearTimeout(this.#idle);
    if (this.#said && !this.#reason) console.error(`A table reader ended: ${this.#said}`);
    this.#reason ??= oom
      ? new ReaderError(
          'too_big',
          'Looking into this table needs more memory than it may have. Ask for less, or use a SQL node.',
        )
      : new ReaderError(
          'ended',
          'The process that reads this table ended by itself. Ask again; if it happens again, the file may be damaged.',
        );
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(this.#reason);
    }
    this.#waiting.clear();
    await Promise.allSettled([this.#slot.release(), rm(this.#requests, { recursive: true, force: true })]);
    this.#over.resolve();
  }
}
