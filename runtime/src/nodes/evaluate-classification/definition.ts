/** Decides what an evaluate-classification node is: how good predicted probabilities and classes are, against what was true. */
import * as z from 'zod';
import { column, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'evaluate-classification',
  version: 1,
  title: 'Evaluate classification',
  summary: 'ROC AUC, log loss, calibration, confusion',
  description: `Compares predictions with what was true, for **two classes**.

- From the probability: ROC AUC, average precision, log loss, Brier score, with the ROC curve and the calibration curve.
- At the **threshold**: accuracy, precision, recall, F1, and the confusion table.
- **Baseline**: predictions of another model for the same rows. Its metrics get the prefix \`baseline_\`, the differences end in \`_difference\`: above 0 is better for AUC, precision and the like, below 0 for log loss and Brier score.

Rows without a true value or a probability are left out and counted.`,
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
    { name: 'roc', kind: 'figure', label: 'ROC curve' },
    { name: 'calibration', kind: 'figure', label: 'Calibration' },
    { name: 'confusion', kind: 'table', label: 'Confusion table' },
  ],
  columns: {
    confusion: [
      {
        give: [
          { name: 'actual', type: 'VARCHAR' },
          { name: 'predicted', type: 'VARCHAR' },
          { name: 'rows', type: 'BIGINT' },
          { name: 'share', type: 'DOUBLE' },
        ],
      },
    ],
  },
  parameters: z.strictObject({
    target: column('Target', 'predictions').meta({
      title: 'Target',
      description: 'The column with what was true.',
      widget: 'column',
      of: 'predictions',
    }),
    probability: z
      .string()
      .min(1)
      .default('probability')
      .meta({ title: 'Probability', description: 'Of the positive class.', widget: 'column', of: 'predictions' }),
    positive: z
      .string()
      .default('')
      .meta({ title: 'Positive class', description: 'The second in order (true, 1, the later word) when empty.' }),
    threshold: z.number().min(0).max(1).default(0.5).meta({ title: 'Threshold', widget: 'share' }),
    bins: z.int().min(2).max(50).default(10).meta({ title: 'Bins of the calibration', advanced: true }),
  }),
  card: ['target', 'threshold'],
  reusable: true,
});
