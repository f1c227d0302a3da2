/** Decides how drawings are kept: one working copy that people edit, and frozen versions that run. */
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { projects } from './projects.ts';
import { drawloom } from './schema.ts';

export const pipelines = drawloom.table(
  'pipeline',
  {
    id: uuid().primaryKey().defaultRandom(),
    projectId: uuid()
      .notNull()
      .references(() => projects.id),
    name: text().notNull(),
    /** Raised by every saved change; a save that names an older revision is refused. */
    revision: bigint({ mode: 'number' }).notNull().default(1),
    document: jsonb().$type<PipelineDocument>().notNull(),
    /** False for an import whose code nobody with `code.edit` has accepted yet; it cannot run. */
    trusted: boolean().notNull().default(true),
    createdBy: text(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    changedBy: text(),
    changedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    archivedAt: timestamp({ withTimezone: true }),
    /** The trigger whose asks it is for. No list shows it, and nobody draws in it. */
    sensorOf: uuid(),
  },
  (table) => [
    // People and the command line name pipelines; an archived one gives its name back.
    uniqueIndex('pipeline_name').on(table.projectId, table.name).where(sql`archived_at is null and sensor_of is null`),
    uniqueIndex('pipeline_sensor').on(table.sensorOf).where(sql`sensor_of is not null`),
    index('pipeline_changed').on(table.projectId, table.changedAt),
  ],
);

export const pipelineVersions = drawloom.table(
  'pipeline_version',
  {
    id: uuid().primaryKey().defaultRandom(),
    pipelineId: uuid()
      .notNull()
      .references(() => pipelines.id),
    /** 1, 2, 3 … as people say it. */
    number: integer().notNull(),
    /** SHA-256 of `meaningOf(document)`. */
    contentHash: text().notNull(),
    document: jsonb().$type<PipelineDocument>().notNull(),
    author: text(),
    message: text().notNull().default(''),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    unique('pipeline_version_content').on(table.pipelineId, table.contentHash),
    unique('pipeline_version_number').on(table.pipelineId, table.number),
  ],
);
