/**
 * Decides how runs, node runs and attempts are kept. Only `record` writes here.
 * No foreign keys among these: the tick is their one writer, and `drawloom.violations()` is their check.
 */
import type { TriggerKind } from '@drawloom/shared/api/runs.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Scope } from '@drawloom/shared/pipeline/scope.ts';
import type { KnownOfEnd } from '@drawloom/shared/run/failure/evidence.ts';
import type { AttemptReason, NodeRunStatus, RunStatus } from '@drawloom/shared/run/status.ts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { attemptReason, drawloom, nodeRunStatus, runStatus } from './schema.ts';

/** What an attempt tells of its failure. */
export interface AttemptError {
  type?: string;
  message: string;
  traceback?: string;
  /** Line in the node's code, from 1. */
  line?: number;
  column?: number;
  known?: KnownOfEnd;
}

export const runs = drawloom.table(
  'run',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: uuid().notNull(),
    pipelineId: uuid().notNull(),
    pipelineVersionId: uuid().notNull(),
    planId: bigint({ mode: 'number' }).notNull(),
    parameters: jsonb().$type<Record<string, Json>>().notNull(),
    trigger: text().$type<TriggerKind>().notNull(),
    /** The trigger that wanted it, and the time it was due at. The trigger may be gone. */
    triggerId: uuid(),
    runSetId: uuid(),
    nominalAt: timestamp({ withTimezone: true }),
    idempotencyKey: text(),
    status: runStatus().$type<RunStatus>().notNull(),
    /** Why the house itself ended it early; null when a person did, or when it ran to its end. */
    reason: attemptReason().$type<'timeout'>(),
    /** Nothing new begins since then; null while it goes on. */
    pausedAt: timestamp({ withTimezone: true }),
    /** How long it stood still before, since its start. */
    pausedMs: bigint({ mode: 'number' }).notNull().default(0),
    /** How long it may take from its start. */
    timeoutMs: bigint({ mode: 'number' }),
    /** A limit on time is set somewhere in it, so that whoever looks for what is overdue looks here. */
    timed: boolean().notNull().default(false),
    priority: smallint().notNull().default(0),
    /** Of its project. */
    lane: integer().notNull().default(0),
    /** False: no node takes over earlier work, whatever it is; what it makes may still serve later runs. */
    reuse: boolean().notNull().default(true),
    /** Node runs that are not final yet; 0 ends the run. */
    remaining: integer().notNull(),
    /** Of these, the finally-nodes that wait for the rest to end; 0 once they go. */
    finallyLeft: integer().notNull().default(0),
    /** Node runs that failed; any makes the run failed. */
    failed: integer().notNull().default(0),
    /** Raised by every wish to cancel. */
    cancelGen: integer().notNull().default(0),
    cancelledBy: text(),
    /** The run whose finished work this one takes over. */
    replayOf: bigint({ mode: 'number' }),
    /** The run that this one does again from what is on record of it, to see whether the same comes of it. */
    reproduces: bigint({ mode: 'number' }),
    /** The part of the pipeline that it does, as it was asked for; null: all of it. */
    scope: jsonb().$type<Scope>(),
    /** Nodes of the plan that take nothing over, whatever was done before; null where `reuse` says it all. */
    anew: integer().array(),
    /** The node run that started this run, for a child run; and which round of a loop it is, from 1. */
    parentRun: bigint({ mode: 'number' }),
    parentNode: integer(),
    parentMapIndex: integer(),
    round: integer().notNull().default(1),
    createdBy: text(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    startedAt: timestamp({ withTimezone: true }),
    finishedAt: timestamp({ withTimezone: true }),
    /** Since then its outputs are no reason to keep bytes, and no claim hands them out. */
    letGoAt: timestamp({ withTimezone: true }),
    /** Since then it is forgotten, as far as anybody can see; its rows go once no attempt is left that may take over its work. */
    leavingAt: timestamp({ withTimezone: true }),
    logsForgottenAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    uniqueIndex('run_idempotency').on(table.pipelineId, table.idempotencyKey).where(sql`idempotency_key is not null`),
    index('run_by_project').on(table.projectId, table.id),
    index('run_by_pipeline').on(table.pipelineId, table.id),
    index('run_active').on(table.id).where(sql`finished_at is null`),
    index('run_timed').on(table.id).where(sql`timed and finished_at is null`),
    index('run_children')
      .on(table.parentRun, table.parentNode, table.parentMapIndex)
      .where(sql`parent_run is not null`),
    index('run_replay').on(table.replayOf).where(sql`replay_of is not null`),
    index('run_plan').on(table.planId),
    index('run_leaving').on(table.projectId, table.id).where(sql`leaving_at is not null`),
  ],
);

export const nodeRuns = drawloom.table(
  'node_run',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    /** Index in the plan. */
    node: integer().notNull(),
    /** 0, except inside a map. */
    mapIndex: integer().notNull(),
    status: nodeRunStatus().$type<NodeRunStatus>().notNull(),
    /** Why it ended as it did, from its last attempt. */
    reason: attemptReason().$type<AttemptReason>(),
    /** Parents that are not final yet, and of the others those that failed or were skipped. */
    depsLeft: integer().notNull(),
    depsFailed: integer().notNull().default(0),
    depsSkipped: integer().notNull().default(0),
    /** Attempts so far; of them those that count against the node's retries, and those that went with their worker. */
    attempt: integer().notNull().default(0),
    failures: integer().notNull().default(0),
    lost: integer().notNull().default(0),
    /** Drawn by every claim, never used twice: a write that carries an older one changes nothing. */
    fence: bigint({ mode: 'number' }),
    /** For a skipped node: the node whose failure is the cause. */
    causeNode: integer(),
    /** Names this work: plan part and input digests. */
    cacheKey: text(),
    /** For a reused node: the run that did the work, and the node there. */
    reusedFromRun: bigint({ mode: 'number' }),
    reusedFromNode: integer(),
    /** Null where that was no item of a map. */
    reusedFromMapIndex: integer(),
    queuedAt: timestamp({ withTimezone: true }),
    startedAt: timestamp({ withTimezone: true }),
    finishedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.node, table.mapIndex] }),
    index('node_run_reused').on(table.reusedFromRun).where(sql`reused_from_run is not null`),
  ],
);

/**
 * A node run that goes through the items of a list: they are the node runs 1 to `total` of the same node, and become rows a few at a
 * time. Under way are those that were let in and are not final.
 */
export const mapGroups = drawloom.table(
  'map_group',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    node: integer().notNull(),
    /** The attempt that told the items: uses of the direction `item`, at this port, item 1 at position 0. */
    attempt: integer().notNull(),
    port: text().notNull(),
    total: integer().notNull(),
    /** How many of them have to do well. */
    needed: integer().notNull(),
    letIn: integer().notNull().default(0),
    /** Of these, the final ones; and of those, the ones that did well or failed. The rest was cancelled. */
    done: integer().notNull().default(0),
    good: integer().notNull().default(0),
    failed: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.runId, table.node] })],
);

/** Attempts that ended, written once. What is under way is a lease. */
export const attempts = drawloom.table(
  'attempt',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    node: integer().notNull(),
    mapIndex: integer().notNull(),
    attempt: integer().notNull(),
    fence: bigint({ mode: 'number' }).notNull(),
    workerId: uuid().notNull(),
    reason: attemptReason().$type<AttemptReason>().notNull(),
    tier: text(),
    /** What kept it apart from everything else, as its executor told it. */
    isolation: text(),
    exitCode: integer(),
    signal: text(),
    error: jsonb().$type<AttemptError>(),
    peakMemoryBytes: bigint({ mode: 'number' }),
    cpuMs: doublePrecision(),
    /** Of the node's own process; `finishedAt - claimedAt` also holds our own share. */
    wallMs: doublePrecision(),
    /** From when its worker took it until its code began: inputs brought, a process found. Null where none was begun. */
    startMs: doublePrecision(),
    claimedAt: timestamp({ withTimezone: true }).notNull(),
    finishedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.node, table.mapIndex, table.attempt] })],
);
