/** Waits that carry nothing, as dashed lines from card to card. They are made and removed in the inspector. */
import type { NodeId, PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { ViewportPortal } from '@xyflow/react';
import { useStore } from 'zustand';
import { follows } from '../document/connect.ts';
import { useDrawing } from '../document/DrawingContext.tsx';
import { card, wirePath } from './geometry.ts';
import type { CanvasHandle } from './handle.ts';
import { useView } from './view.ts';
import styles from './WireLine.module.css';

export function WaitLines({ canvas }: { canvas: CanvasHandle }) {
  const waits = waitsOf(useDrawing((state) => state.document.nodes));
  return waits.length > 0 ? <Lines canvas={canvas} waits={waits} /> : null;
}

/** Draws again whenever a card moves; only while there is a line to draw. */
function Lines({ canvas, waits }: { canvas: CanvasHandle; waits: readonly Wait[] }) {
  useStore(canvas.flow.store, (state) => state.nodes);
  const circle = useView((view) => view.circle);
  return (
    <ViewportPortal>
      <svg className={styles.waits} aria-hidden="true">
        {waits.map(({ from, to }) => {
          const a = canvas.flow.boxOf(from);
          const b = canvas.flow.boxOf(to);
          if (!a || !b) return null;
          const middle = card.header / 2;
          return (
            <path
              key={`${from} ${to}`}
              data-wait={`${from}>${to}`}
              data-circle={circle && follows(circle, from, to) ? '' : undefined}
              d={wirePath(a.x + card.width, a.y + middle, b.x, b.y + middle)}
            />
          );
        })}
      </svg>
    </ViewportPortal>
  );
}

interface Wait {
  from: NodeId;
  to: NodeId;
}
const known = new WeakMap<PipelineDocument['nodes'], readonly Wait[]>();
function waitsOf(nodes: PipelineDocument['nodes']): readonly Wait[] {
  let waits = known.get(nodes);
  if (!waits) {
    waits = Object.entries(nodes).flatMap(([to, node]) => (node.after ?? []).map((from) => ({ from, to })));
    known.set(nodes, waits);
  }
  return waits;
}
