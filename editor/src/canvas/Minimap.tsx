/** The whole drawing in a corner: where one is, and a click to be elsewhere. Drawn on a canvas; the frame moves by transform only. */
import { useStoreApi } from '@xyflow/react';
import { type PointerEvent, useEffect, useRef } from 'react';
import { useAppearance } from '../app/appearance.ts';
import { t } from '../words/index.ts';
import styles from './Canvas.module.css';
import { useCardFacts } from './cardFacts.ts';
import { boundsOf } from './geometry.ts';
import type { CanvasHandle } from './handle.ts';
import { contextOf, paint, type Viewport } from './picture.ts';
import { useView } from './view.ts';

const width = 200;
const height = 128;

export function Minimap({ canvas }: { canvas: CanvasHandle }) {
  const picture = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const scale = useRef<Viewport>({ x: 0, y: 0, zoom: 1 });
  const flow = useStoreApi();
  const shown = useAppearance((appearance) => appearance.shown);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn again in the other theme's colours
  useEffect(() => {
    let asked: number | undefined;
    const moveFrame = () => {
      const box = frame.current;
      if (!box) return;
      const [x, y, zoom] = flow.getState().transform;
      const size = canvas.size;
      const map = scale.current;
      box.style.width = `${(size.width / zoom) * map.zoom}px`;
      box.style.height = `${(size.height / zoom) * map.zoom}px`;
      box.style.transform = `translate(${(-x / zoom) * map.zoom + map.x}px, ${(-y / zoom) * map.zoom + map.y}px)`;
    };
    const draw = () => {
      asked = undefined;
      const context = picture.current && contextOf(picture.current, width, height);
      if (!context) return;
      const bounds = boundsOf(canvas.flow.boxes()) ?? { x: 0, y: 0, width: 1, height: 1 };
      const zoom = Math.min((width * 0.88) / bounds.width, (height * 0.84) / bounds.height, 0.2);
      scale.current = {
        x: width / 2 - (bounds.x + bounds.width / 2) * zoom,
        y: height / 2 - (bounds.y + bounds.height / 2) * zoom,
        zoom,
      };
      paint(context, { width, height }, scale.current, canvas.drawing, canvas.flow, { wires: false, names: false });
      moveFrame();
    };
    const later = () => {
      asked ??= window.setTimeout(() => requestAnimationFrame(draw), 120);
    };
    draw();
    const stops = [
      canvas.flow.store.subscribe(later),
      canvas.drawing.store.subscribe((state, before) => state.nodeMarks !== before.nodeMarks && later()),
      useCardFacts.subscribe(later),
      useView.subscribe((view, before) => view.found !== before.found && later()),
      flow.subscribe((state, before) => state.transform !== before.transform && moveFrame()),
    ];
    return () => {
      clearTimeout(asked);
      for (const stop of stops) stop();
    };
  }, [canvas, flow, shown]);

  const look = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons !== 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    const { x, y, zoom } = scale.current;
    canvas.centreOn({ x: (event.clientX - box.left - x) / zoom, y: (event.clientY - box.top - y) / zoom });
  };
  return (
    <div
      className={styles.minimap}
      role="img"
      aria-label={t('Overview of the drawing')}
      data-testid="minimap"
      onPointerDown={look}
      onPointerMove={look}
    >
      <canvas ref={picture} />
      <div ref={frame} className={styles.frame} />
    </div>
  );
}
