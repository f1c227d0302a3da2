/** Decides how a run begins, is cancelled, and is done again. */
import type { TriggerKind } from '@drawloom/shared/api/runs.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import type { Scope } from '@drawloom/shared/pipeline/scope.ts';
import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { runs } from '../db/tables/index.ts';
import type { Plan } from '../plan/plan.ts';
import { storePlan } from './store-plan.ts';

/** What a run remembers of the trigger that wanted it. */
export interface RunCause {
  trigger: string | null;
  /** The run set that it is one of. */
  runSet?: string;
  /** The time it was due at: ISO 8601, UTC. */
  nominalAt: string;
}

export interface RunRequest {
  project: string;
  pipeline: string;
  pipelineVersion: string;
  plan: Plan;
  /** As bound by the plan, defaults included. */
  parameters: Record<string, Json>;
  trigger: TriggerKind;
  /** What the trigger tells of itself, where it is not a person or a program. */
  cause?: RunCause;
  /** Unique per pipeline: the same key again answers the same run. */
  idempotencyKey?: string;
  /** Id of the person, or null when nobody asked. */
  actor: string | null;
  /** Higher goes first. */
  priority?: number;
  /** False: do all work again. */
  reuse?: boolean;
  /** How long it may take from its start. */
  timeoutMs?: number | null;
  /** The run whose finished work is taken over where it is the same work. */
  replayOf?: number;
  /** The part of the pipeline that it does; the plan holds no more than that. */
  scope?: Scope | undefined;
  /** Nodes of the plan that take nothing over, whatever was done before. */
  anew?: readonly number[];
  /** The run that it does again, to see whether the same comes of it. */
  reproduces?: number;
}

export interface StartedRun {
  run: number;
  /** True when the idempotency key had started it before. */
  existed: boolean;
}

/** Starts a run. It begins when the caller's transaction commits; ring the bell after that, or wait a quarter of a second. */
export async function startRun(tx: Tx, request: RunRequest): Promise<StartedRun> {
  return insertRun(tx, request, await storePlan(tx, request.plan));
}

async function insertRun(tx: Tx, request: Omit<RunRequest, 'plan'>, planId: number): Promise<StartedRun> {
  const [row] = await tx.execute<{ run: string; existed: boolean }>(sql`
    select run, existed from drawloom.start_run(${request.project}::uuid, ${request.pipeline}::uuid,
      ${request.pipelineVersion}::uuid, ${planId}::bigint, ${JSON.stringify(request.parameters)}::text::jsonb,
      ${request.trigger}::text, ${request.idempotencyKey ?? null}::text, ${request.priority ?? 0}::int,
      ${request.reuse ?? true}::boolean, ${request.replayOf ?? null}::bigint,
      ${request.timeoutMs ?? null}::bigint, ${request.actor}::text,
      ${request.scope ? JSON.stringify(request.scope) : null}::text::jsonb,
      ${request.anew && request.anew.length > 0 ? `{${request.anew.join(',')}}` : null}::text::int[],
      ${request.reproduces ?? null}::bigint)`);
  const run = Number(row!.run);
  const { cause } = request;
  if (cause && !row!.existed)
    await tx
      .update(runs)
      .set({ triggerId: cause.trigger, runSetId: cause.runSet ?? null, nominalAt: new Date(cause.nominalAt) })
      .where(eq(runs.id, run));
  return { run, existed: row!.existed };
}

/**
 * Asks for the end of a run. False: it is over, or there is none.
 * All ticks wait until the caller's transaction ends, so this comes last in it.
 */
export async function cancelRun(tx: Tx, run: number, actor: string | null): Promise<boolean> {
  const [row] = await tx.execute<{ cancel: boolean }>(
    sql`select drawloom.cancel(${run}::bigint, ${actor}::text) as cancel`,
  );
  return row!.cancel;
}

/**
 * Lets nothing new of a run begin; what runs goes on. False: it is over, ending, paused already, or there is none.
 * All ticks wait until the caller's transaction ends, so this comes last in it.
 */
export async function pauseRun(tx: Tx, run: number): Promise<boolean> {
  const [row] = await tx.execute<{ pause: boolean }>(sql`select drawloom.pause(${run}::bigint) as pause`);
  return row!.pause;
}

/** False: it is not paused. Ring the bell afterwards. */
export async function resumeRun(tx: Tx, run: number): Promise<boolean> {
  const [row] = await tx.execute<{ resume: boolean }>(sql`select drawloom.resume(${run}::bigint) as resume`);
  return row!.resume;
}

export interface RerunRequest {
  /**
   * failed: what went well is taken over, whatever the cache says. all: everything is done again. Nodes: these and what follows them
   * are done again, and what went well besides is taken over.
   */
  only: 'failed' | 'all' | readonly NodeId[];
  actor: string | null;
  idempotencyKey?: string;
  /** It is done to see whether the same comes of it. */
  reproduces?: boolean;
}

/** Carries out the plan of an earlier run again, as a new run that names the old one. Undefined: there is no such run, or no such node in it. */
export async function rerunRun(tx: Tx, run: number, request: RerunRequest): Promise<StartedRun | undefined> {
  const [old] = await tx.select().from(runs).where(eq(runs.id, run));
  if (!old) return undefined;
  const { only } = request;
  const anew = typeof only === 'string' ? undefined : await following(tx, old.planId, only);
  if (anew && anew.length === 0) return undefined;
  return insertRun(
    tx,
    {
      project: old.projectId,
      pipeline: old.pipelineId,
      pipelineVersion: old.pipelineVersionId,
      parameters: old.parameters,
      trigger: 'rerun',
      actor: request.actor,
      priority: old.priority,
      timeoutMs: old.timeoutMs,
      reuse: only !== 'all',
      ...(only !== 'all' && { replayOf: run }),
      ...(anew && { anew, scope: { from: [...(only as readonly NodeId[])] } }),
      ...(!anew && old.scope && { scope: old.scope }),
      ...(request.reproduces && { reproduces: run }),
      ...(request.idempotencyKey !== undefined && { idempotencyKey: request.idempotencyKey }),
    },
    old.planId,
  );
}

/** The places in a plan of these nodes and of whatever waits for them. */
async function following(tx: Tx, planId: number, nodes: readonly NodeId[]): Promise<number[]> {
  const rows = await tx.execute<{ node: number }>(sql`
    with recursive after (node) as (
      select p.node from drawloom.plan_node p
      where p.plan_id = ${planId}::bigint and p.node_id in (select jsonb_array_elements_text(${JSON.stringify(nodes)}::text::jsonb))
      union
      select e.dst from after a join drawloom.plan_edge e on e.plan_id = ${planId}::bigint and e.src = a.node
    ) select node from after order by node`);
  return rows.map((row) => row.node);
}
