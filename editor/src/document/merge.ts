/**
 * Decides what comes of two people's edits of one drawing: what only one of them touched is taken as it is; where both touched the
 * same field and do not agree, somebody has to choose. Records are walked by key; lists, numbers, words and code are one field each.
 */
import { canonical, type Json } from '@drawloom/shared/json.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';

export interface Conflict {
  path: readonly string[];
  base: Json | undefined;
  mine: Json | undefined;
  theirs: Json | undefined;
}

/** The merged drawing, with mine standing where there is a conflict, and the conflicts. */
export function mergeDocuments(
  base: PipelineDocument,
  mine: PipelineDocument,
  theirs: PipelineDocument,
): { document: PipelineDocument; conflicts: Conflict[] } {
  const conflicts: Conflict[] = [];
  const merged = merge(base as unknown as Json, mine as unknown as Json, theirs as unknown as Json, [], conflicts);
  const document = merged as unknown as PipelineDocument;
  return { document: withoutLooseEnds(document), conflicts: conflicts.filter(({ path }) => path[0] !== 'looks') };
}

function merge(
  base: Json | undefined,
  mine: Json | undefined,
  theirs: Json | undefined,
  path: readonly string[],
  conflicts: Conflict[],
): Json | undefined {
  if (equal(mine, theirs)) return mine;
  if (equal(base, mine)) return theirs;
  if (equal(base, theirs)) return mine;
  if (isRecord(mine) && isRecord(theirs) && (isRecord(base) || base === undefined)) {
    const before = isRecord(base) ? base : {};
    const out: Record<string, Json> = {};
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
      const value = merge(own(before, key), own(mine, key), own(theirs, key), [...path, key], conflicts);
      if (value !== undefined) out[key] = value;
    }
    return out;
  }
  conflicts.push({ path, base, mine, theirs });
  return mine;
}

/** One of them removed a node that the other connected, or lets another node wait for: that has nowhere to go. */
function withoutLooseEnds(given: PipelineDocument): PipelineDocument {
  const document = withoutLooseWaits(given);
  const loose = Object.entries(document.edges).filter(
    ([, edge]) => !document.nodes[edge.from.node] || !document.nodes[edge.to.node],
  );
  if (loose.length === 0) return document;
  const edges = { ...document.edges };
  for (const [id] of loose) delete edges[id];
  return { ...document, edges };
}

function withoutLooseWaits(document: PipelineDocument): PipelineDocument {
  const loose = Object.entries(document.nodes).filter(([, node]) => node.after?.some((id) => !document.nodes[id]));
  if (loose.length === 0) return document;
  const nodes = { ...document.nodes };
  for (const [id, { after, ...rest }] of loose) {
    const left = after!.filter((before) => document.nodes[before]);
    nodes[id] = left.length > 0 ? { ...rest, after: left } : rest;
  }
  return { ...document, nodes };
}

const own = (record: Record<string, Json>, key: string): Json | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
const isRecord = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return canonical(a) === canonical(b);
}
