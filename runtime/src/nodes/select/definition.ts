/** Decides what a select node is: which columns stay, under which names and types, in which order. */
import * as z from 'zod';
import { columns, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'select',
  version: 1,
  title: 'Select columns',
  summary: 'Keep, rename, reorder and retype columns',
  description: `Keeps the columns that are listed, **in that order**, or all when none is listed. Then renames and retypes.

- **Drop** takes columns away from what is kept.
- **Types**: a value that does not fit stops the node and is named, or becomes missing, as set.
- **Rows where** is a condition in SQL, such as \`delay > 15 and carrier <> 'AA'\`, over the columns as they came in.`,
  category: 'transform',
  icon: 'columns',
  language: 'typescript',
  code: 'own',
  inputs: [{ name: 'table', kind: 'table' }],
  outputs: [{ name: 'table', kind: 'table' }],
  columns: {
    table: [{ take: 'table' }, { keep: 'columns' }, { drop: 'drop' }, { retype: 'types' }, { rename: 'rename' }],
  },
  parameters: z.strictObject({
    columns: columns('Columns').default([]).meta({
      title: 'Columns',
      description: 'Only these, in this order; all when empty.',
      widget: 'columns',
      of: 'table',
    }),
    drop: columns('Drop').default([]).meta({ title: 'Drop', widget: 'columns', of: 'table' }),
    rename: z
      .array(
        z.strictObject({
          column: z.string().min(1).meta({ title: 'Column', widget: 'column', of: 'table' }),
          name: z.string().min(1).meta({ title: 'New name' }),
        }),
      )
      .default([])
      .meta({ title: 'Rename' }),
    types: z
      .array(
        z.strictObject({
          column: z.string().min(1).meta({ title: 'Column', widget: 'column', of: 'table' }),
          type: z.enum(['BOOLEAN', 'BIGINT', 'DOUBLE', 'VARCHAR', 'DATE', 'TIMESTAMP']).meta({
            title: 'Type',
            choiceTitles: {
              BOOLEAN: 'True or false',
              BIGINT: 'Whole number',
              DOUBLE: 'Number',
              VARCHAR: 'Text',
              DATE: 'Date',
              TIMESTAMP: 'Date and time',
            },
          }),
        }),
      )
      .default([])
      .meta({ title: 'Types', description: 'By the names the columns came in with.' }),
    onBadValue: z
      .enum(['fail', 'null'])
      .default('fail')
      .meta({ title: 'A value that does not fit', choiceTitles: { fail: 'Stops the node', null: 'Becomes missing' } }),
    where: z
      .string()
      .default('')
      .meta({ title: 'Rows where', description: 'A condition in SQL.', widget: 'code', language: 'sql', of: 'table' }),
  }),
  card: ['columns', 'where'],
  reusable: true,
});
