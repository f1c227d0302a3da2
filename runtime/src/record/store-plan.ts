/** Decides how a plan is kept: once, under its hash, however often it runs. */

import { sql } from 'drizzle-orm';
import type { Sql, Tx } from '../db/connection.ts';
import type { Plan, PlanNode } from '../plan/plan.ts';

/** The plan's number in the database; writes it down when it is new. */
export async function storePlan(tx: Tx, plan: Plan): Promise<number> {
  const [known] = await tx.execute<{ id: string }>(sql`select id from drawloom.plan where hash = ${plan.hash}`);
  if (known) return Number(known.id);
  // Two runs may bring the same new plan at once: the second waits here for the first, and then finds it.
  const [created] = await tx.execute<{ id: string }>(sql`
    insert into drawloom.plan (hash, node_count, finally_count, timed)
    values (${plan.hash}, ${plan.nodes.length}, ${plan.nodes.filter((node) => node.finally).length},
      ${plan.nodes.some((node) => node.queueTimeoutMs !== null)})
    on conflict (hash) do nothing returning id`);
  if (!created) return storePlan(tx, plan);
  const id = Number(created.id);
  const degrees = new Map<number, number>();
  for (const { dst } of plan.edges) degrees.set(dst, (degrees.get(dst) ?? 0) + 1);
  const nodes = plan.nodes.map((node, index) => ({
    ...node,
    planId: id,
    node: index,
    inDegree: (degrees.get(index) ?? 0) + (node.finally ? 1 : 0),
  }));
  await insertAll(tx, 'plan_node', nodes);
  await insertAll(
    tx,
    'plan_edge',
    plan.edges.map((edge) => ({ ...edge, planId: id })),
  );
  await insertAll(
    tx,
    'plan_input',
    plan.inputs.map((input) => ({ ...input, planId: id })),
  );
  const children: object[] = [];
  for (const { node, plan: child, pipeline, version, parameters, timeoutMs, loop } of plan.children)
    children.push({
      planId: id,
      node,
      childPlanId: await storePlan(tx, child),
      pipelineId: pipeline,
      versionId: version,
      parameters,
      timeoutMs,
      loopBound: loop?.bound ?? null,
      loopFails: loop?.fails ?? false,
    });
  await insertAll(tx, 'plan_child', children);
  return id;
}

const column = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** All rows in one statement: a plan of ten thousand nodes would have more parameters than a statement may carry. */
async function insertAll(
  tx: Tx,
  table: 'plan_node' | 'plan_edge' | 'plan_input' | 'plan_child',
  rows: readonly object[],
): Promise<void> {
  if (rows.length === 0) return;
  const text = JSON.stringify(
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [column(name), value]))),
  );
  const name = sql.raw(`drawloom.${table}`);
  await tx.execute(
    sql`insert into ${name} select * from jsonb_populate_recordset(null::${name}, ${text}::text::jsonb)`,
  );
}

/** A plan's nodes as an attempt needs them, with the plan's hash. */
export interface StoredPlan {
  hash: string;
  nodes: PlanNode[];
}

/** Plans never change, so a process reads each once. Bounded, oldest out first. */
export class PlanShelf {
  #plans = new Map<number, Promise<StoredPlan>>();
  #sql: Sql;
  #limit: number;

  constructor(sql: Sql, limit = 200) {
    this.#sql = sql;
    this.#limit = limit;
  }

  get(id: number): Promise<StoredPlan> {
    let plan = this.#plans.get(id);
    if (plan) this.#plans.delete(id);
    else {
      plan = readPlan(this.#sql, id);
      plan.catch(() => this.#plans.delete(id));
      for (const oldest of this.#plans.keys()) {
        if (this.#plans.size < this.#limit) break;
        this.#plans.delete(oldest);
      }
    }
    this.#plans.set(id, plan);
    return plan;
  }
}

async function readPlan(sql: Sql, id: number): Promise<StoredPlan> {
  const [plan] = await sql`select hash from drawloom.plan where id = ${id}`;
  if (!plan) throw new Error(`There is no plan ${id}.`);
  const rows = await sql`select * from drawloom.plan_node where plan_id = ${id} order by node`;
  return {
    hash: plan.hash,
    nodes: rows.map((row) => ({
      nodeId: row.node_id,
      name: row.name,
      type: row.type,
      typeVersion: row.type_version,
      language: row.language,
      code: row.code,
      parameters: row.parameters,
      environment: row.environment,
      seed: row.seed,
      inputs: row.inputs,
      outputs: row.outputs,
      tier: row.tier,
      reuse: row.reuse,
      staticKey: row.static_key,
      keyParts: row.key_parts,
      triggerRule: row.trigger_rule,
      finally: row.finally,
      retryAttempts: row.retry_attempts,
      retryDelayMs: Number(row.retry_delay_ms),
      retryMaxDelayMs: Number(row.retry_max_delay_ms),
      retryFactor: row.retry_factor,
      retryJitter: row.retry_jitter,
      retryRules: row.retry_rules,
      lostAttempts: row.lost_attempts,
      timeoutMs: numberOrNull(row.timeout_ms),
      queueTimeoutMs: numberOrNull(row.queue_timeout_ms),
      needs: row.needs,
      pool: row.pool,
      poolSlots: row.pool_slots,
      memoryBytes: numberOrNull(row.memory_bytes),
      diskBytes: numberOrNull(row.disk_bytes),
      mapOver: row.map_over,
      mapBy: row.map_by,
      mapRows: row.map_rows,
      mapConcurrency: row.map_concurrency,
      mapMinSuccessShare: row.map_min_success_share,
    })),
  };
}

const numberOrNull = (value: string | null) => (value === null ? null : Number(value));
