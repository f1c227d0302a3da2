/** Decides which cards and lines of a lineage are mounted: those that are in view, and a little around it. Pure. */
import type { LineageNode } from '@drawloom/shared/api/lineage.ts';
import type { Edge } from './graph.ts';
import type { Layout } from './layout.ts';
import { sizeOf } from './sizes.ts';

export interface View {
  left: number;
  top: number;
  right: number;
  bottom: number;
}
/** A view moves by steps, so that scrolling mounts cards now and then rather than all the time. */
const step = 240;
export const viewOf = (left: number, top: number, width: number, height: number): View => ({
  left: (Math.floor(left / step) - 1) * step,
  top: (Math.floor(top / step) - 1) * step,
  right: (Math.ceil((left + width) / step) + 1) * step,
  bottom: (Math.ceil((top + height) / step) + 1) * step,
});
export const isSame = (a: View | null, b: View): boolean =>
  a !== null && a.left === b.left && a.top === b.top && a.right === b.right && a.bottom === b.bottom;

type Nodes = ReadonlyMap<string, LineageNode>;

/** The ids of cards in view, column by column and from top to bottom. */
export function cardsIn(view: View, layout: Layout, nodes: Nodes): string[] {
  return layout.columns.flatMap((ids) => {
    const first = ids[0] && layout.places.get(ids[0]);
    if (!first || first.x > view.right || first.x + 240 < view.left) return [];
    // Cards of a column stand in order, so that of ten thousand only those in view are looked at.
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const id = ids[middle]!;
      const node = nodes.get(id);
      if (layout.places.get(id)!.y + (node ? sizeOf(node).height : 0) < view.top) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (end < ids.length && layout.places.get(ids[end]!)!.y <= view.bottom) end++;
    return ids.slice(low, end);
  });
}

/** All lines that may cross the view, as one path. */
export function linesIn(view: View, edges: readonly Edge[], layout: Layout, nodes: Nodes): string {
  let path = '';
  for (const { from, to } of edges) {
    const [a, b] = [layout.places.get(from), layout.places.get(to)];
    const [source, target] = [nodes.get(from), nodes.get(to)];
    if (!a || !b || !source || !target) continue;
    const x1 = a.x + sizeOf(source).width;
    const y1 = a.y + sizeOf(source).height / 2;
    const x2 = b.x;
    const y2 = b.y + sizeOf(target).height / 2;
    const bend = Math.min(60, Math.max(24, Math.abs(x2 - x1) / 2));
    if (Math.max(x1, x2) + bend < view.left || Math.min(x1, x2) - bend > view.right) continue;
    if (Math.max(y1, y2) < view.top || Math.min(y1, y2) > view.bottom) continue;
    path += `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  }
  return path;
}
