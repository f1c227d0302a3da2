/**
 * Turns the open drawing into what React Flow draws. Each node and edge object stays the same while nothing about it changed, so
 * that one edit renders one card. While cards are dragged their places live here; the drawing learns them when they are dropped.
 */
import type { PortKind } from '@drawloom/shared/node-type/ports.ts';
import type { Edge as DocumentEdge, NodeId } from '@drawloom/shared/pipeline/document.ts';
import type { Shape } from '@drawloom/shared/signature/index.ts';
import { type Edge, type Node, Position } from '@xyflow/react';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Point } from '../document/commands.ts';
import type { Drawing, DrawingState } from '../document/drawing.ts';
import { type Incident, indexOf } from '../document/shapes.ts';
import { type Box, type CardShape, card, cardShape } from './geometry.ts';

export type CardNode = Node<{ card: CardShape }, 'card'>;
export type WireEdge = Edge<{ kind: PortKind; from: string }, 'wire'>;

interface Made {
  node: CardNode;
  type: string;
  shape: Shape | undefined;
  incident: Incident | undefined;
  at: Point;
  selected: boolean;
}

export interface FlowState {
  nodes: CardNode[];
  edges: WireEdge[];
  dragging: ReadonlyMap<NodeId, Point>;
}

export class FlowNodes {
  readonly store: StoreApi<FlowState>;
  readonly #drawing: Drawing;
  #made = new Map<NodeId, Made>();
  #wires = new Map<string, { wire: WireEdge; edge: DocumentEdge; kind: PortKind; selected: boolean }>();
  readonly #stop: () => void;

  constructor(drawing: Drawing) {
    this.#drawing = drawing;
    this.store = createStore<FlowState>(() => ({ nodes: [], edges: [], dragging: new Map() }));
    this.#build(drawing.store.getState());
    this.#stop = drawing.store.subscribe((state, before) => {
      if (
        state.document.nodes !== before.document.nodes ||
        state.document.edges !== before.document.edges ||
        state.document.looks !== before.document.looks ||
        state.shapes !== before.shapes ||
        state.selection !== before.selection
      )
        this.#build(state);
    });
  }

  close(): void {
    this.#stop();
  }

  drag(places: ReadonlyMap<NodeId, Point>): void {
    const dragging = new Map([...this.store.getState().dragging, ...places]);
    this.store.setState({ dragging });
    this.#build(this.#drawing.store.getState());
  }
  /** Where the dragged cards are; they belong to the drawing from now on. */
  drop(): ReadonlyMap<NodeId, Point> {
    const { dragging } = this.store.getState();
    if (dragging.size > 0) this.store.setState({ dragging: new Map() });
    return dragging;
  }

  cardOf(id: NodeId): CardShape | undefined {
    return this.#made.get(id)?.node.data.card;
  }
  boxOf(id: NodeId): Box | undefined {
    const made = this.#made.get(id);
    return made && { ...made.at, width: card.width, height: made.node.data.card.height };
  }
  *boxes(ids?: Iterable<NodeId>): Generator<Box & { id: NodeId }> {
    for (const id of ids ?? this.#made.keys()) {
      const box = this.boxOf(id);
      if (box) yield { id, ...box };
    }
  }
  /** The topmost card at a place. */
  at(point: Point): NodeId | null {
    let found: NodeId | null = null;
    for (const box of this.boxes())
      if (point.x >= box.x && point.x <= box.x + box.width && point.y >= box.y && point.y <= box.y + box.height)
        found = box.id;
    return found;
  }

  #build(state: DrawingState): void {
    const { document, shapes, selection } = state;
    const { dragging } = this.store.getState();
    const index = indexOf(document);
    const made = new Map<NodeId, Made>();
    const nodes: CardNode[] = [];
    let changed = false;
    for (const [id, node] of Object.entries(document.nodes)) {
      const at = dragging.get(id) ?? document.looks.positions[id] ?? { x: 0, y: 0 };
      const selected = selection.nodes.has(id);
      const shape = shapes.get(id);
      const incident = index.get(id);
      const before = this.#made.get(id);
      if (
        before &&
        before.type === node.type &&
        before.shape === shape &&
        sameEnds(before.incident, incident) &&
        before.at.x === at.x &&
        before.at.y === at.y &&
        before.selected === selected
      ) {
        before.incident = incident;
        made.set(id, before);
        nodes.push(before.node);
        continue;
      }
      changed = true;
      const sameCard =
        before && before.type === node.type && before.shape === shape && sameEnds(before.incident, incident);
      const looks = sameCard
        ? before.node.data
        : { card: cardShape(this.#drawing.catalog.get(node.type), shape, incident ?? { in: [], out: [] }) };
      const flow: CardNode = sameCard
        ? { ...before.node, position: at, selected }
        : {
            id,
            type: 'card',
            position: at,
            width: card.width,
            height: looks.card.height,
            measured: { width: card.width, height: looks.card.height },
            handles: handlesOf(looks.card),
            data: looks,
            selected,
          };
      made.set(id, { node: flow, type: node.type, shape, incident, at, selected });
      nodes.push(flow);
    }
    if (made.size !== this.#made.size) changed = true;
    this.#made = made;
    const edges = this.#edges(state);
    this.store.setState({
      ...(changed ? { nodes } : {}),
      ...(edges ? { edges } : {}),
    });
  }

  #edges({ document, shapes, selection }: DrawingState): WireEdge[] | null {
    const wires = new Map<string, { wire: WireEdge; edge: DocumentEdge; kind: PortKind; selected: boolean }>();
    const edges: WireEdge[] = [];
    let changed = false;
    for (const [id, edge] of Object.entries(document.edges)) {
      if (!document.nodes[edge.from.node] || !document.nodes[edge.to.node]) continue;
      const kind = shapes.get(edge.from.node)?.outputs.find((port) => port.name === edge.from.port)?.kind ?? 'any';
      const selected = selection.edges.has(id);
      const before = this.#wires.get(id);
      if (before && before.edge === edge && before.kind === kind && before.selected === selected) {
        wires.set(id, before);
        edges.push(before.wire);
        continue;
      }
      changed = true;
      const wire: WireEdge = {
        id,
        type: 'wire',
        source: edge.from.node,
        target: edge.to.node,
        sourceHandle: edge.from.port,
        targetHandle: edge.to.port,
        data: { kind, from: `${edge.from.node}.${edge.from.port}` },
        selected,
      };
      wires.set(id, { wire, edge, kind, selected });
      edges.push(wire);
    }
    if (!changed && wires.size === this.#wires.size) return null;
    this.#wires = wires;
    return edges;
  }
}

function sameEnds(a: Incident | undefined, b: Incident | undefined): boolean {
  if (a === b) return true;
  if (a && b && sameEdges(a.in, b.in) && sameEdges(a.out, b.out)) return true;
  const ends = (incident: Incident | undefined) =>
    incident
      ? `${incident.in.map((edge) => edge.to.port).sort()}|${incident.out.map((edge) => edge.from.port).sort()}`
      : '|';
  return ends(a) === ends(b);
}

const sameEdges = (a: readonly DocumentEdge[], b: readonly DocumentEdge[]): boolean =>
  a.length === b.length && a.every((edge, index) => edge === b[index]);

const handlesOf = (shape: CardShape): NonNullable<CardNode['handles']> => [
  ...shape.inputs.map((port) => ({
    id: port.name,
    type: 'target' as const,
    position: Position.Left,
    x: -card.dot / 2,
    y: port.y - card.dot / 2,
    width: card.dot,
    height: card.dot,
  })),
  ...shape.outputs.map((port) => ({
    id: port.name,
    type: 'source' as const,
    position: Position.Right,
    x: card.width - card.dot / 2,
    y: port.y - card.dot / 2,
    width: card.dot,
    height: card.dot,
  })),
];
