/** Decides where the tables live (a schema of their own, so that a shared database stays tidy) and which closed lists they know. */
import { AttemptReason, NodeRunStatus, RunStatus } from '@drawloom/shared/run/status.ts';
import { pgSchema } from 'drizzle-orm/pg-core';

export const drawloom = pgSchema('drawloom');

const values = (options: readonly string[]) => options as [string, ...string[]];

export const runStatus = drawloom.enum('run_status', values(RunStatus.options));
export const nodeRunStatus = drawloom.enum('node_run_status', values(NodeRunStatus.options));
export const attemptReason = drawloom.enum('attempt_reason', values(AttemptReason.options));
