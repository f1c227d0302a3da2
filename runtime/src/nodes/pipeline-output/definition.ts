/** Decides what a pipeline-output node is: something that goes out of this pipeline where another one uses it as a node. */
import * as z from 'zod';
import { choice, defineNodeType, portKinds } from '../define.ts';

export const definition = defineNodeType({
  type: 'pipeline-output',
  version: 1,
  title: 'Pipeline output',
  summary: 'What goes out where this pipeline is used as a node',
  description: `Where this pipeline is a node of another one (**Subpipeline**), what arrives here leaves there, at a port of this name.

One that is optional may be left out here, for instance behind a branch; what follows it there is then left out too. In a loop, the output \`again\` says by coming that there is to be another round, and an output that is named like an input is what arrives there in the next round.`,
  category: 'control',
  icon: 'output',
  code: 'own',
  inputs: [{ name: 'value', kind: 'any' }],
  parameters: z.strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'Use English letters, digits and _, 63 at most.')
      .meta({ title: 'Name', description: 'Of the port.' }),
    kind: choice('Kind', portKinds).default('table').meta({ title: 'Kind' }),
    optional: z.boolean().default(false).meta({ title: 'May be left out' }),
  }),
  card: ['name', 'kind'],
  reusable: false,
});
