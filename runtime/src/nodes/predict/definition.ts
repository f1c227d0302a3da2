/** Decides what a predict node is: a model's answers beside the rows they were given for. */
import * as z from 'zod';
import { columns, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'predict',
  version: 1,
  title: 'Predict',
  summary: "A model's answers for every row",
  description: `Adds the column **prediction** to every row and, for a classifier, its **probability**: of the second class when there are two (true, 1, the later word), else one column for each class.

The model takes the table as it comes; columns it does not know are left alone. A column that it needs and does not find stops the node and is named.`,
  category: 'model',
  icon: 'predict',
  language: 'python',
  code: 'own',
  inputs: [
    { name: 'model', kind: 'model' },
    { name: 'table', kind: 'table' },
  ],
  outputs: [{ name: 'table', kind: 'table', label: 'Predictions' }],
  columns: {
    table: [
      { take: 'table' },
      { keep: 'keep' },
      { add: 'prediction', type: '' },
      {
        add: 'probability',
        type: 'DOUBLE',
        perhaps: 'A classifier of more than two classes gives one probability for each, and other models none.',
      },
    ],
  },
  parameters: z.strictObject({
    prediction: z
      .string()
      .min(1)
      .default('prediction')
      .meta({ title: 'Prediction', description: 'Name of the new column.' }),
    probability: z
      .string()
      .default('probability')
      .meta({ title: 'Probability', description: 'Name of the new column; none when empty.' }),
    keep: columns('Keep').default([]).meta({
      title: 'Keep',
      description: 'Columns of the table to keep; all when empty.',
      widget: 'columns',
      of: 'table',
    }),
  }),
  reusable: true,
});
