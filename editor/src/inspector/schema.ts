/** Decides how a JSON Schema reads as a form: what kind of field each part is, what it is called, what stands when nothing is set. */
import type { Json } from '@drawloom/shared/json.ts';

export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: Json;
  enum?: Json[];
  const?: Json;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  format?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  widget?: string;
  of?: string;
  language?: string;
  group?: string;
  advanced?: boolean;
  examples?: Json[];
}

export type Field =
  | {
      kind:
        | 'string'
        | 'text'
        | 'code'
        | 'date'
        | 'datetime'
        | 'file'
        | 'secret'
        | 'column'
        | 'columns'
        | 'members'
        | 'json';
      schema: Schema;
    }
  | { kind: 'number' | 'integer' | 'share'; schema: Schema }
  | { kind: 'boolean'; schema: Schema }
  | { kind: 'enum'; schema: Schema; values: Json[] }
  | { kind: 'enums'; schema: Schema; values: Json[] }
  | { kind: 'union'; schema: Schema; discriminator: string; branches: Schema[] }
  | { kind: 'list'; schema: Schema; items: Schema }
  | { kind: 'object'; schema: Schema }
  | { kind: 'hidden'; schema: Schema };

/** A reference followed, and a choice between something and null taken as that something. */
export function plain(schema: Schema, root: Schema): Schema {
  let at = schema;
  for (let depth = 0; at.$ref && depth < 20; depth++) {
    const name = /^#\/\$defs\/(.+)$/.exec(at.$ref)?.[1];
    const found: Schema = (name && root.$defs?.[name]) || {};
    const { $ref: _, ...rest } = at;
    at = { ...found, ...rest };
  }
  const choices = at.anyOf ?? at.oneOf;
  const real = choices?.filter((one) => one.type !== 'null');
  if (choices && real?.length === 1 && choices.length > 1) {
    const { anyOf: _, oneOf: __, ...rest } = at;
    return plain({ ...real[0], ...rest }, root);
  }
  if (Array.isArray(at.type)) {
    const types = at.type.filter((type) => type !== 'null');
    if (types.length === 1) return { ...at, type: types[0]! };
  }
  return at;
}

export const isNullable = (schema: Schema): boolean =>
  [schema.anyOf, schema.oneOf].some((choices) => choices?.some((one) => one.type === 'null')) ||
  (Array.isArray(schema.type) && schema.type.includes('null'));

export function fieldOf(given: Schema, root: Schema): Field {
  const schema = plain(given, root);
  if (schema.const !== undefined) return { kind: 'hidden', schema };
  const branches = (schema.oneOf ?? schema.anyOf)?.map((branch) => plain(branch, root));
  if (branches) {
    const constants = branches.map((branch) => branch.const);
    if (constants.every((value) => value !== undefined)) return { kind: 'enum', schema, values: constants as Json[] };
    const discriminator = Object.keys(branches[0]?.properties ?? {}).find((name) =>
      branches.every((branch) => branch.properties?.[name]?.const !== undefined),
    );
    return discriminator ? { kind: 'union', schema, discriminator, branches } : { kind: 'json', schema };
  }
  if (schema.enum) return { kind: 'enum', schema, values: schema.enum };
  switch (schema.widget) {
    case 'text':
    case 'code':
    case 'file':
    case 'secret':
    case 'column':
    case 'columns':
    case 'members':
    case 'share':
      return { kind: schema.widget, schema } as Field;
  }
  switch (schema.type) {
    case 'boolean':
      return { kind: 'boolean', schema };
    case 'integer':
      return { kind: 'integer', schema };
    case 'number':
      return { kind: 'number', schema };
    case 'string':
      if (schema.format === 'date') return { kind: 'date', schema };
      if (schema.format === 'date-time') return { kind: 'datetime', schema };
      return { kind: 'string', schema };
    case 'array': {
      if (!schema.items) return { kind: 'json', schema };
      const items = plain(schema.items, root);
      return items.enum ? { kind: 'enums', schema, values: items.enum } : { kind: 'list', schema, items };
    }
    case 'object':
      return schema.properties ? { kind: 'object', schema } : { kind: 'json', schema };
    default:
      return { kind: 'json', schema };
  }
}

/** `learning_rate` and `learningRate` become "Learning rate", where the schema gives no title. */
export function titleOf(name: string, schema: Schema): string {
  if (schema.title) return schema.title;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a new member of a list, or a newly chosen branch, starts as. */
export function startOf(given: Schema, root: Schema): Json {
  const schema = plain(given, root);
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0] ?? null;
  if (schema.properties)
    return Object.fromEntries(
      Object.entries(schema.properties)
        .filter(([name, member]) => member.const !== undefined || schema.required?.includes(name))
        .map(([name, member]) => [name, startOf(member, root)]),
    );
  switch (schema.type) {
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'array':
      return [];
    case 'object':
      return {};
    default:
      return '';
  }
}

export interface FieldGroup {
  title: string | null;
  fields: { name: string; schema: Schema }[];
}
/** The members of an object schema by their groups, in order and the required ones first; what is advanced comes last and folded. */
export function groupsOf(schema: Schema, root: Schema): { groups: FieldGroup[]; advanced: FieldGroup['fields'] } {
  const groups: FieldGroup[] = [];
  const advanced: FieldGroup['fields'] = [];
  const required = new Set(schema.required);
  const members = Object.entries(schema.properties ?? {});
  members.sort(([a], [b]) => Number(required.has(b)) - Number(required.has(a)));
  for (const [name, given] of members) {
    const member = plain(given, root);
    if (member.const !== undefined) continue;
    if (member.advanced) {
      advanced.push({ name, schema: given });
      continue;
    }
    const title = member.group ?? null;
    const last = groups.find((group) => group.title === title);
    if (last) last.fields.push({ name, schema: given });
    else groups.push({ title, fields: [{ name, schema: given }] });
  }
  return { groups, advanced };
}

export const showValue = (value: Json | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** What tells one member of a list from the others: its first text. */
export function nameOfMember(value: Json | undefined): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const text = value.name ?? value.column ?? Object.values(value).find((one) => typeof one === 'string' && one !== '');
  return typeof text === 'string' && text !== '' ? text : null;
}
