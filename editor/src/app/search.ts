/** Decides what a page keeps in its address: selection and filters, so that a reload and a shared link show the same. */
import * as z from 'zod';

const text = z.string().max(500).optional().catch(undefined);

export const PipelineSearch = z.object({
  /** The selected node. */
  node: text,
  /** The run whose state the cards show. */
  run: z.coerce.number().int().positive().optional().catch(undefined),
  /** The left panel. */
  panel: z.enum(['palette', 'outline', 'versions']).optional().catch(undefined),
  /** What is open below the drawing. */
  below: z.enum(['result', 'timeline', 'log', 'problems']).optional().catch(undefined),
  /** The inspector's tab. */
  tab: z.enum(['parameters', 'code', 'ports', 'execution', 'about']).optional().catch(undefined),
  /** A line in the selected node's code, to put the cursor at once; it leaves the address then. */
  line: z.coerce.number().int().positive().optional().catch(undefined),
});
export type PipelineSearch = z.infer<typeof PipelineSearch>;

export const RunsSearch = z.object({
  pipeline: text,
  /** Statuses, comma-separated. */
  status: text,
  trigger: text,
  since: text,
  until: text,
  /** Runs marked to be compared, as in `CompareRunsSearch`. */
  marked: z
    .union([z.string(), z.number().transform(String)])
    .optional()
    .catch(undefined),
});
export type RunsSearch = z.infer<typeof RunsSearch>;

export const RunSearch = z.object({
  node: text,
  /** What of the run or the node is shown: see pages/run. */
  tab: text,
  view: text,
  /** The output port or artifact that is open. */
  port: text,
  attempt: z.coerce.number().int().positive().optional().catch(undefined),
  item: z.coerce.number().int().positive().optional().catch(undefined),
  line: z.coerce.number().int().positive().optional().catch(undefined),
});
export type RunSearch = z.infer<typeof RunSearch>;

const version = z.coerce.number().int().positive().optional().catch(undefined);
export const VersionsSearch = z.object({
  from: version,
  /** Without it, the drawing as it is saved now. */
  to: version,
  node: text,
});
export type VersionsSearch = z.infer<typeof VersionsSearch>;

export const CompareRunsSearch = z.object({
  /** Numbers of runs with a hyphen between them; the first is what the others are compared with. */
  runs: z
    .union([z.string(), z.number().transform(String)])
    .optional()
    .catch(undefined),
  node: text,
  /** Which of the others is shown beside the first in the drawing and the differences. */
  with: version,
  /** Also what is the same. */
  all: z.boolean().optional().catch(undefined),
  metric: text,
});
export type CompareRunsSearch = z.infer<typeof CompareRunsSearch>;

export const LineageSearch = z.object({
  from: z.string().max(5000).optional().catch(undefined),
  direction: text,
  focus: text,
});
export type LineageSearch = z.infer<typeof LineageSearch>;

export const TriggersSearch = z.object({ pipeline: text });
export type TriggersSearch = z.infer<typeof TriggersSearch>;

export const ExperimentsSearch = z.object({
  experiment: text,
  filter: z.string().max(20_000).optional().catch(undefined),
  /** A column, after a minus when the greatest comes first. */
  sort: text,
  view: z.enum(['table', 'charts', 'compare', 'traces']).optional().catch(undefined),
  /** The run whose page is open. */
  run: text,
  /** The trace that is open, and what traces are searched by. */
  trace: text,
  traces: z.string().max(20_000).optional().catch(undefined),
  trash: z.boolean().optional().catch(undefined),
});
export type ExperimentsSearch = z.infer<typeof ExperimentsSearch>;

export const ModelsSearch = z.object({
  text: z
    .union([z.string().max(200), z.number().transform(String)])
    .optional()
    .catch(undefined),
  stage: z.enum(['None', 'Staging', 'Production', 'Archived']).optional().catch(undefined),
  sort: z.enum(['-name', 'changed', '-changed']).optional().catch(undefined),
});
export type ModelsSearch = z.infer<typeof ModelsSearch>;

export const SignInSearch = z.object({ next: text });
export type SignInSearch = z.infer<typeof SignInSearch>;
