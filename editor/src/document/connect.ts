/** Decides whether a wire may be, beyond what the shared check knows of one edge: it must not close a circle. */
import { judgeEdge, type Shapes } from '@drawloom/shared/pipeline/checks.ts';
import type { Edge, NodeId, PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { t } from '../words/index.ts';
import { told } from '../words/told.ts';
import { neighbours, reachable } from './shapes.ts';

/** Why a wire may not be, in a sentence; null when it may. `cycle` names the nodes of the circle it would close. */
export function refusal(
  document: PipelineDocument,
  shapes: Shapes,
  edge: Edge,
): { message: string; cycle?: readonly NodeId[] } | null {
  const problem = judgeEdge(document, shapes, edge);
  if (problem) return { message: told(problem.message) };
  const cycle = pathBetween(document, edge.to.node, edge.from.node);
  if (!cycle) return null;
  const names = cycle.map((id) => document.nodes[id]?.name ?? id);
  const shown = names.length > 5 ? [...names.slice(0, 2), '…', ...names.slice(-2)] : names;
  return {
    message: t('This would close a circle, and each node would wait for the other: {path} → {first}.', {
      path: shown.join(' → '),
      first: names[0]!,
    }),
    cycle,
  };
}

/** Tells of other nodes whether this one may wait for their end: null when it may, else why not. */
export function mayWait(document: PipelineDocument, node: NodeId): (before: NodeId) => string | null {
  const following = reachable(document, [node], 'out');
  const after = new Set(document.nodes[node]?.after);
  const name = document.nodes[node]?.name ?? node;
  return (before) => {
    if (after.has(before)) return t('“{name}” waits for it already.', { name });
    if (before !== node && following.has(before)) return t('It comes after “{name}” itself.', { name });
    return before === node ? t('No node waits for itself.') : null;
  };
}

/** The nodes on a shortest way along edges and waits, both ends included; null when there is none. */
export function pathBetween(document: PipelineDocument, from: NodeId, to: NodeId): NodeId[] | null {
  const came = new Map<NodeId, NodeId | null>([[from, null]]);
  const queue: NodeId[] = [from];
  for (let head = 0; head < queue.length; head++) {
    const id = queue[head]!;
    if (id === to) {
      const path: NodeId[] = [];
      for (let at: NodeId | null = id; at !== null; at = came.get(at) ?? null) path.unshift(at);
      return path;
    }
    for (const next of neighbours(document, id, 'out'))
      if (!came.has(next)) {
        came.set(next, id);
        queue.push(next);
      }
  }
  return null;
}

/** Whether one node comes right after another on a way. */
export function follows(way: readonly NodeId[], before: NodeId, after: NodeId): boolean {
  const at = way.indexOf(before);
  return at >= 0 && way[at + 1] === after;
}

/** Nodes that a wire from this end can never reach without closing a circle; asked once when a drag begins. */
export const forbiddenEnds = (document: PipelineDocument, node: NodeId, end: 'from' | 'to'): Set<NodeId> =>
  reachable(document, [node], end === 'from' ? 'in' : 'out');
