/** Decides what a split node is: which rows are for training, which for testing, and which for validation. */
import * as z from 'zod';
import { choice, defineNodeType } from '../define.ts';

const share = (title: string) => z.number().min(0).max(0.9).meta({ title, widget: 'share' });

export const definition = defineNodeType({
  type: 'split',
  version: 1,
  title: 'Split rows',
  summary: 'Train, test and validation rows',
  description: `Splits rows into **train** and **test**, and **validation** when its share is above 0.

- **By time**: the latest rows are the test, those before them the validation. What a model is tested on comes after all it has learned from. Rows without a time are left out.
- **Random**: by a hash of each row's place and the seed, so that equal input and seed give equal parts.
- **Stratified**: random within each value of a column, so that all parts hold it in equal shares.
- **By group**: all rows of a group (a customer, a machine) land in one part.`,
  category: 'transform',
  icon: 'split',
  language: 'typescript',
  code: 'own',
  inputs: [{ name: 'table', kind: 'table' }],
  outputs: [
    { name: 'train', kind: 'table' },
    { name: 'test', kind: 'table' },
    { name: 'validation', kind: 'table', when: 'validationShare' },
  ],
  columns: { train: [{ take: 'table' }], test: [{ take: 'table' }], validation: [{ take: 'table' }] },
  parameters: z.strictObject({
    how: choice('How', { time: 'By time', random: 'Random', stratified: 'Stratified', group: 'By group' }).default(
      'random',
    ),
    column: z
      .string()
      .default('')
      .meta({
        title: 'Column',
        description: 'The time, the class or the group; not needed for random.',
        widget: 'column',
        of: 'table',
        when: { how: ['time', 'stratified', 'group'] },
      }),
    testShare: share('Test share').min(0.01).default(0.2).meta({ title: 'Test share', widget: 'share' }),
    validationShare: share('Validation share').default(0).meta({ title: 'Validation share', widget: 'share' }),
    testFrom: z.string().default('').meta({
      title: 'Test from',
      description: 'By time: the first instant of the test, instead of a share.',
      group: 'By time',
    }),
    validationFrom: z.string().default('').meta({ title: 'Validation from', group: 'By time' }),
    seed: z.int().min(0).default(7).meta({ title: 'Seed', group: 'Random' }),
  }),
  card: ['how', 'column', 'testShare'],
  reusable: true,
});
