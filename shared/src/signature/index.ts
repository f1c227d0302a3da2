/** Decides a node's ports and parameter form: from its type, or for a code node from the signature its code declares. */
import type { NodeType, ParameterSchema } from '../node-type/definition.ts';
import type { Port, Ports } from '../node-type/ports.ts';
import type { PipelineNode } from '../pipeline/document.ts';
import { perItem } from '../pipeline/map.ts';
import { partPorts } from '../pipeline/parts.ts';
import type { Problem } from '../problem.ts';
import { readPython } from './python.ts';
import type { Signature } from './signature.ts';
import { readSql } from './sql.ts';
import { readTypeScript } from './typescript.ts';

const readers = { python: readPython, typescript: readTypeScript, sql: readSql };
const known = new Map<string, Signature>();

/** The signature of a piece of code; remembered by text, since every check and every card asks again. */
export function signatureOf(language: keyof typeof readers, code: string): Signature {
  const key = `${language}\n${code}`;
  const remembered = known.get(key);
  if (remembered) return remembered;
  if (known.size > 2000) known.clear();
  const signature = readers[language](code);
  known.set(key, signature);
  return signature;
}

export interface Shape extends Ports {
  parameters: ParameterSchema;
  problems: Problem[];
}

/** The ports and the form of one node as it stands. */
export const shapeOf = (node: PipelineNode, type: NodeType): Shape =>
  node.map ? perItem(shapeWithin(node, type), node.map) : shapeWithin(node, type);

/** The same for a node that runs once per item, as one of its runs has them. */
export function shapeWithin(node: PipelineNode, type: NodeType): Shape {
  const part = partPorts(node);
  if (part) return { ...part, parameters: type.parameters, problems: [] };
  if (type.code === 'user' && type.language) {
    const signature = signatureOf(type.language, node.code ?? '');
    return {
      inputs: [...type.inputs, ...signature.inputs],
      outputs: [...type.outputs, ...signature.outputs],
      parameters: mergeSchemas(type.parameters, signature.parameters),
      problems: signature.problems,
    };
  }
  const present = presentWith(type.parameters, node.parameters);
  return {
    inputs: type.inputs.filter(present),
    outputs: type.outputs.filter(present),
    parameters: type.parameters,
    problems: [],
  };
}

/** Whether a port is there while its node's form is filled in like this. */
export const presentWith =
  (schema: ParameterSchema, values: Readonly<Record<string, unknown>>) =>
  ({ when, is }: Port): boolean => {
    if (when === undefined) return true;
    const value =
      values[when] ?? (schema.properties as Record<string, { default?: unknown }> | undefined)?.[when]?.default;
    return is ? is.includes(String(value)) : isSet(value);
  };

const isSet = (value: unknown) =>
  value !== undefined && value !== null && value !== false && value !== 0 && value !== '';

function mergeSchemas(a: ParameterSchema, b: ParameterSchema): ParameterSchema {
  return {
    type: 'object',
    properties: { ...(a.properties as object), ...(b.properties as object) } as ParameterSchema,
    required: [...((a.required as string[]) ?? []), ...((b.required as string[]) ?? [])],
    additionalProperties: false,
  };
}
