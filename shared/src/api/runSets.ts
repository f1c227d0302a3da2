/** Routes about run sets: runs that are wanted together, such as a backfill's, a few at a time. */
import * as z from 'zod';
import { Json } from '../json.ts';
import { Clock } from '../trigger/when.ts';
import { largestOrdinal, PageQuery, PipelinePath, ProjectPath, page, route } from './contract.ts';
import { Fire } from './triggers.ts';

export const RunSetStatus = z.enum(['running', 'stopped', 'finished']);
export type RunSetStatus = z.infer<typeof RunSetStatus>;

export const RunSet = z
  .object({
    id: z.uuid(),
    name: z.string(),
    pipeline: z.object({ id: z.uuid(), name: z.string() }),
    trigger: z.object({ id: z.uuid(), name: z.string() }).nullable(),
    on: Clock,
    from: z.iso.datetime(),
    until: z.iso.datetime().meta({ description: 'The first instant that does not belong to it any more.' }),
    parameters: z.record(z.string(), Json),
    version: z.int().nullable(),
    concurrency: z.int(),
    order: z.enum(['oldest-first', 'newest-first']),
    reuse: z.boolean(),
    status: RunSetStatus,
    counts: z
      .object({
        planned: z.int(),
        running: z.int().meta({ description: 'Being started, or under way.' }),
        succeeded: z.int(),
        failed: z.int().meta({ description: 'The run failed, or none could be started.' }),
        cancelled: z.int(),
      })
      .meta({ description: 'Of its nominal times; together all there are.' }),
    createdBy: z.string(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'RunSet' });
export type RunSet = z.infer<typeof RunSet>;

const Edge = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const Backfill = z.strictObject({
  name: z.string().trim().max(200).default(''),
  trigger: z
    .uuid()
    .optional()
    .meta({ description: 'A trigger of this pipeline: its times, parameters and version, unless others are given.' }),
  on: Clock.optional().meta({ description: 'Times of its own.' }),
  from: Edge.meta({ description: 'A day of the schedule’s time zone, or an instant.' }),
  until: Edge.meta({ description: 'The last day, or the first instant that does not belong to it any more.' }),
  parameters: z.record(z.string(), Json).optional(),
  version: z.int().positive().max(largestOrdinal).nullable().optional(),
  concurrency: z
    .int()
    .min(1, 'At least one run goes on at a time.')
    .max(1000, '1000 runs at a time is the most.')
    .default(3),
  order: z.enum(['oldest-first', 'newest-first']).default('oldest-first'),
  reuse: z.boolean().default(true),
  idempotencyKey: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'The same key again answers the set that it made before.' }),
});
export type Backfill = z.infer<typeof Backfill>;

const RunSetPath = z.object({ runSet: z.uuid() });

export const previewBackfill = route('post /pipelines/{pipeline}/backfill-preview', {
  summary: 'How many runs a backfill would start, and for which times',
  action: 'project.view',
  scope: 'pipeline',
  params: PipelinePath,
  body: Backfill,
  changes: false,
  answer: z.object({
    count: z.int(),
    first: z.iso.datetime(),
    last: z.iso.datetime(),
    parameters: z.record(z.string(), Json).meta({ description: 'Of the first run.' }),
  }),
});
export const createBackfill = route('post /pipelines/{pipeline}/backfills', {
  summary: 'Run a pipeline for every nominal time of a range, a few at a time',
  action: 'schedule.manage',
  scope: 'pipeline',
  params: PipelinePath,
  body: Backfill,
  status: 201,
  answer: RunSet,
});
export const listRunSets = route('get /projects/{project}/run-sets', {
  summary: 'Run sets of a project, newest first',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  query: PageQuery.extend({ pipeline: z.uuid().optional() }),
  answer: page(RunSet),
});
export const getRunSet = route('get /run-sets/{runSet}', {
  summary: 'A run set and how far it is',
  action: 'project.view',
  scope: 'runSet',
  params: RunSetPath,
  answer: RunSet,
});
export const listRunSetFires = route('get /run-sets/{runSet}/fires', {
  summary: 'All nominal times of a run set in order, each with its run',
  action: 'project.view',
  scope: 'runSet',
  params: RunSetPath,
  answer: z.object({ fires: z.array(Fire) }),
});
export const stopRunSet = route('post /run-sets/{runSet}/stop', {
  summary: 'Start no more runs of a set; its running ones go on, or are cancelled',
  action: 'schedule.manage',
  scope: 'runSet',
  params: RunSetPath,
  body: z.strictObject({ cancelRuns: z.boolean().default(false) }),
  answer: RunSet,
});
export const resumeRunSet = route('post /run-sets/{runSet}/resume', {
  summary: 'Go on with a run set that was stopped',
  action: 'schedule.manage',
  scope: 'runSet',
  params: RunSetPath,
  answer: RunSet,
});
export const retryRunSet = route('post /run-sets/{runSet}/retry', {
  summary: 'Start anew what failed in a run set, or was cancelled',
  action: 'schedule.manage',
  scope: 'runSet',
  params: RunSetPath,
  answer: z.object({ runSet: RunSet, again: z.int() }),
});
