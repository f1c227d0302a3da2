/** Decides how what an attempt tells while it works is kept: numbers as rows, logs as files with these rows as their manifest. */
import { bigint, doublePrecision, index, integer, jsonb, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

export const metrics = drawloom.table(
  'metric',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    node: integer().notNull(),
    mapIndex: integer().notNull(),
    attempt: integer().notNull(),
    key: text().notNull(),
    step: bigint({ mode: 'number' }).notNull(),
    value: doublePrecision().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    // The time is part of the key, so that partitions by time can come, and a batch sent twice is kept once.
    primaryKey({
      name: 'metric_pk',
      columns: [table.runId, table.node, table.mapIndex, table.attempt, table.key, table.step, table.at],
    }),
    index('metric_by_key').on(table.runId, table.key, table.step),
  ],
);

export const logChunks = drawloom.table(
  'log_chunk',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    node: integer().notNull(),
    mapIndex: integer().notNull(),
    attempt: integer().notNull(),
    sequence: integer().notNull(),
    /** Where the chunk stands in the attempt's whole log, and how long it is. */
    byteOffset: bigint({ mode: 'number' }).notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
    lines: integer().notNull(),
    /** The file below the logs folder, and where in it the chunk begins. */
    file: text().notNull(),
    fileOffset: bigint({ mode: 'number' }).notNull(),
    /** Lines by level. */
    levels: jsonb().$type<Record<string, number>>().notNull(),
    /** Bytes left out right before this chunk, because the attempt wrote more than is kept. */
    droppedBytes: bigint({ mode: 'number' }).notNull().default(0),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({
      name: 'log_chunk_pk',
      columns: [table.runId, table.node, table.mapIndex, table.attempt, table.sequence],
    }),
  ],
);
