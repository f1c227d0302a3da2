/**
 * Decides how what leaves the house is kept: facts in the `outbox`, written by the transaction that made them true, and one
 * `delivery` per fact and channel, which is tried until it went or is given up.
 */
import type { ChannelKind, ChannelSettings, NewsKind } from '@drawloom/shared/api/notifications.ts';
import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, jsonb, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core';
import { projects } from './projects.ts';
import { drawloom } from './schema.ts';

/** Where news of a project go: a chat, a program, a mailbox. */
export const channels = drawloom.table(
  'channel',
  {
    id: uuid().primaryKey().defaultRandom(),
    projectId: uuid()
      .notNull()
      .references(() => projects.id),
    name: text().notNull(),
    kind: text().$type<ChannelKind>().notNull(),
    settings: jsonb().$type<ChannelSettings>().notNull(),
    /** What must stay unseen (an address that is a key, a signing key, a password), sealed like a secret; null when there is none. */
    envelope: text(),
    /** Bound into the envelope; raised whenever it is sealed anew. */
    version: integer().notNull().default(0),
    enabled: boolean().notNull().default(true),
    createdBy: text(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    changedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [unique('channel_name').on(table.projectId, table.name)],
);

/** Which news go to a channel. */
export const notificationRules = drawloom.table(
  'notification_rule',
  {
    id: uuid().primaryKey().defaultRandom(),
    projectId: uuid().notNull(),
    channelId: uuid()
      .notNull()
      .references(() => channels.id, { onDelete: 'cascade' }),
    /** Null: all pipelines, those that are still to come as well. */
    pipelines: uuid().array(),
    news: text().array().$type<NewsKind[]>().notNull(),
    /** A run that a schedule started is late when it is not over so long after its nominal time. */
    lateAfterMs: bigint({ mode: 'number' }),
    enabled: boolean().notNull().default(true),
    createdBy: text(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('notification_rule_project').on(table.projectId).where(sql`enabled`),
    index('notification_rule_channel').on(table.channelId),
  ],
);

export const outbox = drawloom.table(
  'outbox',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: uuid().notNull(),
    kind: text().$type<NewsKind | 'test' | 'lineage'>().notNull(),
    pipelineId: uuid(),
    runId: bigint({ mode: 'number' }),
    /** What the run does not tell: a schedule and its nominal time, why nothing came of it. */
    details: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** Only this rule is meant; null: every rule that asks for such news. */
    ruleId: uuid(),
    /** News that may be noticed twice are told once. */
    dedupeKey: text().unique(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** When it was decided whom it concerns. */
    sortedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    index('outbox_unsorted').on(table.id).where(sql`sorted_at is null`),
    index('outbox_age').on(table.createdAt),
  ],
);

export const deliveries = drawloom.table(
  'delivery',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    outboxId: bigint({ mode: 'number' })
      .notNull()
      .references(() => outbox.id, { onDelete: 'cascade' }),
    projectId: uuid().notNull(),
    channelId: uuid()
      .notNull()
      .references(() => channels.id, { onDelete: 'cascade' }),
    state: text().$type<'waiting' | 'delivered' | 'given_up'>().notNull().default('waiting'),
    tries: integer().notNull().default(0),
    /** What has the same lane at a channel goes one after the other: a run, where the receiver wants its beginning before its end. */
    lane: bigint({ mode: 'number' }),
    /** Of the last claim; whoever carries an older one records nothing. */
    fence: bigint({ mode: 'number' }),
    /** Not before this time; while it is being sent, the time at which others may take it over. */
    dueAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** What came back last: the status of HTTP or SMTP, the first kilobyte of the answer, or why there was none. */
    status: integer(),
    answer: text(),
    problem: text(),
    triedAt: timestamp({ withTimezone: true }),
    deliveredAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    unique('delivery_once').on(table.outboxId, table.channelId),
    index('delivery_due').on(table.dueAt).where(sql`state = 'waiting'`),
    index('delivery_lane').on(table.channelId, table.lane, table.id).where(sql`state = 'waiting' and lane is not null`),
    index('delivery_project').on(table.projectId, table.id),
    index('delivery_channel').on(table.channelId),
  ],
);

/** Pipelines whose last run failed, since which one: a second failure in a row is no news, the success after it is. */
export const failingPipelines = drawloom.table(
  'failing_pipeline',
  {
    pipelineId: uuid().notNull(),
    sinceRun: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.pipelineId] })],
);
