/** Tidies the drawing, or the selected cards among themselves, as one step of undo. */
import { moveNodes, type Point } from '../document/commands.ts';
import { t } from '../words/index.ts';
import { boundsOf } from './geometry.ts';
import type { CanvasHandle } from './handle.ts';
import type { TidyAnswer, TidyAsk } from './tidy.ts';

let worker: Worker | undefined;

export async function tidyUp(canvas: CanvasHandle): Promise<void> {
  const { drawing, flow } = canvas;
  const { document, selection } = drawing.store.getState();
  const some = selection.nodes.size > 1 ? selection.nodes : null;
  const boxes = [...flow.boxes(some ?? undefined)];
  const before = boundsOf(boxes);
  if (!before || boxes.length < 2) return;
  const inside = new Set(boxes.map(({ id }) => id));
  const ask: TidyAsk = {
    nodes: boxes.map(({ id, width, height }) => ({ id, width, height })),
    edges: [
      ...Object.values(document.edges).map((edge) => ({ from: edge.from.node, to: edge.to.node })),
      ...Object.entries(document.nodes).flatMap(([to, node]) => (node.after ?? []).map((from) => ({ from, to }))),
    ].filter(({ from, to }) => inside.has(from) && inside.has(to)),
  };
  worker ??= new Worker(new URL('./tidy.worker.ts', import.meta.url), { type: 'module' });
  const laid = await new Promise<TidyAnswer>((resolve, reject) => {
    worker!.onmessage = (message: MessageEvent<TidyAnswer>) => resolve(message.data);
    worker!.onerror = (event) => reject(new Error(event.message));
    worker!.postMessage(ask);
  });
  const left = Math.min(...laid.map(([, x]) => x));
  const top = Math.min(...laid.map(([, , y]) => y));
  const at = some ? before : { x: 0, y: 0 };
  const places = new Map<string, Point>(laid.map(([id, x, y]) => [id, { x: x - left + at.x, y: y - top + at.y }]));
  drawing.edit(some ? t('Tidy up {n} nodes', { n: places.size }) : t('Tidy up'), (draft) => moveNodes(draft, places));
  if (!some) canvas.fit();
}
