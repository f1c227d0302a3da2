/** Decides how runs are read: the list by keys, never by counting through it, and one run with the state of every node. */
import type { NodeRunSummary, Run, RunSummary, TriggerKind } from '@drawloom/shared/api/runs.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import type { NodeRunStatus, RunStatus } from '@drawloom/shared/run/status.ts';
import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import { instant } from './instant.ts';
import { readNodeRuns } from './node-runs.ts';
import { sentenceOnRun } from './sentences.ts';

export interface RunFilter {
  projectId: string;
  pipelineId?: string | undefined;
  statuses?: readonly RunStatus[] | undefined;
  trigger?: TriggerKind | undefined;
  /** The run that started them; without it, only those that no run started. */
  parent?: number | undefined;
  /** ISO 8601; of the start of the run's existence. */
  since?: string | undefined;
  until?: string | undefined;
  /** Runs before this one, which is the last of the page before. */
  after?: number | undefined;
  limit: number;
}

/** `trigger.by` and `pin.by` are ids of people, or empty; whoever answers people puts names there. */
export async function listRuns(tx: Tx, filter: RunFilter): Promise<{ items: RunSummary[]; next: string | null }> {
  const where = [sql`r.project_id = ${filter.projectId}::uuid and r.leaving_at is null`];
  if (filter.pipelineId) where.push(sql`r.pipeline_id = ${filter.pipelineId}::uuid`);
  if (filter.statuses)
    where.push(sql`r.status = any(${`{${filter.statuses.join(',')}}`}::text::drawloom.run_status[])`);
  // The asks of sensors belong to their triggers; they are listed for whoever wants just them.
  if (filter.trigger !== 'ask' && filter.parent === undefined) where.push(sql`r.trigger <> 'ask'`);
  if (filter.trigger) where.push(sql`r.trigger = ${filter.trigger}`);
  where.push(filter.parent === undefined ? sql`r.parent_run is null` : sql`r.parent_run = ${filter.parent}::bigint`);
  if (filter.since) where.push(sql`r.created_at >= ${filter.since}::text::timestamptz`);
  if (filter.until) where.push(sql`r.created_at < ${filter.until}::text::timestamptz`);
  if (filter.after !== undefined) where.push(sql`r.id < ${filter.after}::bigint`);
  const items = await summaries(
    tx,
    sql`where ${sql.join(where, sql` and `)} order by r.id desc limit ${filter.limit + 1}`,
  );
  const more = items.length > filter.limit;
  if (more) items.pop();
  return { items, next: more ? String(items.at(-1)!.id) : null };
}

export async function getRunSummary(tx: Tx, run: number): Promise<RunSummary | undefined> {
  return (await summaries(tx, sql`where r.id = ${run}::bigint`))[0];
}

/** A run with its drawing and every node. What is told after `lastEvent` brings it up to date; some of it may be told again. */
export async function getRun(tx: Tx, run: number): Promise<Run | undefined> {
  const [snapshot] = await tx.execute<{ xid: string }>(
    sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xid`,
  );
  const summary = await getRunSummary(tx, run);
  if (!summary) return undefined;
  const [version] = await tx.execute<{ document: PipelineDocument }>(sql`
    select v.document from drawloom.run r join drawloom.pipeline_version v on v.id = r.pipeline_version_id where r.id = ${run}::bigint`);
  const nodes: NodeRunSummary[] = await readNodeRuns(tx, run);
  return { ...summary, document: version!.document, nodes, lastEvent: `${snapshot!.xid}.0` };
}

async function summaries(tx: Tx, rest: SQL): Promise<RunSummary[]> {
  const rows = await tx.execute<{
    id: string;
    project: string;
    pipeline: string;
    name: string;
    version: number;
    status: RunStatus;
    reason: 'timeout' | null;
    timeout_ms: string | null;
    priority: number;
    paused_at: string | null;
    trigger: TriggerKind;
    by: string | null;
    trigger_id: string | null;
    trigger_name: string | null;
    run_set: string | null;
    nominal_at: string | null;
    parameters: Record<string, Json>;
    created_at: string;
    started_at: string | null;
    finished_at: string | null;
    replay_of: string | null;
    reproduces: string | null;
    scope: RunSummary['scope'];
    parent_run: string | null;
    parent_node: string | null;
    pin: RunSummary['pin'];
    let_go_at: string | null;
    logs_forgotten_at: string | null;
    counts: Partial<Record<NodeRunStatus, number>>;
  }>(sql`
    select r.id, p.slug as project, r.pipeline_id as pipeline, l.name, v.number as version, r.status, r.reason, r.timeout_ms, r.priority, case when r.finished_at is null then ${instant(sql`r.paused_at`)} end as paused_at, r.trigger, r.created_by as by,
      r.trigger_id, t.name as trigger_name, r.run_set_id as run_set, ${instant(sql`r.nominal_at`)} as nominal_at,
      r.parameters, ${instant(sql`r.created_at`)} as created_at, ${instant(sql`r.started_at`)} as started_at,
      ${instant(sql`r.finished_at`)} as finished_at, r.replay_of, r.reproduces, r.scope, r.parent_run,
      ${instant(sql`r.let_go_at`)} as let_go_at, ${instant(sql`r.logs_forgotten_at`)} as logs_forgotten_at,
      (select jsonb_build_object('by', coalesce(n.pinned_by, ''), 'at', ${instant(sql`n.pinned_at`)}, 'note', n.note)
        from drawloom.run_pin n where n.run_id = r.id) as pin,
      (select pn.node_id from drawloom.run q join drawloom.plan_node pn on pn.plan_id = q.plan_id and pn.node = r.parent_node
        where q.id = r.parent_run) as parent_node,
      (select coalesce(jsonb_object_agg(c.status, c.n), '{}') from (
        select n.status, count(*) as n from drawloom.plan_node pn
        join drawloom.node_run n on n.run_id = r.id and n.node = pn.node and n.map_index = 0
        where pn.plan_id = r.plan_id group by n.status) c) as counts
    from drawloom.run r
    join drawloom.project p on p.id = r.project_id
    join drawloom.pipeline l on l.id = r.pipeline_id
    join drawloom.pipeline_version v on v.id = r.pipeline_version_id
    left join drawloom.trigger t on t.id = r.trigger_id
    ${rest}`);
  return rows.map((row) => ({
    id: Number(row.id),
    project: row.project,
    pipeline: { id: row.pipeline, name: row.name },
    version: row.version,
    status: row.status,
    message: sentenceOnRun({ status: row.status, reason: row.reason, timeoutMs: numberOrNull(row.timeout_ms) }),
    timeoutMs: numberOrNull(row.timeout_ms),
    priority: row.priority,
    pausedAt: row.paused_at,
    trigger: {
      kind: row.trigger,
      by: row.by ?? '',
      id: row.trigger_id,
      name: row.trigger_name,
      runSet: row.run_set,
      nominalAt: row.nominal_at,
    },
    parameters: row.parameters,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    nodeCounts: row.counts,
    replayOf: numberOrNull(row.replay_of),
    reproduces: numberOrNull(row.reproduces),
    scope: row.scope,
    pin: row.pin,
    outputsForgottenAt: row.let_go_at,
    logsForgottenAt: row.logs_forgotten_at,
    parent: row.parent_run === null ? null : { run: Number(row.parent_run), node: row.parent_node ?? '' },
  }));
}

const numberOrNull = (value: string | null) => (value === null ? null : Number(value));
