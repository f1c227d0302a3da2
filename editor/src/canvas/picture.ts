/** Draws the whole drawing as one picture on a canvas: for zooms where cards could not be read anyway, and for the minimap. */
import type { Drawing } from '../document/drawing.ts';
import { statusIn, useCardFacts } from './cardFacts.ts';
import type { FlowNodes } from './flowNodes.ts';
import { card } from './geometry.ts';
import { useView } from './view.ts';

export interface Viewport {
  x: number;
  y: number;
  zoom: number;
}

interface Colours {
  card: string;
  border: string;
  strong: string;
  text: string;
  primary: string;
  failed: string;
  success: string;
  running: string;
  warning: string;
  ports: Record<string, string>;
}
let colours: Colours | null = null;
let coloursOf: string | undefined;
function readColours(): Colours {
  const theme = document.documentElement.dataset.theme;
  if (colours && coloursOf === theme) return colours;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const kinds = ['table', 'model', 'metrics', 'figure', 'document', 'file', 'folder', 'value', 'any'];
  colours = {
    card: read('card'),
    border: read('border'),
    strong: read('border-strong'),
    text: read('text'),
    primary: read('primary'),
    failed: read('failed'),
    success: read('success'),
    running: read('running'),
    warning: read('warning'),
    ports: Object.fromEntries(kinds.map((kind) => [kind, read(`port-${kind}`)])),
  };
  coloursOf = theme;
  return colours;
}

/** Sizes a canvas to its box in device pixels and answers its context, scaled to CSS pixels. */
export function contextOf(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const w = Math.round(width * ratio);
  const h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext('2d');
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

export function paint(
  context: CanvasRenderingContext2D,
  size: { width: number; height: number },
  viewport: Viewport,
  drawing: Drawing,
  flow: FlowNodes,
  options: { wires: boolean; names: boolean },
): void {
  const colour = readColours();
  const { document, selection, nodeMarks } = drawing.store.getState();
  const facts = useCardFacts.getState();
  const { x: dx, y: dy, zoom } = viewport;
  context.clearRect(0, 0, size.width, size.height);
  const left = -dx / zoom;
  const top = -dy / zoom;
  const right = left + size.width / zoom;
  const bottom = top + size.height / zoom;

  if (options.wires) {
    // one path per colour: a stroke each would cost more than all cards together
    const paths = new Map<string, Path2D>();
    for (const wire of flow.store.getState().edges) {
      const a = flow.boxOf(wire.source);
      const b = flow.boxOf(wire.target);
      if (!a || !b) continue;
      const x1 = a.x + card.width;
      const x2 = b.x;
      if (Math.max(x1, x2) < left || Math.min(x1, x2) > right) continue;
      const y1 = a.y + a.height / 2;
      const y2 = b.y + b.height / 2;
      if (Math.max(y1, y2) < top || Math.min(y1, y2) > bottom) continue;
      const stroke = wire.selected ? colour.primary : (colour.ports[wire.data?.kind ?? 'any'] ?? colour.strong);
      let path = paths.get(stroke);
      if (!path) {
        path = new Path2D();
        paths.set(stroke, path);
      }
      path.moveTo(x1 * zoom + dx, y1 * zoom + dy);
      path.lineTo(x2 * zoom + dx, y2 * zoom + dy);
    }
    context.globalAlpha = 0.5;
    context.lineWidth = 1;
    for (const [stroke, path] of paths) {
      context.strokeStyle = stroke;
      context.stroke(path);
    }
    context.globalAlpha = 1;
  }

  const { found } = useView.getState();
  const cards = new Path2D();
  const stoodBack = new Path2D();
  const rails = new Map<string, Path2D>();
  const selected = new Path2D();
  const wrong = new Path2D();
  const names: { name: string; x: number; y: number; width: number }[] = [];
  for (const box of flow.boxes()) {
    if (box.x > right || box.x + box.width < left || box.y > bottom || box.y + box.height < top) continue;
    const x = box.x * zoom + dx;
    const y = box.y * zoom + dy;
    const w = Math.max(2, box.width * zoom);
    const h = Math.max(2, box.height * zoom);
    if (found && !found.has(box.id)) {
      stoodBack.rect(x, y, w, h);
      continue;
    }
    cards.rect(x, y, w, h);
    const tone = toneOf(statusIn(facts, box.id), colour);
    if (tone) {
      let path = rails.get(tone);
      if (!path) {
        path = new Path2D();
        rails.set(tone, path);
      }
      path.rect(x, y, Math.max(3, w * 0.12), h);
    }
    if (selection.nodes.has(box.id)) selected.rect(x - 1.5, y - 1.5, w + 3, h + 3);
    if (nodeMarks[box.id] === 'error') wrong.rect(x, y, w, h);
    if (options.names && w > 26)
      names.push({ name: document.nodes[box.id]?.name ?? '', x: x + w * 0.14, y: y + h / 2, width: w * 0.82 });
  }
  context.fillStyle = colour.card;
  context.globalAlpha = 0.3;
  context.fill(stoodBack);
  context.globalAlpha = 1;
  context.fill(cards);
  context.lineWidth = 1;
  context.strokeStyle = colour.strong;
  context.globalAlpha = 0.7;
  context.stroke(cards);
  context.globalAlpha = 1;
  for (const [tone, path] of rails) {
    context.fillStyle = tone;
    context.fill(path);
  }
  context.strokeStyle = colour.failed;
  context.lineWidth = 1.5;
  context.stroke(wrong);
  context.strokeStyle = colour.primary;
  context.lineWidth = 3;
  context.stroke(selected);
  if (names.length > 0 && names.length < 1200) {
    context.fillStyle = colour.text;
    context.font = '10px system-ui, sans-serif';
    context.textBaseline = 'middle';
    for (const { name, x, y, width } of names) {
      const fits = Math.floor(width / 5.4);
      if (fits > 2) context.fillText(name.length > fits ? `${name.slice(0, fits - 1)}…` : name, x, y);
    }
  }
}

function toneOf(status: string | undefined, colour: Colours): string | null {
  switch (status) {
    case 'succeeded':
    case 'reused':
      return colour.success;
    case 'failed':
      return colour.failed;
    case 'running':
      return colour.running;
    case 'queued':
    case 'waiting':
    case 'stale':
      return colour.warning;
    default:
      return null;
  }
}
