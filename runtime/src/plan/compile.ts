/**
 * Decides what a run will do: drawing, parameters, node types and environments become a plan in which nothing is left to look up.
 * Pure: equal input gives an equal plan with an equal hash, wherever it is compiled.
 */
import { createHash } from 'node:crypto';
import { canonical, type Json, pointer } from '@drawloom/shared/json.ts';
import type { Catalog, NodeType } from '@drawloom/shared/node-type/definition.ts';
import {
  bindParameters,
  bindPipeline,
  blocks,
  checkPipeline,
  type Shapes,
  shapesOf,
} from '@drawloom/shared/pipeline/checks.ts';
import { edgesByTarget, type NodeId, type PipelineDocument, parentsOf } from '@drawloom/shared/pipeline/document.ts';
import { ruleOf } from '@drawloom/shared/pipeline/flow.ts';
import { inputType, outputType } from '@drawloom/shared/pipeline/parts.ts';
import { secretsIn } from '@drawloom/shared/pipeline/secrets.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { ordinaryRule } from '@drawloom/shared/run/rules.ts';
import { shapeWithin } from '@drawloom/shared/signature/index.ts';
import { isNoop } from './noop.ts';
import type { KeyParts, Plan, PlanChild, PlanEdge, PlanInput, PlanNode } from './plan.ts';

/** A drawing that can run, with every parameter in place. */
export interface BoundPipeline {
  document: PipelineDocument;
  catalog: Catalog;
  shapes: Shapes;
  /** The run's own parameters, defaults included. */
  parameters: Record<string, Json>;
  /** Each node's parameters, references replaced and defaults filled in. */
  values: ReadonlyMap<NodeId, Record<string, Json>>;
}

export interface Surroundings {
  /** Hash of the lock of a Python environment by its name (`undefined`: the default one); undefined when there is none. */
  environment(name: string | undefined): string | undefined;
  /** Digests of what nodes read from outside the pipeline, by node; they count like code and parameters. */
  outside?: ReadonlyMap<NodeId, string>;
  /** The secrets that are there, each with a mark of when it was set. */
  secrets?: ReadonlyMap<string, string>;
  /** What the nodes run that stand for a pipeline. */
  children?: ReadonlyMap<NodeId, Omit<PlanChild, 'node' | 'loop'>>;
}

export type Compiled = { plan: Plan; parameters: Record<string, Json> } | { problems: Problem[] };

/** A lost worker is not the node's fault; after so many in a row it probably is. */
const lostAttempts = 3;

export function compilePlan(
  document: PipelineDocument,
  catalog: Catalog,
  given: Readonly<Record<string, Json>>,
  surroundings: Surroundings,
): Compiled {
  const bound = bindDocument(document, catalog, given);
  return 'problems' in bound ? bound : compile(bound, surroundings);
}

/** The first half: what is wrong with the drawing or the parameters, or everything bound. */
export function bindDocument(
  document: PipelineDocument,
  catalog: Catalog,
  given: Readonly<Record<string, Json>>,
): BoundPipeline | { problems: Problem[] } {
  const problems = checkPipeline(document, catalog).filter((problem) => problem.severity === 'error');
  if (Object.keys(document.nodes).length === 0)
    problems.push(problemAt('pipeline_empty', 'The pipeline has no nodes. Add one, then run it.', '/nodes'));
  const bound = bindPipeline(document.parameters, given);
  if ('problems' in bound) return { problems: [...problems, ...bound.problems] };
  if (blocks(problems)) return { problems };
  const shapes = shapesOf(document, catalog);
  const values = new Map<NodeId, Record<string, Json>>();
  for (const [id, node] of Object.entries(document.nodes)) {
    const result = bindParameters(shapes.get(id)!.parameters, node.parameters, bound.values);
    if ('values' in result) values.set(id, result.values);
    else
      for (const issue of result.issues)
        problems.push({
          ...problemAt(
            'parameter_invalid',
            `"${node.name}", ${issue.path.join('.') || 'parameters'}: ${issue.message}`,
            pointer('nodes', id, 'parameters', ...issue.path),
          ),
          node: id,
        });
  }
  return problems.length > 0 ? { problems } : { document, catalog, shapes, parameters: bound.values, values };
}

/** The second half: the plan, or the environments that are missing. */
export function compile(bound: BoundPipeline, { environment, outside, secrets, children }: Surroundings): Compiled {
  const { document, catalog, shapes, values } = bound;
  const problems: Problem[] = [];
  const parents = parentsOf(document);
  const order = topologicalOrder(parents);
  const indexOf = new Map(order.map((id, index) => [id, index]));
  const nodes = order.map((id): PlanNode => {
    const node = document.nodes[id]!;
    const type = catalog.get(node.type)!;
    const lock = type.language === 'python' ? environment(node.environment) : null;
    if (lock === undefined)
      problems.push({
        ...problemAt(
          'environment_missing',
          `"${node.name}" uses the environment "${node.environment ?? 'default'}", which this server does not have ready. Choose another one, or build it.`,
          pointer('nodes', id, 'environment'),
        ),
        node: id,
      });
    const given: Record<string, string> = {};
    for (const { name, path } of secretsIn(values.get(id)!)) {
      const mark = secrets?.get(name);
      if (mark !== undefined) given[name] = mark;
      else
        problems.push({
          ...problemAt(
            'secret_missing',
            `"${node.name}" is to be given the secret ${name}, and the project has none of that name. Set it under Settings, Secrets, or choose another one.`,
            pointer('nodes', id, 'parameters', ...path),
          ),
          node: id,
        });
    }
    const code = type.code === 'user' ? (node.code ?? '') : null;
    const keyParts: KeyParts = {
      type: `${type.type} ${type.version}`,
      code: code === null ? null : sha256(code),
      parameters: values.get(id)!,
      environment: lock ?? null,
      seed: node.seed ?? null,
      outside: children?.get(id)?.plan.hash ?? outside?.get(id) ?? null,
      ...(Object.keys(given).length > 0 && { secrets: given }),
    };
    const { execution, map } = node;
    const within = shapeWithin(node, type);
    const delay = execution?.retry?.delayMs ?? 0;
    return {
      nodeId: id,
      name: node.name,
      type: type.type,
      typeVersion: type.version,
      language: type.language ?? null,
      code,
      parameters: keyParts.parameters,
      environment: keyParts.environment,
      seed: keyParts.seed,
      inputs: [...within.inputs],
      outputs: [...within.outputs],
      tier: execution?.tier ?? 'fork',
      reuse: mayReuse(type, node.reuse),
      staticKey:
        type.type === outputType || type.type === inputType || isNoop(type) ? null : sha256(canonical(keyParts)),
      keyParts,
      triggerRule: ruleOf(node),
      finally: node.finally === true,
      retryAttempts: execution?.retry?.attempts ?? 1,
      retryDelayMs: delay,
      retryMaxDelayMs: Math.max(delay, execution?.retry?.maxDelayMs ?? 3_600_000),
      retryFactor: execution?.retry?.factor ?? 2,
      retryJitter: execution?.retry?.jitter ?? 0.2,
      retryRules: execution?.retry?.rules ?? [],
      lostAttempts,
      timeoutMs: execution?.timeoutMs ?? null,
      queueTimeoutMs: execution?.queueTimeoutMs ?? null,
      needs: [...(execution?.needs ?? [])].sort().join(' '),
      pool: execution?.pool?.name ?? null,
      poolSlots: execution?.pool ? (execution.pool.slots ?? 1) : null,
      memoryBytes: execution?.memoryBytes ?? null,
      diskBytes: execution?.diskBytes ?? null,
      mapOver: map?.over ?? null,
      mapBy: map?.by ?? null,
      mapRows: map?.rows ?? null,
      mapConcurrency: map?.concurrency ?? null,
      mapMinSuccessShare: map?.minSuccessShare ?? 1,
    };
  });
  if (problems.length > 0) return { problems };
  const inputs = inputsOf(document, shapes, order, indexOf);
  const unsure = new Set(inputs.filter((input) => !input.sure).map(({ src, node }) => `${src} ${node}`));
  const edges = order
    .flatMap((id, dst) =>
      [...parents.get(id)!].map((before): PlanEdge => {
        const src = indexOf.get(before)!;
        return { src, dst, plain: nodes[dst]!.triggerRule === ordinaryRule && !unsure.has(`${src} ${dst}`) };
      }),
    )
    .sort((a, b) => a.src - b.src || a.dst - b.dst);
  const made = order.flatMap((id, node): PlanChild[] => {
    const child = children?.get(id);
    return child ? [{ ...child, node, loop: loopOf(values.get(id)!.loop) }] : [];
  });
  const named = made.map(({ plan, ...rest }) => ({ ...rest, plan: plan.hash }));
  const hash = sha256(
    canonical({ nodes, edges, inputs, ...(named.length > 0 && { children: named }) } as unknown as Json),
  );
  return { plan: { hash, nodes, edges, inputs, children: made }, parameters: bound.parameters };
}

const loopOf = (loop: Json | undefined): PlanChild['loop'] =>
  typeof loop === 'object' && loop !== null && !Array.isArray(loop)
    ? { bound: Number(loop.bound), fails: loop.fails === true }
    : null;

const mayReuse = (type: NodeType, wish: boolean | undefined) => type.reusable && wish !== false && !isNoop(type);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const problemAt = (code: string, message: string, at: string): Problem => ({ code, message, at, severity: 'error' });

function inputsOf(
  document: PipelineDocument,
  shapes: Shapes,
  order: readonly NodeId[],
  indexOf: ReadonlyMap<NodeId, number>,
): PlanInput[] {
  const arriving = edgesByTarget(document);
  return order.flatMap((id, node) => {
    const next = new Map<string, number>();
    return (arriving.get(id) ?? []).map((edge) => {
      const position = next.get(edge.to.port) ?? 0;
      next.set(edge.to.port, position + 1);
      const source = shapes.get(edge.from.node)!.outputs.find((port) => port.name === edge.from.port)!;
      const target = shapes.get(id)!.inputs.find((port) => port.name === edge.to.port)!;
      return {
        node,
        port: edge.to.port,
        position,
        src: indexOf.get(edge.from.node)!,
        srcPort: edge.from.port,
        needed: !target.optional && !target.many,
        sure: !source.optional,
      };
    });
  });
}

/** Parents before children, and among those that may come next by id, so that the order of drawing does not matter. */
function topologicalOrder(parents: ReadonlyMap<NodeId, ReadonlySet<NodeId>>): NodeId[] {
  const left = new Map([...parents].map(([id, waitsFor]) => [id, waitsFor.size]));
  const children = new Map<NodeId, NodeId[]>([...parents.keys()].map((id) => [id, []]));
  for (const [id, waitsFor] of parents) for (const before of waitsFor) children.get(before)!.push(id);
  const order: NodeId[] = [];
  let wave = [...left].filter(([, count]) => count === 0).map(([id]) => id);
  while (wave.length > 0) {
    wave.sort();
    order.push(...wave);
    const next: NodeId[] = [];
    for (const id of wave)
      for (const child of children.get(id)!) {
        const count = left.get(child)! - 1;
        left.set(child, count);
        if (count === 0) next.push(child);
      }
    wave = next;
  }
  return order;
}
