/** Decides what is said of a node run's state: why, and what to do now, in one sentence. */
import type { ItemCounts } from '@drawloom/shared/api/runs.ts';
import type { AttemptReason, NodeRunStatus, ParkKind, RunStatus } from '@drawloom/shared/run/status.ts';

export interface Circumstances {
  name: string;
  status: NodeRunStatus;
  reason: AttemptReason | null;
  /** What the last attempt told. */
  error: string | null;
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

const reasons: Record<AttemptReason, string> = {
  ok: '',
  user_error: 'Its code raised an error.',
  bad_output: 'It gave something else than it declares.',
  bad_input: 'An input is gone or damaged. Run the node that makes it again.',
  timeout: 'It did not end within its time limit. Raise the limit, or give it less to do.',
  queue_timeout: 'It could have begun, and did not within its limit. Add workers or slots, or raise the limit.',
  oom: 'It needed more memory than it may use. Raise its memory limit, or give it less data.',
  disk_full: 'The disk was full. Free some space, then run it again.',
  killed: 'Something outside of Drawloom killed it. Look at the machine’s own log.',
  lost: 'Its worker went away again and again. Look at the worker’s log; the node may be what takes it down.',
  infra: 'It could not be started or recorded. Run it again; if that does not help, look at the worker’s log.',
  cancelled: 'It was cancelled.',
  child_failed: 'The run that it started failed, or was stopped.',
  items_failed: 'Too many of the items that it goes through failed.',
  rejected: 'Somebody who was asked to approve said no.',
  expired: 'Nobody approved in time.',
  upstream_failed: 'Something before it failed.',
  not_taken: 'It was not meant to run.',
  parked: 'It waits for something that needs no worker.',
};

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
      return one.due_at ? `${failure(one)} Tries again at ${one.due_at.slice(11, 19)} UTC.` : failure(one);
    case 'queued':
      return one.workers_alive === false
        ? 'Ready, but no worker is alive. Start one.'
        : one.reason === 'lost'
          ? 'Its worker went away; waits for another one.'
          : 'Ready; waits for a free worker.';
    case 'running':
      return one.run_status === 'cancelling' ? 'Is being stopped.' : null;
    case 'failed':
      return failure(one);
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

/** What the attempt told knows the limit and the signal; the reason alone knows only their kind. */
const failure = ({ reason, error }: Circumstances): string => error || (reason ? reasons[reason] : 'It failed.');

export const sentenceOnRun = (run: { status: RunStatus; reason: 'timeout' | null; timeoutMs: number | null }) =>
  run.reason === 'timeout' && run.status !== 'succeeded'
    ? `It did not end within its limit of ${spell(run.timeoutMs ?? 0)}, so what was left of it was stopped. Raise the limit, or give it less to do.`
    : null;

const spell = (ms: number): string =>
  ms < 120_000
    ? `${ms / 1000} s`
    : ms < 7_200_000
      ? `${Math.round(ms / 60_000)} min`
      : `${Math.round(ms / 360_000) / 10} h`;
