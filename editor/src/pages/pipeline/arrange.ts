/** Lining selected cards up, and spreading them evenly. */
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import type { Command } from '../../app/commands.ts';
import { type Box, boundsOf } from '../../canvas/geometry.ts';
import { announce } from '../../canvas/view.ts';
import { moveNodes, type Point } from '../../document/commands.ts';
import { t } from '../../words/index.ts';
import { type PageContext, writable } from './pageContext.ts';

type Placed = Box & { id: NodeId };
const atLeast = (n: number) => (c: PageContext) => c.drawing.selection.nodes.size >= n && writable(c);

export const arrangements = (group: string): readonly Command<PageContext>[] => [
  align('left', t('Align left edges'), group, (all) => (box) => ({ x: all.x, y: box.y })),
  align('centre', t('Align centres'), group, (all) => (box) => ({ x: all.x + (all.width - box.width) / 2, y: box.y })),
  align('right', t('Align right edges'), group, (all) => (box) => ({ x: all.x + all.width - box.width, y: box.y })),
  align('top', t('Align tops'), group, (all) => (box) => ({ x: box.x, y: all.y })),
  align('middle', t('Align middles'), group, (all) => (box) => ({
    x: box.x,
    y: all.y + (all.height - box.height) / 2,
  })),
  align('bottom', t('Align bottoms'), group, (all) => (box) => ({ x: box.x, y: all.y + all.height - box.height })),
  distribute('across', t('Distribute from left to right'), group, 'x', 'width'),
  distribute('down', t('Distribute from top to bottom'), group, 'y', 'height'),
];

function align(id: string, title: string, group: string, to: (all: Box) => (box: Box) => Point): Command<PageContext> {
  return {
    id: `align-${id}`,
    title,
    group,
    where: 'canvas',
    when: atLeast(2),
    run: (c) => {
      const boxes = [...c.canvas.flow.boxes(c.drawing.selection.nodes)];
      const all = boundsOf(boxes);
      if (all) place(c, title, new Map(boxes.map((box) => [box.id, to(all)(box)])));
    },
  };
}

/** The outermost two stay where they are; between all of them is the same gap. */
function distribute(
  id: string,
  title: string,
  group: string,
  axis: 'x' | 'y',
  size: 'width' | 'height',
): Command<PageContext> {
  return {
    id: `distribute-${id}`,
    title,
    group,
    where: 'canvas',
    when: atLeast(3),
    run: (c) => {
      const boxes: Placed[] = [...c.canvas.flow.boxes(c.drawing.selection.nodes)].sort((a, b) => a[axis] - b[axis]);
      const [first] = boxes;
      const last = boxes.at(-1);
      if (!first || !last) return;
      const within = boxes.slice(0, -1).reduce((sum, box) => sum + box[size], 0);
      const gap = (last[axis] - first[axis] - within) / (boxes.length - 1);
      const places = new Map<NodeId, Point>();
      let at = first[axis];
      for (const box of boxes) {
        places.set(box.id, axis === 'x' ? { x: at, y: box.y } : { x: box.x, y: at });
        at += box[size] + gap;
      }
      place(c, title, places);
    },
  };
}

function place({ drawing }: PageContext, name: string, places: ReadonlyMap<NodeId, Point>): void {
  if (drawing.edit(name, (draft) => moveNodes(draft, places))) announce(name);
}
