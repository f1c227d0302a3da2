/** Decides what a pipeline looks like from outside, where another one uses it as a node: what comes in and what goes out. */
import * as z from 'zod';
import { pointer } from '../json.ts';
import { mayFlow, nameOfKind, type Port, PortKind, PortName, type Ports } from '../node-type/ports.ts';
import type { Problem } from '../problem.ts';
import type { NodeId, PipelineDocument, PipelineNode } from './document.ts';

export const inputType = 'pipeline-input';
export const outputType = 'pipeline-output';
export const partType = 'subpipeline';

/** Of a loop: while it comes out of a round, there is a next one. */
export const againPort = 'again';

const End = z.object({ name: PortName, kind: PortKind });

/** The ports of a node whose ports follow from what it stands for; null for every other node. */
export function partPorts(node: PipelineNode): Ports | null {
  if (node.type === partType) {
    const { inputs, outputs } = node.interface ?? { inputs: [], outputs: [] };
    return { inputs, outputs: node.parameters.loop ? outputs.filter((port) => port.name !== againPort) : outputs };
  }
  if (node.type !== inputType && node.type !== outputType) return null;
  const kind = PortKind.safeParse(node.parameters.kind).data ?? 'any';
  const port: Port = { name: 'value', kind };
  return node.type === inputType
    ? { inputs: [], outputs: [{ ...port, ...(node.parameters.required === false && { optional: true }) }] }
    : { inputs: [port], outputs: [] };
}

/** What a pipeline takes and gives as a node of another one, in the order of the names. */
export function interfaceOf(document: PipelineDocument): { inputs: Port[]; outputs: Port[] } {
  const ports = (type: string, isOptional: (node: PipelineNode) => boolean): Port[] =>
    Object.values(document.nodes)
      .filter((node) => node.type === type)
      .flatMap((node): Port[] => {
        const read = End.safeParse({ kind: 'any', ...node.parameters });
        return read.success ? [{ ...read.data, ...(isOptional(node) && { optional: true }) }] : [];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    inputs: ports(inputType, (node) => node.parameters.required === false),
    outputs: ports(outputType, (node) => node.parameters.optional === true || node.parameters.name === againPort),
  };
}

/** What is wrong with the ends of a pipeline, and with its nodes that stand for others, as far as the drawing itself tells. */
export function checkParts(document: PipelineDocument): Problem[] {
  const problems: Problem[] = [];
  const tell = (code: string, message: string, id: NodeId, ...path: string[]) =>
    problems.push({ code, message, at: pointer('nodes', id, ...path), severity: 'error', node: id });
  const taken = new Set<string>();
  for (const [id, node] of Object.entries(document.nodes)) {
    if (node.type === inputType || node.type === outputType) {
      const name = String(node.parameters.name ?? '');
      if (taken.has(`${node.type} ${name}`))
        tell(
          'part_name',
          `Another one is named "${name}" already. Give "${node.name}" another name.`,
          id,
          'parameters',
          'name',
        );
      taken.add(`${node.type} ${name}`);
    }
    if (node.execution?.pool && (node.type === inputType || node.type === partType))
      tell(
        'pool_idle',
        `"${node.name}" does no work of its own, so it cannot hold slots of a pool. Give the pool to the nodes that do the work.`,
        id,
        'execution',
        'pool',
      );
    if (node.type !== partType) continue;
    if (!node.parameters.pipeline)
      tell(
        'part_none',
        `"${node.name}" does not say which pipeline it runs. Choose one.`,
        id,
        'parameters',
        'pipeline',
      );
    else if (node.parameters.loop && !node.interface?.outputs.some((port) => port.name === againPort))
      tell(
        'loop_end',
        `"${node.name}" is to be repeated, but its pipeline has no output "${againPort}" that says whether to go on. Add one there, or do not repeat it.`,
        id,
        'parameters',
        'loop',
      );
  }
  return problems;
}

/** Why the pipeline that a node stands for does not fit the way it is drawn; null when it does. */
export function misfit(document: PipelineDocument, id: NodeId, now: Ports): Problem | null {
  const node = document.nodes[id]!;
  const drawn = node.interface ?? { inputs: [], outputs: [] };
  const problem = (message: string): Problem => ({
    code: 'interface_changed',
    message: `${message} Open "${node.name}" and take over the ports of its pipeline as they are now.`,
    at: pointer('nodes', id, 'interface'),
    severity: 'error',
    node: id,
  });
  for (const edge of Object.values(document.edges)) {
    if (edge.to.node === id && !now.inputs.some((port) => port.name === edge.to.port))
      return problem(`The pipeline behind "${node.name}" takes no "${edge.to.port}" any more.`);
    if (edge.from.node === id && !now.outputs.some((port) => port.name === edge.from.port))
      return problem(`The pipeline behind "${node.name}" gives no "${edge.from.port}" any more.`);
  }
  for (const port of now.inputs) {
    const wired = Object.values(document.edges).some((edge) => edge.to.node === id && edge.to.port === port.name);
    if (!port.optional && !wired)
      return problem(
        `The pipeline behind "${node.name}" needs ${nameOfKind(port.kind)} at "${port.name}", and nothing arrives there.`,
      );
    const before = drawn.inputs.find((one) => one.name === port.name);
    if (wired && before && !mayFlow(before.kind, port.kind))
      return problem(`The pipeline behind "${node.name}" takes ${nameOfKind(port.kind)} at "${port.name}" now.`);
  }
  for (const before of drawn.outputs) {
    const port = now.outputs.find((one) => one.name === before.name);
    if (port && (!mayFlow(port.kind, before.kind) || (port.optional && !before.optional)))
      return problem(`The pipeline behind "${node.name}" gives "${before.name}" otherwise than before.`);
  }
  return null;
}
