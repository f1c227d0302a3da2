/**
 * Decides which part of a pipeline a run does: all of it, no further than some nodes, or some nodes and what follows them anew.
 * What is left out is no part of the run; what stays but is not done anew may be taken over from earlier work.
 */
import * as z from 'zod';
import { pointer } from '../json.ts';
import type { Problem } from '../problem.ts';
import { NodeId, type PipelineDocument, parentsOf } from './document.ts';

const Nodes = z.array(NodeId).min(1).max(1000);

export const Scope = z
  .strictObject({
    to: Nodes.optional().meta({ description: 'No further than these: they and whatever they need.' }),
    from: Nodes.optional().meta({
      description: 'These and whatever follows them, anew; what they need is taken over where it is done.',
    }),
  })
  .meta({ id: 'Scope' });
export type Scope = z.infer<typeof Scope>;

export interface Scoped {
  /** The drawing with nothing in it that the run leaves out. */
  document: PipelineDocument;
  /** What is done whatever was done before. */
  anew: ReadonlySet<NodeId>;
}

/** The part of `document` that `scope` names, or what is wrong with it; `at` is where the scope stands in what was sent. */
export function scoped(document: PipelineDocument, scope: Scope, at = ''): Scoped | { problems: Problem[] } {
  const problems = (['to', 'from'] as const).flatMap((side) =>
    (scope[side] ?? []).flatMap((id, index): Problem[] =>
      Object.hasOwn(document.nodes, id)
        ? []
        : [
            {
              code: 'node_unknown',
              message: `There is no node "${id}" in this pipeline. Name one that there is.`,
              at: at + pointer(side, index),
              severity: 'error',
            },
          ],
    ),
  );
  if (problems.length > 0) return { problems };
  const parents = parentsOf(document);
  const following = scope.from ? closure(scope.from, childrenOf(parents)) : new Set<NodeId>();
  const upTo = scope.to ? closure(scope.to, parents) : null;
  const anew = upTo ? new Set([...following].filter((id) => upTo.has(id))) : following;
  if (scope.from && anew.size === 0)
    return {
      problems: [
        {
          code: 'scope_empty',
          message: 'None of the nodes to start from lies before those to end with. Choose others.',
          at: at + pointer('from'),
          severity: 'error',
        },
      ],
    };
  if (!upTo && !scope.from) return { document, anew };
  const kept = scope.from ? closure(anew, parents) : upTo!;
  return { document: only(document, kept), anew };
}

function only(document: PipelineDocument, kept: ReadonlySet<NodeId>): PipelineDocument {
  return {
    ...document,
    nodes: Object.fromEntries(Object.entries(document.nodes).filter(([id]) => kept.has(id))),
    edges: Object.fromEntries(
      Object.entries(document.edges).filter(([, { from, to }]) => kept.has(from.node) && kept.has(to.node)),
    ),
  };
}

function childrenOf(parents: ReadonlyMap<NodeId, ReadonlySet<NodeId>>): Map<NodeId, Set<NodeId>> {
  const children = new Map<NodeId, Set<NodeId>>([...parents.keys()].map((id) => [id, new Set()]));
  for (const [id, waitsFor] of parents) for (const before of waitsFor) children.get(before)!.add(id);
  return children;
}

function closure(start: Iterable<NodeId>, next: ReadonlyMap<NodeId, ReadonlySet<NodeId>>): Set<NodeId> {
  const found = new Set(start);
  const open = [...found];
  for (let id = open.pop(); id !== undefined; id = open.pop())
    for (const one of next.get(id) ?? [])
      if (!found.has(one)) {
        found.add(one);
        open.push(one);
      }
  return found;
}
