/**
 * Ports and forms of the open drawing's nodes. Computed again only for nodes that changed; while code is half-typed, a node keeps
 * the ports it last had, so that no wire loses its end between two keystrokes.
 */
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import type { Port } from '@drawloom/shared/node-type/ports.ts';
import type { Shapes } from '@drawloom/shared/pipeline/checks.ts';
import {
  type Edge,
  type NodeId,
  type PipelineDocument,
  type PipelineNode,
  parentsOf,
} from '@drawloom/shared/pipeline/document.ts';
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

const waits = new WeakMap<PipelineDocument, Record<'in' | 'out', Map<NodeId, NodeId[]>>>();

/** The nodes that a node waits for, or that wait for it: along edges, or only for its end. */
export function neighbours(document: PipelineDocument, id: NodeId, way: 'in' | 'out'): readonly NodeId[] {
  let known = waits.get(document);
  if (!known) {
    known = { in: new Map(), out: new Map() };
    const add = (map: Map<NodeId, NodeId[]>, key: NodeId, value: NodeId) => {
      const list = map.get(key);
      if (list) list.push(value);
      else map.set(key, [value]);
    };
    for (const [node, before] of parentsOf(document))
      for (const one of before) {
        add(known.in, node, one);
        add(known.out, one, node);
      }
    waits.set(document, known);
  }
  return known[way].get(id) ?? [];
}

/** Every node that can be reached, following edges and waits or going against them. */
export function reachable(document: PipelineDocument, from: readonly NodeId[], way: 'in' | 'out'): Set<NodeId> {
  const seen = new Set<NodeId>(from);
  const queue = [...from];
  for (let id = queue.pop(); id !== undefined; id = queue.pop())
    for (const next of neighbours(document, id, way)) {
      if (!seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
    }
  return seen;
}
