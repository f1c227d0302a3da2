/** Edits that the canvas, the outline and the page's commands all offer: each under one name, said aloud by one sentence. */
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import {
  moveNodes,
  removeEdges,
  removeNodes,
  renameNode,
  reorderEdge,
  waitFor,
  wiresAt,
} from '../document/commands.ts';
import { mayWait } from '../document/connect.ts';
import type { Drawing, Selection } from '../document/drawing.ts';
import { t } from '../words/index.ts';
import type { CanvasHandle } from './handle.ts';
import { announce } from './view.ts';

const nameOf = ({ document }: Drawing, id: NodeId) => document.nodes[id]?.name ?? id;

export function rename(drawing: Drawing, id: NodeId, to: string): void {
  const name = to.trim();
  if (!name || name === drawing.document.nodes[id]?.name) return;
  if (drawing.edit(t('Rename to “{name}”', { name }), (draft) => renameNode(draft, id, name)))
    announce(t('Renamed to “{name}”.', { name }));
}

export function remove(drawing: Drawing, { nodes, edges }: Selection): void {
  const name =
    nodes.size > 0
      ? t('{n, plural, one {Delete a node} other {Delete # nodes}}', { n: nodes.size })
      : t('{n, plural, one {Delete a wire} other {Delete # wires}}', { n: edges.size });
  const said = saidOfRemoval(drawing, { nodes, edges }) ?? name;
  const removed = drawing.edit(name, (draft) => {
    removeEdges(draft, edges);
    removeNodes(draft, nodes);
  });
  if (removed) announce(said);
}
function saidOfRemoval(drawing: Drawing, { nodes, edges }: Selection): string | null {
  const [node] = nodes;
  if (nodes.size === 1) return t('Deleted “{name}” and its wires.', { name: nameOf(drawing, node!) });
  const edge = nodes.size === 0 && edges.size === 1 ? drawing.document.edges[[...edges][0]!] : undefined;
  if (!edge) return null;
  return t('Disconnected {from} from {to}.', {
    from: nameOf(drawing, edge.from.node),
    to: nameOf(drawing, edge.to.node),
  });
}

/** Lets a node wait for another's end, or no longer; says why not when it may not. */
export function wait(drawing: Drawing, id: NodeId, before: NodeId, on: boolean): boolean {
  const after = drawing.document.nodes[id]?.after ?? [];
  const why = on ? mayWait(drawing.document, id)(before) : null;
  if (why !== null) {
    announce(why);
    return false;
  }
  const next = on ? [...after, before] : after.filter((one) => one !== before);
  const changed = drawing.edit(t('Change what a node waits for'), (draft) => waitFor(draft, id, next));
  const names = { name: nameOf(drawing, id), before: nameOf(drawing, before) };
  if (changed) announce(on ? t('{name} waits for {before}.', names) : t('{name} no longer waits for {before}.', names));
  return changed;
}

/** Moves a wire among those of its port. */
export function reorder(drawing: Drawing, id: string, by: -1 | 1): void {
  const edge = drawing.document.edges[id];
  if (!edge) return;
  const moved = drawing.edit(t('Change the order of wires'), (draft) => reorderEdge(draft, id, by));
  const beside = wiresAt(drawing.document, edge.to);
  const place = beside.findIndex(([key]) => key === id);
  announce(
    moved
      ? t('Now {at} of {n}.', { at: place + 1, n: beside.length })
      : t('It stays {at} of {n}.', { at: place + 1, n: beside.length }),
  );
}

/** Moves cards by keys; presses in quick succession are one step of undo. */
export function nudge(
  canvas: CanvasHandle,
  nodes: ReadonlySet<NodeId>,
  way: 'left' | 'right' | 'up' | 'down',
  by: number,
): void {
  const { drawing } = canvas;
  const [dx, dy] = { left: [-by, 0], right: [by, 0], up: [0, -by], down: [0, by] }[way] as [number, number];
  const places = new Map(
    [...nodes].map((id) => {
      const at = drawing.document.looks.positions[id] ?? { x: 0, y: 0 };
      return [id, { x: at.x + dx, y: at.y + dy }] as const;
    }),
  );
  drawing.edit(
    t('{n, plural, one {Move a node} other {Move # nodes}}', { n: nodes.size }),
    (draft) => moveNodes(draft, places),
    `nudge ${[...nodes].sort().join(' ')}`,
  );
  const last = [...nodes].at(-1);
  if (!last) return;
  canvas.show(last);
  const { x, y } = drawing.document.looks.positions[last]!;
  announce(t('Moved to {x}, {y}.', { x, y }));
}
