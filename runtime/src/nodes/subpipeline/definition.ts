/** Decides what a subpipeline node is: another pipeline of the project, run as one node, once or in rounds. */
import * as z from 'zod';
import { defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'subpipeline',
  version: 1,
  title: 'Subpipeline',
  summary: 'Another pipeline as one node, once or in a loop',
  description: `Runs another pipeline of this project. Its **pipeline inputs and outputs** are the ports of this node; each of its nodes takes over earlier work as it would by itself, and the run that it makes is linked from here.

**Repeat** makes a loop of it: as long as its output \`again\` comes there is another round, in which an output named like an input is what arrives at that input. What the last round gives goes on.`,
  category: 'control',
  icon: 'pipelines',
  code: 'own',
  parameters: z.strictObject({
    pipeline: z.string().default('').meta({ title: 'Pipeline', widget: 'pipeline' }),
    version: z.int().positive().nullable().default(null).meta({
      title: 'Version',
      description: 'Empty: as it is saved when the run starts.',
    }),
    parameters: z.record(z.string(), z.json()).default({}).meta({
      title: 'Parameters',
      description: 'Of that pipeline; those not set here have their defaults.',
      widget: 'parameters',
    }),
    loop: z
      .strictObject({
        bound: z.int().min(1).max(100_000).meta({ title: 'Rounds at most' }),
        fails: z.boolean().default(false).meta({ title: 'Fail when it would go on after that' }),
      })
      .nullable()
      .default(null)
      .meta({ title: 'Repeat' }),
  }),
  card: ['version', 'loop'],
  reusable: false,
});
