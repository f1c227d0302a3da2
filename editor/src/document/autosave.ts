/**
 * Decides when a drawing is saved and what happens when that fails. Two seconds after an edit at the latest it is on the server;
 * when somebody was faster, both edits are merged and saved again; when the server is away, it is tried as soon as it is back.
 */
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { call, ProblemError, problemOf, routes } from '../api/call.ts';
import { useLine } from '../api/line.ts';
import { t } from '../words/index.ts';
import { type Conflict, mergeDocuments } from './merge.ts';

export type Saving =
  | { is: 'saved'; at: number }
  | { is: 'unsaved' }
  | { is: 'saving' }
  | { is: 'offline' }
  | { is: 'refused'; problem: ProblemError };

interface Host {
  document: () => PipelineDocument;
  adopt: (document: PipelineDocument, conflicts: readonly Conflict[]) => void;
  tell: (saving: Saving) => void;
  /** Writes the drawing down on this machine; resolves when that is done. */
  keep: (when: 'now' | 'soon') => Promise<unknown>;
  mayStill: () => boolean;
}

const afterLastEditMs = 600;
const latestMs = 1600;

export class Autosave {
  revision: number;
  /** What the server has under that revision. */
  saved: PipelineDocument;
  readonly #id: string;
  readonly #host: Host;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dirtySince: number | null = null;
  #saving: Promise<void> | null = null;
  #heard = 0;
  #closed = false;
  readonly #forgetLine: () => void;

  constructor(pipeline: Pipeline, host: Host) {
    this.#id = pipeline.id;
    this.revision = pipeline.revision;
    this.saved = pipeline.document;
    this.#host = host;
    this.#forgetLine = useLine.subscribe((line, before) => {
      if (line.returns === before.returns) return;
      void this.#catchUp();
      if (this.#dirty) this.#schedule(0);
    });
    document.addEventListener('visibilitychange', this.#hidden);
  }

  get #dirty(): boolean {
    return this.#host.document() !== this.saved;
  }

  touched(): void {
    if (!this.#dirty) {
      this.#dirtySince = null;
      clearTimeout(this.#timer);
      this.#host.tell({ is: 'saved', at: Date.now() });
      return;
    }
    this.#dirtySince ??= Date.now();
    this.#host.tell({ is: 'unsaved' });
    if (!useLine.getState().online) void this.#tellKept('soon');
    this.#schedule(Math.min(afterLastEditMs, Math.max(0, this.#dirtySince + latestMs - Date.now())));
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#saving) await this.#saving;
    if (this.#dirty) await this.#save(true);
    if (this.#dirty && !this.#host.mayStill())
      throw new ProblemError({
        code: 'conflict',
        message: t('Somebody else changed the same place. Choose what stands, then go on.'),
        at: '',
        status: 409,
      });
  }

  heardOf(revision: number): void {
    this.#heard = Math.max(this.#heard, revision);
    if (!this.#saving) void this.#catchUp();
  }

  replaced(pipeline: Pipeline): void {
    this.revision = pipeline.revision;
    this.saved = pipeline.document;
    this.#host.adopt(pipeline.document, []);
    this.#host.tell({ is: 'saved', at: Date.now() });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#forgetLine();
    document.removeEventListener('visibilitychange', this.#hidden);
  }

  readonly #hidden = () => {
    if (document.visibilityState !== 'hidden' || !this.#dirty) return;
    void this.#host.keep('now'); // this may be the last moment of the tab
    this.#schedule(0);
  };

  /** Says that edits are kept on this machine, and only once they are. */
  async #tellKept(when: 'now' | 'soon'): Promise<void> {
    await this.#host.keep(when);
    if (this.#dirty && !this.#saving && !useLine.getState().online) this.#host.tell({ is: 'offline' });
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      if (!this.#saving && this.#dirty) void this.#save(false);
    }, ms);
  }

  async #save(strict: boolean): Promise<void> {
    if (!this.#host.mayStill()) return;
    const work = this.#attempt();
    this.#saving = work.catch(() => undefined);
    try {
      await work;
    } catch (error) {
      const problem = problemOf(error);
      if (problem.offline) {
        await this.#host.keep('now');
        this.#host.tell({ is: 'offline' });
        this.#schedule(5000);
      } else this.#host.tell({ is: 'refused', problem });
      if (strict) throw problem;
    } finally {
      this.#saving = null;
    }
    if (this.#heard > this.revision) await this.#catchUp();
    if (this.#dirty && !this.#closed && useLine.getState().online) {
      this.#dirtySince = Date.now();
      this.#schedule(afterLastEditMs);
    }
  }

  async #attempt(): Promise<void> {
    for (let round = 0; ; round++) {
      const document = this.#host.document();
      this.#dirtySince = null;
      this.#host.tell({ is: 'saving' });
      try {
        const answer = await call(routes.savePipeline, {
          params: { pipeline: this.#id },
          body: { revision: this.revision, document: document as unknown as Json },
        });
        this.revision = answer.revision;
        this.saved = document;
        this.#host.tell(this.#dirty ? { is: 'unsaved' } : { is: 'saved', at: Date.now() });
        return;
      } catch (error) {
        if (problemOf(error).status !== 409 || round >= 5) throw error;
        await this.#takeTheirs();
        if (!this.#host.mayStill()) {
          this.#host.tell({ is: 'unsaved' });
          return;
        }
      }
    }
  }

  /** Fetches what others saved and merges what is unsaved here into it. */
  async #takeTheirs(): Promise<void> {
    const theirs = await call(routes.getPipeline, { params: { pipeline: this.#id } });
    if (theirs.revision <= this.revision) return;
    const mine = this.#host.document();
    const { document, conflicts } =
      mine === this.saved
        ? { document: theirs.document, conflicts: [] }
        : mergeDocuments(this.saved, mine, theirs.document);
    this.revision = theirs.revision;
    this.saved = theirs.document;
    this.#host.adopt(document, conflicts);
  }

  async #catchUp(): Promise<void> {
    if (this.#heard <= this.revision || this.#closed) return;
    const clean = !this.#dirty;
    try {
      await this.#takeTheirs();
      if (clean) this.#host.tell({ is: 'saved', at: Date.now() });
      else this.#schedule(afterLastEditMs);
    } catch {
      // the next save finds out
    }
  }
}
