/** What the last or current run says of each node, for its card. Kept outside of React; a card reads its own and nothing else. */
import type { NodeRunStatus, RunStatus } from '@drawloom/shared/run/status.ts';
import { create } from 'zustand';

export interface CardFact {
  status: NodeRunStatus;
  startedAt: string | null;
  finishedAt: string | null;
  message: string | null;
  /** Rows of its first table, once known. */
  rowCount: number | null;
  reusedFrom: { run: number; savedMs: number } | null;
  /** Of a node that runs once per item. */
  items: { done: number; total: number } | null;
}
interface CardFacts {
  run: number | null;
  status: RunStatus | null;
  nodes: Readonly<Record<string, CardFact>>;
  /** Rows that left an output, by `node.port`. */
  rows: Readonly<Record<string, number>>;
}
export const noFacts: CardFacts = { run: null, status: null, nodes: {}, rows: {} };
export const useCardFacts = create<CardFacts>(() => noFacts);
export const useCardFact = (node: string): CardFact | undefined => useCardFacts((facts) => facts.nodes[node]);
