/** Decides how the traces that are still to be sent are kept, and whether anybody wants them. */
import { bigint, index, integer, text, timestamp } from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

/** A server that exports traces says so here; a wish is good for a day. */
export const traceWishes = drawloom.table('trace_wish', {
  name: text().primaryKey(),
  saidAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});

/** Runs that ended and whose spans no collector has yet. */
export const traces = drawloom.table(
  'trace',
  {
    runId: bigint({ mode: 'number' }).primaryKey(),
    endedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    tries: integer().notNull().default(0),
    fence: bigint({ mode: 'number' }),
    dueAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    problem: text(),
  },
  (table) => [index('trace_due').on(table.dueAt)],
);
