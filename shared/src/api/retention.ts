/** Routes about what is kept and for how long: a project's policy, what it would take, and the runs that somebody keeps. */
import * as z from 'zod';
import { RunStatus } from '../run/status.ts';
import { ProjectPath, RunPath, route } from './contract.ts';

/** Which limit a run went by. */
export const ForgottenWhy = z.enum(['age', 'count']);
export type ForgottenWhy = z.infer<typeof ForgottenWhy>;

/** What keeps a run that the limits would not. */
export const KeptBy = z.enum(['under_way', 'pin', 'rerun', 'run_set', 'trigger', 'last_good', 'model', 'reuse']);
export type KeptBy = z.infer<typeof KeptBy>;

const days = z.int().min(1).max(36_500).nullable();
export const RetentionPolicy = z
  .strictObject({
    runDays: days.meta({ description: 'Days after its end that a run is kept; null for ever.' }),
    runsPerPipeline: z
      .int()
      .min(1)
      .max(10_000_000)
      .nullable()
      .meta({ description: 'How many runs of each pipeline are kept, the newest; null for all.' }),
    logDays: days.meta({ description: 'Days after the end of its run that a log is kept; null as long as its run.' }),
    artifactDays: days.meta({
      description: 'Days after the end of a run that the bytes of its outputs are kept; null as long as the run.',
    }),
  })
  .meta({ id: 'RetentionPolicy' });
export type RetentionPolicy = z.infer<typeof RetentionPolicy>;

const Amount = z.object({ count: z.int(), sizeBytes: z.int() });
export const Retention = z
  .object({
    policy: RetentionPolicy,
    changedAt: z.iso.datetime().nullable(),
    lastPassAt: z.iso.datetime().nullable().meta({ description: 'When the policy was last carried out.' }),
    kept: z.object({ runs: z.int(), pinned: z.int(), artifacts: Amount, logBytes: z.int() }),
    forgotten: z
      .object({ runs: z.int(), artifacts: Amount, logBytes: z.int() })
      .meta({ description: 'What was forgotten so far.' }),
  })
  .meta({ id: 'Retention' });
export type Retention = z.infer<typeof Retention>;

const RunNamed = z.object({
  run: z.int(),
  pipeline: z.object({ id: z.uuid(), name: z.string() }),
  finishedAt: z.iso.datetime().nullable(),
  why: ForgottenWhy,
});
export const RetentionPreview = z
  .object({
    runs: z.object({ count: z.int(), byAge: z.int(), byCount: z.int() }),
    artifacts: Amount.meta({ description: 'Outputs that would lose their bytes, and how many bytes that frees.' }),
    logs: z.object({ runs: z.int(), sizeBytes: z.int() }),
    kept: z
      .array(z.object({ by: KeptBy, runs: z.int() }))
      .meta({ description: 'Runs beyond the limits that stay, by what keeps them.' }),
    going: z.array(RunNamed).meta({ description: 'The newest hundred of the runs that would go.' }),
    staying: z
      .array(RunNamed.extend({ keptBy: KeptBy }))
      .meta({ description: 'The newest hundred of the runs beyond the limits that stay.' }),
  })
  .meta({ id: 'RetentionPreview' });
export type RetentionPreview = z.infer<typeof RetentionPreview>;

/** What the answer about a run that was forgotten tells beside that it is gone. */
export const ForgottenRun = z
  .object({
    run: z.int(),
    project: z.string(),
    pipeline: z.object({ id: z.uuid(), name: z.string() }),
    version: z.int().nullable(),
    status: RunStatus,
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    rootRun: z.int(),
    why: ForgottenWhy,
    bound: z.int().meta({ description: 'The limit as it was then: days, or how many runs.' }),
    forgottenAt: z.iso.datetime(),
  })
  .meta({ id: 'ForgottenRun' });
export type ForgottenRun = z.infer<typeof ForgottenRun>;

export const getRetention = route('get /projects/{project}/retention', {
  summary: 'How long things are kept, and how much there is',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  answer: Retention,
});
export const setRetention = route('put /projects/{project}/retention', {
  summary: 'Say how long things are kept',
  action: 'artifact.delete',
  scope: 'project',
  params: ProjectPath,
  body: RetentionPolicy,
  answer: Retention,
});
export const previewRetention = route('post /projects/{project}/retention/preview', {
  summary: 'What would go by a policy now, or by the one that is set, with sizes; nothing is taken away',
  action: 'project.view',
  scope: 'project',
  changes: false,
  params: ProjectPath,
  body: z.strictObject({ policy: RetentionPolicy.optional() }),
  answer: RetentionPreview,
});
export const pinRun = route('put /runs/{run}/pin', {
  summary: 'Keep a run, with its outputs and logs, whatever the policy says',
  action: 'run.execute',
  scope: 'run',
  params: RunPath,
  body: z.strictObject({ note: z.string().max(500).default('') }),
  answer: 'nothing',
});
export const unpinRun = route('delete /runs/{run}/pin', {
  summary: 'Leave a run to the policy again',
  action: 'run.execute',
  scope: 'run',
  params: RunPath,
  answer: 'nothing',
});
