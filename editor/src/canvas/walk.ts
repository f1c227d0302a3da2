/** Walking the graph by arrows: along wires to the left and right, to neighbours above and below. */
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import { incident } from '../document/shapes.ts';
import { t } from '../words/index.ts';
import type { CanvasHandle } from './handle.ts';
import { announce } from './view.ts';

export type Direction = 'left' | 'right' | 'up' | 'down';

export function walk(canvas: CanvasHandle, direction: Direction): void {
  const { drawing, flow } = canvas;
  const { document, selection } = drawing.store.getState();
  const from = [...selection.nodes].at(-1);
  const next = from ? neighbour(canvas, from, direction) : firstNode(canvas);
  if (!next) {
    if (from) announce(t('Nothing further that way.'));
    return;
  }
  drawing.select({ nodes: new Set([next]) });
  canvas.show(next);
  // the card may only be mounted once the view has moved
  requestAnimationFrame(() => requestAnimationFrame(() => canvas.focus(next)));
  const card = flow.cardOf(next);
  announce(
    t('{name}, {ins, plural, one {# input} other {# inputs}}, {outs, plural, one {# output} other {# outputs}}', {
      name: document.nodes[next]?.name ?? next,
      ins: card?.inputs.length ?? 0,
      outs: card?.outputs.length ?? 0,
    }),
  );
}

function firstNode({ flow }: CanvasHandle): NodeId | null {
  let best: { id: NodeId; far: number } | null = null;
  for (const { id, x, y } of flow.boxes()) if (!best || x + y < best.far) best = { id, far: x + y };
  return best?.id ?? null;
}

function neighbour({ drawing, flow }: CanvasHandle, from: NodeId, direction: Direction): NodeId | null {
  const here = flow.boxOf(from);
  if (!here) return null;
  const ends = incident(drawing.document, from);
  if (direction === 'right' || direction === 'left') {
    const ids = direction === 'right' ? ends.out.map((edge) => edge.to.node) : ends.in.map((edge) => edge.from.node);
    if (ids.length > 0) return nearest(flow.boxes(ids), (box) => Math.abs(box.y - here.y));
  }
  const along = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }[direction] as [number, number];
  return nearest(flow.boxes(), (box) => {
    const dx = box.x - here.x;
    const dy = box.y + box.height / 2 - here.y - here.height / 2;
    const ahead = dx * along[0] + dy * along[1];
    const aside = Math.abs(dx * along[1]) + Math.abs(dy * along[0]);
    return box.id === from || ahead <= 8 ? Number.POSITIVE_INFINITY : ahead + aside * 2.5;
  });
}

function nearest<T extends { id: NodeId }>(boxes: Iterable<T>, far: (box: T) => number): NodeId | null {
  let best: NodeId | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const box of boxes) {
    const distance = far(box);
    if (distance < least) {
      least = distance;
      best = box.id;
    }
  }
  return best;
}
