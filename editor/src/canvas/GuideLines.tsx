/** The lines that a dragged card snaps to, drawn while it lies on them. */
import { ViewportPortal } from '@xyflow/react';
import styles from './Canvas.module.css';
import { useView } from './view.ts';

export function GuideLines() {
  const guides = useView((view) => view.guides);
  if (guides.length === 0) return null;
  return (
    <ViewportPortal>
      {guides.map((guide) => (
        <div
          key={guide.axis}
          className={styles.guide}
          data-axis={guide.axis}
          data-testid="guide"
          style={
            guide.axis === 'x'
              ? { left: guide.at, top: guide.from - 12, height: guide.to - guide.from + 24 }
              : { left: guide.from - 12, top: guide.at, width: guide.to - guide.from + 24 }
          }
        />
      ))}
    </ViewportPortal>
  );
}
