/** Decides how it is kept what may be forgotten, what may not, and what was. */
import type { ForgottenWhy } from '@drawloom/shared/api/retention.ts';
import type { RunStatus } from '@drawloom/shared/run/status.ts';
import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, integer, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { projects } from './projects.ts';
import { drawloom, runStatus } from './schema.ts';

/** One row per project, from its first moment on; null in a limit means that there is none. */
export const retentionPolicies = drawloom.table(
  'retention_policy',
  {
    projectId: uuid()
      .primaryKey()
      .references(() => projects.id, { onDelete: 'cascade' }),
    /** Days after its end that a run is kept, and how many of a pipeline's newest. */
    runDays: integer().default(365),
    runsPerPipeline: integer().default(10_000),
    /** Days after the end of its run that a log is kept, and that an output is. */
    logDays: integer().default(90),
    artifactDays: integer().default(180),
    changedBy: text(),
    changedAt: timestamp({ withTimezone: true }),
    /** What was forgotten so far. */
    forgottenRuns: bigint({ mode: 'number' }).notNull().default(0),
    forgottenArtifacts: bigint({ mode: 'number' }).notNull().default(0),
    forgottenArtifactBytes: bigint({ mode: 'number' }).notNull().default(0),
    forgottenLogBytes: bigint({ mode: 'number' }).notNull().default(0),
    lastPassAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    check(
      'retention_policy_limits',
      sql`${table.runDays} > 0 and ${table.runsPerPipeline} > 0 and ${table.logDays} > 0 and ${table.artifactDays} > 0`,
    ),
  ],
);

/** A run that somebody wants kept, whatever the policy says. */
export const runPins = drawloom.table(
  'run_pin',
  {
    runId: bigint({ mode: 'number' }).primaryKey(),
    projectId: uuid().notNull(),
    note: text().notNull().default(''),
    pinnedBy: text(),
    pinnedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('run_pin_project').on(table.projectId)],
);

/** What is left of a run that was forgotten: enough to say what it was, when it went and why. */
export const forgottenRuns = drawloom.table(
  'forgotten_run',
  {
    runId: bigint({ mode: 'number' }).primaryKey(),
    projectId: uuid().notNull(),
    pipelineId: uuid().notNull(),
    pipelineVersionId: uuid().notNull(),
    status: runStatus().$type<RunStatus>().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    finishedAt: timestamp({ withTimezone: true }).notNull(),
    /** The run that it went with: itself, or the one that had started it. */
    rootRun: bigint({ mode: 'number' }).notNull(),
    why: text().$type<ForgottenWhy>().notNull(),
    /** The limit of the policy as it was then: days, or how many runs. */
    bound: integer().notNull(),
    forgottenAt: timestamp({ withTimezone: true }).notNull(),
    /** When its rows went; until then it may come back, if work that was under way turns out to need it. */
    droppedAt: timestamp({ withTimezone: true }),
    /** Its metrics and logs went as well, after its rows. */
    cleared: boolean().notNull().default(false),
  },
  (table) => [index('forgotten_run_uncleared').on(table.runId).where(sql`dropped_at is not null and not cleared`)],
);
