/** Decides how a run is told from beginning to end: its events in the order in which they became true. */
import type { NodeRunStatus, RunStatus } from '@drawloom/shared/run/status.ts';
import type { Sql } from '../db/connection.ts';
import { type EventType, nodeEvent, type OpenLineageEvent, runEvent, type TellOptions } from './events.ts';
import { type NodeFacts, nodeFacts, nodesAtOnce, type RunFacts, runFacts } from './facts.ts';

export interface Told {
  run: number;
  /** Number of a node in the plan; null for the run as a whole. */
  node: number | null;
  type: EventType;
  at: string;
}

/** Undefined when the run is forgotten. */
export async function tellOne(sql: Sql, told: Told, options: TellOptions): Promise<OpenLineageEvent | undefined> {
  const run = await runFacts(sql, told.run);
  if (!run) return undefined;
  if (told.node === null) {
    const nodes = told.type === 'START' ? [] : await allNodes(sql, told.run);
    return runEvent(run, nodes, told, options);
  }
  const [node] = await nodeFacts(sql, told.run, { from: told.node, atMost: 1 });
  return node?.node === told.node ? nodeEvent(run, node, told, options) : undefined;
}

/** A run that is told as a whole ends with the node runs that are known of it; more than these would be no message any more. */
const mostNodes = 2000;

async function allNodes(sql: Sql, run: number): Promise<NodeFacts[]> {
  const nodes: NodeFacts[] = [];
  for (;;) {
    const some = await nodeFacts(sql, run, { from: (nodes.at(-1)?.node ?? -1) + 1 });
    nodes.push(...some);
    if (some.length < nodesAtOnce || nodes.length >= mostNodes) return nodes;
  }
}

/** All that is known of a run so far, some nodes at a time, so that a run of any size flows through. */
export async function* tellRun(sql: Sql, id: number, options: TellOptions): AsyncGenerator<OpenLineageEvent> {
  const run = await runFacts(sql, id);
  if (!run) return;
  const began = run.started_at ?? run.created_at;
  if (run.started_at || run.finished_at) yield runEvent(run, [], { type: 'START', at: began }, options);
  for (let from = 0; ; ) {
    const some = await nodeFacts(sql, id, { from });
    for (const node of some) yield* tellNode(run, node, options);
    if (some.length < nodesAtOnce) break;
    from = some.at(-1)!.node + 1;
  }
  const type = endOfRun[run.status];
  if (type && run.finished_at) yield runEvent(run, await allNodes(sql, id), { type, at: run.finished_at }, options);
}

function* tellNode(run: RunFacts, node: NodeFacts, options: TellOptions): Generator<OpenLineageEvent> {
  const type = endOfNode[node.status];
  const began = node.started_at ?? (type && type !== 'ABORT' ? node.finished_at : null);
  if (began === null) return;
  yield nodeEvent(run, node, { type: 'START', at: began }, options);
  if (type && node.finished_at) yield nodeEvent(run, node, { type, at: node.finished_at }, options);
}

const endOfRun: Partial<Record<RunStatus, EventType>> = { succeeded: 'COMPLETE', failed: 'FAIL', cancelled: 'ABORT' };
const endOfNode: Partial<Record<NodeRunStatus, EventType>> = {
  succeeded: 'COMPLETE',
  reused: 'COMPLETE',
  failed: 'FAIL',
  cancelled: 'ABORT',
};
