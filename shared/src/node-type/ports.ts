/** Decides what may flow along an edge, and says why not when it may not. */
import * as z from 'zod';

export const PortKind = z.enum(['table', 'model', 'metrics', 'figure', 'document', 'file', 'folder', 'value', 'any']);
export type PortKind = z.infer<typeof PortKind>;

export const Column = z.object({
  name: z.string(),
  type: z.string().meta({ description: 'The type as DuckDB names it: BIGINT, VARCHAR, TIMESTAMP …' }),
  nullable: z.boolean().optional(),
});
export type Column = z.infer<typeof Column>;

export const PortName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/);

export const Port = z.object({
  name: PortName,
  kind: PortKind,
  label: z.string().optional(),
  description: z.string().optional(),
  optional: z.boolean().optional().meta({ description: 'The node runs without it.' }),
  many: z.boolean().optional().meta({ description: 'Takes several edges, in their order.' }),
  when: z.string().optional().meta({ description: 'Exists only while this parameter is set and neither false nor 0.' }),
  is: z.array(z.string()).optional().meta({ description: 'With `when`: only while the parameter is one of these.' }),
});
export type Port = z.infer<typeof Port>;

export interface Ports {
  inputs: readonly Port[];
  outputs: readonly Port[];
}

const kindNames: Record<PortKind, string> = {
  table: 'a table',
  model: 'a model',
  metrics: 'metrics',
  figure: 'a figure',
  document: 'a document',
  file: 'a file',
  folder: 'a folder',
  value: 'a value',
  any: 'anything',
};
export const nameOfKind = (kind: PortKind): string => kindNames[kind];

/** Which kinds an input accepts beside its own: everything is bytes, so a file port takes whatever is kept as one file. */
const accepts: Partial<Record<PortKind, readonly PortKind[]>> = {
  file: ['table', 'figure', 'document'],
  folder: ['model'],
  value: ['metrics'],
};

export function mayFlow(from: PortKind, to: PortKind): boolean {
  return from === to || from === 'any' || to === 'any' || (accepts[to]?.includes(from) ?? false);
}
