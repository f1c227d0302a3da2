/** Decides whether a node still stands as it did when it ran: a short name of what it is and of all that comes before it. */
import { canonical } from '../json.ts';
import { edgesByTarget, type NodeId, type PipelineDocument, type PipelineNode } from '../pipeline/document.ts';

const own = new WeakMap<PipelineNode, string>();

/** By node, in the order given, which must be one in which they can run. Equal names mean equal work on equal ways in. */
export function fingerprints(
  document: PipelineDocument,
  order: readonly NodeId[],
  arriving = edgesByTarget(document),
): Map<NodeId, string> {
  const names = new Map<NodeId, string>();
  for (const id of order) {
    const ways = (arriving.get(id) ?? []).map(
      ({ from, to }) => `${to.port}<${from.port}@${names.get(from.node) ?? '?'}`,
    );
    names.set(id, short([ownOf(document.nodes[id]!), ...ways].join('\n')));
  }
  return names;
}

function ownOf(node: PipelineNode): string {
  let name = own.get(node);
  if (name === undefined) {
    const { type, parameters, code, environment, map } = node;
    name = short(canonical({ type, parameters, code, environment, map }));
    own.set(node, name);
  }
  return name;
}

/** 53 bits (two rounds of multiplying and shifting): enough to tell changed from unchanged, and no secret rests on it. */
function short(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}
