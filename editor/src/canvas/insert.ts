/**
 * Putting a node into a wire: which wire lies under a card, through which ports it would go, and who has to move aside. A card that
 * has wires of its own goes into none.
 */
import { mayFlow, type Port } from '@drawloom/shared/node-type/ports.ts';
import type { Edge, NodeId } from '@drawloom/shared/pipeline/document.ts';
import type { Point } from '../document/commands.ts';
import type { Drawing } from '../document/drawing.ts';
import { incident, reachable } from '../document/shapes.ts';
import { type Box, card, wirePoint } from './geometry.ts';
import type { CanvasHandle } from './handle.ts';
import { bestPort } from './wires.ts';

export interface Insertion {
  edge: string;
  into: string;
  outOf: string;
}
interface Ends {
  inputs: readonly Port[];
  outputs: readonly Port[];
}
const reach = 44;
const gap = 40;

/** The ports by which a node with these ends fits into a wire, or null. */
function through(drawing: Drawing, edge: Edge, ends: Ends): { into: string; outOf: string } | null {
  const from = drawing.shapes.get(edge.from.node)?.outputs.find((port) => port.name === edge.from.port);
  const to = drawing.shapes.get(edge.to.node)?.inputs.find((port) => port.name === edge.to.port);
  if (!from || !to) return null;
  const into = bestPort(drawing, { end: 'from', kind: from.kind }, ends.inputs, null);
  const outOf =
    ends.outputs.find((port) => port.kind === to.kind) ?? ends.outputs.find((port) => mayFlow(port.kind, to.kind));
  return into && outOf ? { into: into.name, outOf: outOf.name } : null;
}

/** The wire nearest to the middle of a card, where the card fits into it. */
export function insertionAt(canvas: CanvasHandle, box: Box, ends: Ends, node: NodeId | null): Insertion | null {
  const { drawing, flow } = canvas;
  if (node) {
    const wired = incident(drawing.document, node);
    if (wired.in.length + wired.out.length > 0) return null;
  }
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  let best: { edge: string; far: number } | null = null;
  for (const wire of flow.store.getState().edges) {
    const a = flow.boxOf(wire.source);
    const b = flow.boxOf(wire.target);
    if (!a || !b) continue;
    const x1 = a.x + card.width;
    if (middle.x < Math.min(x1, b.x) - 160 || middle.x > Math.max(x1, b.x) + 160) continue;
    const y1 = a.y + (flow.cardOf(wire.source)?.outputs.find((port) => port.name === wire.sourceHandle)?.y ?? 0);
    const y2 = b.y + (flow.cardOf(wire.target)?.inputs.find((port) => port.name === wire.targetHandle)?.y ?? 0);
    for (let part = 0; part <= 16; part++) {
      const { x, y } = wirePoint(x1, y1, b.x, y2, part / 16);
      const far = Math.hypot((x - middle.x) * 0.45, y - middle.y); // a card is wide: beside its middle is still on it
      if (far <= reach && (!best || far < best.far)) best = { edge: wire.id, far };
    }
  }
  const edge = best && drawing.document.edges[best.edge];
  const ports = edge && through(drawing, edge, ends);
  return ports ? { edge: best!.edge, ...ports } : null;
}

/**
 * Where everything goes when a card is put into a wire: the card to the right of what comes before it, and what follows far enough
 * to the right that no two cards overlap. What does not stand in the way stays where it is.
 */
export function makeWay(canvas: CanvasHandle, edge: Edge, placed: Box & { id: NodeId }): Map<NodeId, Point> {
  const { drawing, flow } = canvas;
  const boxes = new Map<NodeId, Box>();
  for (const { id, ...box } of flow.boxes()) if (id !== placed.id) boxes.set(id, box);
  const moved = new Map<NodeId, Point>();
  const before = boxes.get(edge.from.node);
  const self = { x: placed.x, y: placed.y, width: placed.width, height: placed.height };
  if (before && overlaps(self, before)) self.x = before.x + before.width + gap;
  if (self.x !== placed.x) moved.set(placed.id, { x: self.x, y: self.y });

  // who moved may now lie on others, which then move on: always to the right, where there is room
  const queue: NodeId[] = [];
  const shift = (ids: Iterable<NodeId>, by: number) => {
    for (const id of ids) {
      const box = boxes.get(id);
      if (!box) continue;
      box.x += by;
      moved.set(id, { x: box.x, y: box.y });
      queue.push(id);
    }
  };
  const clear = (id: NodeId | null, blocker: Box) => {
    for (const [other, box] of boxes) {
      if (other === id || !overlaps(blocker, box)) continue;
      const chain = reachable(drawing.document, [other], 'out');
      const by = blocker.x + blocker.width + gap - box.x;
      shift(id !== null && chain.has(id) ? [other] : chain, by);
    }
  };
  const after = boxes.get(edge.to.node);
  if (after && after.x < self.x + self.width + gap)
    shift(reachable(drawing.document, [edge.to.node], 'out'), self.x + self.width + gap - after.x);
  clear(null, self);
  for (let turn = 0; turn < queue.length && turn < 8 * boxes.size + 64; turn++)
    clear(queue[turn]!, boxes.get(queue[turn]!)!);
  return moved;
}

const overlaps = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
