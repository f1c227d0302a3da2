/** The run whose state the open drawing shows: one for the cards, the inspector and the panel below, followed once. */
import type { NodeRunSummary } from '@drawloom/shared/api/runs.ts';
import { create } from 'zustand';
import { type FollowedRun, keepRun, nothingFollowed } from './followRun.ts';

export const useShownRun = create<FollowedRun>(() => nothingFollowed);

/** Shows a run until the answer is called. */
export function showRun(project: string, id: number): () => void {
  const stop = keepRun(project, id, (next) => useShownRun.setState(next, true));
  return () => {
    stop();
    useShownRun.setState(nothingFollowed, true);
  };
}

/** What the shown run says of a node; undefined when it has none of that name, or no run is shown. */
export const useShownNode = (node: string): NodeRunSummary | undefined =>
  useShownRun(({ run }) => run?.nodes.find((one) => one.node === node && one.mapIndex === 0));
