/** Routes about runs: starting, watching, stopping, and looking into every node of one. */
import * as z from 'zod';
import { Json } from '../json.ts';
import { PortKind } from '../node-type/ports.ts';
import { PipelineDocument, RunTimeout } from '../pipeline/document.ts';
import { Scope } from '../pipeline/scope.ts';
import { ResourceAdvice } from '../run/advice.ts';
import { Failure } from '../run/failure/explain.ts';
import { AttemptReason, NodeRunStatus, RunStatus } from '../run/status.ts';
import { largestOrdinal, NodeRunPath, PageQuery, PipelinePath, ProjectPath, page, RunPath, route } from './contract.ts';

export const TriggerKind = z.enum([
  'manual',
  'schedule',
  'webhook',
  'data',
  'sensor',
  'ask',
  'backfill',
  'api',
  'rerun',
  'pipeline',
]);
export type TriggerKind = z.infer<typeof TriggerKind>;

/** An artifact as a run page shows it: where it came out, and enough to choose a viewer. */
export const ArtifactRef = z
  .object({
    port: z.string(),
    position: z.int(),
    kind: PortKind,
    sha256: z.string(),
    mediaType: z.string(),
    sizeBytes: z.int(),
    rowCount: z.int().nullable(),
    columnCount: z.int().nullable(),
    madeBy: z.object({ run: z.int(), node: z.string(), port: z.string() }).nullable(),
    forgottenAt: z.iso.datetime().nullable().meta({ description: 'Its bytes are not kept any more since then.' }),
  })
  .meta({ id: 'ArtifactRef' });
export type ArtifactRef = z.infer<typeof ArtifactRef>;

export const RunSummary = z
  .object({
    id: z.int(),
    project: z.string(),
    pipeline: z.object({ id: z.uuid(), name: z.string() }),
    version: z.int(),
    status: RunStatus,
    message: z.string().nullable().meta({ description: 'Why it is in this state, where there is something to say.' }),
    timeoutMs: z.int().nullable(),
    priority: z.int().meta({ description: 'Higher goes first.' }),
    pausedAt: z.iso.datetime().nullable().meta({ description: 'Since when nothing new of it begins.' }),
    trigger: z.object({
      kind: TriggerKind,
      by: z.string(),
      id: z.uuid().nullable().meta({ description: 'The trigger that wanted it; it may be gone.' }),
      name: z.string().nullable(),
      runSet: z.uuid().nullable().meta({ description: 'The run set that it is one of.' }),
      nominalAt: z.iso.datetime().nullable().meta({ description: 'The time it was due at, whenever it began.' }),
    }),
    parameters: z.record(z.string(), Json),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    nodeCounts: z.partialRecord(NodeRunStatus, z.int()),
    replayOf: z.int().nullable(),
    reproduces: z
      .int()
      .nullable()
      .meta({ description: 'The run that it does again to see whether the same comes of it.' }),
    scope: Scope.nullable().meta({ description: 'The part of the pipeline that it does; null: all of it.' }),
    pin: z
      .object({ by: z.string(), at: z.iso.datetime(), note: z.string() })
      .nullable()
      .meta({ description: 'Who wants it kept, whatever the policy of the project says.' }),
    outputsForgottenAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'Since then the bytes of its outputs are kept only where another run needs them.' }),
    logsForgottenAt: z.iso.datetime().nullable(),
    parent: z
      .object({ run: z.int(), node: z.string() })
      .nullable()
      .meta({ description: 'For a run that a node of another run started: which.' }),
  })
  .meta({ id: 'RunSummary' });
export type RunSummary = z.infer<typeof RunSummary>;

export const ItemCounts = z
  .object({ total: z.int(), done: z.int(), good: z.int(), failed: z.int() })
  .meta({ id: 'ItemCounts' });
export type ItemCounts = z.infer<typeof ItemCounts>;

export const NodeRunSummary = z
  .object({
    node: z.string(),
    name: z.string(),
    type: z.string(),
    mapIndex: z.int().meta({ description: 'Which item, from 1; 0 for the node itself.' }),
    itemName: z.string().nullable().meta({
      description: 'Of an item: the member of the list, or the group, or the rows of the table. Else null.',
    }),
    status: NodeRunStatus,
    reason: AttemptReason.nullable(),
    message: z
      .string()
      .nullable()
      .meta({ description: 'Why it is in this state, in a sentence, where there is something to say.' }),
    failure: Failure.nullable().meta({
      description: 'Where it did not succeed, or not yet: why, what shows it, and what to do now.',
    }),
    attempts: z.int(),
    queuedAt: z.iso.datetime().nullable(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    reusedFrom: z.object({ run: z.int(), node: z.string(), savedMs: z.int() }).nullable(),
    items: ItemCounts.nullable().meta({
      description:
        'Of a node that runs once per item: how many there are, and how many have ended, and how. Else null.',
    }),
    outputs: z.array(ArtifactRef).meta({ description: 'The first hundred of each port.' }),
    metrics: z.record(z.string(), z.number()),
  })
  .meta({ id: 'NodeRunSummary' });
export type NodeRunSummary = z.infer<typeof NodeRunSummary>;

export const Run = RunSummary.extend({
  document: PipelineDocument.meta({ description: 'The version that runs, as it was drawn.' }),
  nodes: z.array(NodeRunSummary),
  lastEvent: z
    .string()
    .meta({ description: 'The event after which this answer was read; follow the stream from here.' }),
}).meta({ id: 'Run' });
export type Run = z.infer<typeof Run>;

export const NodeRunError = z
  .object({
    type: z.string(),
    message: z.string(),
    traceback: z.string().nullable(),
    line: z.int().nullable().meta({ description: 'Line in the node’s code, from 1.' }),
    column: z.int().nullable(),
  })
  .meta({ id: 'NodeRunError' });
export type NodeRunError = z.infer<typeof NodeRunError>;

export const Attempt = z
  .object({
    attempt: z.int(),
    worker: z.string(),
    tier: z.string(),
    isolation: z.string(),
    reason: AttemptReason.nullable().meta({ description: 'Absent while it runs.' }),
    exitCode: z.int().nullable(),
    signal: z.string().nullable(),
    error: NodeRunError.nullable(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    wallMs: z.number().nullable(),
    cpuMs: z.number().nullable(),
    peakMemoryBytes: z.int().nullable(),
    memoryLimitBytes: z.int().nullable(),
    logBytes: z.int(),
    failure: Failure.nullable(),
  })
  .meta({ id: 'Attempt' });
export type Attempt = z.infer<typeof Attempt>;

export const ReuseExplanation = z
  .object({
    reused: z.boolean(),
    summary: z.string(),
    comparedWith: z.object({ run: z.int(), node: z.string() }).nullable(),
    differences: z.array(z.object({ part: z.string(), before: z.string().nullable(), now: z.string().nullable() })),
  })
  .meta({ id: 'ReuseExplanation' });
export type ReuseExplanation = z.infer<typeof ReuseExplanation>;

export const NodeRun = NodeRunSummary.extend({
  inputs: z.array(ArtifactRef),
  history: z.array(Attempt),
  code: z.string().nullable(),
  parameters: z.record(z.string(), Json),
  reuse: ReuseExplanation,
  children: z
    .array(z.object({ run: z.int(), status: RunStatus, round: z.int() }))
    .meta({ description: 'The runs that it started, the last 100; in a loop, one for each round.' }),
  approval: z.int().nullable().meta({ description: 'The approval that it asked for.' }),
}).meta({ id: 'NodeRun' });
export type NodeRun = z.infer<typeof NodeRun>;

export const Wait = z
  .object({
    kind: z.enum([
      'paused',
      'parent',
      'end',
      'let_in',
      'no_worker',
      'workers_busy',
      'order',
      'pool',
      'same_work',
      'retry',
      'child',
      'items',
      'approval',
      'parked',
    ]),
    message: z.string(),
    run: z.int().nullable().meta({ description: 'The run that it waits for, where it is another one.' }),
    node: z.string().nullable().meta({ description: 'The node that it waits for, of that run, or else of its own.' }),
    until: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Wait' });
export type Wait = z.infer<typeof Wait>;
export const Waiting = z
  .object({
    status: NodeRunStatus,
    since: z.iso.datetime().nullable(),
    waits: z.array(Wait).meta({ description: 'Empty when it runs, or is over.' }),
  })
  .meta({ id: 'Waiting' });
export type Waiting = z.infer<typeof Waiting>;

/** Higher goes first; people's own runs have 0. */
export const Priority = z.int().min(-100).max(100);

const Start = z.strictObject({
  parameters: z.record(z.string(), Json).default({}),
  version: z.int().positive().max(largestOrdinal).optional(),
  reuse: z.boolean().default(true),
  scope: Scope.optional().meta({ description: 'The part of the pipeline to do; all of it when absent.' }),
});

export const PlannedNode = z
  .object({
    node: z.string(),
    name: z.string(),
    fate: z.enum(['run', 'reuse', 'skip']),
    certain: z.boolean().meta({ description: 'false: it runs unless what arrives turns out as before.' }),
    message: z.string().meta({ description: 'Why.' }),
    from: z.object({ run: z.int(), node: z.string() }).nullable().meta({ description: 'Whose work is taken over.' }),
    expected: z
      .object({
        wallMs: z.int().meta({ description: 'The middle of what it took before.' }),
        peakMemoryBytes: z.int().nullable().meta({ description: 'The most that it took before.' }),
        attempts: z.int().meta({ description: 'How many attempts this rests on.' }),
      })
      .nullable(),
  })
  .meta({ id: 'PlannedNode' });
export type PlannedNode = z.infer<typeof PlannedNode>;

export const RunPlan = z
  .object({
    nodes: z.array(PlannedNode),
    counts: z.object({ run: z.int(), reuse: z.int(), skip: z.int() }),
    expectedMs: z
      .int()
      .nullable()
      .meta({ description: 'The longest way through what runs, were there workers enough; null: nothing is known.' }),
    withoutHistory: z.int().meta({ description: 'Nodes that run and that no time is known of.' }),
    savedMs: z.int().meta({ description: 'What the reused nodes took when they ran.' }),
  })
  .meta({ id: 'RunPlan' });
export type RunPlan = z.infer<typeof RunPlan>;

export const planRun = route('post /pipelines/{pipeline}/plan', {
  summary: 'What a run would do, node by node and why, without starting it',
  action: 'run.execute',
  scope: 'pipeline',
  params: PipelinePath,
  body: Start,
  answer: RunPlan,
});

export const startRun = route('post /pipelines/{pipeline}/runs', {
  summary: 'Run a pipeline: the saved drawing (frozen first), or one of its versions',
  action: 'run.execute',
  scope: 'pipeline',
  params: PipelinePath,
  body: Start.extend({
    idempotencyKey: z.string().min(1).max(200).optional(),
    timeoutMs: RunTimeout.optional(),
    priority: Priority.optional().meta({ description: 'Higher goes first; 0 when absent.' }),
  }),
  status: 201,
  answer: z.object({ run: RunSummary, existed: z.boolean() }),
});
export const adviseResources = route('get /pipelines/{pipeline}/resources', {
  summary: 'What the nodes of a pipeline needed in its last runs, and what they should ask for',
  action: 'project.view',
  scope: 'pipeline',
  params: PipelinePath,
  query: z.object({ node: z.string().max(64).optional() }),
  answer: z.object({ nodes: z.array(ResourceAdvice) }),
});
export const listRuns = route('get /projects/{project}/runs', {
  summary: 'Runs of a project, newest first',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  query: PageQuery.extend({
    pipeline: z.uuid().optional(),
    status: z.string().optional().meta({ description: 'One or more statuses, comma-separated.' }),
    trigger: TriggerKind.optional(),
    parent: z.coerce
      .number()
      .int()
      .optional()
      .meta({ description: 'The runs that this run started; without it, those that no run started.' }),
    since: z.iso.datetime({ offset: true }).optional(),
    until: z.iso.datetime({ offset: true }).optional(),
  }),
  answer: page(RunSummary),
});
export const getRun = route('get /runs/{run}', {
  summary: 'A run with the state of every node',
  action: 'project.view',
  scope: 'run',
  params: RunPath,
  answer: Run,
});
export const cancelRun = route('post /runs/{run}/cancel', {
  summary: 'Stop a run; it is cancelled once every process is gone',
  action: 'run.cancel',
  scope: 'run',
  params: RunPath,
  status: 202,
  answer: RunSummary,
});
export const pauseRun = route('post /runs/{run}/pause', {
  summary: 'Let nothing new of a run begin; what runs goes on',
  action: 'run.cancel',
  scope: 'run',
  params: RunPath,
  answer: RunSummary,
});
export const resumeRun = route('post /runs/{run}/resume', {
  summary: 'Let a paused run go on',
  action: 'run.cancel',
  scope: 'run',
  params: RunPath,
  answer: RunSummary,
});
export const rerunRun = route('post /runs/{run}/rerun', {
  summary:
    'Run again: what failed and what follows it, everything, or some nodes and what follows them; the same version or another, with the same parameters or others',
  action: 'run.execute',
  scope: 'run',
  params: RunPath,
  body: z.strictObject({
    only: z.enum(['failed', 'all']).default('failed'),
    from: Scope.shape.from.meta({ description: 'In place of `only`: these nodes and what follows them.' }),
    version: z
      .union([z.enum(['same', 'latest']), z.int().positive().max(largestOrdinal)])
      .default('same')
      .meta({ description: 'same: what the run did, with the data, code and environments of then.' }),
    parameters: z
      .record(z.string(), Json)
      .optional()
      .meta({ description: 'In place of those of the run; what is not named stays as it was.' }),
    idempotencyKey: z.string().max(200).optional(),
  }),
  status: 201,
  answer: z.object({ run: RunSummary, existed: z.boolean() }),
});

export const MapIndexQuery = z.object({ mapIndex: z.coerce.number().int().min(0).max(largestOrdinal).default(0) });
export const getNodeRun = route('get /runs/{run}/nodes/{node}', {
  summary: 'One node’s part of a run',
  action: 'project.view',
  scope: 'run',
  params: NodeRunPath,
  query: MapIndexQuery,
  answer: NodeRun,
});
export const whyNodeRun = route('get /runs/{run}/nodes/{node}/why', {
  summary: 'Why a node does not run yet: what it waits for',
  action: 'project.view',
  scope: 'run',
  params: NodeRunPath,
  query: MapIndexQuery,
  answer: Waiting,
});

export const listItems = route('get /runs/{run}/nodes/{node}/items', {
  summary: 'The items of a node that runs once per item, as far as they have begun, in their order',
  action: 'project.view',
  scope: 'run',
  params: NodeRunPath,
  query: PageQuery.extend({
    status: z.string().optional().meta({ description: 'One or more statuses, comma-separated.' }),
  }),
  answer: page(NodeRunSummary),
});

export const MetricPoint = z.object({ key: z.string(), step: z.int(), value: z.number(), at: z.iso.datetime() });
export const getMetrics = route('get /runs/{run}/metrics', {
  summary: 'Metrics of a run with their steps',
  action: 'project.view',
  scope: 'run',
  params: RunPath,
  query: z.object({ node: z.string().optional(), key: z.string().optional() }),
  answer: z.object({ metrics: z.array(MetricPoint.extend({ node: z.string(), mapIndex: z.int(), attempt: z.int() })) }),
});
