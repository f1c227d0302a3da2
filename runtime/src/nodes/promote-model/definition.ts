/** Decides what a promote model node is: a version that somebody else approves before others load it by that name. */
import * as z from 'zod';
import { defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'promote-model',
  version: 1,
  title: 'Promote model',
  summary: 'Gives a version an alias or a stage, once approved',
  description: `Asks that a registered version gets an **alias** or a **stage**, and waits, without taking a worker, until somebody else who may promote models has answered on the page *Approvals*. What follows goes on when they approve, and fails when they reject.

- Give **version** what **Register model** gives.
- A version that has the alias or the stage already goes on at once.
- Whoever started the run must be allowed to register models, and does not answer it themselves.`,
  category: 'model',
  icon: 'shield',
  code: 'own',
  inputs: [
    { name: 'version', kind: 'value', label: 'Name and version' },
    { name: 'shown', kind: 'any', many: true, optional: true, label: 'What is shown' },
  ],
  outputs: [
    { name: 'version', kind: 'value', label: 'Name and version' },
    { name: 'answers', kind: 'value', label: 'Answers' },
  ],
  parameters: z.strictObject({
    to: z.string().min(1).max(300).default('@champion').meta({
      title: 'To',
      description: 'An alias such as @champion, or a stage: Staging, Production.',
    }),
    archive: z.boolean().default(false).meta({
      title: 'Archive what is in the stage now',
      description: 'For a stage, not for an alias.',
    }),
    text: z.string().max(10_000).default('').meta({
      title: 'Text',
      description: 'What whoever answers should know and look at.',
      widget: 'text',
    }),
  }),
  card: ['to'],
  reusable: false,
});
