/**
 * The open drawing: one object per open pipeline that holds the document outside of React, changes it by named edits, and saves it.
 * Components read slices of it (`useDrawing`) and call its methods; nothing else writes.
 */
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { ColumnFlow } from '@drawloom/shared/columns/flow.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { examine, type Shapes } from '@drawloom/shared/pipeline/checks.ts';
import type { NodeId, PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { needsTags, unknownTags } from '@drawloom/shared/pipeline/tags.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { toast } from '../ui/overlays.tsx';
import { t } from '../words/index.ts';
import { told } from '../words/told.ts';
import { Autosave, type Saving } from './autosave.ts';
import { edit, type History, noHistory, redo, undo } from './history.ts';
import { keep, readKept } from './keep.ts';
import { type Conflict, equal, mergeDocuments } from './merge.ts';
import { isReady, languagesOf, loadReaders } from './readers/late.ts';
import { ShapeBook } from './shapes.ts';
import { ColumnSight } from './sight.ts';

export interface Selection {
  nodes: ReadonlySet<NodeId>;
  edges: ReadonlySet<string>;
}
export const nothing: Selection = { nodes: new Set(), edges: new Set() };

export interface DrawingState {
  document: PipelineDocument;
  shapes: Shapes;
  history: History;
  selection: Selection;
  problems: readonly Problem[];
  /** Which columns its tables have; null until the drawing was first checked. */
  columns: ColumnFlow | null;
  /** The worst that is wrong with each node, for its card. */
  nodeMarks: Readonly<Record<NodeId, 'error' | 'warning'>>;
  saving: Saving;
  /** Fields that two people changed differently and that wait for a choice. */
  conflicts: readonly Conflict[];
  trusted: boolean;
  readOnly: boolean;
}

export class Drawing {
  readonly id: string;
  readonly project: string;
  readonly catalog: Catalog;
  readonly store: StoreApi<DrawingState>;
  readonly #book: ShapeBook;
  readonly #autosave: Autosave;
  readonly #sight: ColumnSight;
  #checking: ReturnType<typeof setTimeout> | undefined;
  #keeping: ReturnType<typeof setTimeout> | undefined;
  #kept: Promise<unknown> | undefined;

  constructor(pipeline: Pipeline, catalog: Catalog, readOnly: boolean) {
    this.id = pipeline.id;
    this.project = pipeline.project;
    this.catalog = catalog;
    this.#book = new ShapeBook(catalog);
    this.store = createStore<DrawingState>(() => ({
      document: pipeline.document,
      shapes: this.#book.of(pipeline.document),
      history: noHistory,
      selection: nothing,
      problems: [],
      columns: null,
      nodeMarks: {},
      saving: { is: 'saved', at: Date.parse(pipeline.updatedAt) },
      conflicts: [],
      trusted: pipeline.trusted,
      readOnly,
    }));
    this.#autosave = new Autosave(pipeline, {
      document: () => this.document,
      adopt: (document, conflicts) => this.#adopt(document, conflicts),
      tell: (saving) => {
        this.store.setState({ saving });
        if (saving.is === 'saved') void this.#keepNow();
      },
      keep: (when) => (when === 'now' ? this.#keepNow() : this.#keepSoon()),
      // what somebody still has to choose between is not saved over theirs
      mayStill: () => !this.store.getState().readOnly && this.store.getState().conflicts.length === 0,
    });
    this.#sight = new ColumnSight(this, () => this.#checkSoon());
    this.#check();
    void this.#sight.look();
  }

  get document(): PipelineDocument {
    return this.store.getState().document;
  }
  get shapes(): Shapes {
    return this.store.getState().shapes;
  }
  get selection(): Selection {
    return this.store.getState().selection;
  }
  get revision(): number {
    return this.#autosave.revision;
  }

  /** Takes up what this machine kept: unsaved edits, and the undo history. */
  async resume(): Promise<void> {
    const kept = await readKept(this.id);
    if (!kept || this.store.getState().readOnly) return;
    const server = this.document;
    if (equal(kept.document as never, server as never)) {
      this.#put(server, kept.history); // saved since; only the history was missing
    } else if (kept.revision === this.#autosave.revision) {
      this.#put(kept.document, kept.history);
    } else if (!equal(kept.base as never, kept.document as never)) {
      const { document, conflicts } = mergeDocuments(kept.base, kept.document, server);
      this.#put(document, noHistory, conflicts);
      toast(t('Edits that had not been saved were found on this machine and taken up.'));
    }
    if (this.document !== server) this.#autosave.touched();
  }

  /** One step of undo, under a name that people read. Edits with the same `key` in quick succession are one step. */
  edit(name: string, recipe: (draft: PipelineDocument) => void, key: string | null = null): boolean {
    const { document, history, readOnly } = this.store.getState();
    if (readOnly) return false;
    const edited = edit(document, history, name, recipe, key, Date.now());
    if (!edited) return false;
    this.#put(edited.document, edited.history);
    this.#autosave.touched();
    return true;
  }

  undo(): string | null {
    return this.#step(undo);
  }
  redo(): string | null {
    return this.#step(redo);
  }
  #step(step: typeof undo): string | null {
    const { document, history, readOnly } = this.store.getState();
    const stepped = readOnly ? null : step(document, history);
    if (!stepped) return null;
    if (!stepped.fits)
      toast(
        t('“{name}” no longer fits, since somebody else changed the same place; it was left out.', {
          name: stepped.entry.name,
        }),
      );
    this.#put(stepped.document, stepped.history);
    this.#autosave.touched();
    return stepped.entry.name;
  }

  select(selection: Partial<Selection>): void {
    const next = { ...nothing, ...selection };
    const { selection: before } = this.store.getState();
    if (same(before.nodes, next.nodes) && same(before.edges, next.edges)) return;
    this.store.setState({ selection: next });
  }

  /** Saves what is unsaved now; resolves once the server has it, rejects with the problem when it cannot. */
  flush(): Promise<void> {
    return this.#autosave.flush();
  }
  /** Somebody saved: takes their edits in, unless it was us. */
  heardOf(revision: number): void {
    this.#autosave.heardOf(revision);
  }
  /** A run of it has ended: what it gave is looked at. */
  heardOfRun(): void {
    void this.#sight.look();
  }
  /** The answer of a call that changed the drawing on the server (restoring a version, accepting imported code). */
  replaceBy(pipeline: Pipeline): void {
    this.store.setState({ trusted: pipeline.trusted });
    this.#autosave.replaced(pipeline);
  }

  resolve(choices: ReadonlyMap<Conflict, 'mine' | 'theirs'>): void {
    const { conflicts } = this.store.getState();
    this.edit(t('Choose between two edits'), (draft) => {
      for (const conflict of conflicts) {
        if (choices.get(conflict) !== 'theirs') continue;
        let at = draft as unknown as Record<string, unknown>;
        for (const part of conflict.path.slice(0, -1)) {
          at = at?.[part] as Record<string, unknown>;
          if (typeof at !== 'object' || at === null) break;
        }
        const last = conflict.path.at(-1);
        if (!at || last === undefined) continue;
        if (conflict.theirs === undefined) delete at[last];
        else at[last] = structuredClone(conflict.theirs);
      }
    });
    this.store.setState({ conflicts: [] });
    this.#autosave.touched();
  }

  close(): void {
    clearTimeout(this.#checking);
    clearTimeout(this.#keeping);
    this.#sight.close();
    void this.#autosave.flush().catch(() => undefined);
    this.#autosave.close();
    void this.#keepNow();
  }

  #adopt(document: PipelineDocument, conflicts: readonly Conflict[]): void {
    this.#put(document, this.store.getState().history, conflicts);
  }

  #put(document: PipelineDocument, history: History, conflicts?: readonly Conflict[]): void {
    const before = this.store.getState();
    const gone = [...before.selection.nodes].some((id) => !document.nodes[id]);
    const goneEdges = [...before.selection.edges].some((id) => !document.edges[id]);
    this.store.setState({
      document,
      history,
      shapes: this.#book.of(document),
      ...(conflicts ? { conflicts: [...before.conflicts, ...conflicts] } : {}),
      ...(gone || goneEdges
        ? {
            selection: {
              nodes: new Set([...before.selection.nodes].filter((id) => document.nodes[id])),
              edges: new Set([...before.selection.edges].filter((id) => document.edges[id])),
            },
          }
        : {}),
    });
    this.#checkSoon();
    void this.#keepSoon();
  }

  #checkSoon(): void {
    clearTimeout(this.#checking);
    this.#checking = setTimeout(() => this.#check(), Object.keys(this.document.nodes).length > 1500 ? 400 : 90);
  }

  /** Once for all that is edited in quick succession. Resolves when it is kept. */
  #keepSoon(): Promise<unknown> {
    this.#kept ??= new Promise((resolve) => {
      this.#keeping = setTimeout(() => {
        this.#kept = undefined;
        resolve(this.#keepNow());
      }, 400);
    });
    return this.#kept;
  }

  #check(): void {
    const languages = languagesOf(this.document, this.catalog);
    if (![...languages].every(isReady)) {
      void loadReaders(languages).then(() => this.#check()); // nodes in another language came by paste or from somebody else
      return;
    }
    const { problems: found, columns } = examine(this.document, this.catalog, this.#sight);
    const { tags } = this.#sight;
    if (!tags && needsTags(this.document)) void this.#sight.askTags();
    const all = tags ? [...found, ...unknownTags(this.document, tags)] : found;
    const problems = all.map((problem) => ({ ...problem, message: told(problem.message) }));
    this.#sight.ask(columns.open());
    this.store.setState({ columns });
    const before = this.store.getState();
    if (equal(before.problems as never, problems as never)) return;
    const nodeMarks: Record<NodeId, 'error' | 'warning'> = {};
    for (const { node, severity } of problems) if (node && nodeMarks[node] !== 'error') nodeMarks[node] = severity;
    this.store.setState({ problems, nodeMarks });
  }

  #keepNow(): Promise<unknown> {
    const { document, history } = this.store.getState();
    const { revision, saved } = this.#autosave;
    return keep({ pipeline: this.id, revision, base: saved, document, history, at: Date.now() });
  }
}

const same = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  if (a.size !== b.size) return false;
  for (const one of a) if (!b.has(one)) return false;
  return true;
};
