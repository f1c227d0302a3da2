/**
 * Everything that can be done to a drawing, as named edits. Each is one step of undo. They take a draft and change it; what they
 * need to know beyond it is handed to them.
 */
import type { Json } from '@drawloom/shared/json.ts';
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import type { Shapes } from '@drawloom/shared/pipeline/checks.ts';
import {
  type Edge,
  edgeId,
  type NodeId,
  type Note as NoteSchema,
  type PipelineDocument,
  type PipelineNode,
  type PipelineParameter,
} from '@drawloom/shared/pipeline/document.ts';
import type * as z from 'zod';

/** Changed in place: whoever calls these hands in a draft. */
type D = PipelineDocument;
type Note = z.infer<typeof NoteSchema>;
export interface Point {
  x: number;
  y: number;
}

/** An id that is free: from the word given, with a number where it is taken. */
export function freeId(taken: Readonly<Record<string, unknown>>, word: string): NodeId {
  const stem =
    word
      .toLowerCase()
      .normalize('NFKD')
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^[^a-z]+|_+$/g, '')
      .slice(0, 56) || 'node';
  if (!Object.hasOwn(taken, stem)) return stem;
  for (let n = 2; ; n++) if (!Object.hasOwn(taken, `${stem}_${n}`)) return `${stem}_${n}`;
}

export function freeName(document: PipelineDocument, title: string): string {
  const names = new Set(Object.values(document.nodes).map((node) => node.name));
  if (!names.has(title)) return title;
  for (let n = 2; ; n++) if (!names.has(`${title} ${n}`)) return `${title} ${n}`;
}

export function addNode(draft: D, id: NodeId, type: NodeType, name: string, at: Point): void {
  const node: PipelineNode = { type: type.type, name, parameters: {} };
  if (type.code === 'user') node.code = type.template ?? '';
  draft.nodes[id] = node;
  draft.looks.positions[id] = { x: at.x, y: at.y };
}

/** Draws a wire. An input that takes one gives up the wire it had; one that takes many puts it last. */
export function connect(draft: D, shapes: Shapes, edge: Edge): void {
  const port = shapes.get(edge.to.node)?.inputs.find((one) => one.name === edge.to.port);
  const arriving = Object.entries(draft.edges).filter(
    ([, one]) => one.to.node === edge.to.node && one.to.port === edge.to.port,
  );
  const made: Edge = { from: { ...edge.from }, to: { ...edge.to } };
  if (port?.many) made.order = Math.max(-1, ...arriving.map(([, one]) => one.order ?? 0)) + 1;
  else for (const [id] of arriving) delete draft.edges[id];
  draft.edges[edgeId(made)] = made;
}

/** Puts a wire one place earlier or later among those of a port that takes many. */
export function reorderEdge(draft: D, id: string, by: -1 | 1): void {
  const edge = draft.edges[id];
  if (!edge) return;
  const beside = wiresAt(draft, edge.to).map(([key]) => key);
  const at = beside.indexOf(id);
  if (at + by < 0 || at + by >= beside.length) return;
  beside.splice(at + by, 0, ...beside.splice(at, 1));
  for (const [order, key] of beside.entries()) if (draft.edges[key]!.order !== order) draft.edges[key]!.order = order;
}

/** The wires that arrive at a port, in their order. */
export const wiresAt = (document: D, { node, port }: Edge['to']): [id: string, Edge][] =>
  Object.entries(document.edges)
    .filter(([, one]) => one.to.node === node && one.to.port === port)
    .sort(([a, x], [b, y]) => (x.order ?? 0) - (y.order ?? 0) || (a < b ? -1 : 1));

export function removeEdges(draft: D, ids: Iterable<string>): void {
  for (const id of ids) delete draft.edges[id];
}

export function removeNodes(draft: D, ids: ReadonlySet<NodeId>): void {
  for (const id of ids) {
    delete draft.nodes[id];
    delete draft.looks.positions[id];
  }
  for (const [key, edge] of Object.entries(draft.edges))
    if (ids.has(edge.from.node) || ids.has(edge.to.node)) delete draft.edges[key];
  for (const [id, node] of Object.entries(draft.nodes))
    if (node.after?.some((before) => ids.has(before)))
      waitFor(
        draft,
        id,
        node.after.filter((before) => !ids.has(before)),
      );
}

/** Sets whose end a node waits for, beside those it takes something from. */
export function waitFor(draft: D, id: NodeId, after: readonly NodeId[]): void {
  const node = draft.nodes[id];
  if (!node) return;
  if (after.length > 0) node.after = [...after];
  else delete node.after;
}

/** Removes nodes and joins what was before them to what came after, where the kinds allow it. */
export function removeAndHeal(
  draft: D,
  ids: ReadonlySet<NodeId>,
  shapes: Shapes,
  mayConnect: (edge: Edge) => boolean,
): void {
  const edges = Object.values(draft.edges).map((edge) => ({ from: { ...edge.from }, to: { ...edge.to } }));
  const before = edges.filter((edge) => ids.has(edge.to.node) && !ids.has(edge.from.node));
  const after = edges.filter((edge) => ids.has(edge.from.node) && !ids.has(edge.to.node));
  removeNodes(draft, ids);
  for (const out of after)
    for (const into of before) {
      const joined: Edge = { from: into.from, to: out.to };
      if (mayConnect(joined)) {
        connect(draft, shapes, joined);
        break;
      }
    }
}

/** Puts a node into a wire: in at one of its ports, out at another. */
export function spliceInto(draft: D, shapes: Shapes, wire: string, node: NodeId, into: string, outOf: string): void {
  const edge = draft.edges[wire];
  if (!edge) return;
  const { from, to, order } = JSON.parse(JSON.stringify(edge)) as Edge;
  delete draft.edges[wire];
  connect(draft, shapes, { from, to: { node, port: into } });
  const made: Edge = { from: { node, port: outOf }, to, ...(order === undefined ? {} : { order }) };
  draft.edges[edgeId(made)] = made;
}

export function moveNodes(draft: D, positions: ReadonlyMap<NodeId, Point>): void {
  for (const [id, at] of positions) {
    if (!draft.nodes[id]) continue;
    const before = draft.looks.positions[id];
    const x = Math.round(at.x);
    const y = Math.round(at.y);
    if (!before || before.x !== x || before.y !== y) draft.looks.positions[id] = { x, y };
  }
}

export function renameNode(draft: D, id: NodeId, name: string): void {
  const node = draft.nodes[id];
  if (node && name.trim()) node.name = name.trim().slice(0, 200);
}

export function changeNode(draft: D, id: NodeId, change: Partial<PipelineNode>): void {
  const node = draft.nodes[id] as Record<string, unknown> | undefined;
  if (!node) return;
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) delete node[key];
    else if (node[key] !== value) node[key] = value;
  }
}

/** Sets what is at a path inside a node's parameters; `undefined` takes it away. Records on the way are made. */
export function setParameter(draft: D, id: NodeId, path: readonly (string | number)[], value: Json | undefined): void {
  const node = draft.nodes[id];
  if (!node || path.length === 0) return;
  let at = node.parameters as Record<string | number, Json>;
  for (const [index, key] of path.slice(0, -1).entries()) {
    const next = at[key];
    if (typeof next !== 'object' || next === null) at[key] = (typeof path[index + 1] === 'number' ? [] : {}) as Json;
    at = at[key] as Record<string | number, Json>;
  }
  const last = path.at(-1)!;
  if (value === undefined) {
    if (Array.isArray(at)) at.splice(Number(last), 1);
    else delete at[last];
  } else at[last] = value;
}

export function setPipelineParameter(draft: D, name: string, parameter: PipelineParameter | undefined): void {
  if (parameter === undefined) delete draft.parameters[name];
  else draft.parameters[name] = parameter;
}

/** Renames a pipeline parameter and every use of it. */
export function renamePipelineParameter(draft: D, from: string, to: string): void {
  const parameter = draft.parameters[from];
  if (!parameter || from === to || draft.parameters[to]) return;
  draft.parameters[to] = JSON.parse(JSON.stringify(parameter)) as PipelineParameter;
  delete draft.parameters[from];
  for (const node of Object.values(draft.nodes)) renameIn(node.parameters as unknown as Json, from, to);
}
function renameIn(value: Json, from: string, to: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) {
    if (typeof member !== 'object' || member === null) continue;
    if (!Array.isArray(member) && member.$parameter === from) member.$parameter = to;
    else renameIn(member, from, to);
  }
}

export function putNote(draft: D, id: string, note: Note | undefined): void {
  draft.looks.notes ??= {};
  if (note === undefined) delete draft.looks.notes[id];
  else draft.looks.notes[id] = note;
}
