/**
 * Decides whether a pipeline can run, and if not, what is wrong, where, and what to do now.
 * The editor, the API and the command line ask this same code, so that nobody hears two answers.
 */
import * as z from 'zod';
import { checkColumns } from '../columns/check.ts';
import { type ColumnFlow, columnFlow, type Sight } from '../columns/flow.ts';
import { type Json, pointer } from '../json.ts';
import type { Catalog, ParameterSchema } from '../node-type/definition.ts';
import { mayFlow, nameOfKind, type Port } from '../node-type/ports.ts';
import type { Problem } from '../problem.ts';
import { type Shape, shapeOf } from '../signature/index.ts';
import { checkApprovals } from './approval.ts';
import {
  type Edge,
  edgeId,
  edgesByTarget,
  isReference,
  type NodeId,
  type PipelineDocument,
  type PipelineParameter,
  parentsOf,
} from './document.ts';
import { checkEnds, checkFlow } from './flow.ts';
import { checkMap } from './map.ts';
import { checkParameterValue } from './parameterValue.ts';
import { checkParts } from './parts.ts';
import { checkSecrets } from './secrets.ts';

/** Every problem of a pipeline, in the order of its nodes. Without errors among them, it can run. */
export const checkPipeline = (document: PipelineDocument, catalog: Catalog, sight?: Sight): Problem[] =>
  examine(document, catalog, sight).problems;

/** The same, with the columns that were followed on the way. */
export function examine(
  document: PipelineDocument,
  catalog: Catalog,
  sight?: Sight,
): { problems: Problem[]; columns: ColumnFlow } {
  const shapes = shapesOf(document, catalog);
  const columns = columnFlow(document, catalog, shapes, sight);
  const problems = [...checkDrawing(document, catalog, shapes), ...checkColumns(document, catalog, shapes, columns)];
  return { problems, columns };
}

function checkDrawing(document: PipelineDocument, catalog: Catalog, shapes: Shapes): Problem[] {
  const arriving = edgesByTarget(document);
  const parents = parentsOf(document);
  return [
    ...checkParameters(document),
    ...Object.keys(document.nodes).flatMap((id) => [
      ...checkNode(document, catalog, shapes, arriving.get(id) ?? [], id),
      ...checkMap(document, catalog, shapes, arriving.get(id) ?? [], id),
      ...checkFlow(document, shapes.get(id)?.inputs ?? [], arriving.get(id) ?? [], parents.get(id)!, id),
    ]),
    ...Object.keys(document.edges).flatMap((key) => checkEdge(document, shapes, key)),
    ...checkParts(document),
    ...checkApprovals(document),
    ...checkEnds(document),
    ...checkCycles(document),
  ];
}

export const blocks = (problems: readonly Problem[]): boolean =>
  problems.some((problem) => problem.severity === 'error');

export type Shapes = ReadonlyMap<NodeId, Shape>;

/** Ports and forms of all nodes whose type is known. */
export function shapesOf(document: PipelineDocument, catalog: Catalog): Shapes {
  const shapes = new Map<NodeId, Shape>();
  for (const [id, node] of Object.entries(document.nodes)) {
    const type = catalog.get(node.type);
    if (type) shapes.set(id, shapeOf(node, type));
  }
  return shapes;
}

const error = (code: string, message: string, at: string, more: Partial<Problem> = {}): Problem => ({
  code,
  message,
  at,
  severity: 'error',
  ...more,
});

function checkParameters(document: PipelineDocument): Problem[] {
  return Object.entries(document.parameters).flatMap(([name, parameter]) => {
    if (parameter.default === undefined) return [];
    const wrong = checkParameterValue(parameter, parameter.default);
    return wrong
      ? [
          error(
            'parameter_default',
            `The default of parameter "${name}" ${wrong}.`,
            pointer('parameters', name, 'default'),
          ),
        ]
      : [];
  });
}

function checkNode(
  document: PipelineDocument,
  catalog: Catalog,
  shapes: Shapes,
  arriving: readonly Edge[],
  id: NodeId,
): Problem[] {
  const node = document.nodes[id]!;
  const type = catalog.get(node.type);
  const shape = shapes.get(id);
  if (!type || !shape)
    return [
      error(
        'node_type_unknown',
        `"${node.name}" is of type "${node.type}", which this server does not have. Replace it, or install the type on the server.`,
        pointer('nodes', id, 'type'),
        { node: id },
      ),
    ];
  const problems: Problem[] = shape.problems.map((problem) => ({
    ...problem,
    at: pointer('nodes', id, 'code'),
    node: id,
  }));
  if (type.code === 'own' && node.code !== undefined)
    problems.push(
      error(
        'code_unused',
        `"${node.name}" carries code, but ${type.title} does not run a node's own code. Remove it, or use a code node.`,
        pointer('nodes', id, 'code'),
        { node: id, severity: 'warning' },
      ),
    );
  problems.push(...checkValues(document, id, shape.parameters));
  const names = new Set<string>();
  for (const port of shape.inputs) {
    if (names.has(port.name))
      problems.push(
        error(
          'port_twice',
          `"${node.name}" has two inputs named "${port.name}". Rename one in its code.`,
          pointer('nodes', id),
          { node: id },
        ),
      );
    names.add(port.name);
    const edges = arriving.filter((edge) => edge.to.port === port.name);
    if (edges.length === 0 && !port.optional)
      problems.push(
        error(
          'input_missing',
          `"${port.label ?? port.name}" of "${node.name}" needs ${port.kind === 'any' ? 'something' : nameOfKind(port.kind)}. Connect an output to it.`,
          pointer('nodes', id),
          { node: id },
        ),
      );
    if (edges.length > 1 && !port.many)
      problems.push(
        error(
          'input_crowded',
          `"${port.label ?? port.name}" of "${node.name}" takes one edge, and ${edges.length} arrive. Keep one.`,
          pointer('nodes', id),
          { node: id },
        ),
      );
  }
  return problems;
}

const validators = new WeakMap<ParameterSchema, z.ZodType>();
const validatorOf = (schema: ParameterSchema): z.ZodType => {
  const known = validators.get(schema);
  if (known) return known;
  const validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  validators.set(schema, validator);
  return validator;
};

/** A node's parameters with references replaced by the pipeline's own values and with the form's defaults filled in. */
export function bindParameters(
  schema: ParameterSchema,
  values: Readonly<Record<string, Json>>,
  pipelineValues: Readonly<Record<string, Json>>,
): { values: Record<string, Json> } | { issues: { path: (string | number)[]; message: string }[] } {
  const resolved = resolve(values as Json, pipelineValues) as Record<string, Json>;
  const result = validatorOf(schema).safeParse(resolved);
  if (result.success) return { values: result.data as Record<string, Json> };
  return { issues: flatten(result.error.issues, resolved) };
}

function resolve(value: Json, pipelineValues: Readonly<Record<string, Json>>): Json {
  if (isReference(value)) return pipelineValues[value.$parameter] ?? null;
  if (Array.isArray(value)) return value.map((member) => resolve(member, pipelineValues));
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolve(member, pipelineValues)]));
  return value;
}

function checkValues(document: PipelineDocument, id: NodeId, schema: ParameterSchema): Problem[] {
  const node = document.nodes[id]!;
  const problems: Problem[] = [];
  const stand: Record<string, Json> = {};
  for (const [name, parameter] of Object.entries(document.parameters))
    stand[name] = parameter.default ?? sampleOf(parameter);
  for (const { path, name } of references(node.parameters))
    if (!(name in document.parameters))
      problems.push(
        error(
          'parameter_unknown',
          `"${node.name}" uses the pipeline parameter "${name}", which does not exist. Add it, or set a value here.`,
          pointer('nodes', id, 'parameters', ...path),
          { node: id },
        ),
      );
  problems.push(...checkSecrets(id, node, schema));
  if (problems.length > 0) return problems;
  const bound = bindParameters(schema, node.parameters, stand);
  if ('values' in bound) return problems;
  return bound.issues.map((issue) =>
    error(
      'parameter_invalid',
      `${titleAt(schema, issue.path)} of "${node.name}": ${issue.message}`,
      pointer('nodes', id, 'parameters', ...issue.path),
      { node: id },
    ),
  );
}

function sampleOf(parameter: PipelineParameter): Json {
  if (parameter.choices?.length) return parameter.choices[0]!;
  return {
    string: 'text',
    number: parameter.minimum ?? 1,
    integer: parameter.minimum ?? 1,
    boolean: true,
    date: '2013-01-01',
    datetime: '2013-01-01T00:00:00Z',
  }[parameter.type];
}

function* references(
  value: Json,
  path: (string | number)[] = [],
): Generator<{ path: (string | number)[]; name: string }> {
  if (isReference(value)) yield { path, name: value.$parameter };
  else if (Array.isArray(value))
    for (const [index, member] of value.entries()) yield* references(member, [...path, index]);
  else if (value && typeof value === 'object')
    for (const [key, member] of Object.entries(value)) yield* references(member, [...path, key]);
}

type Issue = z.core.$ZodIssue;

const missing = 'a value is missing. Give it one.';
const takes: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'yes or no',
  array: 'a list',
  object: 'an object',
};

/** What a value lacks, in words of people: the library's own speak of types and signs. */
function whatIsWrong(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined && issue.message.includes('undefined')) return missing;
      return `it takes ${takes[issue.expected] ?? issue.expected}.`;
    case 'invalid_value':
      return `it takes ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}.`;
    case 'too_small': {
      if (issue.origin === 'string') return issue.minimum === 1 ? missing : `${issue.minimum} characters or more.`;
      if (issue.origin === 'array') return issue.minimum === 1 ? missing : `${issue.minimum} entries or more.`;
      return issue.inclusive === false ? `more than ${issue.minimum}.` : `${issue.minimum} or more.`;
    }
    case 'too_big': {
      if (issue.origin === 'string') return `${issue.maximum} characters at most.`;
      if (issue.origin === 'array') return `${issue.maximum} entries at most.`;
      return issue.inclusive === false ? `less than ${issue.maximum}.` : `${issue.maximum} at most.`;
    }
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}.`;
    case 'invalid_format':
      return 'it does not have the form that it needs.';
    default:
      return issue.message;
  }
}

/** Of a choice between forms, the branch that was meant is the one whose constant members fit; only its issues are told. */
function flatten(
  issues: readonly Issue[],
  value: Json,
  prefix: (string | number)[] = [],
): { path: (string | number)[]; message: string }[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...(issue.path as (string | number)[])];
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const meant = issue.errors.find(
        (branch) =>
          !branch.some(
            (inner) => inner.code === 'invalid_value' && inner.path.length === 1 && inner.values.length === 1,
          ),
      );
      if (meant) return flatten(meant, value, path);
      return [{ path, message: 'choose one of the listed forms.' }];
    }
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: 'it is not a parameter of this node. Remove it.',
      }));
    return [{ path, message: whatIsWrong(issue) }];
  });
}

function titleAt(schema: ParameterSchema, path: readonly (string | number)[]): string {
  const member =
    path.length > 0
      ? ((schema.properties as Record<string, { title?: string }> | undefined)?.[String(path[0])]?.title ??
        String(path[0]))
      : 'Parameters';
  return path.length > 1 ? `${member}, ${path.slice(1).join('.')}` : member;
}

function checkEdge(document: PipelineDocument, shapes: Shapes, key: string): Problem[] {
  const edge = document.edges[key]!;
  const at = pointer('edges', key);
  if (edgeId(edge) !== key)
    return [
      error(
        'edge_id',
        `The edge "${key}" is filed under another name than its ends give ("${edgeId(edge)}"). Rename the key.`,
        at,
        { edge: key },
      ),
    ];
  for (const [end, ref] of [
    ['from', edge.from],
    ['to', edge.to],
  ] as const)
    if (!document.nodes[ref.node])
      return [
        error(
          'edge_dangling',
          `An edge ${end === 'from' ? 'comes from' : 'goes to'} "${ref.node}", which is not in the pipeline. Remove the edge.`,
          `${at}/${end}`,
          { edge: key },
        ),
      ];
  const problem = judgeEdge(document, shapes, edge);
  return problem ? [{ ...problem, at, edge: key }] : [];
}

/** Why an edge may not be, or null when it may. The canvas asks this while a wire is being dragged. */
export function judgeEdge(document: PipelineDocument, shapes: Shapes, edge: Edge): Problem | null {
  const from = document.nodes[edge.from.node];
  const to = document.nodes[edge.to.node];
  const source = shapes.get(edge.from.node);
  const target = shapes.get(edge.to.node);
  if (!from || !to || !source || !target) return null; // told at the node
  if (edge.from.node === edge.to.node) return error('edge_loop', 'An edge joins two different nodes.', '');
  const output = source.outputs.find((port) => port.name === edge.from.port);
  const input = target.inputs.find((port) => port.name === edge.to.port);
  if (!output)
    return error(
      'port_unknown',
      `"${from.name}" has no output "${edge.from.port}"${listed(source.outputs)}. Connect another output, or remove the edge.`,
      '',
      { node: edge.from.node },
    );
  if (!input)
    return error(
      'port_unknown',
      `"${to.name}" has no input "${edge.to.port}"${listed(target.inputs)}. Connect another input, or remove the edge.`,
      '',
      { node: edge.to.node },
    );
  if (!mayFlow(output.kind, input.kind))
    return error(
      'edge_kind',
      `"${input.label ?? input.name}" of "${to.name}" takes ${nameOfKind(input.kind)}, but "${output.label ?? output.name}" of "${from.name}" gives ${nameOfKind(output.kind)}.`,
      '',
      { node: edge.to.node },
    );
  if (output.many && !input.many)
    return error(
      'edge_many',
      `"${output.label ?? output.name}" of "${from.name}" gives one ${from.map ? 'for each item' : 'after another'}, and "${input.label ?? input.name}" of "${to.name}" takes only one. Connect an input that takes several.`,
      '',
      { node: edge.to.node },
    );
  return null;
}

const listed = (ports: readonly Port[]) =>
  ports.length > 0 ? ` (it has ${ports.map((port) => port.name).join(', ')})` : '';

/** A circle of nodes as a problem, or nothing. */
export function checkCycles(document: PipelineDocument): Problem[] {
  const cycle = findCycle(document);
  if (!cycle) return [];
  const names = cycle.map((id) => `"${document.nodes[id]!.name}"`);
  return [
    error(
      'cycle',
      `These nodes wait for each other in a circle: ${names.join(' → ')} → ${names[0]}. Remove one of the edges between them.`,
      pointer('nodes', cycle[0]!),
      { node: cycle[0]! },
    ),
  ];
}

/** The nodes of one cycle in order, or null. Iterative, since a pipeline of 20,000 nodes in a row would overflow the stack. */
export function findCycle(document: PipelineDocument): NodeId[] | null {
  const parents = parentsOf(document);
  const done = new Set<NodeId>();
  for (const start of parents.keys()) {
    if (done.has(start)) continue;
    const path: NodeId[] = [];
    const onPath = new Set<NodeId>();
    const stack: { id: NodeId; leaving: boolean }[] = [{ id: start, leaving: false }];
    while (stack.length > 0) {
      const { id, leaving } = stack.pop()!;
      if (leaving) {
        path.pop();
        onPath.delete(id);
        done.add(id);
        continue;
      }
      if (onPath.has(id)) return [id, ...path.slice(path.indexOf(id) + 1).reverse()]; // it was found going backwards
      if (done.has(id)) continue;
      path.push(id);
      onPath.add(id);
      stack.push({ id, leaving: true });
      for (const before of parents.get(id)!) stack.push({ id: before, leaving: false });
    }
  }
  return null;
}

/** The values of a run: what was given, checked, over the defaults. */
export function bindPipeline(
  parameters: Readonly<Record<string, PipelineParameter>>,
  given: Readonly<Record<string, Json>>,
): { values: Record<string, Json> } | { problems: Problem[] } {
  const problems: Problem[] = [];
  const values: Record<string, Json> = {};
  for (const name of Object.keys(given))
    if (!Object.hasOwn(parameters, name)) {
      const known = Object.keys(parameters);
      problems.push(
        error(
          'parameter_unknown',
          `The pipeline has no parameter "${name}"${known.length > 0 ? `; it has ${known.join(', ')}` : ' and takes none'}.`,
          pointer('parameters', name),
        ),
      );
    }
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = given[name] ?? parameter.default;
    if (value === undefined)
      problems.push(
        error(
          'parameter_missing',
          `The parameter "${name}" has no default; give it a value.`,
          pointer('parameters', name),
        ),
      );
    else {
      const wrong = checkParameterValue(parameter, value);
      if (wrong)
        problems.push(
          error(
            'parameter_invalid',
            `The parameter "${name}" ${wrong}; given was ${JSON.stringify(value)}.`,
            pointer('parameters', name),
          ),
        );
      else values[name] = value;
    }
  }
  return problems.length > 0 ? { problems } : { values };
}
