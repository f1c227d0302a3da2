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
    /** Runs of that pipeline up to this number are in it, and do not change any more. */
    trackedThrough: bigint({ mode: 'number' }).notNull().default(0),
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
    /** For what a pipeline did: the run, and for one of its node runs which. `uuid` is made of these three. */
    runId: bigint({ mode: 'number' }),
    node: integer(),
    mapIndex: integer(),
    /** Whether all that the pipeline's run tells is in these tables; one from outside tells it itself. */
    settled: boolean().notNull().default(true),
  },
  (table) => [
    uniqueIndex('tracked_run_uuid').on(table.uuid),
    index('tracked_run_newest').on(table.experimentId, table.startMs.desc().nullsFirst(), table.id.desc().nullsFirst()),
    index('tracked_run_trash')
      .on(table.experimentId, table.startMs.desc().nullsFirst(), table.id.desc().nullsFirst())
      .where(sql`deleted_at is not null`),
    index('tracked_run_named').on(table.experimentId, table.name),
    index('tracked_run_pipeline').on(table.runId, table.node, table.mapIndex).where(sql`run_id is not null`),
  ],
);

/** What is repeated of its run beside each fact, so that a search finds and sorts runs by an index of the facts alone. */
const ofRun = {
  experimentId: bigint({ mode: 'number' }).notNull(),
  startMs: bigint({ mode: 'number' }).notNull(),
};
/** Texts may be longer than an index takes; they are found and sorted by how they begin. */
const beginning = sql`(left(value, 250) collate "C")`;

export const trackedParameters = drawloom.table(
  'tracked_parameter',
  {
    trackedId: bigint({ mode: 'number' }).notNull(),
    key: text().notNull(),
    value: text().notNull(),
    ...ofRun,
  },
  (table) => [
    primaryKey({ columns: [table.trackedId, table.key] }),
    index('tracked_parameter_search').on(
      table.experimentId,
      table.key,
      beginning,
      table.startMs.desc().nullsFirst(),
      table.trackedId.desc().nullsFirst(),
    ),
  ],
);

export const trackedTags = drawloom.table(
  'tracked_tag',
  {
    trackedId: bigint({ mode: 'number' }).notNull(),
    key: text().notNull(),
    value: text().notNull(),
    ...ofRun,
  },
  (table) => [
    primaryKey({ columns: [table.trackedId, table.key] }),
    index('tracked_tag_search').on(
      table.experimentId,
      table.key,
      beginning,
      table.startMs.desc().nullsFirst(),
      table.trackedId.desc().nullsFirst(),
    ),
  ],
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
    step: bigint({ mode: 'number' }).notNull(),
    atMs: bigint({ mode: 'number' }).notNull(),
    value: doublePrecision().notNull(),
    ...ofRun,
  },
  (table) => [
    primaryKey({ columns: [table.trackedId, table.key] }),
    index('tracked_latest_search').on(
      table.experimentId,
      table.key,
      table.value,
      table.startMs.desc().nullsFirst(),
      table.trackedId.desc().nullsFirst(),
    ),
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
  (table) => [
    primaryKey({ columns: [table.trackedId, table.datasetId] }),
    index('tracked_input_dataset').on(table.datasetId),
  ],
);
