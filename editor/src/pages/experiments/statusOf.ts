/** Decides which of our states a run from outside, a trace or a span is shown in. */
import type { TrackedStatus } from '@drawloom/shared/api/experiments.ts';
import type { LoggedSpan, LoggedTraceState } from '@drawloom/shared/api/loggedTraces.ts';
import type { Status } from '../../ui/StatusMark.tsx';

const states: Record<TrackedStatus, Status> = {
  RUNNING: 'running',
  SCHEDULED: 'queued',
  FINISHED: 'succeeded',
  FAILED: 'failed',
  KILLED: 'cancelled',
};
export const statusOf = (status: TrackedStatus): Status => states[status];

const traceStates: Record<LoggedTraceState, Status> = {
  STATE_UNSPECIFIED: 'succeeded',
  IN_PROGRESS: 'running',
  OK: 'succeeded',
  ERROR: 'failed',
};
export const traceStatus = (state: LoggedTraceState): Status => traceStates[state];
export const spanStatus = (state: LoggedSpan['state']): Status => (state === 'ERROR' ? 'failed' : 'succeeded');
