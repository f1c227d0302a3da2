/** Decides what a figure node is: one picture of a table, drawn by form. */
import * as z from 'zod';
import { choice, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'figure',
  version: 1,
  title: 'Figure',
  summary: 'Histogram, line, bar or scatter of a table',
  description: `Draws **one figure** from a table.

- **Histogram**: how the values of *x* are spread. **Bars**: *y* for each value of *x*. **Line**: *y* along *x*. **Scatter**: one dot for each row. **Box**: how *y* is spread for each value of *x*.
- Where several rows fall on one bar or point, they are taken together as set under **Rows together**.
- **Colour by** draws one series for each value of a column; the eight most frequent are shown, the rest counts as *other*.`,
  category: 'report',
  icon: 'figure',
  language: 'python',
  code: 'own',
  inputs: [{ name: 'table', kind: 'table' }],
  outputs: [{ name: 'figure', kind: 'figure' }],
  parameters: z.strictObject({
    kind: choice('Kind', { histogram: 'Histogram', bar: 'Bars', line: 'Line', scatter: 'Scatter', box: 'Box' }).default(
      'histogram',
    ),
    x: z.string().min(1).meta({ title: 'X', widget: 'column', of: 'table' }),
    y: z.string().default('').meta({
      title: 'Y',
      description: 'Not for a histogram; bars and lines count rows when empty.',
      widget: 'column',
      of: 'table',
    }),
    colour: z.string().default('').meta({ title: 'Colour by', widget: 'column', of: 'table' }),
    together: choice('Rows together', {
      mean: 'Mean',
      sum: 'Sum',
      median: 'Median',
      count: 'Count',
      min: 'Smallest',
      max: 'Largest',
    }).default('mean'),
    bins: z.int().min(2).max(500).default(40).meta({ title: 'Bins', group: 'Looks' }),
    title: z.string().default('').meta({ title: 'Title', group: 'Looks' }),
    x_title: z.string().default('').meta({ title: 'Name of X', group: 'Looks' }),
    y_title: z.string().default('').meta({ title: 'Name of Y', group: 'Looks' }),
    log_x: z.boolean().default(false).meta({ title: 'Logarithmic X', group: 'Looks' }),
    log_y: z.boolean().default(false).meta({ title: 'Logarithmic Y', group: 'Looks' }),
    width: z.number().min(2).max(30).default(8).meta({ title: 'Width in inches', group: 'Looks', advanced: true }),
    height: z.number().min(2).max(30).default(4.8).meta({ title: 'Height in inches', group: 'Looks', advanced: true }),
  }),
  card: ['kind', 'x', 'y'],
  reusable: true,
});
