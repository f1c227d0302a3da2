/** Decides how schedules are kept, and that each of their times is fired once: the key of `schedule_fire` says so. */
import type { Json } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { sql } from 'drizzle-orm';
import { bigint, boolean, index, jsonb, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { pipelines } from './pipelines.ts';
import { drawloom } from './schema.ts';

export const schedules = drawloom.table(
  'schedule',
  {
    id: uuid().primaryKey().defaultRandom(),
    projectId: uuid().notNull(),
    pipelineId: uuid()
      .notNull()
      .references(() => pipelines.id),
    cron: text().notNull(),
    timeZone: text().notNull(),
    parameters: jsonb().$type<Record<string, Json>>().notNull().default({}),
    enabled: boolean().notNull().default(true),
    /** The next nominal time; null when it is off. */
    nextAt: timestamp({ withTimezone: true }),
    createdBy: text(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    changedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('schedule_due').on(table.nextAt).where(sql`enabled`),
    index('schedule_pipeline').on(table.pipelineId),
  ],
);

export const scheduleFires = drawloom.table(
  'schedule_fire',
  {
    scheduleId: uuid()
      .notNull()
      .references(() => schedules.id, { onDelete: 'cascade' }),
    nominalAt: timestamp({ withTimezone: true }).notNull(),
    firedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    runId: bigint({ mode: 'number' }),
    /** Why no run came of it. */
    problems: jsonb().$type<Problem[]>(),
  },
  (table) => [primaryKey({ columns: [table.scheduleId, table.nominalAt] })],
);
