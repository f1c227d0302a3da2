/** Decides what a pipeline-input node is: something that comes into this pipeline where another one uses it as a node. */
import * as z from 'zod';
import { choice, defineNodeType, portKinds } from '../define.ts';

export const definition = defineNodeType({
  type: 'pipeline-input',
  version: 1,
  title: 'Pipeline input',
  summary: 'What comes in where this pipeline is used as a node',
  description: `A pipeline with inputs can be a node of another pipeline (**Subpipeline**): each input is a port there, and what arrives at it comes out here.

An input that is not required may not come; what follows it here is then left out. A pipeline with required inputs cannot be started by itself.`,
  category: 'control',
  icon: 'input',
  code: 'own',
  outputs: [{ name: 'value', kind: 'any' }],
  parameters: z.strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'Use English letters, digits and _, 63 at most.')
      .meta({ title: 'Name', description: 'Of the port.' }),
    kind: choice('Kind', portKinds).default('table').meta({ title: 'Kind' }),
    required: z.boolean().default(true).meta({ title: 'Required' }),
  }),
  card: ['name', 'kind'],
  reusable: false,
});
