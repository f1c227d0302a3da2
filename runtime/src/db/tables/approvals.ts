/**
 * Decides how approvals are kept: what people are asked, who may answer, and what each of them said. What waits for one is named by its
 * kind: a node run, or a version of a model that is to be promoted. Whoever waits for the answer is told in the transaction that decides it.
 */

import type { Role } from '@drawloom/shared/api/access.ts';
import type { ApprovalStatus, OnExpiry, Verdict } from '@drawloom/shared/api/approvals.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { PipelineParameter } from '@drawloom/shared/pipeline/document.ts';
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

export const approvals = drawloom.table(
  'approval',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: uuid().notNull(),
    kind: text().$type<'node_run' | 'promotion'>().notNull(),
    /** The node run that waits for it. */
    runId: bigint({ mode: 'number' }),
    node: integer(),
    mapIndex: integer(),
    pipelineId: uuid(),
    title: text().notNull(),
    text: text().notNull(),
    /** The fields that whoever approves fills in. */
    form: jsonb().$type<Record<string, PipelineParameter>>().notNull(),
    /** So many people have to approve; one who rejects is enough. */
    needed: integer().notNull(),
    /** Who may answer: whoever has one of these roles, and these people. Both empty: whoever may answer approvals at all. */
    roles: text().array().$type<Role[]>().notNull(),
    people: text().array().notNull(),
    /** Whether whoever asked may answer too. */
    ownAllowed: boolean().notNull(),
    /** Whose run it is. */
    askedBy: text(),
    askedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp({ withTimezone: true }),
    onExpiry: text().$type<OnExpiry>().notNull(),
    status: text().$type<ApprovalStatus>().notNull().default('open'),
    /** Its time decided it, and no person. */
    byExpiry: boolean().notNull().default(false),
    decidedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    uniqueIndex('approval_node_run').on(table.runId, table.node, table.mapIndex).where(sql`run_id is not null`),
    index('approval_open').on(table.projectId, table.id).where(sql`status = 'open'`),
    index('approval_due').on(table.expiresAt).where(sql`status = 'open' and expires_at is not null`),
    index('approval_project').on(table.projectId, table.id),
  ],
);

/** Written once and never changed; a person answers once. */
export const approvalAnswers = drawloom.table(
  'approval_answer',
  {
    approvalId: bigint({ mode: 'number' })
      .notNull()
      .references(() => approvals.id, { onDelete: 'cascade' }),
    personId: uuid().notNull(),
    /** As they were called then. */
    personName: text().notNull(),
    /** By which means: a session, a token. */
    via: text().notNull(),
    verdict: text().$type<Verdict>().notNull(),
    values: jsonb().$type<Record<string, Json>>().notNull(),
    comment: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.approvalId, table.personId] })],
);
