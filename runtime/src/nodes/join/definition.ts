/** Decides what a join node is: two tables side by side, by equal keys or by the nearest time before. */
import * as z from 'zod';
import { choice, defineNodeType } from '../define.ts';

const byTime = { how: ['asof'] };

export const definition = defineNodeType({
  type: 'join',
  version: 1,
  title: 'Join',
  summary: 'Two tables by their keys, or by time',
  description: `Puts the columns of **right** beside those of **left** where the keys are equal.

- **Left** keeps every row of the left table, **inner** only those with a partner, **right** and **full** those of the other side as well. **Semi** and **anti** keep left rows with or without a partner and add no columns.
- **By time** (as of): each left row gets the latest right row that is not later, within equal keys. Nothing from the future gets in.
- Columns that both tables have get the suffix, except keys that are called the same on both sides.

**Check** stops the node when a left row finds more than one partner, which would multiply rows unseen.`,
  category: 'transform',
  icon: 'join',
  language: 'typescript',
  code: 'own',
  inputs: [
    { name: 'left', kind: 'table' },
    { name: 'right', kind: 'table' },
  ],
  outputs: [{ name: 'table', kind: 'table' }],
  columns: {
    table: [{ take: 'left' }, { beside: 'right', keys: 'keys', suffix: 'suffix', unless: { how: ['semi', 'anti'] } }],
  },
  parameters: z.strictObject({
    how: choice('Keep', {
      left: 'All left rows',
      inner: 'Rows with a partner',
      right: 'All right rows',
      full: 'All rows',
      asof: 'Left rows, by time (as of)',
      semi: 'Left rows with a partner, no columns added',
      anti: 'Left rows without a partner',
    }).default('left'),
    keys: z
      .array(
        z.strictObject({
          left: z.string().min(1).meta({ title: 'Left', widget: 'column', of: 'left' }),
          right: z.string().default('').meta({
            title: 'Right',
            description: 'The same name when empty.',
            widget: 'column',
            of: 'right',
            same: 'left',
          }),
        }),
      )
      .default([])
      .meta({ title: 'Keys' }),
    leftTime: z.string().default('').meta({
      title: 'Left time',
      description: 'For a join by time.',
      group: 'By time',
      widget: 'column',
      of: 'left',
      when: byTime,
    }),
    rightTime: z.string().default('').meta({
      title: 'Right time',
      description: 'The same name when empty.',
      group: 'By time',
      widget: 'column',
      of: 'right',
      same: 'leftTime',
      when: byTime,
    }),
    tolerance: z
      .string()
      .default('')
      .meta({ title: 'At most', description: 'How far back, such as 3 hours; any time when empty.', group: 'By time' }),
    suffix: z
      .string()
      .min(1)
      .default('_right')
      .meta({ title: 'Suffix', description: 'For right columns whose name is taken.' }),
    unique: z
      .boolean()
      .default(false)
      .meta({ title: 'Check', description: 'Stop when a left row finds several partners.' }),
  }),
  card: ['how', 'keys'],
  reusable: true,
});
