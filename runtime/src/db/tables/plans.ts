/** Decides how a compiled plan is kept: nodes by index, what waits for what, and which artifact goes where. Never changed. */
import type { Port } from '@drawloom/shared/node-type/ports.ts';
import type { RetryRule } from '@drawloom/shared/pipeline/document.ts';
import type { TriggerRule } from '@drawloom/shared/run/rules.ts';
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
  uuid,
} from 'drizzle-orm/pg-core';
import type { KeyParts } from '../../plan/plan.ts';
import { drawloom } from './schema.ts';

export const plans = drawloom.table('plan', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  /** SHA-256 of the plan's canonical text: equal plans are one row. */
  hash: text().notNull().unique(),
  nodeCount: integer().notNull(),
  /** Of these, the nodes that run after all others ended. */
  finallyCount: integer().notNull().default(0),
  /** Some node may wait for its start only so long. */
  timed: boolean().notNull().default(false),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});

export const planNodes = drawloom.table(
  'plan_node',
  {
    planId: bigint({ mode: 'number' })
      .notNull()
      .references(() => plans.id, { onDelete: 'cascade' }),
    /** Place in a topological order: a parent's index is smaller than its children's. */
    node: integer().notNull(),
    nodeId: text().notNull(),
    name: text().notNull(),
    type: text().notNull(),
    typeVersion: integer().notNull(),
    language: text(),
    code: text(),
    parameters: jsonb().notNull(),
    /** Hash of the environment's lock. */
    environment: text(),
    seed: integer(),
    inputs: jsonb().$type<Port[]>().notNull(),
    outputs: jsonb().$type<Port[]>().notNull(),
    tier: text().notNull(),
    /** Whether equal earlier work may stand in; the key is computed either way, as the name of this work. */
    reuse: boolean().notNull(),
    /** SHA-256 of `keyParts`; null for a node that makes nothing and so has no key. */
    staticKey: text(),
    keyParts: jsonb().$type<KeyParts>().notNull(),
    /** Parents it waits for; for a finally-node, one more: the rest of its run. */
    inDegree: integer().notNull(),
    triggerRule: text().$type<TriggerRule>().notNull(),
    /** Runs after everything else ended, however it ended. */
    finally: boolean().notNull().default(false),
    retryAttempts: integer().notNull(),
    retryDelayMs: bigint({ mode: 'number' }).notNull(),
    retryMaxDelayMs: bigint({ mode: 'number' }).notNull(),
    retryFactor: doublePrecision().notNull().default(2),
    /** Share of a delay that is left to chance. */
    retryJitter: doublePrecision().notNull().default(0),
    /** Asked by the worker, which knows the failure; the first that fits decides. */
    retryRules: jsonb().$type<RetryRule[]>().notNull().default([]),
    /** How often its worker may be lost; a budget apart from its own attempts. */
    lostAttempts: integer().notNull(),
    timeoutMs: bigint({ mode: 'number' }),
    /** How long it may be ready before it begins. */
    queueTimeoutMs: bigint({ mode: 'number' }),
    /** The pool that each attempt takes slots of, by its name in the run's project, and how many. */
    pool: text(),
    poolSlots: integer(),
    /** Tags that its worker must have, sorted, with spaces between them. */
    needs: text().notNull().default(''),
    memoryBytes: bigint({ mode: 'number' }),
    diskBytes: bigint({ mode: 'number' }),
    /** Runs once per item of the list that arrives at this input or parameter. */
    mapOver: text(),
    /** Of a table: an item is the rows that are equal in these columns, or so many rows. */
    mapBy: text().array(),
    mapRows: integer(),
    /** Items under way at once. */
    mapConcurrency: integer(),
    /** Share of the items that have to do well. */
    mapMinSuccessShare: doublePrecision().notNull().default(1),
  },
  (table) => [
    primaryKey({ columns: [table.planId, table.node] }),
    index('plan_node_pool').on(table.planId).where(sql`pool is not null`),
    index('plan_node_outside').on(sql`(key_parts ->> 'outside')`).where(sql`key_parts ->> 'outside' is not null`),
    // Lineage asks who read a file of a name, and who worked with some code or in some environment.
    index('plan_node_file').using('hash', sql`(parameters ->> 'file')`).where(sql`key_parts ->> 'outside' is not null`),
    index('plan_node_code').on(sql`(key_parts ->> 'code')`).where(sql`key_parts ->> 'code' is not null`),
    index('plan_node_environment').on(table.environment).where(sql`environment is not null`),
    index('plan_node_finally').on(table.planId).where(sql`finally`),
    index('plan_node_interface').on(table.planId).where(sql`type in ('pipeline-input', 'pipeline-output')`),
  ],
);

/** Nodes that stand for a whole pipeline: what they run. */
export const planChildren = drawloom.table(
  'plan_child',
  {
    planId: bigint({ mode: 'number' })
      .notNull()
      .references(() => plans.id, { onDelete: 'cascade' }),
    node: integer().notNull(),
    childPlanId: bigint({ mode: 'number' })
      .notNull()
      .references(() => plans.id),
    pipelineId: uuid().notNull(),
    versionId: uuid().notNull(),
    /** Of the child run, defaults included. */
    parameters: jsonb().notNull(),
    /** How long one run of it may take. */
    timeoutMs: bigint({ mode: 'number' }),
    /** For a loop: the most rounds, and whether it fails when it would go on after them. */
    loopBound: integer(),
    loopFails: boolean().notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.planId, table.node] })],
);

/** Who waits for whom; one row for two nodes, however many ports join them. */
export const planEdges = drawloom.table(
  'plan_edge',
  {
    planId: bigint({ mode: 'number' })
      .notNull()
      .references(() => plans.id, { onDelete: 'cascade' }),
    src: integer().notNull(),
    dst: integer().notNull(),
    /** False: the child's rule is not the ordinary one, or the parent may do well and yet give nothing on this way. */
    plain: boolean().notNull().default(true),
  },
  (table) => [
    primaryKey({ columns: [table.planId, table.src, table.dst] }),
    index('plan_edge_dst').on(table.planId, table.dst),
  ],
);

/** Which output arrives at which input, in order. */
export const planInputs = drawloom.table(
  'plan_input',
  {
    planId: bigint({ mode: 'number' })
      .notNull()
      .references(() => plans.id, { onDelete: 'cascade' }),
    node: integer().notNull(),
    port: text().notNull(),
    /** Place among the edges of a port that takes many. */
    position: integer().notNull(),
    src: integer().notNull(),
    srcPort: text().notNull(),
    /** The node cannot run without it. */
    needed: boolean().notNull().default(true),
    /** Its source gives it whenever it does well. */
    sure: boolean().notNull().default(true),
  },
  (table) => [primaryKey({ columns: [table.planId, table.node, table.port, table.position] })],
);
