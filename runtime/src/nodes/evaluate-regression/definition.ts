/** Decides what an evaluate-regression node is: how far predicted numbers are from the true ones. */
import * as z from 'zod';
import { column, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'evaluate-regression',
  version: 1,
  title: 'Evaluate regression',
  summary: 'RMSE, MAE, R², residuals',
  description: `Compares predicted numbers with the true ones: **RMSE**, **MAE**, median and 90 % quantile of the absolute error, bias (mean of predicted minus true), R², and the share explained of the absolute error beside always saying the median.

Two figures: predicted against true, and how the errors are spread. **Baseline** predictions add \`baseline_…\` and \`…_difference\` (below 0 is better for errors).`,
  category: 'evaluate',
  icon: 'target',
  language: 'python',
  code: 'own',
  inputs: [
    { name: 'predictions', kind: 'table' },
    { name: 'baseline', kind: 'table', optional: true, label: 'Baseline predictions' },
  ],
  outputs: [
    { name: 'metrics', kind: 'metrics' },
    { name: 'fit', kind: 'figure', label: 'Predicted and true' },
    { name: 'errors', kind: 'figure', label: 'Errors' },
  ],
  parameters: z.strictObject({
    target: column('Target', 'predictions').meta({
      title: 'Target',
      description: 'The column with the true numbers.',
      widget: 'column',
      of: 'predictions',
    }),
    prediction: z
      .string()
      .min(1)
      .default('prediction')
      .meta({ title: 'Prediction', widget: 'column', of: 'predictions' }),
  }),
  card: ['target'],
  reusable: true,
});
