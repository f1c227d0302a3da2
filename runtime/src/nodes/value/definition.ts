/** Decides what a value node is: something written in the form that other nodes take as an input. */
import * as z from 'zod';
import { defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'value',
  version: 1,
  title: 'Value',
  summary: 'A number, a text or a list for other nodes',
  description:
    'Gives what is written here to every node that is connected: a text, a number, true or false, a list or an object.',
  category: 'control',
  icon: 'value',
  language: 'typescript',
  code: 'own',
  outputs: [{ name: 'value', kind: 'value' }],
  parameters: z.strictObject({
    value: z.json().default('').meta({ title: 'Value', description: 'A text, a number, or JSON.' }),
  }),
  card: ['value'],
  reusable: true,
});
