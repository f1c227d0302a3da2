/** Decides how a node type is written down: its parameters as a zod schema, from which the form's JSON Schema follows. */
import { NodeType, type ParameterSchema } from '@drawloom/shared/node-type/definition.ts';
import * as z from 'zod';

type Written = Omit<NodeType, 'parameters' | 'inputs' | 'outputs'> & {
  inputs?: NodeType['inputs'];
  outputs?: NodeType['outputs'];
  parameters?: z.ZodObject;
};

/**
 * `parameters` is a strict object; titles, defaults, groups and widgets stand in its `meta`. A parameter with the widget
 * `file` names a file: the plan pins it by digest, and it arrives like an input, as a file, at a port with the parameter's
 * name that is not drawn. So lineage knows the bytes that were read, and reuse asks whether they are still the same.
 */
export function defineNodeType({
  parameters = z.strictObject({}),
  inputs = [],
  outputs = [],
  ...rest
}: Written): NodeType {
  const { $schema: _, ...schema } = z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' });
  return NodeType.parse({ ...rest, inputs, outputs, parameters: plain(schema) as ParameterSchema });
}

/** The parameters of a node type that name a file, and hence the ports that are not drawn. */
export function fileParameters(type: NodeType): string[] {
  const properties = (type.parameters.properties ?? {}) as Record<string, Record<string, unknown>>;
  return Object.keys(properties).filter((name) => properties[name]!.widget === 'file');
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const { choiceTitles, type, enum: words, ...rest } = value as Record<string, unknown>;
  const schema = Object.fromEntries(
    Object.entries(rest)
      .filter(([key]) => key !== 'pattern' || rest.format === undefined)
      .map(([key, member]) => [key, plain(member)]),
  );
  if (choiceTitles && Array.isArray(words)) {
    const titles = choiceTitles as Record<string, string>;
    return { ...schema, oneOf: words.map((word: string) => ({ const: word, title: titles[word] })) };
  }
  return { ...(type !== undefined && { type }), ...(words !== undefined && { enum: words }), ...schema };
}

/** The kinds of things that flow, as choices. */
export const portKinds = {
  table: 'Table',
  model: 'Model',
  metrics: 'Metrics',
  figure: 'Figure',
  document: 'Document',
  file: 'File',
  folder: 'Folder',
  value: 'Value',
  any: 'Anything',
} as const;

/** A column of the table at the port `of`. */
export const column = (title: string, of = 'table') => z.string().min(1).meta({ title, widget: 'column', of });
/** Several columns of the table at the port `of`. */
export const columns = (title: string, of = 'table') =>
  z.array(z.string().min(1)).meta({ title, widget: 'columns', of });
/** One of several words, each with the title that the form shows: `oneOf` constants, as JSON Schema puts it. */
export const choice = <const Choices extends Record<string, string>>(title: string, choices: Choices) =>
  z
    .enum(Object.keys(choices) as [keyof Choices & string, ...(keyof Choices & string)[]])
    .meta({ title, choiceTitles: choices });
