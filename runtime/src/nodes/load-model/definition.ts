/** Decides what a load model node is: a registered model for the nodes after it, by a name that may move. */
import * as z from 'zod';
import { choice, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'load-model',
  version: 1,
  title: 'Load model',
  summary: 'A registered model, by alias, version or stage',
  description: `Gives a registered model to the nodes after it, whoever made it: a pipeline, or a program that logged it with MLflow.

Which version an alias names is asked in **every run**. When it names another one since, what follows is done anew; else earlier work is reused as ever.`,
  category: 'model',
  icon: 'model',
  code: 'own',
  outputs: [
    { name: 'model', kind: 'model', optional: true },
    { name: 'version', kind: 'value', optional: true, label: 'Name and version' },
  ],
  parameters: z.strictObject({
    name: z.string().min(1).max(256).meta({ title: 'Name', description: 'Of the registered model.' }),
    which: z.string().min(1).max(300).default('@champion').meta({
      title: 'Version',
      description: 'An alias such as @champion, a number, a stage such as Production, or latest.',
    }),
    otherwise: choice('When there is none', { fail: 'Fail', skip: 'Go on without a model' }).default('fail'),
  }),
  card: ['name', 'which'],
  reusable: false,
});
