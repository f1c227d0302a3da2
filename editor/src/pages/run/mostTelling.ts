/** Decides which node of a run is shown when none is chosen. */
import type { Run } from '@drawloom/shared/api/runs.ts';

/** Where one would look first: what failed, what runs, else the last node that made something. */
export function mostTelling(run: Run): string | undefined {
  const of = (...statuses: string[]) => run.nodes.find((node) => statuses.includes(node.status))?.node;
  const last = run.nodes
    .filter((node) => node.outputs.length > 0)
    .sort((a, b) => ((a.finishedAt ?? '') < (b.finishedAt ?? '') ? 1 : -1))[0];
  return of('failed') ?? of('running') ?? last?.node ?? run.nodes[0]?.node;
}
