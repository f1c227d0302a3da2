/** Routes about lineage: what made what, across runs; and the same told to other programs. */
import * as z from 'zod';
import { PortKind } from '../node-type/ports.ts';
import { ArtifactPath } from './artifacts.ts';
import { RunPath, route } from './contract.ts';
import { ArtifactRef } from './runs.ts';

export const LineageNode = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('artifact'), id: z.string(), artifact: ArtifactRef }),
  z.object({
    kind: z.literal('node-run'),
    id: z.string(),
    run: z.int(),
    node: z.string(),
    name: z.string(),
    type: z.string(),
    pipeline: z.object({ id: z.uuid(), name: z.string() }),
    at: z.iso.datetime().nullable(),
  }),
]);
export type LineageNode = z.infer<typeof LineageNode>;
export const Lineage = z
  .object({
    nodes: z.array(LineageNode),
    edges: z.array(z.object({ from: z.string(), to: z.string(), port: z.string() })),
    truncated: z.boolean(),
  })
  .meta({ id: 'Lineage' });
export type Lineage = z.infer<typeof Lineage>;
export const getLineage = route('get /projects/{project}/artifacts/{sha256}/lineage', {
  summary: 'What made an artifact and what used it, across runs',
  action: 'data.read',
  scope: 'project',
  params: ArtifactPath,
  query: z.object({
    kind: PortKind.optional(),
    direction: z.enum(['up', 'down', 'both']).default('both'),
    depth: z.coerce.number().int().min(1).max(50).default(10),
  }),
  answer: Lineage,
});

export const exportLineage = route('get /runs/{run}/openlineage', {
  summary: 'What a run and its nodes did, as OpenLineage events, one JSON object a line',
  action: 'data.read',
  scope: 'run',
  params: RunPath,
  answer: 'bytes',
});

const CallerQuery = z.object({
  project: z.string().optional().describe('For whoever has no token of a project: the short name of one.'),
});
export const receiveLineage = route('post /lineage', {
  summary: 'Takes an event of OpenLineage: of a run, a job or a data set',
  action: 'run.execute',
  scope: 'caller',
  query: CallerQuery,
  status: 201,
  // As of what is logged to experiments, no line is kept of each in the audit: the events themselves are kept.
  changes: false,
  answer: z.object({ again: z.boolean().describe('Whether this very event was taken before.') }),
});
export const receiveLineageBatch = route('post /lineage/batch', {
  summary: 'Takes many events of OpenLineage as an array; those that are none are named, the others are kept',
  action: 'run.execute',
  scope: 'caller',
  query: CallerQuery,
  changes: false,
  answer: z.object({
    status: z.enum(['success', 'partial_success']),
    summary: z.object({
      received: z.int(),
      successful: z.int(),
      failed: z.int(),
      retriable: z.int(),
      non_retriable: z.int(),
    }),
    failed_events: z.array(z.object({ index: z.int(), reason: z.string(), retriable: z.boolean() })),
  }),
});
