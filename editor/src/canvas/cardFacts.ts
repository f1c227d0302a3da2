/** What the last or current run says of each node, for its card. Kept outside of React; a card reads its own and nothing else. */
import type { NodeRunStatus, RunStatus } from '@drawloom/shared/run/status.ts';
import { create } from 'zustand';
import type { RowsBefore } from '../live/rowChanges.ts';

export interface CardFact {
  status: NodeRunStatus;
  startedAt: string | null;
  finishedAt: string | null;
  message: string | null;
  /** Rows of its first table, once known. */
  rowCount: number | null;
  reusedFrom: { run: number; node: string; savedMs: number } | null;
  /** Of a node that runs once per item. */
  items: { done: number; total: number } | null;
}
interface CardFacts {
  run: number | null;
  status: RunStatus | null;
  nodes: Readonly<Record<string, CardFact>>;
  /** Rows that left an output, by `node.port`. */
  rows: Readonly<Record<string, number>>;
  /** What they are to be compared with, from the last run before that went well. */
  rowsBefore: ReadonlyMap<string, RowsBefore>;
  /** Nodes that would come out otherwise than in this run, since the drawing has changed. */
  stale: ReadonlySet<string>;
}
export const noFacts: CardFacts = {
  run: null,
  status: null,
  nodes: {},
  rows: {},
  rowsBefore: new Map(),
  stale: new Set(),
};
export const useCardFacts = create<CardFacts>(() => noFacts);
export const useCardFact = (node: string): CardFact | undefined => useCardFacts((facts) => facts.nodes[node]);

/** The state that a card shows: what it gave is stale once the drawing is another; what failed or runs is told as it is. */
export function statusIn({ nodes, stale }: CardFacts, node: string): NodeRunStatus | 'stale' | undefined {
  const status = nodes[node]?.status;
  return (status === 'succeeded' || status === 'reused') && stale.has(node) ? 'stale' : status;
}
export const useCardStatus = (node: string) => useCardFacts((facts) => statusIn(facts, node));
