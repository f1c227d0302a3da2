/** Decides how a node type tells which columns its tables have: as steps, so that the editor can follow them without its code. */
import * as z from 'zod';
import { Column, PortName } from './ports.ts';

const Parameter = z.string().min(1).max(100);

/** Each step takes what the one before it gave; a word names the parameter that the step reads. */
export const ColumnStep = z.union([
  z.strictObject({ take: PortName.meta({ description: 'The columns that arrive at this input.' }) }),
  z.strictObject({ file: Parameter.meta({ description: 'The columns of this file, which a look into it tells.' }) }),
  z.strictObject({ keep: Parameter.meta({ description: 'Names: only these, in their order; all when empty.' }) }),
  z.strictObject({ drop: Parameter.meta({ description: 'Names that are taken away.' }) }),
  z.strictObject({ retype: Parameter.meta({ description: 'A list of { column, type }.' }) }),
  z.strictObject({ rename: Parameter.meta({ description: 'A list of { column, name }, by the names so far.' }) }),
  z.strictObject({
    beside: PortName.meta({ description: 'An input whose columns come beside those so far.' }),
    keys: Parameter.meta({ description: 'A list of { left, right }; keys of one name stand once.' }),
    suffix: Parameter.meta({ description: 'What a name gets that is taken.' }),
    unless: z.record(z.string(), z.array(z.string())).optional(),
  }),
  z.strictObject({
    add: Parameter.meta({ description: 'The name of one more column; none when empty.' }),
    type: z.string().meta({ description: 'Empty when only the run tells it.' }),
    perhaps: z.string().optional().meta({ description: 'Why others may come in its place.' }),
    first: z.boolean().optional().meta({ description: 'It stands before all others.' }),
  }),
  z.strictObject({ give: z.array(Column).meta({ description: 'Always these.' }) }),
]);
export type ColumnStep = z.infer<typeof ColumnStep>;

/** By output port. A table port without steps is known only from what a run gave. */
export const ColumnRules = z.record(PortName, z.array(ColumnStep).min(1));
export type ColumnRules = z.infer<typeof ColumnRules>;
