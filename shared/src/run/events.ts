/**
 * Decides what the house tells while it works, and how a reader folds it into the state of a run.
 * Events are facts in the order of their commits; a reader that missed some asks again from the last id it has.
 */
import * as z from 'zod';
import { AttemptReason, NodeRunStatus, RunStatus } from './status.ts';

/** One node run's change. `mapIndex` is 0 except inside a map. */
export const NodeChange = z.object({
  node: z.string(),
  mapIndex: z.int(),
  status: NodeRunStatus,
  attempt: z.int(),
  reason: AttemptReason.nullable().optional(),
  at: z.iso.datetime(),
});
export type NodeChange = z.infer<typeof NodeChange>;

export const HouseEvent = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('run'), run: z.int(), status: RunStatus, at: z.iso.datetime() }),
    z.object({ kind: z.literal('nodes'), run: z.int(), changes: z.array(NodeChange) }),
    z.object({
      kind: z.literal('log'),
      run: z.int(),
      node: z.string(),
      mapIndex: z.int(),
      attempt: z.int(),
      sizeBytes: z.int(),
      lines: z.int(),
    }),
    z.object({
      kind: z.literal('metrics'),
      run: z.int(),
      node: z.string(),
      mapIndex: z.int(),
      attempt: z.int(),
      keys: z.array(z.string()),
    }),
    z.object({ kind: z.literal('approval'), approval: z.int(), run: z.int().nullable(), status: z.string() }),
    z.object({ kind: z.literal('tracked'), experiment: z.string() }),
    z.object({ kind: z.literal('pipeline'), pipeline: z.string(), revision: z.int(), by: z.string() }),
    z.object({ kind: z.literal('environment'), environment: z.string(), status: z.string(), line: z.string() }),
  ])
  .meta({ id: 'HouseEvent' });
export type HouseEvent = z.infer<typeof HouseEvent>;

export interface LiveNode {
  status: NodeRunStatus;
  attempt: number;
  reason: AttemptReason | null;
  startedAt: string | null;
  finishedAt: string | null;
}
export interface LiveRun {
  run: number;
  status: RunStatus;
  nodes: Record<string, LiveNode>;
}

/** The run after one event. Returns the same object when the event says nothing of this run. */
export function foldRun(live: LiveRun, event: HouseEvent): LiveRun {
  if (!('run' in event) || event.run !== live.run) return live;
  if (event.kind === 'run') return { ...live, status: event.status };
  if (event.kind !== 'nodes') return live;
  const nodes = { ...live.nodes };
  for (const change of event.changes) {
    if (change.mapIndex !== 0) continue;
    const before = nodes[change.node];
    nodes[change.node] = {
      status: change.status,
      attempt: change.attempt,
      reason: change.reason ?? null,
      startedAt: change.status === 'running' ? change.at : (before?.startedAt ?? null),
      finishedAt: ['succeeded', 'reused', 'failed', 'skipped', 'cancelled'].includes(change.status) ? change.at : null,
    };
  }
  return { ...live, nodes };
}
