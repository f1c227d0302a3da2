/** Routes about lineage: what made what, across runs; and the same told to other programs. */
import * as z from 'zod';
import { Json } from '../json.ts';
import { ProjectPath, RunPath, route } from './contract.ts';
import { ArtifactRef } from './runs.ts';

export const LineageWay = z.enum(['up', 'down']);
export type LineageWay = z.infer<typeof LineageWay>;

const Card = {
  id: z.string().meta({ description: 'What `from` takes to begin here.' }),
  more: z
    .array(LineageWay)
    .meta({ description: 'The ways of those asked for that go on from here beyond this answer.' }),
};
/** Of a program outside, by the names that it goes by. */
const Told = {
  ...Card,
  namespace: z.string(),
  name: z.string(),
  toldAt: z.iso.datetime().meta({ description: 'When the latest event about it happened.' }),
};

const RunState = z.enum(['START', 'RUNNING', 'COMPLETE', 'FAIL', 'ABORT', 'OTHER']);

export const LineageNode = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('artifact'), ...Card, artifact: ArtifactRef }),
  z.object({
    kind: z.literal('node-run'),
    ...Card,
    run: z.int(),
    node: z.string(),
    mapIndex: z.int(),
    name: z.string(),
    type: z.string(),
    pipeline: z.object({ id: z.uuid(), name: z.string() }),
    at: z.iso.datetime().nullable(),
    code: z.string().nullable().meta({ description: 'SHA-256 of its code.' }),
    environment: z.string().nullable().meta({ description: 'Hash of the lock of its packages.' }),
    seed: z.int().nullable(),
    forgotten: z.boolean().meta({ description: 'The run is not on record any more; what came of it is.' }),
  }),
  z.object({
    kind: z.literal('file'),
    ...Card,
    name: z.string().meta({ description: 'In the data folder, or as it was uploaded.' }),
    sha256: z.string().nullable().meta({ description: 'Null where no run has read it.' }),
  }),
  z.object({ kind: z.literal('data-set'), ...Told }),
  z.object({
    kind: z.literal('job'),
    ...Told,
    lastRun: z
      .object({
        id: z.uuid(),
        state: RunState,
        at: z.iso.datetime(),
      })
      .nullable(),
  }),
  z.object({
    kind: z.literal('model-version'),
    ...Card,
    model: z.string(),
    version: z.int(),
    stage: z.string(),
    aliases: z.array(z.string()),
    at: z.iso.datetime(),
  }),
  z.object({
    kind: z.literal('tracked-run'),
    ...Card,
    run: z.string(),
    name: z.string(),
    experiment: z.object({ id: z.string(), name: z.string() }),
    at: z.iso.datetime(),
  }),
  z.object({
    kind: z.literal('tracked-data'),
    ...Card,
    name: z.string(),
    digest: z.string(),
    experiment: z.object({ id: z.string(), name: z.string() }),
    source: z
      .string()
      .meta({ description: 'Where it comes from, in the words of who logged it; its first 2000 characters.' }),
  }),
  z.object({ kind: z.literal('code'), ...Card, sha256: z.string(), language: z.string().nullable() }),
  z.object({ kind: z.literal('environment'), ...Card, hash: z.string() }),
]);
export type LineageNode = z.infer<typeof LineageNode>;
export type LineageKind = LineageNode['kind'];
export const Lineage = z
  .object({
    from: z.array(z.string()).meta({ description: 'The nodes that were asked about.' }),
    nodes: z.array(LineageNode),
    edges: z.array(
      z.object({
        from: z.string(),
        to: z.string(),
        port: z.string().meta({ description: 'Of the node run at one of its ends; empty where neither is one.' }),
      }),
    ),
    more: z.boolean().meta({ description: 'Something goes on beyond this answer; which nodes say so themselves.' }),
  })
  .meta({ id: 'Lineage' });
export type Lineage = z.infer<typeof Lineage>;
export const getLineage = route('get /projects/{project}/lineage', {
  summary: 'What made something and what came of it, across runs, models and programs outside',
  action: 'data.read',
  scope: 'project',
  params: ProjectPath,
  query: z.object({
    from: z
      .string()
      .max(5000)
      .regex(
        /^(artifact|run|node-run|file|data-set|job|model|model-version|tracked-run|tracked-data|code|environment):./,
        'Say a kind, a colon and what it is called, such as artifact:<sha256> or model-version:<name>:<number>.',
      )
      .meta({
        description: [
          'Where to begin: the id of a node, or `artifact:<sha256>`, `run:<number>`, `node-run:<run>:<node>`, `file:<name>`,',
          '`model:<name>`, `model-version:<name>:<number>`, `data-set:<namespace>:<name>`, `job:<namespace>:<name>`, `tracked-run:<id>`,',
          '`code:<sha256>`, `environment:<hash>`. Colons within a name are written as %3A, before the query itself is encoded.',
        ].join(' '),
      }),
    direction: z.enum(['up', 'down', 'both']).default('both'),
    depth: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Edges in a row.' }),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(1000)
      .meta({ description: 'Nodes in the answer, at most.' }),
    width: z.coerce
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(50)
      .meta({ description: 'Edges that are followed from one node in one direction, at most; the newest.' }),
    with: z
      .string()
      .regex(/^(code|environment)(,(code|environment))*$/, 'Say code, environment, or both with a comma.')
      .optional()
      .meta({ description: 'Also the code and the environments that node runs ran with, as nodes.' }),
  }),
  answer: Lineage,
});

export const ToldLineage = z
  .object({
    id: z.string(),
    facets: z
      .record(z.string(), z.object({ at: z.iso.datetime(), facet: Json }))
      .meta({ description: 'What was told latest under each name.' }),
    runs: z
      .array(
        z.object({
          id: z.uuid(),
          state: RunState,
          beganAt: z.iso.datetime().nullable(),
          at: z.iso.datetime().meta({ description: 'When it came into that state.' }),
        }),
      )
      .meta({ description: 'Of a job: the latest fifty.' }),
  })
  .meta({ id: 'ToldLineage' });
export type ToldLineage = z.infer<typeof ToldLineage>;
export const getToldLineage = route('get /projects/{project}/lineage/told', {
  summary: 'What other programs told of a job or a data set of theirs, by OpenLineage',
  action: 'data.read',
  scope: 'project',
  params: ProjectPath,
  query: z.object({
    of: z
      .string()
      .max(5000)
      .regex(/^(job|data-set):[^:]+:[^:]+$/, 'Say job:<namespace>:<name> or data-set:<namespace>:<name>.'),
  }),
  answer: ToldLineage,
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
