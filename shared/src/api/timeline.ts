/** The route that says when each attempt of a run waited, was begun, ran and ended. */
import * as z from 'zod';
import { AttemptReason } from '../run/status.ts';
import { RunPath, route } from './contract.ts';

export const AttemptSpan = z
  .object({
    attempt: z.int(),
    readyAt: z.iso.datetime().nullable().meta({
      description: 'Since when nothing before it was missing; of a later attempt, the end of the one before.',
    }),
    startedAt: z.iso.datetime().meta({ description: 'When a worker took it.' }),
    finishedAt: z.iso.datetime().nullable().meta({ description: 'null while it is under way.' }),
    startMs: z
      .number()
      .nullable()
      .meta({ description: 'From then until its code began. Null where it began none, or is under way.' }),
    wallMs: z.number().nullable().meta({ description: 'How long its code ran; the rest is bringing and taking data.' }),
    reason: AttemptReason.nullable(),
  })
  .meta({ id: 'AttemptSpan' });
export type AttemptSpan = z.infer<typeof AttemptSpan>;

export const NodeSpans = z
  .object({
    node: z.string(),
    attempts: z.array(AttemptSpan),
    items: z
      .object({
        startedAt: z.iso.datetime(),
        finishedAt: z.iso.datetime().nullable().meta({ description: 'null while any is under way.' }),
        attempts: z.int(),
        workMs: z.number().meta({ description: 'What all of those that ended took together.' }),
      })
      .nullable()
      .meta({ description: 'Of a node that runs once per item: all attempts of its items summed up.' }),
  })
  .meta({ id: 'NodeSpans' });
export type NodeSpans = z.infer<typeof NodeSpans>;

export const getTimeline = route('get /runs/{run}/timeline', {
  summary: 'When each attempt of a run waited, was begun, ran and ended; the nodes that were attempted',
  action: 'project.view',
  scope: 'run',
  params: RunPath,
  answer: z.object({ nodes: z.array(NodeSpans) }),
});
