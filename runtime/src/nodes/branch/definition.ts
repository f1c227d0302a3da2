/** Decides what a branch node is: a question about what arrives, and two ways out of which one is taken. */
import * as z from 'zod';
import { choice, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'branch',
  version: 1,
  title: 'Branch',
  summary: 'One of two ways, by a metric, a value or a row count',
  description: `Asks one question about what arrives and hands it on, unchanged, at **yes** or at **no**. What follows the other way is left out, and the run still counts as having done well.

- **Rows** of a table, a number among **metrics**, or a **value**, or something inside it: \`scores.auc\` looks into nested values.
- Where both ways meet again, give the node there the rule *at least one did well, none failed*.

Any code node can branch too: an output that may be absent (\`pd.DataFrame | None\`) and is not given leaves its way out.`,
  category: 'control',
  icon: 'split',
  language: 'typescript',
  code: 'own',
  inputs: [{ name: 'judged', kind: 'any', label: 'What is asked about' }],
  outputs: [
    { name: 'yes', kind: 'any', optional: true },
    { name: 'no', kind: 'any', optional: true },
  ],
  columns: { yes: [{ take: 'judged' }], no: [{ take: 'judged' }] },
  parameters: z.strictObject({
    name: z.string().default('').meta({
      title: 'What is compared',
      description:
        'Name of a metric, or of something inside the value. Empty: the value itself, or the rows of a table.',
    }),
    is: choice('Is', {
      above: 'above',
      at_least: 'at least',
      below: 'below',
      at_most: 'at most',
      equal: 'equal to',
      different: 'different from',
    })
      .default('above')
      .meta({ title: 'Is' }),
    than: z.json().default(0).meta({ title: 'This', description: 'A number, a text, true or false.' }),
  }),
  card: ['name', 'is', 'than'],
  reusable: true,
});
