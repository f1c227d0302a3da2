/** One row of the outline: a node with its state, a port with its kind, a wire with its other end, or what is waited for. */
import { nameOfKind } from '@drawloom/shared/node-type/ports.ts';
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import { memo, type ReactNode, useEffect, useRef } from 'react';
import { useCardStatus } from '../../../canvas/cardFacts.ts';
import { nodeLabel } from '../../../canvas/nodeLabel.ts';
import { useDrawing, useDrawingObject } from '../../../document/DrawingContext.tsx';
import { iconOf } from '../../../palette/icons.ts';
import { PortShape } from '../../../palette/PortShape.tsx';
import { Icon } from '../../../ui/Icon.tsx';
import { StatusMark } from '../../../ui/StatusMark.tsx';
import { t } from '../../../words/index.ts';
import styles from './Outline.module.css';
import { idOf, type NodeRow, type PortRow, type Row, textOf } from './rows.ts';

interface Props {
  row: Row;
  top: number;
  height: number;
  /** The one that Tab stops at. */
  current: boolean;
  renaming: boolean;
  onPress: (row: Row) => void;
  onTurn: (row: Row, open: boolean) => void;
  onRenamed: (node: NodeId, name: string | null) => void;
}

export const OutlineRow = memo(function OutlineRow(props: Props) {
  const { row } = props;
  const { catalog } = useDrawingObject();
  const node = useDrawing((state) => state.document.nodes[row.node]);
  const text = useDrawing((state) => textOf(state.document, row));
  const selected = useDrawing(({ selection }) =>
    row.is === 'wire' ? selection.edges.has(row.edge) : row.is === 'node' && selection.nodes.has(row.node),
  );
  const status = useCardStatus(row.node);
  const mark = useDrawing((state) => state.nodeMarks[row.node]);
  if (!node) return null;
  const said = labelOf(row, text);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
    <div
      id={idOf(row.key)}
      role="treeitem"
      tabIndex={props.current ? 0 : -1}
      aria-level={row.level}
      aria-posinset={row.at}
      aria-setsize={row.of}
      aria-expanded={row.open ?? undefined}
      aria-selected={selected}
      aria-label={said ?? nodeLabel(node, catalog.get(node.type), mark, status)}
      className={styles.row}
      data-level={row.level}
      data-current={props.current ? '' : undefined}
      style={{ height: props.height, transform: `translateY(${props.top}px)` }}
      onClick={() => props.onPress(row)}
    >
      <Turn row={row} onTurn={props.onTurn} />
      {row.is === 'node' ? (
        <NodeFace row={row} renaming={props.renaming} onRenamed={props.onRenamed} />
      ) : (
        <>
          <Face row={row} />
          <span className={styles.text}>{text}</span>
          {row.is === 'port' && <PortFacts row={row} />}
        </>
      )}
    </div>
  );
});

/** Opens and closes by pointer; keys do it by arrows. */
function Turn({ row, onTurn }: { row: Row; onTurn: Props['onTurn'] }) {
  return (
    <span
      className={styles.turn}
      data-can={row.open === null ? undefined : ''}
      aria-hidden="true"
      onClick={(event) => {
        if (row.open === null) return;
        event.stopPropagation();
        onTurn(row, !row.open);
      }}
    >
      {row.open !== null && <Icon name={row.open ? 'chevron-down' : 'chevron-right'} size={12} />}
    </span>
  );
}

function NodeFace({ row, renaming, onRenamed }: Pick<Props, 'renaming' | 'onRenamed'> & { row: NodeRow }): ReactNode {
  const { catalog } = useDrawingObject();
  const node = useDrawing((state) => state.document.nodes[row.node])!;
  const mark = useDrawing((state) => state.nodeMarks[row.node]);
  const status = useCardStatus(row.node);
  const type = catalog.get(node.type);
  return (
    <>
      <Icon name={iconOf(type)} />
      {renaming ? (
        <Rename node={row.node} name={node.name} onRenamed={onRenamed} />
      ) : (
        <span className={styles.names}>
          <span className={styles.text}>{node.name}</span>
          <span className={styles.type}>{type?.title ?? node.type}</span>
        </span>
      )}
      {status && <StatusMark status={status} iconOnly />}
      {mark && (
        <span className={styles.mark} data-severity={mark}>
          <Icon name={mark} size={14} />
        </span>
      )}
    </>
  );
}

function Rename({ node, name, onRenamed }: { node: NodeId; name: string; onRenamed: Props['onRenamed'] }) {
  const input = useRef<HTMLInputElement>(null);
  const over = useRef(false);
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const done = (keep: boolean) => {
    if (over.current) return; // leaving the field follows from Enter as well
    over.current = true;
    onRenamed(node, keep ? (input.current?.value ?? null) : null);
  };
  return (
    <input
      ref={input}
      className={styles.rename}
      defaultValue={name}
      maxLength={200}
      aria-label={t('Name of the node')}
      onClick={(event) => event.stopPropagation()}
      onBlur={() => done(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') done(true);
        else if (event.key === 'Escape') done(false);
      }}
    />
  );
}

function Face({ row }: { row: Exclude<Row, NodeRow> }) {
  switch (row.is) {
    case 'port':
      return <PortShape kind={row.kind} filled={row.open !== null || row.end === 'from'} lost={row.shape === null} />;
    case 'waits':
    case 'wait':
      return <Icon name="hourglass" size={14} />;
    case 'wire':
      return <Icon name={row.end === 'from' ? 'chevron-right' : 'chevron-left'} size={12} />;
  }
}

function PortFacts({ row }: { row: PortRow }) {
  if (!row.shape) return <span className={styles.lost}>{t('gone')}</span>;
  return (
    <span className={styles.fact}>
      {row.end === 'to' ? t('port::in') : t('port::out')}
      {row.shape.optional && ` · ${t('optional')}`}
    </span>
  );
}

/** What is said of a row that is no node's. */
function labelOf(row: Row, text: string): string | null {
  switch (row.is) {
    case 'node':
      return null;
    case 'port': {
      if (!row.shape) return t('{port}, a port that is gone', { port: text });
      const values = { port: text, kind: nameOfKind(row.kind) };
      if (row.end === 'from') return t('Output {port}, {kind}', values);
      if (row.shape.optional) return t('Optional input {port}, {kind}', values);
      return row.open === null ? t('Input {port}, {kind}, not connected', values) : t('Input {port}, {kind}', values);
    }
    case 'wire':
      return row.end === 'from' ? t('Wire to {other}', { other: text }) : t('Wire from {other}', { other: text });
    case 'waits':
      return row.open === null ? t('Waits for no other node') : t('Waits for other nodes');
    case 'wait':
      return t('Waits for {name}', { name: text });
  }
}
