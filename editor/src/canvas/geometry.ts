/**
 * Decides how big a card is and where its ports are. All of it follows from the node's type and ports, so that nothing is measured
 * and a card looks the same on every machine. Changing a number here moves every saved drawing's wires: do it with a migration.
 */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import type { Port, PortKind } from '@drawloom/shared/node-type/ports.ts';
import type { Edge } from '@drawloom/shared/pipeline/document.ts';
import type { Shape } from '@drawloom/shared/signature/index.ts';
import type { Incident } from '../document/shapes.ts';

export const card = {
  width: 232,
  header: 36,
  summary: 20,
  port: 20,
  footer: 24,
  pad: 4,
  dot: 10,
  hit: 24,
  snap: 28,
} as const;
export const step = { x: 312, y: 32, grid: 8 } as const;

export interface CardPort {
  name: string;
  label: string;
  kind: PortKind;
  optional: boolean;
  many: boolean;
  /** A wire ends here, but the node no longer declares it. */
  lost: boolean;
  connected: boolean;
  /** From the card's top to the port's middle. */
  y: number;
}
export interface CardShape {
  height: number;
  hasSummary: boolean;
  inputs: readonly CardPort[];
  outputs: readonly CardPort[];
}

export function cardShape(type: NodeType | undefined, shape: Shape | undefined, incident: Incident): CardShape {
  const hasSummary = (type?.card?.length ?? 0) > 0 || type?.code === 'user';
  const top = card.header + (hasSummary ? card.summary : 0) + card.pad;
  const inputs = portsOf(shape?.inputs ?? [], incident.in, (edge) => edge.to.port, top);
  const outputs = portsOf(shape?.outputs ?? [], incident.out, (edge) => edge.from.port, top);
  const rows = Math.max(1, inputs.length, outputs.length);
  return { height: top + rows * card.port + card.pad + card.footer, hasSummary, inputs, outputs };
}

function portsOf(
  declared: readonly Port[],
  edges: readonly Edge[],
  nameOf: (edge: Edge) => string,
  top: number,
): CardPort[] {
  const used = new Set(edges.map(nameOf));
  const ports: Omit<CardPort, 'y'>[] = declared.map((port) => ({
    name: port.name,
    label: port.label ?? port.name,
    kind: port.kind,
    optional: port.optional ?? false,
    many: port.many ?? false,
    lost: false,
    connected: used.delete(port.name),
  }));
  for (const name of used)
    ports.push({ name, label: name, kind: 'any', optional: false, many: false, lost: true, connected: true });
  return ports.map((port, index) => ({ ...port, y: top + index * card.port + card.port / 2 }));
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
export function boundsOf(boxes: Iterable<Box>): Box | null {
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return left <= right ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

const bendOf = (sx: number, tx: number): number =>
  tx >= sx ? Math.max(24, Math.min(60, (tx - sx) / 2)) : Math.min(160, 60 + (sx - tx) / 4);

/** The curve of a wire: leaves to the right, arrives from the left, and never bulges more than it must. */
export function wirePath(sx: number, sy: number, tx: number, ty: number): string {
  const bend = bendOf(sx, tx);
  return `M${sx} ${sy}C${sx + bend} ${sy} ${tx - bend} ${ty} ${tx} ${ty}`;
}

/** Where the same curve is after a share of its way, from 0 to 1. */
export function wirePoint(sx: number, sy: number, tx: number, ty: number, share: number): { x: number; y: number } {
  const bend = bendOf(sx, tx);
  const rest = 1 - share;
  const [a, b, c, d] = [rest ** 3, 3 * rest ** 2 * share, 3 * rest * share ** 2, share ** 3];
  return { x: a * sx + b * (sx + bend) + c * (tx - bend) + d * tx, y: (a + b) * sy + (c + d) * ty };
}
