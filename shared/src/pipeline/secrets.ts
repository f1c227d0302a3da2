/**
 * Decides how a drawing names a secret: `{ "$secret": name }` as the value of a parameter that its node declares as a secret, and
 * nowhere else. A drawing never holds a secret's value; the value joins an attempt in the worker.
 */
import * as z from 'zod';
import { type Json, pointer } from '../json.ts';
import type { ParameterSchema } from '../node-type/definition.ts';
import type { Problem } from '../problem.ts';
import { isReference, type NodeId, type PipelineNode } from './document.ts';

export const SecretName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,62}$/, 'A name starts with a letter: capital letters, digits and _ (63 at most).');

/** The schema of a parameter that takes a secret; both languages' readers give it, and a node type may declare it. */
export const secretSchema = (): { [key: string]: Json } => ({
  type: 'object',
  widget: 'secret',
  properties: { $secret: { type: 'string', pattern: '^[A-Z][A-Z0-9_]{0,62}$' } },
  required: ['$secret'],
  additionalProperties: false,
});

export interface SecretReference {
  $secret: string;
}
export const isSecretReference = (value: unknown): value is SecretReference =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && '$secret' in value;

type Path = (string | number)[];

/** Every place in a node's parameters that names a secret. */
export function* secretsIn(value: Json, path: Path = []): Generator<{ name: string; path: Path }> {
  if (isSecretReference(value)) {
    if (typeof value.$secret === 'string') yield { name: value.$secret, path };
  } else if (Array.isArray(value))
    for (const [index, member] of value.entries()) yield* secretsIn(member, [...path, index]);
  else if (value && typeof value === 'object')
    for (const [key, member] of Object.entries(value)) yield* secretsIn(member, [...path, key]);
}

/** A secret where the node takes none, and a value written out where it takes a secret. */
export function checkSecrets(id: NodeId, node: PipelineNode, form: ParameterSchema): Problem[] {
  return [...misplaced(node.parameters, [form], [])].map(({ path, code, message }) => ({
    code,
    message: message(`"${path.join('.')}" of "${node.name}"`),
    at: pointer('nodes', id, 'parameters', ...path),
    severity: 'error',
    node: id,
  }));
}

interface Misplaced {
  path: Path;
  code: string;
  message: (what: string) => string;
}

function* misplaced(value: Json, schemas: readonly Schema[], path: Path): Generator<Misplaced> {
  const takesSecret = schemas.some((schema) => schema.widget === 'secret');
  if (isSecretReference(value)) {
    if (!takesSecret)
      yield {
        path,
        code: 'secret_misplaced',
        message: (what) => `${what} takes no secret. Declare the parameter as a Secret in the code, or set a value.`,
      };
  } else if (takesSecret && (typeof value === 'string' || isReference(value)))
    yield {
      path,
      code: 'secret_written_out',
      message: (what) =>
        `${what} is a secret, and what is written here could be read by everybody. Keep it under Settings, Secrets, and choose it by its name.`,
    };
  else if (Array.isArray(value))
    for (const [index, member] of value.entries()) yield* misplaced(member, below(schemas, index), [...path, index]);
  else if (value && typeof value === 'object')
    for (const [key, member] of Object.entries(value)) yield* misplaced(member, below(schemas, key), [...path, key]);
}

type Schema = { [key: string]: Json };
const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listIn = (value: unknown): Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);
const branches = (schema: Schema, depth = 0): Schema[] =>
  depth > 20
    ? []
    : [schema, ...[...listIn(schema.anyOf), ...listIn(schema.oneOf)].flatMap((branch) => branches(branch, depth + 1))];

/** What the schemas say of a member; several where they leave a choice. */
function below(schemas: readonly Schema[], key: string | number): Schema[] {
  return schemas
    .flatMap((schema) => branches(schema))
    .flatMap((schema) => {
      const found =
        typeof key === 'number'
          ? (listIn(schema.prefixItems)[key] ?? schema.items)
          : isSchema(schema.properties) && Object.hasOwn(schema.properties, key)
            ? schema.properties[key]
            : schema.additionalProperties;
      return isSchema(found) ? branches(found) : [];
    });
}
