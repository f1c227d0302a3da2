/** Decides how what a worker counted reaches whoever asks the server: its last figures, one row per worker. */
import { jsonb, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import { drawloom } from './schema.ts';

/** One figure with its labels, as the collecting library writes it down. */
export type Metered = MetricObjectWithValues<MetricValue<string>>;

/** Rows outlive their workers, so that sums over all workers never shrink. */
export const meters = drawloom.table('meter', {
  workerId: uuid().primaryKey(),
  figures: jsonb().$type<Metered[]>().notNull(),
  at: timestamp({ withTimezone: true }).notNull().defaultNow(),
});
