/**
 * Decides how lineage of programs outside is kept: their events as they came, and what these add up to. And how far receivers of ours were
 * told of what runs did; what they are told stands in the outbox.
 */
import type { Json } from '@drawloom/shared/json.ts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  customType,
  index,
  jsonb,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });

/** One row while anybody wants to hear: events up to this place have been noted. */
export const lineagePlace = drawloom.table('lineage_place', {
  id: smallint().primaryKey().default(1),
  xid: xid8().notNull(),
  eventId: bigint({ mode: 'number' }).notNull(),
});

/** An event as it came. Its digest is its name, so that one that is sent again counts once. */
export const lineageEvents = drawloom.table(
  'lineage_event',
  {
    projectId: uuid().notNull(),
    digest: text().notNull(),
    event: jsonb().$type<Json>().notNull(),
    eventAt: timestamp({ withTimezone: true }).notNull(),
    receivedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.digest] }),
    index('lineage_event_received').on(table.receivedAt),
  ],
);

/** By its name, what was last told under it and when; null: it was taken back. */
export type KeptFacets = Record<string, { at: string; facet: Json }>;

const named = {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  projectId: uuid().notNull(),
  namespace: text().notNull(),
  name: text().notNull(),
  facets: jsonb().$type<KeptFacets>().notNull(),
  /** When the latest event about it happened. */
  toldAt: timestamp({ withTimezone: true }).notNull(),
};

export const lineageJobs = drawloom.table('lineage_job', named, (table) => [
  uniqueIndex('lineage_job_name').on(table.projectId, table.namespace, table.name),
]);

/** A data set of a program outside, or one of ours that it tells of. */
export const lineageSets = drawloom.table('lineage_set', named, (table) => [
  uniqueIndex('lineage_set_name').on(table.projectId, table.namespace, table.name),
]);

export const lineageRuns = drawloom.table(
  'lineage_run',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: uuid().notNull(),
    uuid: uuid().notNull(),
    jobId: bigint({ mode: 'number' }).notNull(),
    /** What the events say of it so far, in whichever order they came: an end outranks whatever is told of the time before. */
    state: text().$type<'START' | 'RUNNING' | 'COMPLETE' | 'FAIL' | 'ABORT' | 'OTHER'>().notNull(),
    stateAt: timestamp({ withTimezone: true }).notNull(),
    beganAt: timestamp({ withTimezone: true }),
    facets: jsonb().$type<KeptFacets>().notNull(),
  },
  (table) => [
    uniqueIndex('lineage_run_uuid').on(table.projectId, table.uuid),
    index('lineage_run_job').on(table.jobId, table.stateAt.desc().nullsFirst()),
  ],
);

/** Which data sets a run read or wrote, and, under number 0, its job, whichever run it was. */
export const lineageUses = drawloom.table(
  'lineage_use',
  {
    jobId: bigint({ mode: 'number' }).notNull(),
    runId: bigint({ mode: 'number' }).notNull(),
    direction: text().$type<'in' | 'out'>().notNull(),
    setId: bigint({ mode: 'number' }).notNull(),
    facets: jsonb().$type<KeptFacets>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.runId, table.direction, table.setId] }),
    index('lineage_use_set').on(table.setId, table.direction, table.jobId).where(sql`run_id = 0`),
  ],
);
