/** Decides which columns the form of a node names, and where: by the widgets of its schema. */
import type { Json } from '../json.ts';
import type { ParameterSchema } from '../node-type/definition.ts';
import { isReference, type PipelineDocument, type PipelineNode } from '../pipeline/document.ts';

type Path = (string | number)[];
interface Member {
  widget?: string;
  of?: string;
  same?: string;
  language?: string;
  when?: Record<string, Json[]>;
  default?: Json;
  properties?: Record<string, Member>;
  items?: Member;
}

/** A column that a field names, or a condition in SQL that may name several. */
export interface Named {
  path: Path;
  /** The input it is looked for in; absent when the field does not say. */
  port: string | undefined;
  column?: string;
  condition?: string;
}

/** A node's parameters with their defaults and those of the pipeline; undefined for what the start of a run decides. */
export function valuesOf(
  document: PipelineDocument,
  node: PipelineNode,
  schema: ParameterSchema,
): Record<string, Json | undefined> {
  const members = (schema.properties ?? {}) as Record<string, Member>;
  const values: Record<string, Json | undefined> = {};
  for (const name of Object.keys(members)) {
    const value = node.parameters[name] ?? members[name]!.default ?? null;
    values[name] = node.map?.over === name ? undefined : bound(document, value);
  }
  return values;
}

/** Undefined as soon as a part of it is bound to a parameter of the pipeline: a run may be given any value. */
function bound(document: PipelineDocument, value: Json): Json | undefined {
  if (isReference(value)) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  const members = Array.isArray(value) ? value : Object.values(value);
  return members.some((member) => bound(document, member) === undefined) ? undefined : value;
}

export function* namedIn(
  schema: ParameterSchema | Member,
  values: Readonly<Record<string, Json | undefined>>,
  path: Path = [],
): Generator<Named> {
  for (const [name, member] of Object.entries((schema.properties ?? {}) as Record<string, Member>)) {
    const value = values[name] ?? member.default;
    if (member.when && !isAskedFor(member.when, values, schema as Member)) continue;
    yield* namedAt(member, value, [...path, name], values);
  }
}

function* namedAt(
  member: Member,
  value: Json | undefined,
  path: Path,
  beside: Readonly<Record<string, Json | undefined>>,
): Generator<Named> {
  const port = member.of;
  if (member.widget === 'column') {
    const column = value || (member.same && beside[member.same]);
    if (typeof column === 'string' && column !== '') yield { path, port, column };
  } else if (member.widget === 'columns') {
    if (Array.isArray(value))
      for (const [index, column] of value.entries())
        if (typeof column === 'string' && column !== '') yield { path: [...path, index], port, column };
  } else if (member.widget === 'code' && member.language === 'sql' && port !== undefined) {
    if (typeof value === 'string' && value.trim() !== '') yield { path, port, condition: value };
  } else if (Array.isArray(value) && member.items)
    for (const [index, one] of value.entries()) {
      if (member.items.properties && isRecord(one)) yield* namedIn(member.items, one, [...path, index]);
      else yield* namedAt(member.items, one, [...path, index], {});
    }
  else if (isRecord(value) && member.properties) yield* namedIn(member, value, path);
}

const isRecord = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isReference(value);

const isAskedFor = (
  when: Record<string, Json[]>,
  values: Readonly<Record<string, Json | undefined>>,
  schema: Member,
): boolean =>
  Object.entries(when).every(([name, wanted]) =>
    wanted.includes(values[name] ?? schema.properties?.[name]?.default ?? null),
  );
