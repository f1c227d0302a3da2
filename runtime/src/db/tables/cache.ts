/** Decides which finished work may stand in for equal work, and who waits while it is being done for the first time. */
import { bigint, index, integer, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

export const cacheState = drawloom.enum('cache_state', ['filling', 'ready']);

export const cacheEntries = drawloom.table(
  'cache_entry',
  {
    projectId: uuid().notNull(),
    key: text().notNull(),
    state: cacheState().notNull(),
    /** The claim that fills or filled it. */
    fence: bigint({ mode: 'number' }).notNull(),
    /** The attempt whose outputs these are. */
    runId: bigint({ mode: 'number' }).notNull(),
    node: integer().notNull(),
    mapIndex: integer().notNull(),
    attempt: integer().notNull(),
    hits: bigint({ mode: 'number' }).notNull().default(0),
    lastUsedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.key] })],
);

/** Node runs that wait for the one that fills their key. */
export const cacheWaiters = drawloom.table(
  'cache_waiter',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    node: integer().notNull(),
    mapIndex: integer().notNull(),
    projectId: uuid().notNull(),
    key: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.node, table.mapIndex] }),
    index('cache_waiter_key').on(table.projectId, table.key),
  ],
);
