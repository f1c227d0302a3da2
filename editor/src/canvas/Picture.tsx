/** The drawing as one picture, laid over React Flow's empty stage while it is zoomed far out. */
import { useStoreApi } from '@xyflow/react';
import { useEffect, useRef } from 'react';
import { useAppearance } from '../app/appearance.ts';
import styles from './Canvas.module.css';
import { useCardFacts } from './cardFacts.ts';
import type { CanvasHandle } from './handle.ts';
import { contextOf, paint } from './picture.ts';
import { useView } from './view.ts';

export function Picture({ canvas }: { canvas: CanvasHandle }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const flow = useStoreApi();
  const shown = useAppearance((appearance) => appearance.shown);
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn again in the other theme's colours
  useEffect(() => {
    let frame: number | undefined;
    const draw = () => {
      frame = undefined;
      const size = canvas.size;
      const context = ref.current && contextOf(ref.current, size.width, size.height);
      if (!context) return;
      const [x, y, zoom] = flow.getState().transform;
      paint(context, size, { x, y, zoom }, canvas.drawing, canvas.flow, { wires: true, names: zoom > 0.12 });
    };
    const later = () => {
      frame ??= requestAnimationFrame(draw);
    };
    draw();
    const watch = new ResizeObserver(later);
    watch.observe(canvas.element);
    const stops = [
      canvas.flow.store.subscribe(later),
      canvas.drawing.store.subscribe(later),
      useCardFacts.subscribe(later),
      useView.subscribe((view, before) => view.found !== before.found && later()),
      flow.subscribe((state, before) => state.transform !== before.transform && later()),
    ];
    return () => {
      if (frame !== undefined) cancelAnimationFrame(frame);
      watch.disconnect();
      for (const stop of stops) stop();
    };
  }, [canvas, flow, shown]);
  return <canvas ref={ref} className={styles.picture} data-testid="picture" />;
}
