/** Decides how triggers are kept, and what they fired: a trigger's key for a wanted run is unique, so each is wanted once. */
import type { RunSetStatus } from '@drawloom/shared/api/runSets.ts';
import type { DataVersion, Fire, Overlap } from '@drawloom/shared/api/triggers.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import type { RunStatus } from '@drawloom/shared/run/status.ts';
import type { Occasion } from '@drawloom/shared/trigger/occasion.ts';
import type { Clock } from '@drawloom/shared/trigger/when.ts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
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
    spec: jsonb().$type<Occasion>().notNull(),
    parameters: jsonb().$type<Record<string, Json>>().notNull().default({}),
    /** A frozen version; null runs the drawing as it is saved at the time. */
    version: integer(),
    overlap: text().$type<Overlap>().notNull().default('skip'),
    pauseOnFailure: boolean().notNull().default(false),
    enabled: boolean().notNull().default(true),
    /** Set when it switched itself off: with the run that failed, or null when none could be started or its person lost the right. */
    paused: jsonb().$type<{ at: string; run: number | null; why?: 'rights' }>(),
    /** The next nominal time, or when a sensor is asked next; null when it is off, has none, or is being asked. */
    nextAt: timestamp({ withTimezone: true }),
    /** Of a sensor: what its last answer told the next ask to go on from. */
    cursor: jsonb().$type<Json>(),
    /** How often it was asked, the ask under way included. */
    asks: bigint({ mode: 'number' }).notNull().default(0),
    /** When the ask under way was handed to the queue; null: none is. */
    askedAt: timestamp({ withTimezone: true }),
    /** The run of the ask under way, once it began. */
    askRun: bigint({ mode: 'number' }),
    /** Asks in a row that failed. */
    askFailures: integer().notNull().default(0),
    createdBy: text(),
    /** Whose rights it acts with: whoever saved it last. */
    actsFor: text(),
    /** The actions of the token that it was saved with; null when by a person themselves. */
    actsWithin: text().array(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    changedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('trigger_due').on(table.nextAt).where(sql`enabled`),
    index('trigger_pipeline').on(table.pipelineId),
    index('trigger_asking').on(table.id).where(sql`asked_at is not null`),
    index('trigger_data').on(table.id).where(sql`spec ->> 'kind' = 'data'`),
  ],
);

/** The keys that messages to a webhook are signed with, sealed like secrets: the latest, and older ones until they run out. */
export const triggerKeys = drawloom.table(
  'trigger_key',
  {
    triggerId: uuid()
      .notNull()
      .references(() => triggers.id, { onDelete: 'cascade' }),
    /** Bound into the envelope. */
    version: integer().notNull(),
    envelope: text().notNull(),
    /** Null: the latest. */
    goodUntil: timestamp({ withTimezone: true }),
  },
  (table) => [primaryKey({ columns: [table.triggerId, table.version] })],
);

/**
 * Versions of what data-aware triggers wait for, each noted once by the transaction that made it. No foreign key: a run that ends writes
 * here, and does not wait for whoever decides about the trigger.
 */
export const triggerInputs = drawloom.table(
  'trigger_input',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    triggerId: uuid().notNull(),
    /** Which of its inputs, from 0. */
    input: integer().notNull(),
    /** Names it among those of the input. */
    version: text().notNull(),
    /** The run that made it; null for a file. */
    runId: bigint({ mode: 'number' }),
    /** Null: the file is not there. */
    sha256: text(),
    sizeBytes: bigint({ mode: 'number' }),
    /** The fire that it became a part of; 0 for what was there from the start. */
    fireId: bigint({ mode: 'number' }),
    notedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('trigger_input_once').on(table.triggerId, table.input, table.version),
    index('trigger_input_new').on(table.triggerId, table.id).where(sql`fire_id is null`),
  ],
);

/** Runs that are wanted together, such as those of a backfill: a few at a time, to be watched, stopped and gone on with. */
export const runSets = drawloom.table(
  'run_set',
  {
    id: uuid().primaryKey().defaultRandom(),
    projectId: uuid().notNull(),
    pipelineId: uuid()
      .notNull()
      .references(() => pipelines.id),
    /** The trigger whose times are made up for; null for times of its own. */
    triggerId: uuid().references(() => triggers.id, { onDelete: 'set null' }),
    name: text().notNull().default(''),
    spec: jsonb().$type<Clock>().notNull(),
    fromAt: timestamp({ withTimezone: true }).notNull(),
    /** The first instant that does not belong to it any more. */
    untilAt: timestamp({ withTimezone: true }).notNull(),
    parameters: jsonb().$type<Record<string, Json>>().notNull().default({}),
    version: integer(),
    /** As many of its runs are under way at most. */
    concurrency: integer().notNull(),
    newestFirst: boolean().notNull().default(false),
    reuse: boolean().notNull().default(true),
    /** Unique per pipeline: the same key again answers the same set. */
    idempotencyKey: text(),
    status: text().$type<RunSetStatus>().notNull().default('running'),
    createdBy: text(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    finishedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    index('run_set_project').on(table.projectId, table.createdAt.desc().nullsFirst()),
    uniqueIndex('run_set_idempotency')
      .on(table.pipelineId, table.idempotencyKey)
      .where(sql`idempotency_key is not null`),
    index('run_set_running').on(table.id).where(sql`status = 'running'`),
  ],
);

/** A run that is wanted, from the moment somebody noted so to the end of the run, or to the reason why there was none. */
export const fires = drawloom.table(
  'fire',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** Who wants it: a trigger by itself, or a run set. */
    triggerId: uuid().references(() => triggers.id, { onDelete: 'cascade' }),
    runSetId: uuid().references(() => runSets.id, { onDelete: 'cascade' }),
    /** Names what it is for: the nominal time of a schedule, the id of a message. */
    key: text().notNull(),
    /** When its message was signed last; the same one again is a replay. */
    signedAt: timestamp({ withTimezone: true }),
    /** Of its run, as they were taken from a message; null where they are the trigger's own. */
    parameters: jsonb().$type<Record<string, Json>>(),
    /** The versions that were new, where such set it off. */
    data: jsonb().$type<DataVersion[]>(),
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
    /** Counts the runs that were started for it, the one that is being started included. */
    attempt: integer().notNull().default(1),
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
    check('fire_source', sql`num_nonnulls(${table.triggerId}, ${table.runSetId}) = 1`),
    uniqueIndex('fire_once_in_set').on(table.runSetId, table.key),
    index('fire_in_set').on(table.runSetId, table.state, table.nominalAt),
    index('fire_history').on(table.triggerId, table.nominalAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    index('fire_open').on(table.state, table.dueAt).where(sql`state in ('due', 'buffered', 'launching', 'started')`),
    index('fire_run').on(table.runId),
  ],
);
