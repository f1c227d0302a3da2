/** A port as a shape of its kind. Shapes tell kinds apart where colours cannot; hollow is optional, filled is connected. */
import type { PortKind } from '@drawloom/shared/node-type/ports.ts';
import { memo } from 'react';

const shapes: Record<PortKind, string> = {
  table: 'M1.5 1.5h7v7h-7z',
  folder: 'M5 1 9.2 8.5H.8z',
  model: 'M5 .4 9.6 5 5 9.6 .4 5z',
  metrics: 'M5 .6 8.9 2.8v4.4L5 9.4 1.1 7.2V2.8z',
  figure: 'M5 1a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  document: 'M.6 2.8h8.8v4.4H.6z',
  file: 'M.8 1.5h8.4L5 9z',
  value: 'M3.7 1h2.6v2.7H9v2.6H6.3V9H3.7V6.3H1V3.7h2.7z',
  any: 'M5 1.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6z',
};
/** Path data in a square of ten units, for drawing outside of React. */
export const portPath = (kind: PortKind): string => shapes[kind];

export const PortShape = memo(function PortShape(props: {
  kind: PortKind;
  filled: boolean;
  size?: number;
  lost?: boolean;
}) {
  const colour = props.lost ? 'var(--failed)' : `var(--port-${props.kind})`;
  return (
    <svg
      width={props.size ?? 10}
      height={props.size ?? 10}
      viewBox="-.8 -.8 11.6 11.6"
      aria-hidden="true"
      style={{ flex: 'none', overflow: 'visible', display: 'block' }}
    >
      <path
        d={shapes[props.kind]}
        fill={props.filled ? colour : 'var(--card)'}
        stroke={colour}
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
    </svg>
  );
});
