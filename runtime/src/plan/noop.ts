/** Decides what a node is that does nothing: it needs no executor, makes nothing, and only gives order. For tests and benchmarks. */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import { outputType } from '@drawloom/shared/pipeline/parts.ts';

export const noop: NodeType = {
  type: 'noop',
  version: 1,
  title: 'Nothing',
  summary: 'Waits for what comes before it and does nothing.',
  description: 'Waits for what comes before it and does nothing.',
  category: 'control',
  icon: 'circle',
  code: 'own',
  inputs: [{ name: 'in', kind: 'any', many: true, optional: true }],
  outputs: [{ name: 'out', kind: 'any' }],
  parameters: { type: 'object', properties: {}, additionalProperties: false },
  reusable: false,
};

/** What needs no process: it does nothing, or only marks what goes out of its pipeline. */
export const needsNothing = (node: { type: string }): boolean => isNoop(node) || node.type === outputType;

export const isNoop = (node: { type: string }): boolean => node.type === noop.type;
