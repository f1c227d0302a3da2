/**
 * Ports and forms of the open drawing's nodes. Computed again only for nodes that changed; while code is half-typed, a node keeps
 * the ports it last had, so that no wire loses its end between two keystrokes.
 */
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import type { Port } from '@drawloom/shared/node-type/ports.ts';
import type { Shapes } from '@drawloom/shared/pipeline/checks.ts';
import type { Edge, NodeId, PipelineDocument, PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { type Shape, shapeOf } from '@drawloom/shared/signature/index.ts';

import { isReady } from './readers/late.ts';

export class ShapeBook {
  readonly #catalog: Catalog;
  readonly #known = new WeakMap<PipelineNode, Shape>();
  readonly #lastGood = new Map<NodeId, Shape>();
  #nodes: PipelineDocument['nodes'] | null = null;
  #shapes: Shapes = new Map();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  of(document: PipelineDocument): Shapes {
    if (document.nodes === this.#nodes) return this.#shapes;
    const shapes = new Map<NodeId, Shape>();
    for (const [id, node] of Object.entries(document.nodes)) {
      const shape = this.#shape(id, node);
      if (shape) shapes.set(id, shape);
    }
    this.#nodes = document.nodes;
    this.#shapes = shapes;
    return shapes;
  }

  #shape(id: NodeId, node: PipelineNode): Shape | null {
    const known = this.#known.get(node);
    if (known) return known;
    const type = this.#catalog.get(node.type);
    if (!type || (type.code === 'user' && !isReady(type.language))) return null;
    let shape = shapeOf(node, type);
    const good = this.#lastGood.get(id);
    if (shape.problems.some((problem) => problem.severity === 'error') && good)
      shape = {
        ...shape,
        inputs: withMissing(shape.inputs, good.inputs),
        outputs: withMissing(shape.outputs, good.outputs),
      };
    else if (type.code === 'user') this.#lastGood.set(id, shape);
    this.#known.set(node, shape);
    return shape;
  }
}

const withMissing = (now: readonly Port[], before: readonly Port[]): readonly Port[] =>
  now.length >= before.length ? now : [...now, ...before.filter((port) => !now.some((one) => one.name === port.name))];

export interface Incident {
  in: readonly Edge[];
  out: readonly Edge[];
}
const none: Incident = { in: [], out: [] };
const indexes = new WeakMap<PipelineDocument['edges'], Map<NodeId, { in: Edge[]; out: Edge[] }>>();

/** The edges at a node; one index for each state of the edges. */
export function incident(document: PipelineDocument, id: NodeId): Incident {
  return indexOf(document).get(id) ?? none;
}
export function indexOf(document: PipelineDocument): ReadonlyMap<NodeId, Incident> {
  let index = indexes.get(document.edges);
  if (!index) {
    index = new Map();
    const at = (id: NodeId) => {
      let entry = index!.get(id);
      if (!entry) {
        entry = { in: [], out: [] };
        index!.set(id, entry);
      }
      return entry;
    };
    for (const edge of Object.values(document.edges)) {
      at(edge.from.node).out.push(edge);
      at(edge.to.node).in.push(edge);
    }
    indexes.set(document.edges, index);
  }
  return index;
}

/** Every node that can be reached, following edges or going against them. */
export function reachable(document: PipelineDocument, from: readonly NodeId[], way: 'in' | 'out'): Set<NodeId> {
  const index = indexOf(document);
  const seen = new Set<NodeId>(from);
  const queue = [...from];
  for (let id = queue.pop(); id !== undefined; id = queue.pop())
    for (const edge of index.get(id)?.[way] ?? []) {
      const next = way === 'out' ? edge.to.node : edge.from.node;
      if (!seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
    }
  return seen;
}
