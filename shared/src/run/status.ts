/** Decides which states a run and a node run can be in, and who may follow whom. Everything else asks these tables. */
import * as z from 'zod';

export const NodeRunStatus = z.enum([
  'pending',
  'queued',
  'running',
  'waiting',
  'succeeded',
  'reused',
  'failed',
  'skipped',
  'cancelled',
]);
export type NodeRunStatus = z.infer<typeof NodeRunStatus>;

const next: Record<NodeRunStatus, readonly NodeRunStatus[]> = {
  pending: ['queued', 'skipped', 'cancelled'],
  queued: ['running', 'waiting', 'skipped', 'cancelled'],
  running: ['succeeded', 'reused', 'failed', 'queued', 'waiting', 'cancelled'], // queued again: its worker was lost
  waiting: ['queued', 'succeeded', 'failed', 'cancelled'], // for a delay, for equal work under way elsewhere, or parked
  succeeded: [],
  reused: [],
  failed: [],
  skipped: [],
  cancelled: [],
};
export const mayBecome = (from: NodeRunStatus, to: NodeRunStatus): boolean => next[from].includes(to);
export const statusesBefore = (to: NodeRunStatus): NodeRunStatus[] =>
  NodeRunStatus.options.filter((from) => next[from].includes(to));
export const isFinal = (status: NodeRunStatus): boolean => next[status].length === 0;
export const isGood = (status: NodeRunStatus): boolean => status === 'succeeded' || status === 'reused';

export const RunStatus = z.enum(['queued', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled']);
export type RunStatus = z.infer<typeof RunStatus>;
export const isRunFinal = (status: RunStatus): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled';

/** Why an attempt ended; closed, so that each can be explained and counted. */
export const AttemptReason = z.enum([
  'ok',
  'user_error', // the node's code raised
  'bad_output', // it returned something else than it declares
  'bad_input', // an input is gone or damaged
  'timeout',
  'queue_timeout', // it could have begun, and did not in time
  'oom',
  'disk_full',
  'killed', // by a signal that was not ours
  'lost', // its worker went away
  'infra', // ours: could not be started or recorded
  'cancelled',
  'upstream_failed', // it could not run, because something before it failed; of a node run, never of an attempt
  'not_taken', // it was not meant to run; of a node run, never of an attempt
  'child_failed', // the run that it started failed, or was stopped
  'rejected', // somebody who was asked to approve said no
  'expired', // nobody approved in time
  'items_failed', // too many of the items that it went through failed
  'parked', // it waits for something that needs no worker; the next attempt, or the house itself, goes on from there
]);
export type AttemptReason = z.infer<typeof AttemptReason>;

/** What a node run waits for while no worker holds it, beside a delay and equal work under way elsewhere. */
export const ParkKind = z.enum(['paused', 'pool', 'approval', 'sensor', 'child', 'map']);
export type ParkKind = z.infer<typeof ParkKind>;

/** The failures of an attempt itself, which a node may have rules for. */
export const FailureReason = AttemptReason.extract([
  'user_error',
  'bad_output',
  'bad_input',
  'timeout',
  'oom',
  'disk_full',
  'killed',
  'infra',
]);
export type FailureReason = z.infer<typeof FailureReason>;

/** Without a rule, only these earn another attempt; a worker's loss has a budget of its own and does not count against the node. */
export const retryable: ReadonlySet<AttemptReason> = new Set([
  'user_error',
  'timeout',
  'oom',
  'killed',
  'infra',
  'disk_full',
  'child_failed',
]);
