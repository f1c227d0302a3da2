/** Drawing a wire: by pointer, by keyboard, or with the node at its other end not made yet. All of it asks `refusal` first. */
import { mayFlow, type Port } from '@drawloom/shared/node-type/ports.ts';
import { type Edge, edgeId, type NodeId } from '@drawloom/shared/pipeline/document.ts';
import { connect } from '../document/commands.ts';
import { forbiddenEnds, refusal } from '../document/connect.ts';
import type { Drawing } from '../document/drawing.ts';
import { incident } from '../document/shapes.ts';
import { t } from '../words/index.ts';
import type { CanvasHandle } from './handle.ts';
import { announce, type KeyWire, useView, type Wire } from './view.ts';

export function wireFrom(drawing: Drawing, node: NodeId, port: string, end: 'from' | 'to'): Wire | null {
  const shape = drawing.shapes.get(node);
  const found = (end === 'from' ? shape?.outputs : shape?.inputs)?.find((one) => one.name === port);
  return found ? { node, port, end, kind: found.kind, forbidden: forbiddenEnds(drawing.document, node, end) } : null;
}

export const edgeOf = (wire: Pick<Wire, 'node' | 'port' | 'end'>, other: { node: string; port: string }): Edge => {
  const here = { node: wire.node, port: wire.port };
  const there = { node: other.node, port: other.port };
  return wire.end === 'from' ? { from: here, to: there } : { from: there, to: here };
};

/** Draws the wire, or says why not. */
export function draw(drawing: Drawing, edge: Edge): boolean {
  const refused = refusal(drawing.document, drawing.shapes, edge);
  if (refused) {
    announce(refused.message);
    return false;
  }
  if (drawing.document.edges[edgeId(edge)]) return true;
  const names = namesOf(drawing, edge);
  const drawn = drawing.edit(t('Connect {from} to {to}', names), (draft) => connect(draft, drawing.shapes, edge));
  if (drawn) announce(t('Connected {from} to {to}.', names));
  return drawn;
}
const namesOf = ({ document }: Drawing, edge: Edge) => ({
  from: document.nodes[edge.from.node]?.name ?? edge.from.node,
  to: document.nodes[edge.to.node]?.name ?? edge.to.node,
});

/** The port of a node that a wire would best end at: free and of the very kind before free, before taken. */
export function bestPort(
  drawing: Drawing,
  wire: Pick<Wire, 'end' | 'kind'>,
  ports: readonly Port[],
  node: NodeId | null,
): Port | null {
  const ranked = ports
    .map((port) => ({ port, rank: rankOf(drawing, wire, port, node) }))
    .filter((one): one is { port: Port; rank: number } => one.rank !== null);
  return ranked.sort((a, b) => a.rank - b.rank)[0]?.port ?? null;
}

/** How well a port of a node, which may not be there yet, would end a wire: less is better, null is not at all. */
export function rankOf(
  { document }: Drawing,
  wire: Pick<Wire, 'end' | 'kind'>,
  port: Port,
  node: NodeId | null,
): number | null {
  if (!(wire.end === 'from' ? mayFlow(wire.kind, port.kind) : mayFlow(port.kind, wire.kind))) return null;
  const taken = () => node !== null && incident(document, node).in.some((edge) => edge.to.port === port.name);
  return (
    (wire.end === 'from' && !port.many && taken() ? 4 : 0) + (port.kind === wire.kind ? 0 : 2) + (port.optional ? 1 : 0)
  );
}

/** Draws to the best port of a node on which the wire was dropped. */
export function drawToNode(drawing: Drawing, wire: Wire, node: NodeId): boolean {
  const shape = drawing.shapes.get(node);
  if (!shape || node === wire.node) return false;
  const port = bestPort(drawing, wire, wire.end === 'from' ? shape.inputs : shape.outputs, node);
  if (!port) {
    announce(t('“{name}” has no port that takes this wire.', { name: drawing.document.nodes[node]?.name ?? node }));
    return false;
  }
  return draw(drawing, edgeOf(wire, { node, port: port.name }));
}

/** Begins connecting by keyboard at a node's first output (or input, where it has no output). */
export function beginKeyWire(canvas: CanvasHandle, node: NodeId): void {
  const { drawing } = canvas;
  const shape = drawing.shapes.get(node);
  if (!shape) return;
  const starts = [
    ...shape.outputs.map((port) => wireFrom(drawing, node, port.name, 'from')),
    ...shape.inputs.map((port) => wireFrom(drawing, node, port.name, 'to')),
  ].filter((wire) => wire !== null);
  const [first] = starts;
  if (first) aim(canvas, { wire: first, starts, targets: [], at: -1 });
}

function targetsOf(canvas: CanvasHandle, wire: Wire): KeyWire['targets'] {
  const { drawing, flow } = canvas;
  const here = flow.boxOf(wire.node);
  if (!here) return [];
  const found: { node: string; port: string; far: number }[] = [];
  for (const box of flow.boxes()) {
    if (box.id === wire.node || wire.forbidden.has(box.id)) continue;
    const shape = drawing.shapes.get(box.id);
    for (const port of (wire.end === 'from' ? shape?.inputs : shape?.outputs) ?? []) {
      if (!(wire.end === 'from' ? mayFlow(wire.kind, port.kind) : mayFlow(port.kind, wire.kind))) continue;
      const ahead = wire.end === 'from' ? box.x - here.x : here.x - box.x;
      found.push({
        node: box.id,
        port: port.name,
        far: Math.hypot(ahead < 0 ? ahead * 3 : ahead, (box.y - here.y) * 1.5),
      });
    }
  }
  return found.sort((a, b) => a.far - b.far);
}

function aim(canvas: CanvasHandle, keyWire: KeyWire): void {
  const { document } = canvas.drawing;
  useView.setState({ keyWire });
  const target = keyWire.targets[keyWire.at];
  const from = t('{port} of {node}', { port: keyWire.wire.port, node: document.nodes[keyWire.wire.node]?.name ?? '' });
  if (target) {
    canvas.show(target.node);
    announce(
      t('{port} of {node}, {at} of {n}. Enter connects.', {
        port: target.port,
        node: document.nodes[target.node]?.name ?? '',
        at: keyWire.at + 1,
        n: keyWire.targets.length,
      }),
    );
  } else if (keyWire.at >= 0) announce(t('No port takes a wire from {from}.', { from }));
  else announce(t('Connect {from}. Up and down choose the port, Enter goes on, Escape ends.', { from }));
}

/** One key while connecting by keyboard; false when the key means nothing here. */
export function keyWirePress(canvas: CanvasHandle, key: string): boolean {
  const { keyWire } = useView.getState();
  if (!keyWire) return false;
  const forward = key === 'ArrowDown' || key === 'ArrowRight';
  const backward = key === 'ArrowUp' || key === 'ArrowLeft';
  if (key === 'Escape') {
    useView.setState({ keyWire: null });
    announce(t('Not connected.'));
  } else if (keyWire.at < 0) {
    if (forward || backward) {
      const now = keyWire.starts.indexOf(keyWire.wire);
      const next = (now + (forward ? 1 : -1) + keyWire.starts.length) % keyWire.starts.length;
      aim(canvas, { ...keyWire, wire: keyWire.starts[next]! });
    } else if (key === 'Enter' || key === 'c' || key === ' ')
      aim(canvas, { ...keyWire, targets: targetsOf(canvas, keyWire.wire), at: 0 });
    else return false;
  } else if (forward || backward) {
    const n = keyWire.targets.length;
    if (n > 0) aim(canvas, { ...keyWire, at: (keyWire.at + (forward ? 1 : -1) + n) % n });
  } else if (key === 'Enter' || key === ' ') {
    const target = keyWire.targets[keyWire.at];
    useView.setState({ keyWire: null });
    if (target) draw(canvas.drawing, edgeOf(keyWire.wire, target));
  } else return false;
  return true;
}
