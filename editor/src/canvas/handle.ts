/**
 * What can be done with the canvas from outside: look somewhere, and ask where things are. One object for each mounted canvas; it
 * switches to the picture before it moves the view, since moving thousands of cards first would take seconds.
 */
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import type { ReactFlowInstance } from '@xyflow/react';
import { flushSync } from 'react-dom';
import type { Point } from '../document/commands.ts';
import type { Drawing } from '../document/drawing.ts';
import type { CardNode, FlowNodes, WireEdge } from './flowNodes.ts';
import { type Box, boundsOf, card, step } from './geometry.ts';
import type { Viewport } from './picture.ts';
import { isLess, levelAt, useView } from './view.ts';

export const zoomRange = { min: 0.02, max: 2 } as const;

export class CanvasHandle {
  readonly drawing: Drawing;
  readonly flow: FlowNodes;
  readonly element: HTMLElement;
  flowInstance: ReactFlowInstance<CardNode, WireEdge> | null = null;
  /** The pointer's last place on the canvas, in the window; null when it is elsewhere. */
  pointer: Point | null = null;
  /** Alt is held while cards are dragged: they snap to nothing and go into nothing. */
  dragsAlone = false;

  #first: Viewport | null = null;

  constructor(drawing: Drawing, flow: FlowNodes, element: HTMLElement) {
    this.drawing = drawing;
    this.flow = flow;
    this.element = element;
  }

  /** React Flow is there; looks where it was asked to look before. */
  begin(instance: ReactFlowInstance<CardNode, WireEdge>): void {
    this.flowInstance = instance;
    if (this.#first) void instance.setViewport(this.#first);
    this.#first = null;
  }
  get viewport(): Viewport {
    return this.flowInstance?.getViewport() ?? this.#first ?? { x: 0, y: 0, zoom: 0.8 };
  }
  get size(): { width: number; height: number } {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  toFlow(client: Point): Point {
    const box = this.element.getBoundingClientRect();
    const { x, y, zoom } = this.viewport;
    return { x: (client.x - box.left - x) / zoom, y: (client.y - box.top - y) / zoom };
  }
  /** Where the middle of what is seen lies. */
  centre(): Point {
    const { width, height } = this.size;
    const { x, y, zoom } = this.viewport;
    return { x: (width / 2 - x) / zoom, y: (height / 2 - y) / zoom };
  }

  fit(ids?: Iterable<NodeId>): void {
    const bounds = boundsOf(this.flow.boxes(ids));
    if (bounds) this.look(viewportFor(bounds, this.size, ids ? 1.2 : 1));
  }

  zoomTo(zoom: number): void {
    const { width, height } = this.size;
    const now = this.viewport;
    const next = Math.min(zoomRange.max, Math.max(zoomRange.min, zoom));
    const factor = next / now.zoom;
    this.look({
      x: width / 2 - (width / 2 - now.x) * factor,
      y: height / 2 - (height / 2 - now.y) * factor,
      zoom: next,
    });
  }
  zoomBy(factor: number): void {
    this.zoomTo(this.viewport.zoom * factor);
  }

  /** Puts a place in the middle. */
  centreOn(point: Point, zoom = this.viewport.zoom): void {
    const { width, height } = this.size;
    this.look({ x: width / 2 - point.x * zoom, y: height / 2 - point.y * zoom, zoom });
  }

  /** Brings a card into view when it is not, at a zoom at which it can be read. */
  show(id: NodeId, always = false): void {
    const box = this.flow.boxOf(id);
    if (!box) return;
    const { x, y, zoom } = this.viewport;
    const { width, height } = this.size;
    const margin = 24;
    const seen =
      box.x * zoom + x > margin &&
      box.y * zoom + y > margin &&
      (box.x + box.width) * zoom + x < width - margin &&
      (box.y + box.height) * zoom + y < height - margin;
    if (seen && !always) return;
    this.centreOn({ x: box.x + box.width / 2, y: box.y + box.height / 2 }, always ? Math.max(zoom, 0.6) : zoom);
  }

  look(viewport: Viewport): void {
    const { level } = useView.getState();
    const next = levelAt(viewport.zoom, null);
    // the cards must be gone before the view shows them all
    if (isLess(next, level)) flushSync(() => useView.setState({ level: next }));
    if (!this.flowInstance) {
      this.#first = viewport; // asked before React Flow was there
      return;
    }
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const few = Object.keys(this.drawing.document.nodes).length <= 200;
    void this.flowInstance.setViewport(viewport, { duration: few && !calm ? 160 : 0 });
  }

  /** Focuses a card, or the canvas as a whole. A card that is not drawn yet gets the focus once it is, unless it went elsewhere. */
  focus(id?: NodeId): void {
    const target = id ? document.getElementById(`card-${id}`) : null;
    (target ?? this.element).focus({ preventScroll: true });
    if (!id || target) return;
    const until = performance.now() + 10_000;
    const again = () => {
      if (document.activeElement !== this.element || performance.now() > until) return;
      const come = document.getElementById(`card-${id}`);
      if (come) come.focus({ preventScroll: true });
      else requestAnimationFrame(again);
    };
    requestAnimationFrame(again);
  }

  /** A place for a new card that covers none: the one asked for, else below what is there. */
  freePlace(at: Point, height: number = card.header + card.port * 2 + card.footer): Point {
    const boxes = [...this.flow.boxes()];
    const place = { x: Math.round(at.x / step.grid) * step.grid, y: Math.round(at.y / step.grid) * step.grid };
    for (let turn = 0; turn < 200; turn++) {
      const hit = boxes.find(
        (box) =>
          place.x < box.x + box.width + 16 &&
          place.x + card.width + 16 > box.x &&
          place.y < box.y + box.height + 16 &&
          place.y + height + 16 > box.y,
      );
      if (!hit) break;
      place.y = Math.ceil((hit.y + hit.height + step.y) / step.grid) * step.grid;
    }
    return place;
  }
}

/** The view that shows a box whole, with a margin of a twentieth, and no larger than life. */
export function viewportFor(box: Box, size: { width: number; height: number }, largest: number): Viewport {
  const zoom = Math.min(
    largest,
    zoomRange.max,
    Math.max(zoomRange.min, Math.min((size.width * 0.9) / box.width, (size.height * 0.86) / box.height)),
  );
  return {
    x: size.width / 2 - (box.x + box.width / 2) * zoom,
    y: size.height / 2 - (box.y + box.height / 2) * zoom,
    zoom,
  };
}

/** How a drawing is opened: whole where that can be read, else its beginning; the overview tells where the rest is. */
export function openingView(box: Box, size: { width: number; height: number }): Viewport {
  const whole = viewportFor(box, size, 1);
  if (whole.zoom >= 0.45) return whole;
  const zoom = 0.8;
  const tall = box.height * zoom > size.height * 0.8;
  return {
    x: 32 - box.x * zoom,
    y: tall ? 32 - box.y * zoom : size.height / 2 - (box.y + box.height / 2) * zoom,
    zoom,
  };
}
