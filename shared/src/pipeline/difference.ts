/**
 * Decides what differs between two documents of one pipeline, or of two: node by node, field by field. Nodes are known by their ids,
 * edges by their ends. What a node means (changed) is told apart from where it stands (moved).
 */
import { canonical, type Json } from '../json.ts';
import { type Edge, edgeId, type NodeId, type PipelineDocument } from './document.ts';

export type Change = 'added' | 'removed' | 'changed';

export interface FieldDifference {
  /** Names from the outside in, such as `parameters`, `test_share`; a list, a text or code is one field. */
  path: readonly string[];
  before: Json | undefined;
  now: Json | undefined;
}

export interface NodeDifference {
  node: NodeId;
  /** As it is called now; of a removed node, as it was called. */
  name: string;
  /** null: it means the same, and only stands elsewhere. */
  change: Change | null;
  moved: boolean;
  /** Of a changed node; the whole of an added or removed one is the node itself. */
  fields: FieldDifference[];
}

export interface DocumentDifference {
  nodes: NodeDifference[];
  edges: { id: string; edge: Edge; change: Change }[];
  /** Of the pipeline as a whole: its name, description, settings and parameters. */
  pipeline: FieldDifference[];
  /** Notes on the drawing that are not as they were. */
  notes: number;
}

export function differenceOf(before: PipelineDocument, now: PipelineDocument): DocumentDifference {
  return {
    nodes: idsOf(before.nodes, now.nodes).flatMap((node) => nodeDifference(before, now, node) ?? []),
    edges: edgesOf(before, now),
    pipeline: fieldsOf(headOf(before), headOf(now)),
    notes: idsOf(before.looks.notes ?? {}, now.looks.notes ?? {}).filter(
      (id) => !same(own(before.looks.notes ?? {}, id), own(now.looks.notes ?? {}, id)),
    ).length,
  };
}

/** Whether nothing differs, looks included. */
export const isSame = ({ nodes, edges, pipeline, notes }: DocumentDifference): boolean =>
  nodes.length + edges.length + pipeline.length + notes === 0;

function nodeDifference(before: PipelineDocument, now: PipelineDocument, node: NodeId): NodeDifference | null {
  const [a, b] = [own(before.nodes, node), own(now.nodes, node)];
  if (!a || !b) return { node, name: (b ?? a)!.name, change: b ? 'added' : 'removed', moved: false, fields: [] };
  const fields = fieldsOf(a as unknown as Json, b as unknown as Json);
  const moved = !same(own(before.looks.positions, node), own(now.looks.positions, node));
  if (fields.length === 0 && !moved) return null;
  return { node, name: b.name, change: fields.length > 0 ? 'changed' : null, moved, fields };
}

function edgesOf(before: PipelineDocument, now: PipelineDocument): DocumentDifference['edges'] {
  // the key of an edge in its document is a name like any other; its ends are what it is
  const ends = (document: PipelineDocument) =>
    new Map(Object.values(document.edges).map((edge) => [edgeId(edge), edge] as const));
  const [a, b] = [ends(before), ends(now)];
  return [...new Set([...a.keys(), ...b.keys()])].sort().flatMap((id): DocumentDifference['edges'] => {
    const [was, is] = [a.get(id), b.get(id)];
    if (was && is) return (was.order ?? 0) === (is.order ?? 0) ? [] : [{ id, edge: is, change: 'changed' }];
    return [{ id, edge: (is ?? was)!, change: is ? 'added' : 'removed' }];
  });
}

const headOf = ({ name, description, settings, parameters }: PipelineDocument): Json =>
  ({
    name,
    ...(description !== undefined && { description }),
    ...(settings && { settings }),
    parameters,
  }) as unknown as Json;

/** The fields in which two values differ; what is a record on both sides is looked into, all else is one field. */
function fieldsOf(before: Json | undefined, now: Json | undefined, path: readonly string[] = []): FieldDifference[] {
  if (isRecord(before) && isRecord(now))
    return idsOf(before, now).flatMap((key) => fieldsOf(own(before, key), own(now, key), [...path, key]));
  return same(before, now) ? [] : [{ path, before, now }];
}

const idsOf = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();

const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

const isRecord = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return canonical(a as Json) === canonical(b as Json);
}
