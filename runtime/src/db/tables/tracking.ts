/** Decides how experiments and the runs in them are kept, whether they came from a pipeline or from a program outside. */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

export const experiments = drawloom.table(
  'experiment',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: uuid().notNull(),
    name: text().notNull(),
    /** The one that runs go to when nothing else is said; clients know it as number 0. */
    isDefault: boolean().notNull().default(false),
    /** The pipeline whose runs it holds. */
    pipelineId: uuid(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    deletedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    uniqueIndex('experiment_name').on(table.projectId, table.name),
    uniqueIndex('experiment_default').on(table.projectId).where(sql`is_default`),
    uniqueIndex('experiment_pipeline').on(table.pipelineId).where(sql`pipeline_id is not null`),
  ],
);

export const experimentTags = drawloom.table(
  'experiment_tag',
  {
    experimentId: bigint({ mode: 'number' })
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
    key: text().notNull(),
    value: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.experimentId, table.key] })],
);

export type TrackedStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

export const trackedRuns = drawloom.table(
  'tracked_run',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** 32 hexadecimal digits: its name outside. */
    uuid: text().notNull(),
    experimentId: bigint({ mode: 'number' }).notNull(),
    name: text().notNull(),
    userId: text().notNull(),
    status: text().$type<TrackedStatus>().notNull(),
    /** As the client says, in ms since 1970. */
    startMs: bigint({ mode: 'number' }).notNull(),
    endMs: bigint({ mode: 'number' }),
    deletedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    uniqueIndex('tracked_run_uuid').on(table.uuid),
    index('tracked_run_newest').on(table.experimentId, table.startMs.desc(), table.uuid),
  ],
);

export const trackedParameters = drawloom.table(
  'tracked_parameter',
  {
    trackedId: bigint({ mode: 'number' }).notNull(),
    key: text().notNull(),
    value: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.trackedId, table.key] })],
);

export const trackedTags = drawloom.table(
  'tracked_tag',
  {
    trackedId: bigint({ mode: 'number' }).notNull(),
    key: text().notNull(),
    value: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.trackedId, table.key] })],
);

/** Every number that was told. */
export const trackedMetrics = drawloom.table(
  'tracked_metric',
  {
    trackedId: bigint({ mode: 'number' }).notNull(),
    key: text().notNull(),
    step: bigint({ mode: 'number' }).notNull(),
    atMs: bigint({ mode: 'number' }).notNull(),
    value: doublePrecision().notNull(),
  },
  // The value is part of the key: the same point told twice is one, two values at one step are two.
  (table) => [primaryKey({ columns: [table.trackedId, table.key, table.step, table.atMs, table.value] })],
);

/** The last number of each name: of the highest step, then the latest, then the greatest. */
export const trackedLatest = drawloom.table(
  'tracked_latest',
  {
    trackedId: bigint({ mode: 'number' }).notNull(),
    key: text().notNull(),
    /** Repeated here, for the index that searches run on. */
    experimentId: bigint({ mode: 'number' }).notNull(),
    step: bigint({ mode: 'number' }).notNull(),
    atMs: bigint({ mode: 'number' }).notNull(),
    value: doublePrecision().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.trackedId, table.key] }),
    index('tracked_latest_search').on(table.experimentId, table.key, table.value),
  ],
);

export const datasets = drawloom.table(
  'dataset',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    experimentId: bigint({ mode: 'number' }).notNull(),
    name: text().notNull(),
    digest: text().notNull(),
    sourceType: text().notNull(),
    source: text().notNull(),
    schema: text(),
    profile: text(),
  },
  (table) => [uniqueIndex('dataset_content').on(table.experimentId, table.name, table.digest)],
);

export const trackedInputs = drawloom.table(
  'tracked_input',
  {
    trackedId: bigint({ mode: 'number' }).notNull(),
    datasetId: bigint({ mode: 'number' }).notNull(),
    position: integer().notNull().generatedAlwaysAsIdentity(),
    tags: jsonb().$type<Record<string, string>>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.trackedId, table.datasetId] })],
);
