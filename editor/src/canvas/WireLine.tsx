/** An edge as a wire in the colour of what flows along it; after a run it tells how many rows did. */
import type { ConnectionLineComponentProps, EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import { follows } from '../document/connect.ts';
import { changeSentence, shortChange } from '../live/rowChanges.ts';
import { formatCompact, formatCount } from '../ui/format.ts';
import { t } from '../words/index.ts';
import { useCardFacts } from './cardFacts.ts';
import type { WireEdge } from './flowNodes.ts';
import { wirePath } from './geometry.ts';
import { counter } from './renders.ts';
import { useView } from './view.ts';
import styles from './WireLine.module.css';

export const WireLine = memo(function WireLine(props: EdgeProps<WireEdge>) {
  counter.wires++;
  const { sourceX, sourceY, targetX, targetY, data, selected, target } = props;
  const rows = useCardFacts((facts) => (data ? facts.rows[data.from] : undefined));
  const before = useCardFacts((facts) => (data ? facts.rowsBefore.get(data.from) : undefined));
  const flowing = useCardFacts((facts) => facts.nodes[target]?.status === 'running');
  const full = useView((view) => view.level === 'full');
  const { source } = props;
  const inCircle = useView(({ circle }) => circle !== null && follows(circle, source, target));
  const dimmed = useView(({ found }) => found !== null && !(found.has(source) && found.has(target)));
  const receives = useView((view) => view.insertion === props.id);
  const path = wirePath(sourceX - 4, sourceY, targetX + 4, targetY);
  return (
    <>
      {full && <path d={path} className={styles.hit} />}
      <path
        d={path}
        className={styles.wire}
        data-selected={selected ? '' : undefined}
        data-flowing={flowing && full ? '' : undefined}
        data-far={full ? undefined : ''}
        data-circle={inCircle ? '' : undefined}
        data-dimmed={dimmed ? '' : undefined}
        data-receives={receives ? '' : undefined}
        data-testid={`wire-${props.id}`}
        style={{
          stroke: inCircle
            ? 'var(--failed)'
            : selected || receives
              ? 'var(--primary)'
              : `var(--port-${data?.kind ?? 'any'})`,
        }}
      />
      {full && rows !== undefined && targetX - sourceX > 56 && (
        <text
          className={styles.count}
          data-testid={`rows-${props.id}`}
          x={(sourceX + targetX) / 2}
          y={(sourceY + targetY) / 2 - 5}
        >
          <title>
            {t('{n} rows', { n: formatCount(rows) })}
            {before && `, ${changeSentence(rows, before)}`}
          </title>
          {formatCompact(rows)}
          {before && <tspan className={styles.change}> {shortChange(rows, before)}</tspan>}
        </text>
      )}
    </>
  );
});

/** The wire that follows the pointer. */
export function DraggedWire({ fromX, fromY, toX, toY, fromHandle }: ConnectionLineComponentProps) {
  const kind = useView((view) => view.wire?.kind ?? 'any');
  const path = fromHandle?.type === 'target' ? wirePath(toX, toY, fromX, fromY) : wirePath(fromX, fromY, toX, toY);
  return <path d={path} className={styles.dragged} style={{ stroke: `var(--port-${kind})` }} />;
}
