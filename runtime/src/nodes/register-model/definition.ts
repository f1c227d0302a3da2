/** Decides what a register model node is: the model that arrives becomes a version under a name, when its numbers are good enough. */
import * as z from 'zod';
import { choice, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'register-model',
  version: 1,
  title: 'Register model',
  summary: 'Makes the model a version under a name, if it is good',
  description: `Registers the model that arrives as the next **version** of a named model, which is made when there is none. It is then on the page *Models*, and loads as \`models:/name/version\` in every program that uses MLflow.

- **Gates** are numbers that must hold first, among the metrics that are connected: \`auc\` at least 0.7.
- The same files are not registered twice: then the version that holds them is given.
- Whoever started the run must be allowed to register models.

The version leads to the node run that trained it: its code, data, parameters, environment and seed.`,
  category: 'model',
  icon: 'model',
  code: 'own',
  inputs: [
    { name: 'model', kind: 'model' },
    { name: 'metrics', kind: 'metrics', many: true, optional: true, label: 'Metrics to judge' },
  ],
  outputs: [{ name: 'version', kind: 'value', optional: true, label: 'Name and version' }],
  parameters: z.strictObject({
    name: z.string().min(1).max(256).meta({ title: 'Name', description: 'Under which others load it.' }),
    description: z.string().max(10_000).default('').meta({
      title: 'Description',
      description: 'What is new in this version.',
      widget: 'text',
    }),
    gates: z
      .array(
        z.strictObject({
          metric: z.string().min(1).max(500).meta({ title: 'Metric' }),
          is: choice('Is', { 'at least': 'at least', 'at most': 'at most' }).default('at least'),
          bound: z.number().meta({ title: 'Bound' }),
        }),
      )
      .max(50)
      .default([])
      .meta({ title: 'Gates', description: 'Numbers that must hold, or it is not registered.' }),
    otherwise: choice('When a gate does not hold', { fail: 'Fail', skip: 'Go on without a version' }).default('fail'),
  }),
  card: ['name'],
  reusable: false,
});
