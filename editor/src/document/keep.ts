/**
 * Keeps a copy of the open drawing and its undo history on this machine, so that neither a closed tab nor a server that is away
 * loses an edit. Without IndexedDB (private windows of some browsers) nothing is kept and nothing else changes.
 */
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import type { History } from './history.ts';

export interface Kept {
  pipeline: string;
  /** What the server had when these edits began. */
  revision: number;
  base: PipelineDocument;
  document: PipelineDocument;
  history: History;
  at: number;
}

const name = 'drawloom';
const table = 'drawings';
let opening: Promise<IDBDatabase | null> | undefined;

function database(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(table, { keyPath: 'pipeline' });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
      request.onblocked = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opening;
}

async function ask<T>(mode: IDBTransactionMode, what: (store: IDBObjectStore) => IDBRequest): Promise<T | undefined> {
  const db = await database();
  if (!db) return undefined;
  return new Promise((resolve) => {
    try {
      const request = what(db.transaction(table, mode).objectStore(table));
      request.onsuccess = () => resolve(request.result as T);
      request.onerror = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
}

export const readKept = (pipeline: string): Promise<Kept | undefined> =>
  ask<Kept>('readonly', (store) => store.get(pipeline));
export const keep = (kept: Kept): Promise<unknown> => ask('readwrite', (store) => store.put(kept));
export const forget = (pipeline: string): Promise<unknown> => ask('readwrite', (store) => store.delete(pipeline));
