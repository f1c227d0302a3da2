/** Decides which nodes would come out otherwise than in a run that was: those that changed since, and what follows them. */
import { canonical } from '@drawloom/shared/json.ts';
import type { NodeId, PipelineDocument, PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { reachable } from './shapes.ts';

type Drawn = Pick<PipelineDocument, 'nodes' | 'edges' | 'parameters'>;

/** `ran` is the drawing as the run had it. A node that it did not have is new, and no more stale than one that never ran. */
export function staleSince(ran: Drawn, now: Drawn): ReadonlySet<NodeId> {
  const arrivals = { ran: arrivalsOf(ran), now: arrivalsOf(now) };
  const changed = Object.keys(now.nodes).filter((id) => {
    const [before, after] = [ran.nodes[id], now.nodes[id]!];
    if (!before) return true;
    if (arrivals.ran.get(id) !== arrivals.now.get(id)) return true;
    return workOf(before, ran.parameters) !== workOf(after, now.parameters);
  });
  if (changed.length === 0) return none;
  return new Set([...changed, ...reachable(now as PipelineDocument, changed, 'out')].filter((id) => id in ran.nodes));
}
const none: ReadonlySet<NodeId> = new Set();

/** A node that an edit did not touch stays the same object, so that an edit of a large drawing costs what it changes. */
const texts = new WeakMap<PipelineNode, { text: string; bound: string[] }>();

/** What a node does, and with what; neither its name nor how it is carried out changes what comes of it. */
function workOf(node: PipelineNode, parameters: Drawn['parameters']): string {
  let known = texts.get(node);
  if (!known) {
    const { name, description, execution, reuse, after, triggerRule, finally: atEnd, ...work } = node;
    const text = canonical(work);
    known = { text, bound: [...text.matchAll(/"\$parameter":"([^"]+)"/g)].map(([, parameter]) => parameter!) };
    texts.set(node, known);
  }
  if (known.bound.length === 0) return known.text;
  return known.text + known.bound.map((parameter) => canonical(parameters[parameter]?.default ?? null)).join();
}

function arrivalsOf({ edges }: Drawn): Map<NodeId, string> {
  const at = new Map<NodeId, string>();
  for (const id of Object.keys(edges).sort()) {
    const { to, order } = edges[id]!;
    at.set(to.node, `${at.get(to.node) ?? ''}${id} ${order ?? ''}\n`);
  }
  return at;
}
