/**
 * What a drag over the canvas means: cards that snap to the lines of others, a card that goes into the wire below it, a node type
 * that is dropped on the empty canvas, on a wire or on a card. Alt suppresses all but the move itself.
 */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import { moveNodes, type Point, spliceInto } from '../document/commands.ts';
import { portsOf } from '../palette/search.ts';
import { dragged } from '../palette/TypeList.tsx';
import { t } from '../words/index.ts';
import { createNode, replaceWith } from './create.ts';
import { type Box, boundsOf, card } from './geometry.ts';
import { snapTo } from './guides.ts';
import type { CanvasHandle } from './handle.ts';
import { type Insertion, insertionAt, makeWay } from './insert.ts';
import { announce, useView } from './view.ts';

/** What the card under way would go into, as last told. */
let insertion: Insertion | null = null;

function aimAt(next: Insertion | null): void {
  insertion = next;
  const edge = next?.edge ?? null;
  if (useView.getState().insertion !== edge) useView.setState({ insertion: edge });
}

/** Cards are where the pointer has them, or a few pixels beside that, on a line with others. */
export function dragCards(canvas: CanvasHandle, places: Map<NodeId, Point>): void {
  const { flow, drawing } = canvas;
  const boxes: Box[] = [];
  for (const [id, at] of places) {
    const box = flow.boxOf(id);
    if (box) boxes.push({ ...box, ...at });
  }
  const moving = boundsOf(boxes);
  if (!moving || canvas.dragsAlone) {
    useView.setState({ guides: [] });
    aimAt(null);
    flow.drag(places);
    return;
  }
  const snap = snapTo(moving, inSight(canvas, places));
  for (const [id, at] of places) places.set(id, { x: at.x + snap.dx, y: at.y + snap.dy });
  if (snap.guides.length > 0 || useView.getState().guides.length > 0) useView.setState({ guides: snap.guides });
  flow.drag(places);
  const [id] = places.keys();
  const shape = places.size === 1 && id ? drawing.shapes.get(id) : undefined;
  const box = id && flow.boxOf(id);
  aimAt(shape && box ? insertionAt(canvas, box, shape, id) : null);
}

/** Only what is seen gives lines to snap to. */
function* inSight(canvas: CanvasHandle, without: ReadonlyMap<NodeId, Point>): Generator<Box> {
  const { x, y, zoom } = canvas.viewport;
  const { width, height } = canvas.size;
  for (const box of canvas.flow.boxes()) {
    if (without.has(box.id)) continue;
    const left = box.x * zoom + x;
    const top = box.y * zoom + y;
    if (left < width && top < height && left + box.width * zoom > 0 && top + box.height * zoom > 0) yield box;
  }
}

export function dropCards(canvas: CanvasHandle): void {
  const { drawing, flow } = canvas;
  const places = flow.drop();
  const into = insertion;
  aimAt(null);
  useView.setState({ guides: [] });
  const [id] = places.keys();
  const edge = into && !canvas.dragsAlone ? drawing.document.edges[into.edge] : undefined;
  const box = id && flow.boxOf(id);
  if (id && into && edge && box) {
    const names = namesOf(canvas, id, edge);
    const away = makeWay(canvas, edge, { id, ...box });
    drawing.edit(t('Insert {name} between {from} and {to}', names), (draft) => {
      moveNodes(draft, places);
      moveNodes(draft, away);
      spliceInto(draft, drawing.shapes, into.edge, id, into.into, into.outOf);
    });
    announce(t('Inserted {name} between {from} and {to}.', names));
  } else if (places.size > 0)
    drawing.edit(t('{n, plural, one {Move a node} other {Move # nodes}}', { n: places.size }), (draft) =>
      moveNodes(draft, places),
    );
}

const namesOf = ({ drawing }: CanvasHandle, id: NodeId, edge: { from: { node: NodeId }; to: { node: NodeId } }) => ({
  name: drawing.document.nodes[id]?.name ?? id,
  from: drawing.document.nodes[edge.from.node]?.name ?? edge.from.node,
  to: drawing.document.nodes[edge.to.node]?.name ?? edge.to.node,
});

interface Target {
  replaces: NodeId | null;
  insertion: Insertion | null;
}
/** What a node type that is let go here would do. */
function targetOf(canvas: CanvasHandle, type: NodeType, client: Point, alone: boolean): Target {
  const at = canvas.toFlow(client);
  if (alone || canvas.drawing.store.getState().readOnly) return { replaces: null, insertion: null };
  const replaces = canvas.flow.at(at);
  if (replaces) return { replaces, insertion: null };
  const height = card.header + card.port * 2 + card.footer;
  const box = { x: at.x - card.width / 2, y: at.y - 18, width: card.width, height };
  return { replaces: null, insertion: insertionAt(canvas, box, portsOf(type), null) };
}

export function overType(canvas: CanvasHandle, client: Point, alone: boolean): void {
  if (!dragged.type) return;
  const target = targetOf(canvas, dragged.type, client, alone);
  aimAt(target.insertion);
  if (useView.getState().replacing !== target.replaces) useView.setState({ replacing: target.replaces });
}

export function dropType(
  canvas: CanvasHandle,
  type: NodeType,
  client: Point,
  alone: boolean,
  then: (id: NodeId) => void,
): void {
  const target = targetOf(canvas, type, client, alone);
  aimAt(null);
  useView.setState({ replacing: null });
  if (target.replaces) replaceWith(canvas, target.replaces, type, then);
  else
    createNode(canvas, type, {
      point: canvas.toFlow(client),
      exact: true,
      insertion: target.insertion,
      onAdded: then,
    });
}
