/** Routes about what nodes printed: any stretch of a log, the lines that hold a text, and all logs of a run in the order of time. */
import * as z from 'zod';
import { largestOrdinal, NodeRunPath, RunPath, route } from './contract.ts';
import { MapIndexQuery } from './runs.ts';

const LogQuery = MapIndexQuery.extend({ attempt: z.coerce.number().int().min(1).max(largestOrdinal).optional() });
export const getLog = route('get /runs/{run}/nodes/{node}/log', {
  summary:
    'A log’s bytes from an offset. Log-Size tells how many there are by now, Log-From and Log-Next where these begin and where to go on (the middle of a very long log may be left out)',
  action: 'data.read',
  scope: 'run',
  params: NodeRunPath,
  query: LogQuery.extend({
    from: z.coerce.number().int().min(0).default(0),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(4 * 2 ** 20)
      .default(2 ** 20),
    whole: z.stringbool().optional().meta({ description: 'true: all from the offset on, whatever the limit.' }),
  }),
  answer: 'bytes',
});
export const searchLog = route('get /runs/{run}/nodes/{node}/log/search', {
  summary: 'Lines of a log that hold a text, whatever their colours; upper and lower case are the same',
  action: 'data.read',
  scope: 'run',
  params: NodeRunPath,
  query: LogQuery.extend({
    text: z.string().min(1).max(500),
    limit: z.coerce.number().int().min(1).max(5000).default(500),
  }),
  answer: z.object({ count: z.int(), hits: z.array(z.object({ line: z.int(), offset: z.int(), text: z.string() })) }),
});

export const LogPart = z
  .object({
    node: z.string(),
    mapIndex: z.int(),
    attempt: z.int(),
    at: z.iso.datetime().meta({ description: 'When it was kept: up to a second after it was printed.' }),
    text: z
      .string()
      .meta({ description: 'Whole lines but for the last, which may go on in the next part of the same attempt.' }),
  })
  .meta({ id: 'LogPart' });
export type LogPart = z.infer<typeof LogPart>;

export const getRunLog = route('get /runs/{run}/log', {
  summary: 'What all nodes of a run printed, in the order of time, about a megabyte at once',
  action: 'data.read',
  scope: 'run',
  params: RunPath,
  query: z.object({
    after: z
      .string()
      .regex(/^\d{1,18}(\.\d{1,9}){4}$/, 'This is no place in the log. Take `next` from the answer before.')
      .optional(),
  }),
  answer: z.object({
    parts: z.array(LogPart),
    next: z
      .string()
      .nullable()
      .meta({ description: 'Where to go on, now or once more was printed. Null: nothing was.' }),
    more: z.boolean().meta({ description: 'There is more already.' }),
  }),
});
