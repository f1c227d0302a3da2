/** Adds nodes: at a place, with a wire where one waits or a selected node offers one; node and wire are one step of undo. */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import type { Edge, NodeId } from '@drawloom/shared/pipeline/document.ts';
import { shapeOf } from '@drawloom/shared/signature/index.ts';
import { addNode, connect, freeId, freeName, moveNodes, type Point, spliceInto } from '../document/commands.ts';
import { isReady, loadReaders } from '../document/readers/late.ts';
import { replacement, replaceNode } from '../document/replace.ts';
import { toast } from '../ui/overlays.tsx';
import { t } from '../words/index.ts';
import { card, cardShape, step } from './geometry.ts';
import type { CanvasHandle } from './handle.ts';
import { type Insertion, makeWay } from './insert.ts';
import { announce, type CreatorPlace } from './view.ts';
import { bestPort, edgeOf } from './wires.ts';

export interface CreateAt {
  /** The card's middle top, as a pointer would drop it. */
  point?: Point;
  wire?: CreatorPlace['wire'];
  /** Put there even over another card, as a drop does. */
  exact?: boolean;
  /** The wire it goes into; what follows moves aside. */
  insertion?: Insertion | null;
  /** Put it beside what is selected; true: and wire it to that, where it fits. */
  toSelection?: boolean;
  /** Told once it is there: at once, or when the reader of its language has come. */
  onAdded?: (id: NodeId) => void;
}

export function createNode(canvas: CanvasHandle, type: NodeType, where: CreateAt): NodeId | null {
  if (type.code === 'user' && !isReady(type.language)) {
    void loadReaders([type.language]).then(() => createNode(canvas, type, where));
    return null;
  }
  const { drawing, flow } = canvas;
  const { document, shapes, selection } = drawing.store.getState();
  const id = freeId(document.nodes, type.type);
  const name = freeName(document, type.title);
  const node = {
    type: type.type,
    name,
    parameters: {},
    ...(type.code === 'user' ? { code: type.template ?? '' } : {}),
  };
  const shape = shapeOf(node, type);
  const height = cardShape(type, shape, { in: [], out: [] }).height;

  let edge: Edge | null = null;
  let point = where.point;
  if (where.wire) {
    const port = bestPort(drawing, where.wire, where.wire.end === 'from' ? shape.inputs : shape.outputs, null);
    if (port) edge = edgeOf(where.wire, { node: id, port: port.name });
  } else if (where.toSelection !== undefined && selection.nodes.size === 1) {
    const [before] = selection.nodes;
    const outputs = where.toSelection ? (shapes.get(before!)?.outputs ?? []) : [];
    for (const output of outputs) {
      const port = bestPort(drawing, { end: 'from', kind: output.kind }, shape.inputs, null);
      if (port) {
        edge = edgeOf({ node: before!, port: output.name, end: 'from' }, { node: id, port: port.name });
        break;
      }
    }
    const box = flow.boxOf(before!);
    if (box && !point) point = { x: box.x + step.x + card.width / 2, y: box.y + 18 };
  }
  const middle = point ?? canvas.centre();
  const left = where.wire?.end === 'to' ? middle.x - card.width : where.wire ? middle.x : middle.x - card.width / 2;
  const wanted = { x: left, y: middle.y - 18 };
  const snapped = { x: Math.round(wanted.x / step.grid) * step.grid, y: Math.round(wanted.y / step.grid) * step.grid };
  const at = where.exact ? snapped : canvas.freePlace(snapped, height);
  const all = new Map([...shapes, [id, shape] as const]);
  const into = where.insertion && document.edges[where.insertion.edge];
  const places = into ? makeWay(canvas, into, { id, ...at, width: card.width, height }) : null;
  const added = drawing.edit(t('Add {name}', { name }), (draft) => {
    addNode(draft, id, type, name, at);
    if (edge) connect(draft, all, edge);
    if (where.insertion && places) {
      spliceInto(draft, all, where.insertion.edge, id, where.insertion.into, where.insertion.outOf);
      moveNodes(draft, places);
    }
  });
  if (!added) return null;
  drawing.select({ nodes: new Set([id]) });
  announce(t('Added {name}.', { name }));
  canvas.show(id);
  where.onAdded?.(id);
  return id;
}

/** Puts another type in a node's place: what fits stays, and what does not is told. */
export function replaceWith(canvas: CanvasHandle, id: NodeId, type: NodeType, then?: (id: NodeId) => void): void {
  if (type.code === 'user' && !isReady(type.language)) {
    void loadReaders([type.language]).then(() => replaceWith(canvas, id, type, then));
    return;
  }
  const { drawing } = canvas;
  const { document, shapes } = drawing.store.getState();
  const old = document.nodes[id];
  if (!old) return;
  const made = replacement(document, shapes, id, drawing.catalog.get(old.type), type);
  const replaced = drawing.edit(t('Replace {old} by {new}', { old: old.name, new: type.title }), (draft) =>
    replaceNode(draft, id, made),
  );
  if (!replaced) return;
  drawing.select({ nodes: new Set([id]) });
  const told =
    made.dropped.length > 0
      ? t('“{old}” is now {new}. Not taken over: {list}.', {
          old: old.name,
          new: type.title,
          list: made.dropped.join(', '),
        })
      : t('“{old}” is now {new}, with all its wires and parameters.', { old: old.name, new: type.title });
  announce(told);
  toast(told, 'info', { text: t('Undo'), run: () => drawing.undo() });
  then?.(id);
}
