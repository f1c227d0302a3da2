/** Decides what of a node stays when another type takes its place: wires whose kinds fit, parameters that the new form has. */
import type { Json } from '@drawloom/shared/json.ts';
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import { mayFlow, type Port } from '@drawloom/shared/node-type/ports.ts';
import { bindParameters, type Shapes } from '@drawloom/shared/pipeline/checks.ts';
import {
  type Edge,
  edgeId,
  isReference,
  type NodeId,
  type PipelineDocument,
  type PipelineNode,
} from '@drawloom/shared/pipeline/document.ts';
import { shapeOf } from '@drawloom/shared/signature/index.ts';
import { t } from '../words/index.ts';
import { freeName } from './commands.ts';
import { incident } from './shapes.ts';

export interface Replacement {
  node: PipelineNode;
  /** The wires at the node as they are then, in place of those it has. */
  edges: readonly Edge[];
  /** What has no place in the new node, in words. */
  dropped: readonly string[];
}

export function replacement(
  document: PipelineDocument,
  shapes: Shapes,
  id: NodeId,
  before: NodeType | undefined,
  type: NodeType,
): Replacement {
  const old = document.nodes[id]!;
  const { code, interface: _, parameters, map, ...kept } = JSON.parse(JSON.stringify(old)) as PipelineNode;
  const dropped: string[] = [];
  const wasNamedByType = before !== undefined && new RegExp(`^${escaped(before.title)}( \\d+)?$`).test(old.name);
  const node: PipelineNode = {
    ...kept,
    type: type.type,
    name: wasNamedByType ? freeName(document, type.title) : old.name,
    parameters: {},
  };
  if (type.code === 'user')
    node.code = code !== undefined && before?.language === type.language ? code : (type.template ?? '');
  else if (code !== undefined && code !== before?.template) dropped.push(t('its code'));
  const properties = (shapeOf(node, type).parameters.properties ?? {}) as Record<string, Json>;
  for (const [name, value] of Object.entries(parameters)) {
    if (Object.hasOwn(properties, name) && fitsForm(type, node, name, value)) node.parameters[name] = value;
    else dropped.push(t('parameter “{name}”', { name: titleOf(shapes, id, name) }));
  }
  const shape = shapeOf(node, type);
  if (map && shape.inputs.some((port) => port.name === map.over)) node.map = map;
  else if (map) dropped.push(t('once per item'));

  const edges: Edge[] = [];
  const taken = new Set<string>();
  const { in: into, out } = incident(document, id);
  const name = (other: NodeId) => document.nodes[other]?.name ?? other;
  for (const edge of into) {
    const kind = shapes.get(edge.from.node)?.outputs.find((port) => port.name === edge.from.port)?.kind ?? 'any';
    const port = bestOf(
      shape.inputs,
      edge.to.port,
      (one) => mayFlow(kind, one.kind) && (one.many || !taken.has(one.name)),
    );
    if (port) {
      taken.add(port.name);
      edges.push({ ...edge, to: { node: id, port: port.name } });
    } else dropped.push(t('the wire from “{name}”', { name: name(edge.from.node) }));
  }
  for (const edge of out) {
    const kind = shapes.get(edge.to.node)?.inputs.find((port) => port.name === edge.to.port)?.kind ?? 'any';
    const port = bestOf(shape.outputs, edge.from.port, (one) => mayFlow(one.kind, kind));
    if (port) edges.push({ ...edge, from: { node: id, port: port.name } });
    else dropped.push(t('the wire to “{name}”', { name: name(edge.to.node) }));
  }
  return { node, edges, dropped };
}

export function replaceNode(draft: PipelineDocument, id: NodeId, { node, edges }: Replacement): void {
  draft.nodes[id] = node;
  for (const [key, edge] of Object.entries(draft.edges))
    if (edge.from.node === id || edge.to.node === id) delete draft.edges[key];
  for (const edge of edges) draft.edges[edgeId(edge)] = { ...edge, from: { ...edge.from }, to: { ...edge.to } };
}

/** The port of the same name before any other that fits. */
const bestOf = (ports: readonly Port[], name: string, fits: (port: Port) => boolean): Port | undefined =>
  ports.find((port) => port.name === name && fits(port)) ?? ports.find(fits);

function fitsForm(type: NodeType, node: PipelineNode, name: string, value: Json): boolean {
  const { parameters } = shapeOf(node, type);
  const properties = parameters.properties as Record<string, Json>;
  const alone = { ...parameters, properties: { [name]: properties[name] ?? {} }, required: [] };
  return isReference(value) || 'values' in bindParameters(alone, { [name]: value }, {});
}
const titleOf = (shapes: Shapes, id: NodeId, name: string): string =>
  (shapes.get(id)?.parameters.properties as Record<string, { title?: string }> | undefined)?.[name]?.title ?? name;
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
