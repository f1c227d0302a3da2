/** Decides how a test writes a pipeline down so that a reader can draw it: `draw('load > split > train; split > score')`. */
import type { Json } from '@drawloom/shared/json.ts';
import { catalogOf, type NodeType } from '@drawloom/shared/node-type/definition.ts';
import type { Port } from '@drawloom/shared/node-type/ports.ts';
import { edgeId, emptyPipeline, type PipelineDocument, type PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { definition as approval } from '../../runtime/src/nodes/approval/definition.ts';

const table = (name: string, more: Partial<Port> = {}): Port => ({ name, kind: 'table', ...more });

const typeOf = (
  type: string,
  inputs: Port[],
  outputs: Port[],
  properties: Record<string, Json> = {},
  more: Partial<NodeType> = {},
): NodeType => ({
  type,
  version: 1,
  title: type,
  summary: type,
  description: type,
  category: 'transform',
  icon: 'table',
  code: 'own',
  inputs,
  outputs,
  parameters: { type: 'object', properties, additionalProperties: false },
  reusable: true,
  ...more,
});

/**
 * Types that are enough to draw any graph: a source, a step that takes many tables, one that may give none, one that makes a model,
 * a list, and what is done with each item of one.
 */
export const drawnTypes = catalogOf([
  typeOf('source', [], [table('out')], { rows: { type: 'integer', minimum: 0, default: 10, title: 'Rows' } }),
  typeOf('step', [table('in', { many: true, optional: true })], [table('out')], {
    share: { type: 'number', minimum: 0, maximum: 1, default: 0.5, title: 'Share' },
  }),
  typeOf('sieve', [table('in', { many: true, optional: true })], [table('out', { optional: true })]),
  typeOf('pipeline-input', [], [], { name: { type: 'string' }, required: { type: 'boolean' } }),
  typeOf('pipeline-output', [], [], { name: { type: 'string' } }),
  typeOf('subpipeline', [], [], { pipeline: { type: 'string' } }),
  typeOf('fit', [table('in')], [{ name: 'model', kind: 'model' }]),
  {
    ...approval,
    inputs: [table('in', { many: true, optional: true })],
    outputs: approval.outputs.map(({ name }) => ({ name, kind: 'any' as const })),
  },
  typeOf('list', [], [{ name: 'out', kind: 'value' }]),
  typeOf(
    'each',
    [{ name: 'in', kind: 'value' }, table('side', { many: true, optional: true })],
    [table('out')],
    {},
    { language: 'typescript' },
  ),
]);

/**
 * A pipeline from chains of names; a name's first mention adds the node, and nodes without a way in are sources. `in_x` is what comes
 * into the pipeline as x, `out_x` what goes out of it as x; what begins with `sub` stands for a pipeline; what begins with `list` is
 * a list, what begins with `each` runs once per item of it, and what begins with `gate` waits for people.
 */
export function draw(text: string): PipelineDocument {
  const document = emptyPipeline('drawn');
  const chains = text.split(';').map((chain) => chain.split('>').map((name) => name.trim()));
  const targets = new Set(chains.flatMap((chain) => chain.slice(1)));
  for (const name of chains.flat()) document.nodes[name] ??= nodeOf(name, targets.has(name));
  for (const chain of chains)
    for (let index = 1; index < chain.length; index++) {
      const edge = {
        from: { node: chain[index - 1]!, port: outputOf(chain[index - 1]!) },
        to: { node: chain[index]!, port: chain[index]!.startsWith('out_') ? 'value' : 'in' },
      };
      document.edges[edgeId(edge)] = edge;
    }
  return document;
}

const outputOf = (name: string): string =>
  name.startsWith('in_') ? 'value' : name.startsWith('gate') ? 'values' : 'out';

function nodeOf(name: string, isTarget: boolean): PipelineNode {
  const [, way, port] = /^(in|out)_(\w+)$/.exec(name) ?? [];
  if (way === 'in') return { type: 'pipeline-input', name, parameters: { name: port!, required: false } };
  if (way === 'out') return { type: 'pipeline-output', name, parameters: { name: port! } };
  if (name.startsWith('sub'))
    return { type: 'subpipeline', name, parameters: { pipeline: 'of the test' }, interface: partInterface };
  if (name.startsWith('gate')) return { type: 'approval', name, parameters: {} };
  if (name.startsWith('list')) return { type: 'list', name, parameters: {} };
  if (name.startsWith('each')) return { type: 'each', name, parameters: {}, map: { over: 'in' } };
  return { type: isTarget ? 'step' : 'source', name, parameters: {} };
}

const partInterface: PipelineNode['interface'] = {
  inputs: [
    { name: 'in', kind: 'any', many: true, optional: true },
    { name: 'state', kind: 'any', optional: true },
  ],
  outputs: [{ name: 'out', kind: 'any', optional: true }],
};

/** The same drawing with some nodes changed. */
export function change(document: PipelineDocument, changes: Record<string, Partial<PipelineNode>>): PipelineDocument {
  const nodes = { ...document.nodes };
  for (const [id, more] of Object.entries(changes)) nodes[id] = { ...nodes[id]!, ...more };
  return { ...document, nodes };
}

/** The same drawing with one node's parameters set. */
export function set(document: PipelineDocument, node: string, parameters: Record<string, Json>): PipelineDocument {
  const before = document.nodes[node]!;
  return {
    ...document,
    nodes: { ...document.nodes, [node]: { ...before, parameters: { ...before.parameters, ...parameters } } },
  };
}
