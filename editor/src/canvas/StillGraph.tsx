/**
 * A drawing to look at, not to change: one card for each node where it stands, marked by what a comparison says of it. Several of
 * them may share one viewport, so that the same place is looked at in all.
 */
import '@xyflow/react/dist/base.css';
import type { Change } from '@drawloom/shared/pipeline/difference.ts';
import type { NodeId, PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import {
  Background,
  BackgroundVariant,
  type Edge,
  type EdgeProps,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  type Viewport,
} from '@xyflow/react';
import { memo, useEffect, useMemo, useRef } from 'react';
import { Icon, type IconName } from '../ui/Icon.tsx';
import { t } from '../words/index.ts';
import { boundsOf, card, wirePath } from './geometry.ts';
import { openingView, zoomRange } from './handle.ts';
import styles from './StillGraph.module.css';

export type Mark = Change | 'moved';

type CardNode = Node<{ name: string; type: string; mark: Mark | null }, 'still'>;
type WireEdge = Edge<{ mark: Change | null }, 'still'>;

const height = 64;
const handles: CardNode['handles'] = [
  { id: 'in', type: 'target', position: Position.Left, x: 0, y: height / 2, width: 1, height: 1 },
  { id: 'out', type: 'source', position: Position.Right, x: card.width - 1, y: height / 2, width: 1, height: 1 },
];
const nodeTypes = { still: memo(StillCard) };
const edgeTypes = { still: memo(StillWire) };
const proOptions = { hideAttribution: true };

export const markWord = (mark: Mark): string =>
  ({ added: t('added'), removed: t('removed'), changed: t('changed'), moved: t('moved') })[mark];
export const markIcon = (mark: Mark): IconName =>
  (({ added: 'plus', removed: 'minus', changed: 'edit', moved: 'move' }) as const)[mark];

export function StillGraph(props: {
  label: string;
  document: PipelineDocument;
  marks: ReadonlyMap<NodeId, Mark>;
  /** By the ends of an edge; see `edgeId`. */
  edgeMarks: ReadonlyMap<string, Change>;
  selected: NodeId | undefined;
  onSelect: (node: NodeId) => void;
  viewport: Viewport | null;
  onViewport: (viewport: Viewport) => void;
}) {
  const { document, marks, edgeMarks, selected, viewport, onViewport } = props;
  const box = useRef<HTMLDivElement>(null);
  const nodes = useMemo(
    () =>
      Object.entries(document.nodes).map(([id, node]): CardNode => {
        const mark = marks.get(id) ?? null;
        return {
          id,
          type: 'still',
          position: document.looks.positions[id] ?? { x: 0, y: 0 },
          width: card.width,
          height,
          measured: { width: card.width, height },
          handles,
          selected: id === selected,
          ariaLabel: mark ? t('{name}, {state}', { name: node.name, state: markWord(mark) }) : node.name,
          data: { name: node.name, type: node.type, mark },
        };
      }),
    [document, marks, selected],
  );
  const edges = useMemo(() => edgesOf(document, edgeMarks), [document, edgeMarks]);
  // once: from then on whoever looks decides
  useEffect(() => {
    if (viewport || !box.current) return;
    const bounds = boundsOf(nodes.map(({ position }) => ({ ...position, width: card.width, height })));
    if (bounds) onViewport(openingView(bounds, { width: box.current.clientWidth, height: box.current.clientHeight }));
  }, [viewport, nodes, onViewport]);
  return (
    <section ref={box} className={styles.graph} aria-label={props.label}>
      <ReactFlowProvider>
        {viewport && (
          <ReactFlow<CardNode, WireEdge>
            nodes={nodes}
            edges={edges}
            nodeTypes={nodeTypes}
            edgeTypes={edgeTypes}
            viewport={viewport}
            onViewportChange={onViewport}
            minZoom={zoomRange.min}
            maxZoom={zoomRange.max}
            onlyRenderVisibleElements
            nodesDraggable={false}
            nodesConnectable={false}
            edgesFocusable={false}
            elementsSelectable={false}
            deleteKeyCode={null}
            onNodeClick={(_, node) => props.onSelect(node.id)}
            proOptions={proOptions}
          >
            <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} color="var(--grid)" />
          </ReactFlow>
        )}
      </ReactFlowProvider>
    </section>
  );
}

function edgesOf(document: PipelineDocument, marks: ReadonlyMap<string, Change>): WireEdge[] {
  return Object.values(document.edges)
    .filter(({ from, to }) => document.nodes[from.node] && document.nodes[to.node])
    .map(({ from, to }) => {
      const id = `${from.node}.${from.port}>${to.node}.${to.port}`;
      return {
        id,
        type: 'still',
        source: from.node,
        target: to.node,
        sourceHandle: 'out',
        targetHandle: 'in',
        data: { mark: marks.get(id) ?? null },
      };
    });
}

function StillCard({ id, data, selected }: NodeProps<CardNode>) {
  return (
    <article
      className={styles.card}
      data-mark={data.mark ?? undefined}
      data-selected={selected ? '' : undefined}
      data-testid={`still-${id}`}
    >
      <span className={styles.name} title={data.name}>
        {data.name}
      </span>
      <span className={styles.what}>
        {data.mark ? (
          <>
            <Icon name={markIcon(data.mark)} size={12} /> {markWord(data.mark)}
          </>
        ) : (
          data.type
        )}
      </span>
    </article>
  );
}

function StillWire({ sourceX, sourceY, targetX, targetY, data }: EdgeProps<WireEdge>) {
  return (
    <path
      d={wirePath(sourceX, sourceY, targetX, targetY)}
      className={styles.wire}
      data-mark={data?.mark ?? undefined}
      fill="none"
    />
  );
}
