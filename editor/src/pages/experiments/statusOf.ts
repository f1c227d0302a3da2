/** Decides which of our states a run from outside is shown in. */
import type { TrackedStatus } from '@drawloom/shared/api/experiments.ts';
import type { Status } from '../../ui/StatusMark.tsx';

const states: Record<TrackedStatus, Status> = {
  RUNNING: 'running',
  SCHEDULED: 'queued',
  FINISHED: 'succeeded',
  FAILED: 'failed',
  KILLED: 'cancelled',
};
export const statusOf = (status: TrackedStatus): Status => states[status];
