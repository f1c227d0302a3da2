/** Decides what a report node is: results of any kind gathered on one page. */
import * as z from 'zod';
import { choice, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'report',
  version: 1,
  title: 'Report',
  summary: 'Metrics, figures and tables on one page',
  description: `Gathers what is connected, **in the order of the edges**, on one page: metrics as a table, figures embedded, the first rows of tables, documents as they are.

The **text** stands above it, in Markdown. \`{{auc}}\` stands for a metric by its name, \`{{1}}\` for the first connected result at that very place, \`{{rest}}\` for all that were not placed.`,
  category: 'report',
  icon: 'report',
  language: 'typescript',
  code: 'own',
  inputs: [{ name: 'results', kind: 'any', many: true, label: 'Results' }],
  outputs: [{ name: 'report', kind: 'document' }],
  parameters: z.strictObject({
    title: z.string().default('Report').meta({ title: 'Title' }),
    text: z
      .string()
      .default('')
      .meta({ title: 'Text', description: 'Markdown. {{auc}} is a metric, {{1}} the first result.', widget: 'text' }),
    headings: z
      .array(z.string())
      .default([])
      .meta({ title: 'Headings', description: 'One for each result, in order.' }),
    rows: z.int().min(1).max(1000).default(20).meta({ title: 'Rows of a table', description: 'How many are shown.' }),
    digits: z.int().min(1).max(12).default(4).meta({ title: 'Digits of a metric' }),
    format: choice('Format', { html: 'Web page', markdown: 'Markdown' }).default('html'),
  }),
  card: ['title'],
  reusable: true,
});
