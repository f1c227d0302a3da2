/** Copying and pasting nodes through the clipboard, as one step of undo each way. */

import { findCycle } from '@drawloom/shared/pipeline/checks.ts';
import { edgeId } from '@drawloom/shared/pipeline/document.ts';
import { asDocument, copyNodes, pasteNodes } from '../document/clipboard.ts';
import { removeNodes } from '../document/commands.ts';
import { toast } from '../ui/overlays.tsx';
import { t } from '../words/index.ts';
import { card } from './geometry.ts';
import type { CanvasHandle } from './handle.ts';
import { announce } from './view.ts';

/** The selected nodes as text, or null when none are. */
export function selectionText({ drawing }: CanvasHandle): string | null {
  const { document, selection } = drawing.store.getState();
  return selection.nodes.size > 0 ? copyNodes(document, selection.nodes) : null;
}

export function cutSelection(canvas: CanvasHandle): void {
  const { drawing } = canvas;
  const { nodes } = drawing.selection;
  drawing.edit(t('{n, plural, one {Cut a node} other {Cut # nodes}}', { n: nodes.size }), (draft) =>
    removeNodes(draft, nodes),
  );
}

export function pasteText(
  canvas: CanvasHandle,
  text: string,
  options: { keepIncoming: boolean; beside?: boolean },
): void {
  const { drawing, pointer } = canvas;
  const at = options.beside
    ? undefined
    : pointer
      ? canvas.toFlow(pointer)
      : { x: canvas.centre().x - card.width / 2, y: canvas.centre().y - 60 };
  const pasted = pasteNodes(text, drawing.document, { at, keepIncoming: options.keepIncoming });
  if ('message' in pasted) {
    toast(pasted.message, 'failed');
    return;
  }
  const cycle = findCycle(asDocument(drawing.document, pasted));
  if (cycle) {
    toast(
      t('Not pasted: the copied wires would close a circle. Copy fewer nodes, or paste without incoming wires.'),
      'failed',
    );
    return;
  }
  const ids = Object.keys(pasted.nodes);
  drawing.edit(t('{n, plural, one {Paste a node} other {Paste # nodes}}', { n: ids.length }), (draft) => {
    for (const id of ids) {
      draft.nodes[id] = pasted.nodes[id]!;
      draft.looks.positions[id] = pasted.positions[id]!;
    }
    for (const edge of pasted.edges) draft.edges[edgeId(edge)] = edge;
  });
  drawing.select({ nodes: new Set(ids) });
  announce(t('{n, plural, one {Pasted a node.} other {Pasted # nodes.}}', { n: ids.length }));
}

export function duplicateSelection(canvas: CanvasHandle): void {
  const text = selectionText(canvas);
  if (text) pasteText(canvas, text, { keepIncoming: true, beside: true });
}
