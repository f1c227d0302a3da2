/** Decides how models are kept that runs logged: what each was made of, how good it was, and which runs gave and took it. */
import { bigint, doublePrecision, index, primaryKey, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

export type LoggedModelStatus = 'PENDING' | 'READY' | 'UPLOAD_FAILED';

export const loggedModels = drawloom.table(
  'logged_model',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** `m-` and 32 hexadecimal digits: its name outside. */
    uuid: text().notNull(),
    experimentId: bigint({ mode: 'number' }).notNull(),
    name: text().notNull(),
    modelType: text().notNull().default(''),
    /** The run that made it, if a run did. */
    sourceRunId: bigint({ mode: 'number' }),
    status: text().$type<LoggedModelStatus>().notNull().default('PENDING'),
    creator: text().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    deletedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    uniqueIndex('logged_model_uuid').on(table.uuid),
    index('logged_model_newest').on(table.experimentId, table.createdAt.desc(), table.id.desc()),
    index('logged_model_run').on(table.sourceRunId),
  ],
);

const pairs = { modelId: bigint({ mode: 'number' }).notNull(), key: text().notNull(), value: text().notNull() };

export const loggedModelParameters = drawloom.table('logged_model_parameter', pairs, (table) => [
  primaryKey({ columns: [table.modelId, table.key] }),
]);
export const loggedModelTags = drawloom.table('logged_model_tag', pairs, (table) => [
  primaryKey({ columns: [table.modelId, table.key] }),
]);

/** The last number of each name that a run told of a model, for each data set it was measured on. */
export const loggedModelMetrics = drawloom.table(
  'logged_model_metric',
  {
    modelId: bigint({ mode: 'number' }).notNull(),
    trackedId: bigint({ mode: 'number' }).notNull(),
    key: text().notNull(),
    /** Empty when none was named. */
    datasetName: text().notNull(),
    datasetDigest: text().notNull(),
    step: bigint({ mode: 'number' }).notNull(),
    atMs: bigint({ mode: 'number' }).notNull(),
    value: doublePrecision().notNull(),
  },
  (table) => [
    primaryKey({
      name: 'logged_model_metric_pk',
      columns: [table.modelId, table.key, table.trackedId, table.datasetName, table.datasetDigest],
    }),
  ],
);

/** A run gave out a model, or took one in. */
export const trackedModels = drawloom.table(
  'tracked_model',
  {
    trackedId: bigint({ mode: 'number' }).notNull(),
    modelId: bigint({ mode: 'number' }).notNull(),
    direction: text().$type<'in' | 'out'>().notNull(),
    step: bigint({ mode: 'number' }).notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.trackedId, table.direction, table.modelId] }),
    index('tracked_model_model').on(table.modelId),
  ],
);
