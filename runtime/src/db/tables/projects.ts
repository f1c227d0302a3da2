/** Decides what a project is: the boundary of who may see what, and of which work may be reused. */
import { integer, jsonb, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

export const projects = drawloom.table('project', {
  id: uuid().primaryKey().defaultRandom(),
  /** Short name in addresses. */
  slug: text().notNull().unique(),
  name: text().notNull(),
  description: text().notNull().default(''),
  /** Its number among projects, by which they take turns. */
  lane: integer().notNull().generatedAlwaysAsIdentity().unique(),
  settings: jsonb().notNull().default({}),
  createdBy: text(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  archivedAt: timestamp({ withTimezone: true }),
});
