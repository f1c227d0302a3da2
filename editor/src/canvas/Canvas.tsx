/** The stage: React Flow with our cards and wires on it, the picture when it is far away, and the gestures. */
import '@xyflow/react/dist/base.css';
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import {
  Background,
  type EdgeChange,
  type NodeChange,
  type OnConnectEnd,
  type OnConnectStartParams,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useStore as useFlow,
  useStoreApi,
  type Viewport,
} from '@xyflow/react';
import {
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useStore } from 'zustand';
import type { Point } from '../document/commands.ts';
import { useDrawingObject } from '../document/DrawingContext.tsx';
import { dragType } from '../palette/TypeList.tsx';
import { IconButton } from '../ui/Button.tsx';
import { t } from '../words/index.ts';
import styles from './Canvas.module.css';
import { Creator } from './Creator.tsx';
import { dragCards, dropCards, dropType, overType } from './drag.ts';
import { type CardNode, FlowNodes, type WireEdge } from './flowNodes.ts';
import { GuideLines } from './GuideLines.tsx';
import { boundsOf, card, step } from './geometry.ts';
import { CanvasHandle, openingView, zoomRange } from './handle.ts';
import { Minimap } from './Minimap.tsx';
import { NodeCard } from './NodeCard.tsx';
import { Picture } from './Picture.tsx';
import { isLess, levelAt, useView } from './view.ts';
import { WaitLines } from './WaitLines.tsx';
import { WireHint } from './WireHint.tsx';
import { DraggedWire, WireLine } from './WireLine.tsx';
import { draw, drawToNode, edgeOf, keyWirePress, wireFrom } from './wires.ts';

const nodeTypes = { card: NodeCard };
const edgeTypes = { wire: WireLine };
const noNodes: CardNode[] = [];
const noEdges: WireEdge[] = [];
const snapGrid: [number, number] = [step.grid, step.grid];
const proOptions = { hideAttribution: true };
const selectKeys = ['Shift', 'Meta', 'Control'];
const settleMs = 120;

export interface CanvasProps {
  /** Told once the canvas can be looked at from outside. */
  onReady: (canvas: CanvasHandle) => void;
  onKey: (event: KeyboardEvent) => void;
  onClipboard: (kind: 'copy' | 'cut' | 'paste', event: ClipboardEvent) => void;
  onContextMenu: (event: MouseEvent, node: NodeId | null) => void;
  /** A node was dropped from the palette and wants its first field filled in. */
  onDropped: (id: NodeId) => void;
  empty: ReactNode;
  /** What the page lays over the canvas. */
  children?: ReactNode;
}

export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Stage {...props} />
    </ReactFlowProvider>
  );
}

function Stage(props: CanvasProps) {
  const drawing = useDrawingObject();
  const element = useRef<HTMLDivElement>(null);
  const [canvas, setCanvas] = useState<CanvasHandle | null>(null);
  const [first, setFirst] = useState<Viewport | null>(null);
  const flowNodes = useMemo(() => new FlowNodes(drawing), [drawing]);
  useEffect(() => () => flowNodes.close(), [flowNodes]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once per drawing
  useLayoutEffect(() => {
    const made = new CanvasHandle(drawing, flowNodes, element.current!);
    const bounds = boundsOf(flowNodes.boxes());
    const viewport = bounds ? openingView(bounds, made.size) : { x: 80, y: 80, zoom: 1 };
    useView.setState({
      level: levelAt(viewport.zoom, null),
      wire: null,
      keyWire: null,
      creator: null,
      renaming: null,
      circle: null,
      found: null,
    });
    setFirst(viewport);
    setCanvas(made);
    props.onReady(made);
  }, [drawing, flowNodes]);

  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    if (!event.ctrlKey && !event.metaKey && !event.altKey && canvas && keyWirePress(canvas, event.key)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    props.onKey(event);
  };
  const drop = (event: DragEvent) => {
    const name = event.dataTransfer.getData(dragType);
    const type = drawing.catalog.get(name);
    if (!type || !canvas) return;
    event.preventDefault();
    dropType(canvas, type, { x: event.clientX, y: event.clientY }, event.altKey, props.onDropped);
  };
  const isPane = (target: EventTarget) => (target as HTMLElement).classList?.contains('react-flow__pane');

  return (
    <section
      ref={element}
      className={styles.canvas}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the focus, and says what the keys do
      tabIndex={0}
      aria-label={t('Canvas. Arrows walk the graph, N adds a node, C connects, ? lists the keys.')}
      data-testid="canvas"
      onKeyDown={press}
      onPointerMove={(event) => {
        if (canvas) canvas.pointer = { x: event.clientX, y: event.clientY };
      }}
      onPointerLeave={() => {
        if (canvas) canvas.pointer = null;
      }}
      onDoubleClick={(event) => {
        if (canvas && isPane(event.target)) openCreator(canvas, { x: event.clientX, y: event.clientY });
      }}
      onContextMenu={(event) => {
        const found = (event.target as HTMLElement).closest<HTMLElement>('.react-flow__node')?.dataset.id ?? null;
        props.onContextMenu(event, found);
      }}
      onCopy={(event) => props.onClipboard('copy', event)}
      onCut={(event) => props.onClipboard('cut', event)}
      onPaste={(event) => props.onClipboard('paste', event)}
      onDragOver={(event) => {
        if (event.dataTransfer.types.includes(dragType)) {
          event.preventDefault();
          event.dataTransfer.dropEffect = 'copy';
          if (canvas) overType(canvas, { x: event.clientX, y: event.clientY }, event.altKey);
        }
      }}
      onDragLeave={() => useView.setState({ insertion: null, replacing: null })}
      onDrop={drop}
    >
      {canvas && first && (
        <>
          <Flow canvas={canvas} first={first} />
          <Overlays canvas={canvas} empty={props.empty} />
          {props.children}
        </>
      )}
    </section>
  );
}

export function openCreator(
  canvas: CanvasHandle,
  client: Point | null,
  wire: { node: string; port: string; end: 'from' | 'to' } | null = null,
  replace: NodeId | null = null,
): void {
  const box = canvas.element.getBoundingClientRect();
  const at = client ?? { x: box.left + box.width / 2 - 150, y: box.top + box.height / 2 - 160 };
  const full = wire && wireFrom(canvas.drawing, wire.node, wire.port, wire.end);
  useView.setState({
    creator: {
      screen: { x: at.x - box.left, y: at.y - box.top },
      flow: client ? canvas.toFlow(at) : canvas.centre(),
      ...(replace && { replace }),
      beside: replace === null && client === null && wire === null && canvas.drawing.selection.nodes.size === 1,
      wire: full && { node: full.node, port: full.port, end: full.end, kind: full.kind },
    },
  });
}

function Flow({ canvas, first }: { canvas: CanvasHandle; first: Viewport }) {
  const { drawing, flow } = canvas;
  const internals = useStoreApi();
  // Sizes and ports are declared, so nothing may be measured: a measurement costs a layout and forgets ports that are not drawn.
  useState(() => internals.setState({ updateNodeInternals: () => {} }));
  const level = useView((view) => view.level);
  const readOnly = useStore(drawing.store, (state) => state.readOnly);
  const nodes = useStore(flow.store, (state) => state.nodes);
  const edges = useStore(flow.store, (state) => state.edges);
  const far = level === 'picture';
  const settle = useRef<ReturnType<typeof setTimeout>>(undefined);

  const changeNodes = useCallback(
    (changes: NodeChange<CardNode>[]) => {
      const places = new Map<NodeId, Point>();
      let selected: Set<NodeId> | null = null;
      for (const change of changes) {
        if (change.type === 'position' && change.position && change.dragging) places.set(change.id, change.position);
        else if (change.type === 'select') {
          selected ??= new Set(drawing.selection.nodes);
          if (change.selected) selected.add(change.id);
          else selected.delete(change.id);
        }
      }
      if (places.size > 0) dragCards(canvas, places);
      if (selected) drawing.select({ nodes: selected, edges: drawing.selection.edges });
    },
    [canvas, drawing],
  );
  const changeEdges = useCallback(
    (changes: EdgeChange<WireEdge>[]) => {
      const selected = new Set(drawing.selection.edges);
      for (const change of changes)
        if (change.type === 'select') {
          if (change.selected) selected.add(change.id);
          else selected.delete(change.id);
        }
      drawing.select({ nodes: drawing.selection.nodes, edges: selected });
    },
    [drawing],
  );
  const noteAlt = useCallback(
    (event: { altKey?: boolean }) => {
      canvas.dragsAlone = event.altKey ?? false;
    },
    [canvas],
  );
  const dropped = useCallback(
    (event: { altKey?: boolean }) => {
      noteAlt(event);
      dropCards(canvas);
    },
    [canvas, noteAlt],
  );

  // by the store, not by gestures: the view is also moved by keys, by the overview and from the address
  useEffect(
    () =>
      internals.subscribe(({ transform }, before) => {
        if (transform[2] === before.transform[2]) return;
        const { level: now } = useView.getState();
        const next = levelAt(transform[2], now);
        clearTimeout(settle.current);
        if (next === now) return;
        if (isLess(next, now)) useView.setState({ level: next });
        else
          settle.current = setTimeout(() => useView.setState({ level: levelAt(canvas.viewport.zoom, now) }), settleMs);
      }),
    [internals, canvas],
  );
  const wireBegins = useCallback(
    (_: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
      if (!nodeId || !handleId) return;
      useView.setState({
        wire: wireFrom(drawing, nodeId, handleId, handleType === 'source' ? 'from' : 'to'),
        keyWire: null,
      });
    },
    [drawing],
  );
  const wireEnds = useCallback<OnConnectEnd>(
    (event, state) => {
      const { wire } = useView.getState();
      useView.setState({ wire: null, circle: null });
      if (!wire) return;
      const point = 'changedTouches' in event ? event.changedTouches[0]! : event;
      const over = state.toHandle;
      if (over?.id && over.nodeId !== wire.node) {
        if ((over.type === 'source') !== (wire.end === 'from'))
          draw(drawing, edgeOf(wire, { node: over.nodeId, port: over.id }));
        return;
      }
      const client = { x: point.clientX, y: point.clientY };
      const onto = flow.at(canvas.toFlow(client));
      if (onto === wire.node) return;
      if (onto) drawToNode(drawing, wire, onto);
      else openCreator(canvas, client, wire);
    },
    [canvas, drawing, flow],
  );
  const never = useCallback(() => false, []); // `wireEnds` asks the same check that every other way of connecting asks

  const paneClicked = useCallback(
    (event: MouseEvent) => {
      canvas.element.focus({ preventScroll: true });
      const hit =
        useView.getState().level === 'picture' ? flow.at(canvas.toFlow({ x: event.clientX, y: event.clientY })) : null;
      drawing.select(hit ? { nodes: new Set([hit]) } : {});
    },
    [canvas, drawing, flow],
  );
  const nodeClicked = useCallback((_: unknown, node: CardNode) => canvas.focus(node.id), [canvas]);
  const nodeDoubleClicked = useCallback(
    (_: unknown, node: CardNode) => !drawing.store.getState().readOnly && useView.setState({ renaming: node.id }),
    [drawing],
  );

  return (
    <ReactFlow<CardNode, WireEdge>
      className={styles.flow!}
      nodes={far ? noNodes : nodes}
      edges={far ? noEdges : edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      defaultViewport={first}
      onInit={(instance) => canvas.begin(instance)}
      minZoom={zoomRange.min}
      maxZoom={zoomRange.max}
      onlyRenderVisibleElements
      onNodesChange={changeNodes}
      onEdgesChange={changeEdges}
      onNodeDragStart={noteAlt}
      onNodeDrag={noteAlt}
      onNodeDragStop={dropped}
      onSelectionDrag={noteAlt}
      onSelectionDragStop={dropped}
      onConnectStart={wireBegins}
      onConnectEnd={wireEnds}
      isValidConnection={never}
      connectionLineComponent={DraggedWire}
      connectionRadius={card.snap}
      onPaneClick={paneClicked}
      onNodeClick={nodeClicked}
      onNodeDoubleClick={nodeDoubleClicked}
      snapToGrid
      snapGrid={snapGrid}
      nodesDraggable={!readOnly}
      nodesConnectable={!readOnly}
      elementsSelectable
      nodesFocusable={false}
      edgesFocusable={false}
      disableKeyboardA11y
      deleteKeyCode={null}
      selectionKeyCode="Shift"
      multiSelectionKeyCode={selectKeys}
      selectionMode={SelectionMode.Partial}
      zoomOnDoubleClick={false}
      elevateNodesOnSelect={false}
      proOptions={proOptions}
      nodeDragThreshold={3}
    >
      {level === 'full' && <Background gap={16} size={1.4} color="var(--grid)" />}
      {!far && <WaitLines canvas={canvas} />}
      <GuideLines />
    </ReactFlow>
  );
}

function Overlays({ canvas, empty }: { canvas: CanvasHandle; empty: ReactNode }) {
  const far = useView((view) => view.level === 'picture');
  const minimap = useView((view) => view.minimap);
  const isEmpty = useStore(canvas.flow.store, (state) => state.nodes.length === 0);
  return (
    <>
      {far && <Picture canvas={canvas} />}
      {isEmpty && <div className={styles.empty}>{empty}</div>}
      {minimap && !isEmpty && <Minimap canvas={canvas} />}
      <ZoomTools canvas={canvas} />
      <WireHint />
      <KeyWireBanner canvas={canvas} />
      <Creator canvas={canvas} />
    </>
  );
}

function ZoomTools({ canvas }: { canvas: CanvasHandle }) {
  const percent = useFlow((flow) => Math.round(flow.transform[2] * 100));
  return (
    <div className={styles.tools} role="toolbar" aria-label={t('Zoom')}>
      <IconButton small icon="minus" label={t('Zoom out')} keys="-" onPress={() => canvas.zoomBy(1 / 1.25)} />
      <button type="button" className={styles.zoom} onClick={() => canvas.zoomTo(1)} title={t('Zoom to 100 %')}>
        {percent} %<span className="visually-hidden">, {t('Zoom to 100 %')}</span>
      </button>
      <IconButton small icon="plus" label={t('Zoom in')} keys="+" onPress={() => canvas.zoomBy(1.25)} />
      <IconButton
        small
        icon="fit"
        label={t('Fit everything')}
        keys="1"
        onPress={() => canvas.fit()}
        data-testid="zoom-fit"
      />
    </div>
  );
}

function KeyWireBanner({ canvas }: { canvas: CanvasHandle }) {
  const keyWire = useView((view) => view.keyWire);
  if (!keyWire) return null;
  const { document } = canvas.drawing;
  const target = keyWire.targets[keyWire.at];
  const from = `${document.nodes[keyWire.wire.node]?.name} · ${keyWire.wire.port}`;
  return (
    <div className={styles.banner} data-testid="key-wire">
      {keyWire.at < 0
        ? t('Connect {from}: ↑ ↓ port, Enter go on, Esc end', { from })
        : target
          ? t('{from} → {to}: arrows choose, Enter connects, Esc ends', {
              from,
              to: `${document.nodes[target.node]?.name} · ${target.port}`,
            })
          : t('No port takes a wire from {from}. Esc ends.', { from })}
    </div>
  );
}
