/** Decides what an approval node is: a question to people, and their answer for the nodes after it. */
import { ApprovalParameters } from '@drawloom/shared/pipeline/approval.ts';
import * as z from 'zod';
import { defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'approval',
  version: 1,
  title: 'Approval',
  summary: 'Goes on when people have approved',
  description: `Asks people and waits, without taking a worker, until enough of them have approved. What follows it then goes on; when one rejects, it fails.

- **What is connected** is shown to whoever answers: metrics, figures, tables.
- The **form** asks for values, which come out at **values**. At **answers** comes out who said what, and when.
- Everything that is to wait for it and takes nothing from it is given it under *Waits for*.

Whoever may answer finds it under *Approvals*, and on the page of the run.`,
  category: 'control',
  icon: 'shield',
  code: 'own',
  inputs: [{ name: 'shown', kind: 'any', many: true, optional: true, label: 'What is shown' }],
  outputs: [
    { name: 'values', kind: 'value', label: 'Values' },
    { name: 'answers', kind: 'value', label: 'Answers' },
  ],
  parameters: z.strictObject(ApprovalParameters),
  card: ['title', 'approvals'],
  reusable: false,
});
