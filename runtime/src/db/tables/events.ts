/** Decides how facts are kept for those who watch: appended in the transaction that made them true. */
import type { HouseEvent } from '@drawloom/shared/run/events.ts';
import { sql } from 'drizzle-orm';
import { bigint, customType, index, integer, jsonb, timestamp, uuid } from 'drizzle-orm/pg-core';
import { attemptReason, drawloom, nodeRunStatus } from './schema.ts';

const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });

export const events = drawloom.table(
  'event',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** The transaction that wrote it: ids are drawn before commits, so a reader that goes by id alone would miss late ones. */
    xid: xid8().notNull().default(sql`pg_current_xact_id()`),
    projectId: uuid().notNull(),
    runId: bigint({ mode: 'number' }),
    /** Empty for changes of node runs: those stand in the columns below, and `drawloom.house_event` puts them together. */
    payload: jsonb().$type<HouseEvent>(),
    planId: bigint({ mode: 'number' }),
    nodes: integer().array(),
    mapIndexes: integer().array(),
    statuses: nodeRunStatus().array(),
    attempts: integer().array(),
    reasons: attemptReason().array(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('event_commit').on(table.xid, table.id),
    index('event_run').on(table.runId, table.id),
    index('event_at').on(table.at),
  ],
);
