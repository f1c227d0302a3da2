/** Routes about experiments: the memory of every run, of pipelines and of programs outside, searched, compared, tagged and tidied. */
import * as z from 'zod';
import { ProjectPath, route } from './contract.ts';

export const Experiment = z
  .object({
    id: z.string(),
    number: z.string().meta({ description: 'What clients of MLflow know it by; 0 is the default one.' }),
    name: z.string(),
    pipeline: z.uuid().nullable().meta({ description: 'The pipeline whose runs it holds.' }),
    createdAt: z.iso.datetime(),
    deletedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Experiment' });
export type Experiment = z.infer<typeof Experiment>;

export const TrackedStatus = z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']);
export type TrackedStatus = z.infer<typeof TrackedStatus>;

/** A number that JSON may not have: what is none is told as text. */
const Measured = z.union([z.number(), z.literal('NaN')]);

export const TrackedRun = z
  .object({
    id: z.string().meta({ description: 'Its name outside: 32 hexadecimal digits.' }),
    experiment: z.string(),
    name: z.string(),
    user: z.string(),
    status: TrackedStatus,
    startMs: z.number(),
    endMs: z.number().nullable(),
    deleted: z.boolean(),
    metrics: z.record(z.string(), Measured),
    parameters: z.record(z.string(), z.string()),
    tags: z.record(z.string(), z.string()),
    dataSets: z.array(
      z.object({ name: z.string(), digest: z.string(), source: z.string(), context: z.string().nullable() }),
    ),
    did: z
      .object({ run: z.int(), node: z.string().nullable() })
      .nullable()
      .meta({ description: 'For what a pipeline did: the run, and for one of its node runs the node.' }),
  })
  .meta({ id: 'TrackedRun' });
export type TrackedRun = z.infer<typeof TrackedRun>;

/** What of a run can be registered, and what of it was. */
export const RunModels = z
  .object({
    found: z.array(
      z.object({
        name: z.string().meta({ description: 'What it was logged as: the folder, or the name of the logged model.' }),
        source: z.string().meta({ description: 'What a version is registered from.' }),
      }),
    ),
    versions: z.array(z.object({ model: z.string(), version: z.int() })),
  })
  .meta({ id: 'RunModels' });
export type RunModels = z.infer<typeof RunModels>;

export const CurvePoint = z.object({ step: z.number(), at: z.number(), value: Measured });

const ExperimentPath = ProjectPath.extend({ experiment: z.string().max(20) });
const TrackedRunPath = ProjectPath.extend({ run: z.string().max(256) });
const RunIds = z.array(z.string().max(256)).min(1).max(1000);
const View = z.enum(['active', 'deleted']);

export const listExperiments = route('get /projects/{project}/experiments', {
  action: 'project.view',
  scope: 'project',
  summary: 'The experiments of a project, those of its pipelines among them',
  params: ProjectPath,
  answer: z.object({ experiments: z.array(Experiment) }),
});

export const getExperimentNames = route('get /projects/{project}/experiments/{experiment}/names', {
  action: 'project.view',
  scope: 'project',
  summary: 'The names of numbers, parameters and tags in an experiment',
  params: ExperimentPath,
  answer: z.object({ metrics: z.array(z.string()), parameters: z.array(z.string()), tags: z.array(z.string()) }),
});

export const searchTrackedRuns = route('post /projects/{project}/tracked-runs/search', {
  action: 'project.view',
  scope: 'project',
  summary: 'A page of runs that fit a filter, in the order asked for',
  changes: false,
  params: ProjectPath,
  body: z.object({
    experiments: z.array(z.string().max(20)).max(100),
    filter: z.string().max(20_000).default(''),
    orderBy: z.array(z.string().max(600)).max(5).default([]),
    view: View.default('active'),
    limit: z.int().min(1).max(1000).default(100),
    after: z.string().max(20_000).optional(),
  }),
  answer: z.object({ runs: z.array(TrackedRun), next: z.string().nullable() }),
});

export const getTrackedRun = route('get /projects/{project}/tracked-runs/{run}', {
  action: 'project.view',
  scope: 'project',
  summary: 'Everything that is known of a run',
  params: TrackedRunPath,
  answer: TrackedRun,
});

export const getRunModels = route('get /projects/{project}/tracked-runs/{run}/models', {
  action: 'project.view',
  scope: 'project',
  summary: 'The models that a run logged, newest first, and the versions that were registered of it',
  params: TrackedRunPath,
  answer: RunModels,
});

export const getCurves = route('post /projects/{project}/tracked-runs/curves', {
  action: 'project.view',
  scope: 'project',
  summary: 'How a number went in several runs, in as few points as a chart shows',
  changes: false,
  params: ProjectPath,
  body: z.object({
    runs: z.array(z.string().max(256)).min(1).max(50),
    key: z.string().max(500),
    points: z.int().min(2).max(2000).default(500),
  }),
  answer: z.object({ curves: z.array(z.object({ run: z.string(), points: z.array(CurvePoint) })) }),
});

export const tagTrackedRuns = route('post /projects/{project}/tracked-runs/tags', {
  action: 'run.execute',
  scope: 'project',
  summary: 'Sets and takes away tags of runs; the note and the name are tags as well',
  params: ProjectPath,
  body: z.object({
    runs: RunIds,
    set: z.record(z.string().min(1).max(250), z.string().max(8000)).default({}),
    remove: z.array(z.string().max(250)).max(100).default([]),
  }),
  answer: 'nothing',
});

export const deleteTrackedRuns = route('post /projects/{project}/tracked-runs/delete', {
  action: 'artifact.delete',
  scope: 'project',
  summary: 'Puts runs into the trash',
  params: ProjectPath,
  body: z.object({ runs: RunIds }),
  answer: 'nothing',
});

export const restoreTrackedRuns = route('post /projects/{project}/tracked-runs/restore', {
  action: 'run.execute',
  scope: 'project',
  summary: 'Takes runs out of the trash',
  params: ProjectPath,
  body: z.object({ runs: RunIds }),
  answer: 'nothing',
});
