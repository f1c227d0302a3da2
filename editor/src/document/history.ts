/** Decides what one step of undo is: a named edit with its patches both ways, and which edits run together into one step. */

import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { apply, create, type Patches } from 'mutative';

export interface Entry {
  name: string;
  at: number;
  /** Edits with the same key in quick succession are one step (typing in one field, nudging one selection). */
  key: string | null;
  patches: Patches;
  inverse: Patches;
}
export interface History {
  past: readonly Entry[];
  future: readonly Entry[];
}
export const noHistory: History = { past: [], future: [] };

const togetherMs = 1200;
const longest = 500;

export interface Edited {
  document: PipelineDocument;
  history: History;
}

/** The drawing after an edit, or null when the edit changed nothing. */
export function edit(
  document: PipelineDocument,
  history: History,
  name: string,
  recipe: (draft: PipelineDocument) => void,
  key: string | null,
  at: number,
): Edited | null {
  // through `object`, since the types of drafts cannot follow JSON into its depths
  const [next, patches, inverse] = create(document as object, (draft) => recipe(draft as PipelineDocument), {
    enablePatches: true,
  }) as unknown as [PipelineDocument, Patches, Patches];
  if (patches.length === 0) return null;
  const last = history.past.at(-1);
  const together = key !== null && last?.key === key && at - last.at < togetherMs && history.future.length === 0;
  const entry: Entry = together
    ? { ...last, at, patches: [...last.patches, ...patches], inverse: [...inverse, ...last.inverse] }
    : { name, at, key, patches, inverse };
  const past = together ? [...history.past.slice(0, -1), entry] : [...history.past, entry];
  return { document: next, history: { past: past.slice(-longest), future: [] } };
}

/** One step back. Null when there is none; a step that no longer fits (its node went with somebody else's edit) is dropped. */
export function undo(document: PipelineDocument, history: History): (Edited & { entry: Entry; fits: boolean }) | null {
  const entry = history.past.at(-1);
  if (!entry) return null;
  const past = history.past.slice(0, -1);
  try {
    return {
      document: apply(document as object, entry.inverse) as PipelineDocument,
      history: { past, future: [entry, ...history.future] },
      entry,
      fits: true,
    };
  } catch {
    return { document, history: { past, future: history.future }, entry, fits: false };
  }
}

export function redo(document: PipelineDocument, history: History): (Edited & { entry: Entry; fits: boolean }) | null {
  const [entry, ...future] = history.future;
  if (!entry) return null;
  try {
    return {
      document: apply(document as object, entry.patches) as PipelineDocument,
      history: { past: [...history.past, { ...entry, key: null }], future },
      entry,
      fits: true,
    };
  } catch {
    return { document, history: { past: history.past, future }, entry, fits: false };
  }
}
