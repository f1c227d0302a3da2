/**
 * Decides which rows the outline has: nodes in the order in which they may run, below each its ports and what it waits for, and below
 * each port its wires. What the drawing says of wires whose port is gone is told as well, so that they can be taken away.
 */
import type { Port, PortKind } from '@drawloom/shared/node-type/ports.ts';
import type { Shapes } from '@drawloom/shared/pipeline/checks.ts';
import { edgeId, type NodeId, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { incident, neighbours } from '../../../document/shapes.ts';
import { t } from '../../../words/index.ts';

interface Place {
  /** What the row is known by, also after others came and went. */
  key: string;
  level: 1 | 2 | 3;
  /** Its place among those beside it, and how many these are. */
  at: number;
  of: number;
  /** Whether what is below it is shown; null when there is nothing below it. */
  open: boolean | null;
  node: NodeId;
}
export type NodeRow = Place & { is: 'node' };
export type PortRow = Place & { is: 'port'; end: 'from' | 'to'; port: string; kind: PortKind; shape: Port | null };
export type WaitsRow = Place & { is: 'waits' };
/** A wire as seen from one of its ends; `other` is at the other one. */
export type WireRow = Place & {
  is: 'wire';
  end: 'from' | 'to';
  port: string;
  edge: string;
  other: { node: NodeId; port: string };
  /** Whether its place among the wires of its port can be changed. */
  ordered: boolean;
};
export type WaitRow = Place & { is: 'wait'; before: NodeId };
export type Row = NodeRow | PortRow | WaitsRow | WireRow | WaitRow;

/** What a row is known by; the page can find it by `idOf`. */
export const keyOf = {
  node: (node: NodeId) => node,
  port: (node: NodeId, end: 'from' | 'to', port: string) => `${node}.${end}.${port}`,
  waits: (node: NodeId) => `${node}.waits`,
  wire: (node: NodeId, edge: string) => `${node}.wire.${edge}`,
  wait: (node: NodeId, before: NodeId) => `${node}.wait.${before}`,
};
export const idOf = (key: string): string => `outline-${key}`;

/** Nodes are closed until they are opened; ports are open until they are closed. */
export interface Opened {
  nodes: ReadonlySet<NodeId>;
  shut: ReadonlySet<string>;
}

export function rowsOf(
  document: PipelineDocument,
  shapes: Shapes,
  opened: Opened,
  order = inFlow(document),
): readonly Row[] {
  const rows: Row[] = [];
  for (const [index, node] of order.entries()) {
    const open = opened.nodes.has(node);
    rows.push({ is: 'node', key: keyOf.node(node), level: 1, at: index + 1, of: order.length, open, node });
    if (open) below(document, shapes, opened, node, rows);
  }
  return rows;
}

function below(document: PipelineDocument, shapes: Shapes, opened: Opened, node: NodeId, rows: Row[]): void {
  const wires = incident(document, node);
  const shape = shapes.get(node);
  const ends = (['to', 'from'] as const).flatMap((end) => {
    const edges = end === 'to' ? wires.in : wires.out;
    const ports = (end === 'to' ? shape?.inputs : shape?.outputs) ?? [];
    const gone = new Set(edges.map((edge) => edge[end].port).filter((name) => !ports.some((one) => one.name === name)));
    return [
      ...ports.map((port) => ({ end, name: port.name, shape: port as Port | null })),
      ...[...gone].map((name) => ({ end, name, shape: null })),
    ].map((one) => ({ ...one, edges: edges.filter((edge) => edge[end].port === one.name) }));
  });
  const of = ends.length + 1;
  let at = 0;
  const waits = () => {
    const after = document.nodes[node]?.after ?? [];
    const key = keyOf.waits(node);
    const open = after.length === 0 ? null : !opened.shut.has(key);
    rows.push({ is: 'waits', key, level: 2, at: ++at, of, open, node });
    if (open)
      for (const [index, before] of after.entries())
        rows.push({
          is: 'wait',
          key: keyOf.wait(node, before),
          level: 3,
          at: index + 1,
          of: after.length,
          open: null,
          node,
          before,
        });
  };
  let waited = false;
  for (const { end, name, shape: port, edges } of ends) {
    if (end === 'from' && !waited) {
      waits();
      waited = true;
    }
    const key = keyOf.port(node, end, name);
    const open = edges.length === 0 ? null : !opened.shut.has(key);
    const kind = port?.kind ?? 'any';
    rows.push({ is: 'port', key, level: 2, at: ++at, of, open, node, end, port: name, kind, shape: port });
    if (!open) continue;
    const sorted = [...edges].sort((a, b) => (a.order ?? 0) - (b.order ?? 0) || (edgeId(a) < edgeId(b) ? -1 : 1));
    for (const [index, edge] of sorted.entries())
      rows.push({
        is: 'wire',
        key: keyOf.wire(node, edgeId(edge)),
        level: 3,
        at: index + 1,
        of: sorted.length,
        open: null,
        node,
        end,
        port: name,
        edge: edgeId(edge),
        other: end === 'to' ? edge.from : edge.to,
        ordered: end === 'to' && port?.many === true && sorted.length > 1,
      });
  }
  if (!waited) waits();
}

/** Nodes in an order in which they may run; those in a circle, which cannot, come last. */
export function inFlow(document: PipelineDocument): readonly NodeId[] {
  const order: NodeId[] = [];
  const waiting = new Map(Object.keys(document.nodes).map((id) => [id, neighbours(document, id, 'in').length]));
  for (const [id, n] of waiting) if (n === 0) order.push(id);
  for (let head = 0; head < order.length; head++)
    for (const next of neighbours(document, order[head]!, 'out')) {
      const left = (waiting.get(next) ?? 1) - 1;
      waiting.set(next, left);
      if (left === 0) order.push(next);
    }
  const seen = new Set(order);
  return [...order, ...Object.keys(document.nodes).filter((id) => !seen.has(id))];
}

/** What stands in a row, and what letters that are typed look for. */
export function textOf({ nodes }: PipelineDocument, row: Row): string {
  const name = (id: NodeId) => nodes[id]?.name ?? id;
  switch (row.is) {
    case 'node':
      return name(row.node);
    case 'port':
      return row.shape?.label ?? row.port;
    case 'waits':
      return t('Waits also for');
    case 'wire':
      return t('{node} · {port}', { node: name(row.other.node), port: row.other.port });
    case 'wait':
      return name(row.before);
  }
}
