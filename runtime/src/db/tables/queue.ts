/** Decides what waits, what is held and who is alive: small hot tables that are empty when nothing runs. */
import type { ParkKind } from '@drawloom/shared/run/status.ts';
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
  uuid,
} from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

/** Node runs that may be claimed now. */
export const readyNodes = drawloom.table(
  'ready',
  {
    id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity().notNull(),
    runId: bigint({ mode: 'number' }).notNull(),
    node: integer().notNull(),
    mapIndex: integer().notNull(),
    priority: smallint().notNull(),
    /** Of its project. */
    lane: integer().notNull().default(0),
    /** What it needs of a worker, once a claim has sorted it out. */
    needs: text().notNull().default(''),
    readyAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** Of one that was let into its pool and holds its slots: what it will be claimed with. */
    fence: bigint({ mode: 'number' }),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.node, table.mapIndex] }),
    index('ready_order').on(table.needs, table.lane, table.priority.desc().nullsFirst(), table.id),
  ],
);

/** When it was a project's turn last, where several had work: the later the higher. */
export const turns = drawloom.table('turn', {
  lane: integer().primaryKey(),
  fence: bigint({ mode: 'number' }).notNull(),
});

/** What falls due later. One kind today: a failed attempt's next try. */
export const timers = drawloom.table(
  'timer',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    node: integer().notNull(),
    mapIndex: integer().notNull(),
    kind: text().$type<'retry'>().notNull(),
    dueAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.node, table.mapIndex, table.kind] }),
    index('timer_due').on(table.dueAt),
  ],
);

/** Node runs that wait for something that needs no worker, each for one thing. */
export const parkedNodes = drawloom.table(
  'parked',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    node: integer().notNull(),
    mapIndex: integer().notNull(),
    kind: text().$type<ParkKind>().notNull(),
    since: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** In line for a pool: for which, and how many slots of it. */
    poolId: bigint({ mode: 'number' }),
    slots: integer(),
    priority: smallint(),
    /** Its place in `ready`, where it goes back to. */
    readyId: bigint({ mode: 'number' }),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.node, table.mapIndex] }),
    index('parked_line')
      .on(table.poolId, table.priority.desc().nullsFirst(), table.readyId)
      .where(sql`pool_id is not null`),
  ],
);

/** Who carries out which attempt. It lasts as long as its worker beats. */
export const leases = drawloom.table(
  'lease',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    node: integer().notNull(),
    mapIndex: integer().notNull(),
    attempt: integer().notNull(),
    fence: bigint({ mode: 'number' }).notNull(),
    workerId: uuid().notNull(),
    /** The attempt is to be killed; the worker learns it with its next beat. */
    cancelled: boolean().notNull().default(false),
    /** What the node last told of its progress, 0 to 1. */
    progress: doublePrecision(),
    claimedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.node, table.mapIndex] }),
    index('lease_worker').on(table.workerId),
  ],
);

/** One row per worker process that has ever beaten; a new process is a new worker. */
export const workers = drawloom.table(
  'worker',
  {
    id: uuid().primaryKey(),
    host: text().notNull(),
    pid: integer().notNull(),
    version: text().notNull(),
    capacity: integer().notNull(),
    startedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    lastBeat: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** Its leases fall this long after its last beat. */
    ttlMs: integer().notNull(),
    draining: boolean().notNull().default(false),
    /** What it has that others do not. */
    tags: text().array().notNull().default([]),
    /** How well it keeps attempts apart, as it found by trying; null until it has. */
    isolation: jsonb().$type<{ level: 'full' | 'partial' | 'none'; missing: string[]; accepted: boolean }>(),
    stoppedAt: timestamp({ withTimezone: true }),
  },
  (table) => [index('worker_beat').on(table.lastBeat)],
);
