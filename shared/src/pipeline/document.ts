/**
 * Decides what a pipeline is on paper: what it means (parameters, nodes, edges) apart from how it looks.
 * Everything is a record by id with sorted keys, so that a moved card changes no hash and a change reads well line by line.
 */
import * as z from 'zod';
import { canonical, Json } from '../json.ts';
import { Port, PortName } from '../node-type/ports.ts';
import { TriggerRule } from '../run/rules.ts';
import { FailureReason } from '../run/status.ts';

export const schemaVersion = 1;

export const NodeId = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,62}$/,
    'An id starts with a small letter and holds small letters, digits and _ (63 at most).',
  );
export type NodeId = z.infer<typeof NodeId>;

export const ParameterName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/);

/** A parameter's value: JSON, or `{ "$parameter": name }`, which stands for a parameter of the pipeline. */
export const ParameterReference = z.strictObject({ $parameter: ParameterName });
export type ParameterReference = z.infer<typeof ParameterReference>;
export const isReference = (value: unknown): value is ParameterReference =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && '$parameter' in value;

export const PipelineParameter = z.strictObject({
  type: z.enum(['string', 'number', 'integer', 'boolean', 'date', 'datetime']),
  title: z.string().max(200).optional(),
  description: z.string().max(2000).optional(),
  default: z.union([z.string().max(10_000), z.number(), z.boolean()]).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  choices: z
    .array(z.union([z.string().max(1000), z.number()]))
    .max(1000)
    .optional(),
});
export type PipelineParameter = z.infer<typeof PipelineParameter>;

export const RetryRule = z
  .strictObject({
    reason: FailureReason.optional(),
    type: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: 'Name of the exception, with or without its module.' }),
    message: z.string().min(1).max(500).optional().meta({ description: 'A text that the message holds.' }),
    do: z.enum(['retry', 'fail']),
    delayMs: z.int().min(0).max(86_400_000).optional().meta({ description: 'In place of the growing delay.' }),
  })
  .refine((rule) => rule.reason !== undefined || rule.type !== undefined || rule.message !== undefined, {
    error: 'A rule needs something to go by: a reason, an exception’s name, or a text of its message.',
  });
export type RetryRule = z.infer<typeof RetryRule>;

/** Parameters in the order in which people are shown them: by name. What comes from the database comes in an order of its own. */
export const inOrder = <Value>(parameters: Readonly<Record<string, Value>>): [string, Value][] =>
  Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));

export const Retry = z.strictObject({
  attempts: z.int().min(1).max(100).meta({ description: 'Attempts in all, the first included.' }),
  delayMs: z.int().min(0).max(86_400_000).meta({ description: 'Before the second attempt; grows after each.' }),
  maxDelayMs: z.int().min(0).max(86_400_000).optional(),
  factor: z.number().min(1).max(10).optional().meta({ description: 'By which the delay grows; 2 when absent.' }),
  jitter: z.number().min(0).max(1).optional().meta({
    description: 'Share of a delay that is left to chance, so that many do not come back at once; 0.2 when absent.',
  }),
  rules: z.array(RetryRule).max(20).optional().meta({ description: 'The first that fits a failure decides it.' }),
});
export type Retry = z.infer<typeof Retry>;

export const PoolName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'A name starts with a letter: small letters, digits, _ and - (63 at most).');
/** So many slots a pool may have. */
export const largestPool = 1000;
export const PoolWant = z.strictObject({
  name: PoolName,
  slots: z.int().min(1).max(largestPool).optional().meta({ description: 'How many slots of it; 1 when absent.' }),
});
export type PoolWant = z.infer<typeof PoolWant>;

/** What a worker has that others do not, and a node may need: gpu, memory-64g. */
export const Tag = z
  .string()
  .regex(
    /^[a-z][a-z0-9_.-]{0,31}$/,
    'A tag starts with a small letter: small letters, digits, _, . and - (32 at most).',
  );

/** How attempts of a node are carried out; none of it changes what comes out, so none of it is in the cache key. */
export const Execution = z.strictObject({
  tier: z.enum(['fork', 'cold']).optional(),
  retry: Retry.optional(),
  timeoutMs: z
    .int()
    .min(1)
    .max(7 * 86_400_000)
    .optional(),
  queueTimeoutMs: z
    .int()
    .min(1)
    .max(7 * 86_400_000)
    .optional()
    .meta({ description: 'How long it may wait for its start once it could run.' }),
  needs: z
    .array(Tag)
    .max(10)
    .refine((tags) => new Set(tags).size === tags.length, 'A tag stands here twice.')
    .optional()
    .meta({ description: 'Tags that the worker must have that carries it out.' }),
  pool: PoolWant.optional().meta({ description: 'The pool of the project that it takes slots of while it runs.' }),
  memoryBytes: z
    .int()
    .min(16 * 2 ** 20)
    .max(2 ** 44)
    .optional(),
  diskBytes: z
    .int()
    .min(2 ** 20)
    .max(2 ** 44)
    .optional(),
});
export type Execution = z.infer<typeof Execution>;

/** The ports of the pipeline that a node stands for. */
const Interface = z.strictObject({ inputs: z.array(Port).max(200), outputs: z.array(Port).max(200) });

/** How a node runs once per item: of a list, or of a table's groups or chunks of rows. */
export const ItemMap = z
  .strictObject({
    over: PortName.meta({
      description: 'The input, or the parameter, that gets one item of what arrives there.',
    }),
    by: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(8)
      .refine((columns) => new Set(columns).size === columns.length, 'A column stands here twice.')
      .optional()
      .meta({ description: 'Columns of the table that arrives: an item is the rows that are equal in them.' }),
    rows: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .meta({ description: 'An item is so many rows of the table that arrives.' }),
    concurrency: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'Items under way at once; 1,000 when absent.' }),
    minSuccessShare: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .meta({ description: 'Share of the items that have to do well; 1, which is all of them, when absent.' }),
  })
  .refine((map) => map.by === undefined || map.rows === undefined, {
    error: 'A table is gone through by groups or by so many rows. Keep one of "by" and "rows".',
    path: ['rows'],
  });
export type ItemMap = z.infer<typeof ItemMap>;

export const PipelineNode = z.strictObject({
  type: z.string().max(64),
  name: z.string().min(1).max(200),
  description: z.string().max(10_000).optional(),
  parameters: z.record(z.string().max(100), Json),
  code: z
    .string()
    .max(256 * 1024)
    .optional(),
  environment: z.string().max(64).optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
  interface: Interface.optional().meta({
    description: 'Of a subpipeline: its ports, as they were when it was chosen.',
  }),
  after: z
    .array(NodeId)
    .max(1000)
    .optional()
    .meta({ description: 'Nodes that end before this one begins, beside those it takes something from.' }),
  triggerRule: TriggerRule.optional().meta({
    description: 'Which ends of the nodes before it let it run; all_success when absent.',
  }),
  finally: z
    .boolean()
    .optional()
    .meta({ description: 'true: runs once everything else has ended, also when that failed or was cancelled.' }),
  map: ItemMap.optional().meta({
    description: 'Runs it once per item of a list, or of a table; each output gives one per item.',
  }),
  reuse: z.boolean().optional().meta({ description: 'false: never reuse earlier work for this node.' }),
  execution: Execution.optional(),
});
export type PipelineNode = z.infer<typeof PipelineNode>;

export const RunTimeout = z
  .int()
  .min(1)
  .max(30 * 86_400_000)
  .meta({ description: 'How long a run may take from its start; pauses do not count.' });

export const PortRef = z.strictObject({ node: NodeId, port: PortName });
export type PortRef = z.infer<typeof PortRef>;

export const Edge = z.strictObject({
  from: PortRef,
  to: PortRef,
  order: z.int().min(0).optional().meta({ description: 'Place among the edges of a port that takes many.' }),
});
export type Edge = z.infer<typeof Edge>;

/** An edge is known by its ends, so that the same edge drawn by two people is one edge. */
export const edgeId = (edge: Edge): string => `${edge.from.node}.${edge.from.port}>${edge.to.node}.${edge.to.port}`;

const Point = z.strictObject({ x: z.number(), y: z.number() });
export const Note = z.strictObject({
  ...Point.shape,
  width: z.number().positive(),
  height: z.number().positive(),
  text: z.string().max(20_000),
  colour: z.string().max(32).optional(),
});
export const Looks = z.strictObject({
  positions: z.record(NodeId, Point),
  notes: z.record(z.string().max(64), Note).optional(),
});
export type Looks = z.infer<typeof Looks>;

/** How a run as a whole is carried out. */
export const Settings = z.strictObject({ timeoutMs: RunTimeout.optional() });
export type Settings = z.infer<typeof Settings>;

export const PipelineDocument = z
  .strictObject({
    schemaVersion: z.literal(schemaVersion),
    name: z.string().min(1).max(200),
    description: z.string().max(10_000).optional(),
    settings: Settings.optional(),
    parameters: z.record(ParameterName, PipelineParameter),
    nodes: z.record(NodeId, PipelineNode),
    edges: z.record(z.string().max(300), Edge),
    looks: Looks,
  })
  .meta({ id: 'PipelineDocument' });
export type PipelineDocument = z.infer<typeof PipelineDocument>;

export const emptyPipeline = (name: string): PipelineDocument => ({
  schemaVersion,
  name,
  parameters: {},
  nodes: {},
  edges: {},
  looks: { positions: {} },
});

/** The text whose SHA-256 names a pipeline version: everything but the looks and the title. */
export function meaningOf(document: PipelineDocument): string {
  const { settings, parameters, nodes, edges } = document;
  return canonical({ schemaVersion, ...(settings && { settings }), parameters, nodes, edges });
}

/** What each node waits for, be it for something that comes from there or only for its end; nodes that are not there are left out. */
export function parentsOf(document: PipelineDocument): Map<NodeId, Set<NodeId>> {
  const parents = new Map<NodeId, Set<NodeId>>();
  for (const [id, node] of Object.entries(document.nodes))
    parents.set(id, new Set((node.after ?? []).filter((before) => Object.hasOwn(document.nodes, before))));
  for (const { from, to } of Object.values(document.edges))
    if (Object.hasOwn(document.nodes, from.node)) parents.get(to.node)?.add(from.node);
  return parents;
}

/** The edges that arrive at each node, in their order; one pass, since a big pipeline asks for every node. */
export function edgesByTarget(document: PipelineDocument): Map<NodeId, Edge[]> {
  const arriving = new Map<NodeId, Edge[]>();
  const entries = Object.entries(document.edges);
  entries.sort(([a, x], [b, y]) => (x.order ?? 0) - (y.order ?? 0) || (a < b ? -1 : 1));
  for (const [, edge] of entries) {
    const list = arriving.get(edge.to.node);
    if (list) list.push(edge);
    else arriving.set(edge.to.node, [edge]);
  }
  return arriving;
}
