/** Decides what a compare with current node is: two models asked about the same rows, and whether the new one is good enough to follow. */
import * as z from 'zod';
import { choice, column, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'compare-with-current',
  version: 1,
  title: 'Compare with current',
  summary: 'A new model beside the one in use, on the same rows',
  description: `Asks two models about **the same rows** and says whether the candidate is as good as the one in use. The one in use is the version that the alias of a registered model names now, or what is connected at *current*. Where there is none yet, the candidate passes.

- **metrics** has the measures of both, as \`candidate_…\` and \`current_…\`; \`gain\`, which is above 0 when the candidate is better, whichever way the measure goes; and \`as_good\`, 1 or 0, for a gate of **Register model** or a **Branch**.
- **verdict** says the same in one value.

Rows without a target are left out. Judge on rows that neither model was trained on.`,
  category: 'evaluate',
  icon: 'compare',
  language: 'python',
  code: 'own',
  inputs: [
    { name: 'candidate', kind: 'model' },
    { name: 'table', kind: 'table', label: 'Rows to judge on' },
    { name: 'current', kind: 'model', optional: true, label: 'In use, instead of the alias' },
  ],
  outputs: [
    { name: 'metrics', kind: 'metrics' },
    { name: 'verdict', kind: 'value' },
  ],
  parameters: z.strictObject({
    target: column('Target').meta({
      title: 'Target',
      description: 'The column with what was true.',
      widget: 'column',
      of: 'table',
    }),
    measure: choice('Measure', {
      auto: 'What fits the model',
      roc_auc: 'ROC AUC',
      accuracy: 'Accuracy',
      f1: 'F1, mean over classes',
      log_loss: 'Log loss',
      rmse: 'Root mean squared error',
      mae: 'Mean absolute error',
      r2: 'R²',
    })
      .default('auto')
      .meta({
        title: 'Measure',
        description: 'By itself: ROC AUC for two classes, accuracy for more, root mean squared error for numbers.',
      }),
    name: z.string().max(256).default('').meta({
      title: 'Registered model',
      description: 'Whose version is in use; nothing where a model is connected.',
    }),
    which: z.string().min(1).max(300).default('@champion').meta({
      title: 'Version in use',
      description: 'An alias such as @champion, a number, a stage such as Production, or latest.',
    }),
    by: z.number().min(0).default(0).meta({
      title: 'May be worse by',
      description: 'In the unit of the measure.',
    }),
  }),
  card: ['name', 'which', 'measure'],
  reusable: false,
});
