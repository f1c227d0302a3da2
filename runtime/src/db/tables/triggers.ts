/** Decides how triggers are kept, and what they fired: a trigger's key for a wanted run is unique, so each is wanted once. */
import type { Fire, Overlap } from '@drawloom/shared/api/triggers.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import type { RunStatus } from '@drawloom/shared/run/status.ts';
import type { Clock } from '@drawloom/shared/trigger/when.ts';
import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, jsonb, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { pipelines } from './pipelines.ts';
import { drawloom } from './schema.ts';

export const triggers = drawloom.table(
  'trigger',
  {
    id: uuid().primaryKey().defaultRandom(),
    projectId: uuid().notNull(),
    pipelineId: uuid()
      .notNull()
      .references(() => pipelines.id),
    name: text().notNull().default(''),
    /** When, or on what, it fires. */
    spec: jsonb().$type<Clock>().notNull(),
    parameters: jsonb().$type<Record<string, Json>>().notNull().default({}),
    /** A frozen version; null runs the drawing as it is saved at the time. */
    version: integer(),
    overlap: text().$type<Overlap>().notNull().default('skip'),
    pauseOnFailure: boolean().notNull().default(false),
    enabled: boolean().notNull().default(true),
    /** Set when it switched itself off: the run that failed, or null when no run could be started. */
    paused: jsonb().$type<{ at: string; run: number | null }>(),
    /** The next nominal time; null when it is off or has none. */
    nextAt: timestamp({ withTimezone: true }),
    createdBy: text(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    changedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('trigger_due').on(table.nextAt).where(sql`enabled`),
    index('trigger_pipeline').on(table.pipelineId),
  ],
);

/** A run that is wanted, from the moment somebody noted so to the end of the run, or to the reason why there was none. */
export const fires = drawloom.table(
  'fire',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    triggerId: uuid()
      .notNull()
      .references(() => triggers.id, { onDelete: 'cascade' }),
    /** Names what it is for: the nominal time of a schedule. */
    key: text().notNull(),
    nominalAt: timestamp({ withTimezone: true }).notNull(),
    /** For `missed`: the first of the times that were missed; the last is the nominal time. */
    missedFrom: timestamp({ withTimezone: true }),
    dueAt: timestamp({ withTimezone: true }).notNull(),
    state: text().$type<Fire['state']>().notNull(),
    why: text().$type<NonNullable<Fire['why']>>(),
    /** Why no run could be started. */
    problems: jsonb().$type<Problem[]>(),
    /** Its run is to end, another took its place. */
    unwanted: boolean().notNull().default(false),
    runId: bigint({ mode: 'number' }),
    runStatus: text().$type<RunStatus>(),
    notedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** When it was last decided about. */
    decidedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    startedAt: timestamp({ withTimezone: true }),
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    uniqueIndex('fire_once').on(table.triggerId, table.key),
    index('fire_history').on(table.triggerId, table.nominalAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    index('fire_open').on(table.state, table.dueAt).where(sql`state in ('due', 'buffered', 'launching', 'started')`),
    index('fire_run').on(table.runId),
  ],
);
