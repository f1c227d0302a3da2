/** The drawing as a list, in the order of its flow: for those who would rather read than look. */
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useMemo, useRef } from 'react';
import { useDrawing, useDrawingObject } from '../../document/DrawingContext.tsx';
import { indexOf } from '../../document/shapes.ts';
import { iconOf } from '../../palette/icons.ts';
import { Icon } from '../../ui/Icon.tsx';
import { EmptyState } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import styles from './PipelinePage.module.css';
import { focusSoon } from './pageState.ts';

const rowId = (node: NodeId) => `outline-${node}`;

export function Outline({ onSelect }: { onSelect: (id: NodeId) => void }) {
  const drawing = useDrawingObject();
  const nodes = useDrawing((state) => state.document.nodes);
  const edges = useDrawing((state) => state.document.edges);
  const selected = useDrawing((state) => (state.selection.nodes.size === 1 ? [...state.selection.nodes][0] : null));
  const marks = useDrawing((state) => state.nodeMarks);
  const box = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => inOrder({ ...drawing.document, nodes, edges }), [drawing, nodes, edges]);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => 44,
    overscan: 8,
  });
  const current = Math.max(
    0,
    rows.findIndex(({ id }) => id === selected),
  );
  /** One stop for Tab; arrows go from node to node, and select it as a click does. */
  const press = (event: KeyboardEvent) => {
    const to = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const row = rows[Math.min(rows.length - 1, Math.max(0, to))]!;
    list.scrollToIndex(rows.indexOf(row));
    drawing.select({ nodes: new Set([row.id]) });
    focusSoon(() => document.getElementById(rowId(row.id)));
  };
  if (rows.length === 0)
    return (
      <EmptyState icon="outline" title={t('No nodes yet')}>
        {t('Nodes appear here in the order in which they run.')}
      </EmptyState>
    );
  return (
    <div ref={box} className={styles.list} role="listbox" aria-label={t('Outline')} tabIndex={-1} onKeyDown={press}>
      <div style={{ height: list.getTotalSize(), position: 'relative' }}>
        {list.getVirtualItems().map((item) => {
          const { id, from } = rows[item.index]!;
          const node = nodes[id]!;
          return (
            <button
              key={id}
              type="button"
              role="option"
              id={rowId(id)}
              tabIndex={item.index === current ? 0 : -1}
              aria-selected={selected === id}
              className={styles.history}
              aria-current={selected === id ? 'true' : undefined}
              style={{
                position: 'absolute',
                top: 0,
                left: 0,
                height: 44,
                alignItems: 'center',
                transform: `translateY(${item.start}px)`,
              }}
              onClick={() => onSelect(id)}
            >
              <Icon name={iconOf(drawing.catalog.get(node.type))} />
              <span style={{ minWidth: 0, flex: 1 }}>
                <span style={{ display: 'block', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
                  {node.name}
                </span>
                <span
                  className={styles.muted}
                  style={{ display: 'block', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
                >
                  {from.length > 0 ? t('after {names}', { names: from.join(', ') }) : t('starts')}
                </span>
              </span>
              {marks[id] && (
                <span style={{ color: marks[id] === 'error' ? 'var(--failed)' : 'var(--warning)', display: 'flex' }}>
                  <Icon name={marks[id]} size={14} />
                </span>
              )}
            </button>
          );
        })}
      </div>
    </div>
  );
}

function inOrder(document: Parameters<typeof indexOf>[0]): { id: NodeId; from: string[] }[] {
  const index = indexOf(document);
  const before = (id: NodeId) => [...new Set((index.get(id)?.in ?? []).map((edge) => edge.from.node))];
  const waiting = new Map(Object.keys(document.nodes).map((id) => [id, before(id).length]));
  const ready = [...waiting].filter(([, n]) => n === 0).map(([id]) => id);
  const rows: { id: NodeId; from: string[] }[] = [];
  const seen = new Set<NodeId>();
  const put = (id: NodeId) => {
    seen.add(id);
    rows.push({ id, from: before(id).map((one) => document.nodes[one]?.name ?? one) });
  };
  for (let head = 0; head < ready.length; head++) {
    const id = ready[head]!;
    put(id);
    for (const to of new Set((index.get(id)?.out ?? []).map((edge) => edge.to.node))) {
      const left = (waiting.get(to) ?? 1) - 1;
      waiting.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  for (const id of Object.keys(document.nodes)) if (!seen.has(id)) put(id);
  return rows;
}
