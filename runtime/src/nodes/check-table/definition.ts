/** Decides what a check-table node is: what must hold for a table before anything else may use it. */
import * as z from 'zod';
import { columns, defineNodeType } from '../define.ts';

const level = z
  .enum(['fail', 'warn'])
  .default('fail')
  .meta({ title: 'When broken', choiceTitles: { fail: 'Stop the run here', warn: 'Go on, and say so' } });

export const definition = defineNodeType({
  type: 'check-table',
  version: 1,
  title: 'Check table',
  summary: 'Schema, ranges, missing values, your own rules',
  description: `Hands the table on **unchanged** when it is as it should be.

- **Columns**: that they are there, their type, missing values, range, allowed values, a pattern, uniqueness.
- **Rows**: how many there must be, and which columns together name one row.
- **Rules** of your own: a condition in SQL that holds for every row, such as \`arrival >= departure\`. A rule that gives no answer for a row (a missing value) does not count as broken.

Each check either **stops** the run here or **warns**. The report lists every check with how many rows broke it and an example; the metrics count them.`,
  category: 'check',
  icon: 'shield',
  language: 'typescript',
  code: 'own',
  inputs: [{ name: 'table', kind: 'table' }],
  outputs: [
    { name: 'table', kind: 'table' },
    { name: 'report', kind: 'document' },
    { name: 'metrics', kind: 'metrics' },
  ],
  columns: { table: [{ take: 'table' }] },
  parameters: z.strictObject({
    columns: z
      .array(
        z.strictObject({
          column: z.string().min(1).meta({ title: 'Column', widget: 'column', of: 'table' }),
          type: z
            .enum(['any', 'number', 'whole', 'text', 'boolean', 'date', 'time'])
            .default('any')
            .meta({
              title: 'Type',
              choiceTitles: {
                any: 'Any',
                number: 'Number',
                whole: 'Whole number',
                text: 'Text',
                boolean: 'True or false',
                date: 'Date',
                time: 'Date and time',
              },
            }),
          maxMissingShare: z.number().min(0).max(1).default(1).meta({
            title: 'Missing at most',
            description: 'Share of rows without a value: 0 allows none.',
            widget: 'share',
          }),
          min: z.string().default('').meta({ title: 'Smallest', description: 'A number or a date.' }),
          max: z.string().default('').meta({ title: 'Largest' }),
          unique: z.boolean().default(false).meta({ title: 'No value twice' }),
          allowed: z.array(z.string()).default([]).meta({ title: 'Allowed values', description: 'Any when empty.' }),
          pattern: z
            .string()
            .default('')
            .meta({ title: 'Pattern', description: 'A regular expression for the whole text.' }),
          level,
        }),
      )
      .default([])
      .meta({ title: 'Columns' }),
    onlyThese: z
      .boolean()
      .default(false)
      .meta({ title: 'No other columns', description: 'A column that is not listed breaks the check.' }),
    minRows: z.int().min(0).default(1).meta({ title: 'At least this many rows', group: 'Rows' }),
    maxRows: z.int().min(0).nullable().default(null).meta({ title: 'At most this many rows', group: 'Rows' }),
    key: columns('Key').default([]).meta({
      title: 'Key',
      description: 'Columns that together name one row.',
      group: 'Rows',
      widget: 'columns',
      of: 'table',
    }),
    rules: z
      .array(
        z.strictObject({
          name: z.string().default('').meta({ title: 'Name' }),
          condition: z.string().min(1).meta({
            title: 'Condition',
            description: 'SQL that holds for every row.',
            widget: 'code',
            language: 'sql',
            of: 'table',
          }),
          level,
        }),
      )
      .default([])
      .meta({ title: 'Rules' }),
  }),
  card: ['columns', 'rules'],
  reusable: true,
});
