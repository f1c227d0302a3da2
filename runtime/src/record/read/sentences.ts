/** Decides what is said of a node run's state: why, and what to do now, in one sentence. */
import type { ItemCounts } from '@drawloom/shared/api/runs.ts';
import { spellMs } from '@drawloom/shared/run/amounts.ts';
import type { Failure } from '@drawloom/shared/run/failure/explain.ts';
import type { AttemptReason, NodeRunStatus, ParkKind, RunStatus } from '@drawloom/shared/run/status.ts';

export interface Circumstances {
  name: string;
  status: NodeRunStatus;
  reason: AttemptReason | null;
  /** What the last attempt told. */
  error: string | null;
  /** What is to be said of it where it did not succeed. */
  failure: Failure | null;
  /** Name of the node whose failure is the cause of a skip. */
  cause: string | null;
  due_at: string | null;
  filling_run: number | null;
  parked: ParkKind | null;
  /** The pool that its node runs in. */
  pool: string | null;
  /** Of a node that goes through a list. */
  items: ItemCounts | null;
  workers_alive: boolean | null;
  run_status: RunStatus;
  run_reason: 'timeout' | null;
}

/** Null where the state says it all. */
export function sentenceOn(one: Circumstances): string | null {
  switch (one.status) {
    case 'skipped':
      return skipped(one);
    case 'waiting':
      if (one.filling_run !== null) return `Waits for run ${one.filling_run}, which is doing the same work.`;
      if (one.parked === 'paused') return 'Put aside while the run is paused.';
      if (one.parked === 'approval') return 'Waits for somebody to approve.';
      if (one.parked === 'map') return progress(one.items);
      if (one.parked === 'pool') return `Waits for a slot of the pool “${one.pool}”.`;
      return one.due_at ? `${failed(one)} Tries again at ${one.due_at.slice(11, 19)} UTC.` : failed(one);
    case 'queued':
      return one.workers_alive === false
        ? 'Ready, but no worker is alive. Start one.'
        : one.reason === 'lost'
          ? 'Its worker went away; waits for another one.'
          : 'Ready; waits for a free worker.';
    case 'running':
      return one.run_status === 'cancelling' ? 'Is being stopped.' : null;
    case 'failed':
      return failed(one);
    case 'cancelled':
      return one.run_reason === 'timeout' ? 'Stopped, because the run reached its time limit.' : null;
    default:
      return null;
  }
}

const progress = (items: ItemCounts | null): string =>
  items
    ? `Goes through its items: ${items.done} of ${items.total} are done${items.failed > 0 ? `, ${items.failed} of them failed` : ''}.`
    : 'Goes through its items.';

const skipped = ({ reason, cause }: Circumstances): string => {
  if (reason !== 'not_taken') return cause ? `Not run, because “${cause}” did not succeed.` : 'Not run.';
  return cause ? `Not run, because “${cause}” did not lead here.` : 'Not run: what its rule asks for did not happen.';
};

/** What the attempt told goes before what is said of every failure of its kind. */
const failed = ({ error, failure }: Circumstances): string =>
  error || (failure ? [failure.summary, failure.steps[0]?.text].filter(Boolean).join(' ') : 'It failed.');

export const sentenceOnRun = (run: { status: RunStatus; reason: 'timeout' | null; timeoutMs: number | null }) =>
  run.reason === 'timeout' && run.status !== 'succeeded'
    ? `It did not end within its limit of ${spellMs(run.timeoutMs ?? 0)}, so what was left of it was stopped. Raise the limit, or give it less to do.`
    : null;
