/** Routes about traces that programs logged: found by what they are and what is in them, and read with their spans. */
import * as z from 'zod';
import { ProjectPath, route } from './contract.ts';

export const LoggedTraceState = z.enum(['STATE_UNSPECIFIED', 'IN_PROGRESS', 'OK', 'ERROR']);
export type LoggedTraceState = z.infer<typeof LoggedTraceState>;

export const LoggedTrace = z
  .object({
    id: z.string().meta({ description: 'Its name outside.' }),
    experiment: z.string().meta({ description: 'The number that clients know the experiment by.' }),
    name: z.string(),
    state: LoggedTraceState,
    startMs: z.number(),
    tookMs: z.number().nullable(),
    request: z.string().nullable().meta({ description: 'How what went in begins.' }),
    response: z.string().nullable().meta({ description: 'How what came out begins.' }),
    spans: z.int().meta({ description: 'How many spans it has.' }),
    tags: z.record(z.string(), z.string()),
    assessments: z.array(
      z.object({ name: z.string(), kind: z.enum(['feedback', 'expectation']), value: z.json(), by: z.string() }),
    ),
  })
  .meta({ id: 'LoggedTrace' });
export type LoggedTrace = z.infer<typeof LoggedTrace>;

export const LoggedSpan = z
  .object({
    id: z.string(),
    depth: z.int().meta({ description: 'How many spans it lies within. They come in the order of the tree.' }),
    name: z.string(),
    type: z.string(),
    state: z.enum(['UNSET', 'OK', 'ERROR']),
    message: z.string().meta({ description: 'What was said of an error.' }),
    afterMs: z.number().meta({ description: 'How long after the first span it began.' }),
    tookMs: z.number().nullable(),
    inputs: z.string().nullable(),
    outputs: z.string().nullable(),
    attributes: z.record(z.string(), z.string()),
    events: z.array(z.object({ name: z.string(), afterMs: z.number(), attributes: z.record(z.string(), z.string()) })),
  })
  .meta({ id: 'LoggedSpan' });
export type LoggedSpan = z.infer<typeof LoggedSpan>;

export const searchLoggedTraces = route('post /projects/{project}/logged-traces/search', {
  action: 'data.read',
  scope: 'project',
  summary: 'A page of the traces that programs logged to an experiment, newest first',
  changes: false,
  params: ProjectPath,
  body: z.object({
    experiment: z.string().max(20),
    filter: z.string().max(20_000).default(''),
    limit: z.int().min(1).max(500).default(100),
    after: z.string().max(20_000).optional(),
  }),
  answer: z.object({ traces: z.array(LoggedTrace), next: z.string().nullable() }),
});

export const getLoggedTrace = route('get /projects/{project}/logged-traces/{trace}', {
  action: 'data.read',
  scope: 'project',
  summary: 'A trace with its spans as a tree',
  params: ProjectPath.extend({ trace: z.string().max(250) }),
  answer: z.object({
    trace: LoggedTrace,
    spans: z.array(LoggedSpan),
    more: z.boolean().meta({ description: 'It has more spans, or longer values, than are told here.' }),
  }),
});
