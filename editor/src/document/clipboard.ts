/**
 * Decides what copied nodes are as text: a JSON object of a kind of its own, so that they can be pasted in another tab, on another
 * machine, or into a message; and what may be made of text that comes back.
 */
import { type Json, parseJson } from '@drawloom/shared/json.ts';
import { type Edge, edgeId, type NodeId, PipelineDocument, schemaVersion } from '@drawloom/shared/pipeline/document.ts';
import { documentLimits } from '@drawloom/shared/pipeline/upgrade/index.ts';
import * as z from 'zod';
import { t } from '../words/index.ts';
import { freeId, type Point } from './commands.ts';

const Clip = z.object({
  drawloom: z.literal('nodes'),
  schemaVersion: z.literal(schemaVersion),
  nodes: PipelineDocument.shape.nodes,
  edges: PipelineDocument.shape.edges,
  positions: PipelineDocument.shape.looks.shape.positions,
});
type Clip = z.infer<typeof Clip>;

/** Nodes with the wires among them and those that arrive from outside (pasted again only when asked to keep them). */
export function copyNodes(document: PipelineDocument, ids: ReadonlySet<NodeId>): string {
  const pick = <T>(record: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(record).filter(([id]) => ids.has(id)));
  const clip: Clip = {
    drawloom: 'nodes',
    schemaVersion,
    nodes: pick(document.nodes),
    edges: Object.fromEntries(Object.entries(document.edges).filter(([, edge]) => ids.has(edge.to.node))),
    positions: pick(document.looks.positions),
  };
  return JSON.stringify(clip, null, 2);
}

export interface Pasted {
  nodes: PipelineDocument['nodes'];
  edges: Edge[];
  positions: Record<NodeId, Point>;
}

/** What pasting the text into a drawing adds, under free ids and at a place of its own; or why it cannot be pasted. */
export function pasteNodes(
  text: string,
  document: PipelineDocument,
  options: { at?: Point | undefined; keepIncoming: boolean },
): Pasted | { message: string } {
  const foreign = t('The clipboard holds no nodes. Select nodes, copy them, then paste here.');
  if (!text.includes('"drawloom"')) return { message: foreign };
  const parsed = parseJson(text, documentLimits);
  if ('problem' in parsed) return { message: foreign };
  const version = (parsed.value as { schemaVersion?: Json })?.schemaVersion;
  if (typeof version === 'number' && version > schemaVersion)
    return { message: t('These nodes were copied from a newer Drawloom. Update this one, then paste again.') };
  const read = Clip.safeParse(parsed.value);
  if (!read.success)
    return { message: t('The copied nodes are damaged: {why}', { why: read.error.issues[0]!.message }) };
  const clip = read.data;
  const taken: Record<string, unknown> = { ...document.nodes };
  const renamed = new Map<NodeId, NodeId>();
  for (const id of Object.keys(clip.nodes)) {
    const fresh = freeId(taken, id.replace(/_\d+$/, ''));
    taken[fresh] = true;
    renamed.set(id, fresh);
  }
  const corners = Object.values(clip.positions);
  const left = Math.min(...corners.map(({ x }) => x));
  const top = Math.min(...corners.map(({ y }) => y));
  const shift = options.at ? { x: options.at.x - left, y: options.at.y - top } : { x: 32, y: 32 };
  const nodes: Pasted['nodes'] = {};
  const positions: Pasted['positions'] = {};
  for (const [id, node] of Object.entries(clip.nodes)) {
    const fresh = renamed.get(id)!;
    const { after, ...rest } = node;
    const waits = after?.flatMap(
      (before) => renamed.get(before) ?? (options.keepIncoming && document.nodes[before] ? before : []),
    );
    nodes[fresh] = waits && waits.length > 0 ? { ...rest, after: waits } : rest;
    const at = clip.positions[id] ?? { x: 0, y: 0 };
    positions[fresh] = { x: Math.round(at.x + shift.x), y: Math.round(at.y + shift.y) };
  }
  const edges: Edge[] = [];
  for (const edge of Object.values(clip.edges)) {
    const to = renamed.get(edge.to.node);
    const from =
      renamed.get(edge.from.node) ??
      (options.keepIncoming && document.nodes[edge.from.node] ? edge.from.node : undefined);
    if (to && from) edges.push({ ...edge, from: { ...edge.from, node: from }, to: { ...edge.to, node: to } });
  }
  return { nodes, edges, positions };
}

/** Whether the pasted wires would close a circle among themselves; a text from elsewhere may hold anything. */
export const asDocument = (document: PipelineDocument, pasted: Pasted): PipelineDocument => ({
  ...document,
  nodes: { ...document.nodes, ...pasted.nodes },
  edges: { ...document.edges, ...Object.fromEntries(pasted.edges.map((edge) => [edgeId(edge), edge])) },
});
