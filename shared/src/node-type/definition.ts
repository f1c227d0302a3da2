/** Decides what a node type tells about itself; the editor learns all of it from the catalog and from nowhere else. */
import * as z from 'zod';
import { Json } from '../json.ts';
import { ColumnRules } from './columns.ts';
import { Port } from './ports.ts';

export const Language = z.enum(['python', 'typescript', 'sql']);
export type Language = z.infer<typeof Language>;

/** A form as JSON Schema (an object schema). `title`, `description`, `default` and the `widget` hints below shape the form. */
export const ParameterSchema = z.record(z.string(), Json).meta({ id: 'ParameterSchema' });
export type ParameterSchema = z.infer<typeof ParameterSchema>;

/**
 * Hints a parameter's schema may carry beside JSON Schema's own words:
 *   widget: 'column' | 'columns' (names of columns of the input port named in `of`) · 'code' (with `language`) ·
 *           'text' (several lines) · 'file' (a file of the project's data folder or an upload) · 'share' (0 to 1) ·
 *           'members' (ids of members of the project) ·
 *           'secret' (a secret of the project, see `pipeline/secrets.ts`)
 *   of:     with 'code' in SQL: a condition on the rows of that input
 *   same:   with 'column': the parameter beside it that names the column when this one is empty
 *   when:   with 'column': { parameter: [values] } beside it, without which the column is not asked for
 *   group:  heading under which the form shows it;  advanced: true folds it away
 */
export const NodeCategory = z.enum(['data', 'transform', 'check', 'model', 'evaluate', 'report', 'code', 'control']);
export type NodeCategory = z.infer<typeof NodeCategory>;

export const NodeType = z
  .object({
    type: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
    version: z.int().min(1).meta({ description: 'Raised when equal inputs would give other outputs.' }),
    title: z.string(),
    summary: z.string().meta({ description: 'One line for the palette.' }),
    description: z.string().meta({ description: 'Markdown for the inspector.' }),
    category: NodeCategory,
    icon: z.string().meta({ description: 'Name of an icon in the editor’s set.' }),
    language: Language.optional().meta({
      description: 'What its code is written in; absent when the runtime itself does it.',
    }),
    code: z.enum(['user', 'own']).meta({
      description:
        'user: the node carries its code, and ports and parameters come from its signature. own: part of the type.',
    }),
    template: z.string().optional().meta({ description: 'The code a new node of this type starts with.' }),
    inputs: z.array(Port),
    outputs: z.array(Port),
    parameters: ParameterSchema,
    columns: ColumnRules.optional().meta({
      description: 'Which columns its tables have, as far as the drawing tells.',
    }),
    card: z
      .array(z.string())
      .optional()
      .meta({ description: 'Parameters that the card shows, the most telling first.' }),
    reusable: z
      .boolean()
      .meta({ description: 'False when equal inputs may give other outputs, so that work is never reused.' }),
  })
  .meta({ id: 'NodeType' });
export type NodeType = z.infer<typeof NodeType>;

/** Node types by name. */
export type Catalog = ReadonlyMap<string, NodeType>;
export const catalogOf = (types: readonly NodeType[]): Catalog => new Map(types.map((type) => [type.type, type]));
