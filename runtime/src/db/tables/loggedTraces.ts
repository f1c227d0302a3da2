/** Decides how traces are kept that programs outside log: what was asked and answered, the spans of it, and what was thought of it. */
import { sql } from 'drizzle-orm';
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
import { drawloom } from './schema.ts';

export type LoggedTraceState = 'STATE_UNSPECIFIED' | 'IN_PROGRESS' | 'OK' | 'ERROR';

export const loggedTraces = drawloom.table(
  'logged_trace',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: uuid().notNull(),
    /** Its name outside, which the client draws; so it is one of its project's only. */
    uuid: text().notNull(),
    experimentId: bigint({ mode: 'number' }).notNull(),
    state: text().$type<LoggedTraceState>().notNull(),
    atMs: bigint({ mode: 'number' }).notNull(),
    durationMs: bigint({ mode: 'number' }),
    clientRequestId: text(),
    requestPreview: text(),
    responsePreview: text(),
    /** The client told of the whole; until then its state and times are those of the spans that came. */
    told: boolean().notNull().default(false),
    spanCount: integer().notNull().default(0),
    spanBytes: bigint({ mode: 'number' }).notNull().default(0),
    keptAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('logged_trace_uuid').on(table.projectId, table.uuid),
    index('logged_trace_newest').on(table.experimentId, table.atMs.desc(), table.id.desc()),
    index('logged_trace_age').on(table.projectId, table.keptAt),
  ],
);

const traceId = () =>
  bigint({ mode: 'number' })
    .notNull()
    .references(() => loggedTraces.id, { onDelete: 'cascade' });

export const loggedTracePairs = drawloom.table(
  'logged_trace_pair',
  {
    traceId: traceId(),
    of: text().$type<'tag' | 'metadata'>().notNull(),
    key: text().notNull(),
    value: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.traceId, table.of, table.key] }),
    index('logged_trace_pair_search').on(table.of, table.key, sql`(left(value, 250) collate "C")`, table.traceId),
  ],
);

export const loggedSpans = drawloom.table(
  'logged_span',
  {
    traceId: traceId(),
    /** 16 hexadecimal digits. */
    spanId: text().notNull(),
    parentId: text(),
    name: text().notNull(),
    type: text().notNull(),
    status: text().$type<'UNSET' | 'OK' | 'ERROR'>().notNull(),
    startNs: bigint({ mode: 'bigint' }).notNull(),
    endNs: bigint({ mode: 'bigint' }),
    /** All of it, as the JSON form of OpenTelemetry's message; it is handed out as it is kept. */
    content: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.traceId, table.spanId] }),
    index('logged_span_order').on(table.traceId, table.startNs, table.spanId),
  ],
);

/** A run used a trace, or made it. */
export const loggedTraceRuns = drawloom.table(
  'logged_trace_run',
  { traceId: traceId(), trackedId: bigint({ mode: 'number' }).notNull() },
  (table) => [
    primaryKey({ columns: [table.traceId, table.trackedId] }),
    index('logged_trace_run_run').on(table.trackedId),
  ],
);

/** What a person, a program or a model thinks of a trace, or of what it should have given. */
export const loggedAssessments = drawloom.table(
  'logged_assessment',
  {
    traceId: traceId(),
    uuid: text().notNull(),
    name: text().notNull(),
    kind: text().$type<'feedback' | 'expectation'>().notNull(),
    /** The message of its kind, as it was sent. */
    content: jsonb().notNull(),
    /** What it says, taken out of the message: what is searched by. */
    value: jsonb(),
    spanId: text(),
    sourceType: text().notNull(),
    sourceId: text().notNull(),
    rationale: text(),
    metadata: jsonb().notNull(),
    /** The one that it takes the place of. */
    overrides: text(),
    valid: boolean().notNull().default(true),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.uuid] })],
);
