/**
 * A table of any length: only what is in view is in the page. Rows may be missing while they are being fetched; `onRange` says
 * which are wanted. Arrow keys walk cells, Page keys walk screens, Enter opens a row, Home and End go to the ends of a row.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import styles from './DataGrid.module.css';
import { Icon } from './Icon.tsx';

export interface GridColumn<Row> {
  id: string;
  title: ReactNode;
  width: number;
  align?: 'start' | 'end';
  /** Takes what space is left. */
  grow?: boolean;
  cell: (row: Row, index: number) => ReactNode;
  sortable?: boolean;
}

/** Beyond what browsers can scroll (Firefox: about 17 million pixels) the offset is scaled. */
const tallest = 12_000_000;

export function DataGrid<Row>(props: {
  label: string;
  columns: readonly GridColumn<Row>[];
  rowCount: number;
  row: (index: number) => Row | undefined;
  rowHeight?: number;
  sort?: { column: string; descending: boolean } | null;
  onSort?: (column: string) => void;
  onOpen?: (row: Row, index: number) => void;
  selected?: (row: Row) => boolean;
  onRange?: (from: number, to: number) => void;
  /** Which rows these are: when they become others, the first of them come into view. */
  of?: string;
  empty?: ReactNode;
}) {
  const { columns, rowCount, rowHeight = 32 } = props;
  const box = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState<{ row: number; column: number } | null>(null);
  const headHeight = 34;
  const scale = Math.max(1, (rowCount * rowHeight) / tallest);
  const rows = useVirtualizer({
    count: rowCount,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight / scale,
    overscan: 8,
    scrollPaddingStart: headHeight,
  });
  const offsetOf = (index: number) => {
    const scroll = box.current?.scrollTop ?? 0;
    return scale === 1 ? index * rowHeight : scroll + (index - scroll / (rowHeight / scale)) * rowHeight;
  };
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => columns[index]!.width,
    overscan: 4,
    enabled: columns.length > 40,
  });
  const wide = columns.length > 40;
  const seen = wide ? across.getVirtualItems().map((item) => item.index) : columns.map((_, index) => index);
  const lead = wide ? (across.getVirtualItems()[0]?.start ?? 0) : 0;
  const total = columns.reduce((sum, column) => sum + column.width, 0);

  const items = rows.getVirtualItems();
  const from = items[0]?.index ?? 0;
  const to = (items.at(-1)?.index ?? -1) + 1;
  const { onRange, of } = props;
  const lastOf = useRef(of);
  useEffect(() => {
    if (lastOf.current === of) return;
    lastOf.current = of;
    box.current?.scrollTo({ top: 0 });
    setCurrent(null);
  }, [of]);
  useEffect(() => {
    if (to > from) onRange?.(from, to);
  }, [from, to, onRange]);

  const press = (event: KeyboardEvent) => {
    if (rowCount === 0) return;
    const at = current ?? { row: 0, column: 0 };
    const page = Math.max(1, Math.floor(((box.current?.clientHeight ?? 300) - headHeight) / rowHeight) - 1);
    const step: Record<string, { row: number; column: number }> = {
      ArrowDown: { row: at.row + (current ? 1 : 0), column: at.column },
      ArrowUp: { row: at.row - 1, column: at.column },
      ArrowRight: { row: at.row, column: at.column + 1 },
      ArrowLeft: { row: at.row, column: at.column - 1 },
      PageDown: { row: at.row + page, column: at.column },
      PageUp: { row: at.row - page, column: at.column },
      Home: { row: event.ctrlKey ? 0 : at.row, column: 0 },
      End: { row: event.ctrlKey ? rowCount - 1 : at.row, column: columns.length - 1 },
    };
    const next = step[event.key];
    if (next) {
      event.preventDefault();
      const row = Math.min(rowCount - 1, Math.max(0, next.row));
      const column = Math.min(columns.length - 1, Math.max(0, next.column));
      setCurrent({ row, column });
      rows.scrollToIndex(row);
      if (wide) across.scrollToIndex(column);
    } else if (event.key === 'Enter' && current) {
      const row = props.row(current.row);
      if (row !== undefined) props.onOpen?.(row, current.row);
    }
  };

  if (rowCount === 0 && props.empty) return <>{props.empty}</>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table element cannot be virtual in both directions
    <div
      ref={box}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={rowCount + 1}
      aria-colcount={columns.length}
      aria-activedescendant={current ? `cell-${current.row}-${current.column}` : undefined}
      className={styles.grid}
      onKeyDown={press}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus */}
      <div
        role="row"
        aria-rowindex={1}
        className={styles.head}
        style={{ height: headHeight, minWidth: `max(100%, ${total}px)` }}
      >
        {lead > 0 && <span style={{ width: lead, flex: 'none' }} />}
        {seen.map((index) => {
          const column = columns[index]!;
          const sorted = props.sort?.column === column.id ? props.sort : null;
          return (
            // biome-ignore lint/a11y/useSemanticElements: see above
            // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus
            <div
              key={column.id}
              role="columnheader"
              aria-colindex={index + 1}
              aria-sort={sorted ? (sorted.descending ? 'descending' : 'ascending') : undefined}
              className={styles.cell}
              data-align={column.align}
              data-grow={column.grow ? '' : undefined}
              style={{ width: column.width }}
            >
              {column.sortable && props.onSort ? (
                <button type="button" className={styles.sort} onClick={() => props.onSort?.(column.id)}>
                  <span>{column.title}</span>
                  {sorted && <Icon name={sorted.descending ? 'down' : 'up'} size={12} />}
                </button>
              ) : (
                <span>{column.title}</span>
              )}
            </div>
          );
        })}
      </div>
      <div style={{ height: rows.getTotalSize(), position: 'relative', width: '100%' }}>
        {items.map((item) => {
          const row = props.row(item.index);
          return (
            // biome-ignore lint/a11y/useSemanticElements: see above
            // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus
            // biome-ignore lint/a11y/useKeyWithClickEvents: Enter is handled by the grid
            <div
              key={item.index}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={row !== undefined && props.selected ? props.selected(row) : undefined}
              className={styles.row}
              style={{
                height: rowHeight,
                minWidth: `max(100%, ${total}px)`,
                transform: `translateY(${offsetOf(item.index)}px)`,
                cursor: props.onOpen ? 'pointer' : undefined,
              }}
              onClick={() => {
                setCurrent({ row: item.index, column: current?.column ?? 0 });
                if (row !== undefined) props.onOpen?.(row, item.index);
              }}
            >
              {lead > 0 && <span style={{ width: lead, flex: 'none' }} />}
              {seen.map((index) => {
                const column = columns[index]!;
                return (
                  // biome-ignore lint/a11y/useSemanticElements: see above
                  // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus
                  <div
                    key={column.id}
                    id={`cell-${item.index}-${index}`}
                    role="gridcell"
                    aria-colindex={index + 1}
                    className={styles.cell}
                    data-align={column.align}
                    data-grow={column.grow ? '' : undefined}
                    data-current={current?.row === item.index && current.column === index ? '' : undefined}
                    style={{ width: column.width }}
                  >
                    <span>{row === undefined ? '…' : column.cell(row, item.index)}</span>
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}
