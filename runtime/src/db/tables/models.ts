/**
 * Decides how registered models are kept: a name, its versions, and movable names for these. A version is frozen: its files are those it
 * was registered with (`tracked_file`), whatever happens to where they came from.
 */
import type { JudgedGate } from '@drawloom/shared/api/models.ts';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { approvals } from './approvals.ts';
import { drawloom } from './schema.ts';

export type Stage = 'None' | 'Staging' | 'Production' | 'Archived';

export const registeredModels = drawloom.table(
  'registered_model',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: uuid().notNull(),
    name: text().notNull(),
    description: text().notNull().default(''),
    createdBy: text().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** The highest number that was ever given, so that none is given twice. */
    lastVersion: integer().notNull().default(0),
  },
  (table) => [uniqueIndex('registered_model_name').on(table.projectId, table.name)],
);

export const registeredModelTags = drawloom.table(
  'registered_model_tag',
  {
    modelId: bigint({ mode: 'number' })
      .notNull()
      .references(() => registeredModels.id, { onDelete: 'cascade' }),
    key: text().notNull(),
    value: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.modelId, table.key] })],
);

export const modelVersions = drawloom.table(
  'model_version',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    modelId: bigint({ mode: 'number' })
      .notNull()
      .references(() => registeredModels.id, { onDelete: 'cascade' }),
    version: integer().notNull(),
    stage: text().$type<Stage>().notNull().default('None'),
    description: text().notNull().default(''),
    /** Where it came from, in the words of whoever registered it. */
    source: text().notNull(),
    /** The tracked run that made it. */
    trackedId: bigint({ mode: 'number' }),
    loggedModelId: bigint({ mode: 'number' }),
    runLink: text().notNull().default(''),
    createdBy: text().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('model_version_number').on(table.modelId, table.version),
    index('model_version_run').on(table.trackedId),
    index('model_version_logged').on(table.loggedModelId),
  ],
);

export const modelVersionTags = drawloom.table(
  'model_version_tag',
  {
    versionId: bigint({ mode: 'number' })
      .notNull()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
    key: text().notNull(),
    value: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.versionId, table.key] })],
);

/** A movable name for one version. */
export const modelAliases = drawloom.table(
  'model_alias',
  {
    modelId: bigint({ mode: 'number' })
      .notNull()
      .references(() => registeredModels.id, { onDelete: 'cascade' }),
    alias: text().notNull(),
    versionId: bigint({ mode: 'number' })
      .notNull()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.modelId, table.alias] }), index('model_alias_version').on(table.versionId)],
);

/** What moves once an approval of the kind `promotion` is given. */
export const modelPromotions = drawloom.table(
  'model_promotion',
  {
    approvalId: bigint({ mode: 'number' })
      .primaryKey()
      .references(() => approvals.id, { onDelete: 'cascade' }),
    versionId: bigint({ mode: 'number' })
      .notNull()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
    /** One of both. */
    alias: text(),
    stage: text().$type<Stage>(),
    /** Whether whatever else is in that stage goes to the archive. */
    archive: boolean().notNull(),
    /** As they were judged when it was asked for. */
    gates: jsonb().$type<JudgedGate[]>().notNull(),
  },
  (table) => [index('model_promotion_version').on(table.versionId)],
);
