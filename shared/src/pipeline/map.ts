/** Decides what a node looks like from outside that runs once per item of a list, and whether it can go through what arrives. */
import { pointer } from '../json.ts';
import type { Catalog, ParameterSchema } from '../node-type/definition.ts';
import { nameOfKind, type Port, type Ports } from '../node-type/ports.ts';
import type { Problem } from '../problem.ts';
import { type Edge, type ItemMap, isReference, type NodeId, type PipelineDocument } from './document.ts';

interface Form extends Ports {
  parameters: ParameterSchema;
}

/** The list arrives where one run of it takes one item; a parameter that takes it becomes an input. Each output gives one per item. */
export function perItem<Shape extends Form>(within: Shape, { over }: ItemMap): Shape {
  const outputs = within.outputs.map(({ optional: _, ...port }): Port => ({ ...port, many: true }));
  const properties = (within.parameters.properties ?? {}) as Record<string, { title?: string }>;
  const isInput = within.inputs.some((port) => port.name === over);
  if (isInput || !Object.hasOwn(properties, over) || isPinned(properties[over])) return { ...within, outputs };
  const { [over]: item, ...rest } = properties;
  const required = ((within.parameters.required as string[] | undefined) ?? []).filter((name) => name !== over);
  const label = item?.title;
  return {
    ...within,
    inputs: [...within.inputs, { name: over, kind: 'value', ...(label !== undefined && { label }) }],
    outputs,
    parameters: { ...within.parameters, properties: rest, required },
  };
}

/** Where an item could go: inputs that take one value, and parameters. */
export function itemPlaces(within: Form): string[] {
  const properties = (within.parameters.properties ?? {}) as Record<string, unknown>;
  return [
    ...within.inputs
      .filter((port) => !port.many && (port.kind === 'value' || port.kind === 'any'))
      .map(({ name }) => name),
    ...Object.keys(properties).filter((name) => !isPinned(properties[name])),
  ];
}

/** Inputs of which groups or chunks could be the items. */
export const tablePlaces = (within: Form): string[] =>
  within.inputs.filter((port) => !port.many && port.kind === 'table').map(({ name }) => name);

/** A file and a secret are looked up when the run is planned, before any item is known. */
const isPinned = (schema: unknown) => /"widget":"(file|secret)"/.test(JSON.stringify(schema));

/** What keeps a node from being run once per item. `shape` is as it looks from outside. */
export function checkMap(
  document: PipelineDocument,
  catalog: Catalog,
  shapes: ReadonlyMap<NodeId, Ports>,
  arriving: readonly Edge[],
  id: NodeId,
): Problem[] {
  const node = document.nodes[id]!;
  const type = catalog.get(node.type);
  const shape = shapes.get(id);
  if (!node.map || !type || !shape) return [];
  const { over, by, rows } = node.map;
  const cuts = by !== undefined || rows !== undefined;
  const tell = (code: string, message: string, at = pointer('nodes', id, 'map', 'over')): Problem[] => [
    { code, message, at, severity: 'error', node: id },
  ];
  if (!type.language)
    return tell(
      'map_type',
      `"${node.name}" is of a type (${type.title}) that cannot be run once per item. Take "map" away, or do it with a code node.`,
      pointer('nodes', id, 'map'),
    );
  const port = shape.inputs.find((one) => one.name === over);
  if (!port)
    return tell(
      'map_over',
      `"${node.name}" is to run once per item of "${over}", and has neither an input nor a parameter of that name that takes a value. Name one that does.`,
    );
  if (cuts && (port.many || port.kind !== 'table'))
    return tell(
      'map_kind',
      `"${node.name}" is to go through ${by ? 'the groups' : 'the rows'} of "${over}", which takes ${port.many ? 'several inputs' : nameOfKind(port.kind)}. Name an input that takes one table.`,
    );
  if (!cuts && (port.many || (port.kind !== 'value' && port.kind !== 'any')))
    return tell(
      'map_kind',
      `"${node.name}" is to run once per item of "${over}", which takes ${port.many ? 'several inputs' : nameOfKind(port.kind)}. ${
        port.kind === 'table' && !port.many
          ? 'Say what an item of a table is: with "by" a group, with "rows" so many rows.'
          : 'An item of a list is a value; name an input or a parameter that takes one.'
      }`,
    );
  const edges = arriving.filter((edge) => edge.to.port === over);
  if (edges.length === 0 && port.optional)
    return tell(
      'map_unwired',
      `No ${cuts ? 'table' : 'list'} arrives at "${over}" of "${node.name}" that it could go through. Connect one.`,
    );
  if (cuts) return [];
  return edges.flatMap(({ from }) => {
    const source = document.nodes[from.node];
    if (!source) return [];
    const gives = shapes.get(from.node)?.outputs.find((one) => one.name === from.port);
    if (gives?.kind === 'metrics')
      return tell(
        'map_no_list',
        `"${node.name}" goes through a list, and "${source.name}" gives metrics. Connect an output that gives a list.`,
      );
    const written = source.type === 'value' ? (source.parameters.value ?? '') : [];
    if (Array.isArray(written) || isReference(written)) return [];
    return tell(
      'map_no_list',
      `"${node.name}" goes through a list, and "${source.name}" gives ${JSON.stringify(written)?.slice(0, 60)}. Write a list there, such as [1, 2, 3].`,
      pointer('nodes', from.node, 'parameters', 'value'),
    );
  });
}
