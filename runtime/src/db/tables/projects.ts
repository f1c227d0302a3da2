/** Decides what a project is: the boundary of who may see what, and of which work may be reused. */
import { jsonb, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

export const projects = drawloom.table('project', {
  id: uuid().primaryKey().defaultRandom(),
  /** Short name in addresses. */
  slug: text().notNull().unique(),
  name: text().notNull(),
  description: text().notNull().default(''),
  settings: jsonb().notNull().default({}),
  createdBy: text(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  archivedAt: timestamp({ withTimezone: true }),
});
