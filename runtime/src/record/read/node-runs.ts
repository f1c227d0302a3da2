/** Decides how node runs are read: each with its outputs, its numbers, and why it is where it is. */
import type { ArtifactRef, Attempt, ItemCounts, NodeRun, NodeRunSummary } from '@drawloom/shared/api/runs.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { KnownOfEnd } from '@drawloom/shared/run/failure/evidence.ts';
import { type Ended, explain, type Failure } from '@drawloom/shared/run/failure/explain.ts';
import type { AttemptReason, NodeRunStatus } from '@drawloom/shared/run/status.ts';
import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import { instant } from './instant.ts';
import { explainReuse } from './reuse.ts';
import { type Circumstances, sentenceOn } from './sentences.ts';

interface Row extends Record<string, unknown>, Omit<Circumstances, 'failure'> {
  node: number;
  node_id: string;
  map_index: number;
  item_name: string | null;
  type: string;
  status: NodeRunStatus;
  reason: AttemptReason | null;
  attempt: number;
  queued_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  reused: { run: number; node: string; savedMs: number } | null;
  items: ItemCounts | null;
  outputs: ArtifactRef[];
  metrics: Record<string, number>;
  /** Where it did not succeed, or not yet: what is on record of its end. */
  ended: Ended | null;
}

/** A map of thousands gives thousands; a page shows the first. */
const mostListed = 100;

/** The node runs of a run in the order of the plan. The items of maps are not among them. */
export const readNodeRuns = (tx: Tx, run: number): Promise<NodeRunSummary[]> => read(tx, run, sql`and n.map_index = 0`);

export interface ItemFilter {
  statuses?: readonly NodeRunStatus[] | undefined;
  /** Items after this one, which is the last of the page before. */
  after?: number | undefined;
  limit: number;
}

/** The items that a node goes through, as far as they have begun, in their order. */
export async function readItems(
  tx: Tx,
  run: number,
  nodeId: string,
  { statuses, after = 0, limit }: ItemFilter,
): Promise<{ items: NodeRunSummary[]; next: string | null }> {
  const among = statuses
    ? sql`and n.status = any(${`{${statuses.join(',')}}`}::text::drawloom.node_run_status[])`
    : sql``;
  const items = await read(
    tx,
    run,
    sql`and p.node_id = ${nodeId} and n.map_index > ${after}::int ${among}`,
    sql`limit ${limit + 1}`,
  );
  const more = items.length > limit;
  if (more) items.pop();
  return { items, next: more ? String(items.at(-1)!.mapIndex) : null };
}

async function read(tx: Tx, run: number, which: SQL, most?: SQL): Promise<NodeRunSummary[]> {
  return (await rowsOf(tx, run, which, most)).map(summaryOf);
}

const rowsOf = (tx: Tx, run: number, which: SQL, most: SQL = sql``) =>
  tx.execute<Row>(sql`
    select n.node, p.node_id, p.name, p.type, p.pool, n.map_index,
      case when n.map_index > 0 then (select i.item_name from drawloom.map_group g join drawloom.artifact_use i
        on i.run_id = g.run_id and i.node = g.node and i.map_index = 0 and i.attempt = g.attempt and i.direction = 'item' and i.port = g.port
          and i.position = n.map_index - 1
        where g.run_id = n.run_id and g.node = n.node) end as item_name, n.status, n.reason, n.attempt, ${instant(sql`n.queued_at`)} as queued_at,
      ${instant(sql`n.started_at`)} as started_at, ${instant(sql`n.finished_at`)} as finished_at,
      (select jsonb_build_object('run', a.run_id, 'node', sp.node_id, 'savedMs', round(coalesce(a.wall_ms, extract(epoch from a.finished_at - a.claimed_at) * 1000)))
        from drawloom.node_run s join drawloom.run sr on sr.id = s.run_id
        join drawloom.plan_node sp on sp.plan_id = sr.plan_id and sp.node = s.node
        join drawloom.attempt a on a.run_id = s.run_id and a.node = s.node and a.map_index = s.map_index and a.attempt = s.attempt
        where s.run_id = n.reused_from_run and s.node = n.reused_from_node and s.map_index = coalesce(n.reused_from_map_index, 0)) as reused,
      (select jsonb_build_object('total', g.total, 'done', g.done, 'good', g.good, 'failed', g.failed)
        from drawloom.map_group g where n.map_index = 0 and g.run_id = n.run_id and g.node = n.node) as items,
      ${outputsOf}, ${metricsOf}, ${endedOf},
      (select a.error ->> 'message' from drawloom.attempt a
        where a.run_id = n.run_id and a.node = n.node and a.map_index = n.map_index and a.attempt = n.attempt) as error,
      (select c.name from drawloom.plan_node c where c.plan_id = r.plan_id and c.node = n.cause_node) as cause,
      (select ${instant(sql`t.due_at`)} from drawloom.timer t where t.run_id = n.run_id and t.node = n.node and t.map_index = n.map_index) as due_at,
      (select e.run_id::int from drawloom.cache_waiter w join drawloom.cache_entry e on e.project_id = w.project_id and e.key = w.key
        where w.run_id = n.run_id and w.node = n.node and w.map_index = n.map_index) as filling_run,
      (select k.kind from drawloom.parked k where k.run_id = n.run_id and k.node = n.node and k.map_index = n.map_index) as parked,
      case when n.status = 'queued' then exists (select from drawloom.worker w where w.stopped_at is null and not w.draining
        and w.last_beat > clock_timestamp() - w.ttl_ms * interval '1 millisecond') end as workers_alive,
      r.status as run_status, r.reason as run_reason
    from drawloom.node_run n
    join drawloom.run r on r.id = n.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
    where n.run_id = ${run}::bigint ${which}
    order by n.node, n.map_index ${most}`);

function summaryOf(row: Row): NodeRunSummary {
  const failure = row.ended && explain(row.ended);
  return {
    node: row.node_id,
    name: row.name,
    type: row.type,
    mapIndex: row.map_index,
    itemName: row.item_name,
    status: row.status,
    reason: row.reason,
    message: sentenceOn({ ...row, failure }),
    failure,
    attempts: row.attempt,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    reusedFrom: row.reused,
    items: row.items,
    outputs: row.outputs,
    metrics: row.metrics,
  };
}

/** Of a node run that did not succeed, or has not yet: its last attempt, its limits, and what came to it or was begun by it. */
const endedOf = sql`
  case when n.status in ('failed', 'cancelled', 'skipped') or (n.status in ('waiting', 'queued') and n.reason is not null) then (
    select jsonb_build_object('reason', coalesce(n.reason, 'cancelled'),
      'error', case when a.error is not null then jsonb_build_object('type', coalesce(a.error ->> 'type', ''), 'message', coalesce(a.error ->> 'message', ''),
        'line', a.error -> 'line', 'column', a.error -> 'column') end,
      'known', a.error -> 'known', 'exitCode', a.exit_code, 'signal', a.signal, 'wallMs', a.wall_ms, 'peakMemoryBytes', a.peak_memory_bytes,
      'limits', jsonb_build_object('memoryBytes', p.memory_bytes, 'queueTimeoutMs', p.queue_timeout_ms), 'losses', n.lost,
      'columns', (select coalesce(jsonb_agg(distinct c.value -> 'name'), '[]') from drawloom.artifact_use u
        join drawloom.artifact f on f.id = u.artifact_id, jsonb_array_elements(f.columns) c
        where a.reason = 'user_error' and f.columns is not null
          and u.run_id = n.run_id and u.node = n.node and u.map_index = n.map_index and u.attempt = n.attempt and u.direction = 'in' and u.position < 20),
      'child', case when n.reason = 'child_failed' then (select max(c.id) from drawloom.run c
        where c.parent_run = n.run_id and c.parent_node = n.node and c.parent_map_index = n.map_index) end,
      'items', case when n.reason = 'items_failed' then (select jsonb_build_object('total', g.total, 'failed', g.failed, 'first', (
          select min(i.map_index) from drawloom.node_run i where i.run_id = n.run_id and i.node = n.node and i.map_index > 0 and i.status = 'failed'))
        from drawloom.map_group g where g.run_id = n.run_id and g.node = n.node) end,
      'cause', case when n.status = 'skipped' then (select jsonb_build_object('node', c.node_id, 'name', c.name)
        from drawloom.plan_node c where c.plan_id = r.plan_id and c.node = n.cause_node) end,
      'runTimeoutMs', case when n.status = 'cancelled' and r.reason = 'timeout' then r.timeout_ms end)
    from (values (1)) one left join drawloom.attempt a
      on a.run_id = n.run_id and a.node = n.node and a.map_index = n.map_index and a.attempt = n.attempt) end as ended`;

/** Whoever took work over shows the numbers of the attempt that did it. */
const metricsOf = sql`
  (select coalesce(jsonb_object_agg(m.key, m.value), '{}') from (
    select distinct on (m.key) m.key, m.value from drawloom.metric m
    join drawloom.node_run s on s.run_id = m.run_id and s.node = m.node and s.map_index = m.map_index and s.attempt = m.attempt
    where m.run_id = coalesce(n.reused_from_run, n.run_id) and m.node = coalesce(n.reused_from_node, n.node) and m.map_index = coalesce(n.reused_from_map_index, n.map_index)
      and m.value not in ('NaN', 'Infinity', '-Infinity') -- which JSON cannot hold
    order by m.key, m.step desc, m.at desc) m) as metrics`;

const artifactRef = (madeBy: ReturnType<typeof sql>) => sql`
  jsonb_build_object('port', u.port, 'position', u.position, 'kind', a.kind, 'sha256', a.sha256, 'mediaType', a.media_type,
    'sizeBytes', a.size_bytes, 'rowCount', a.row_count, 'columnCount', jsonb_array_length(a.columns), 'madeBy', ${madeBy},
    'forgottenAt', ${instant(sql`a.forgotten_at`)})`;

const outputsOf = sql`
  (select coalesce(jsonb_agg(${artifactRef(sql`jsonb_build_object('run', coalesce(n.reused_from_run, n.run_id), 'port', u.port,
      'node', coalesce((select sp.node_id from drawloom.run sr join drawloom.plan_node sp on sp.plan_id = sr.plan_id and sp.node = n.reused_from_node
        where sr.id = n.reused_from_run), p.node_id))`)} order by u.port, u.position), '[]')
    from drawloom.artifact_use u join drawloom.artifact a on a.id = u.artifact_id
    where u.run_id = n.run_id and u.node = n.node and u.map_index = n.map_index and u.attempt = n.attempt and u.direction = 'out'
      and u.position < ${mostListed}) as outputs`;

/** One node's part of a run, with all that is known of it. */
export async function getNodeRun(tx: Tx, run: number, nodeId: string, mapIndex = 0): Promise<NodeRun | undefined> {
  const [row] = await rowsOf(tx, run, sql`and p.node_id = ${nodeId} and n.map_index = ${mapIndex}::int`);
  if (!row) return undefined;
  const [more] = await tx.execute<{
    code: string | null;
    parameters: Record<string, Json>;
    inputs: ArtifactRef[];
    history: (Omit<Attempt, 'failure'> & { known: KnownOfEnd | null })[];
    children: NodeRun['children'];
    approval: number | null;
  }>(sql`
    select p.code, p.parameters,
      (select coalesce(jsonb_agg(${artifactRef(sql`(
          select jsonb_build_object('run', n.run_id, 'node', sp.node_id, 'port', i.src_port)
          from (select i.src, i.src_port, row_number() over (order by i.position, o.position) - 1 as place from drawloom.plan_input i
            join drawloom.node_run s on s.run_id = n.run_id and s.node = i.src and s.map_index = 0
            join drawloom.artifact_use o on o.run_id = s.run_id and o.node = s.node and o.map_index = 0 and o.attempt = s.attempt
              and o.direction = 'out' and o.port = i.src_port and o.position < ${mostListed}
            where i.plan_id = r.plan_id and i.node = n.node and i.port = u.port) i
          join drawloom.plan_node sp on sp.plan_id = r.plan_id and sp.node = i.src where i.place = u.position)`)} order by u.port, u.position), '[]')
        from drawloom.artifact_use u join drawloom.artifact a on a.id = u.artifact_id
        where u.run_id = n.run_id and u.node = n.node and u.map_index = n.map_index and u.attempt = n.attempt and u.direction = 'in'
          and u.position < ${mostListed}) as inputs,
      (select coalesce(jsonb_agg(jsonb_build_object('attempt', h.attempt, 'worker', h.worker_id, 'tier', coalesce(h.tier, p.tier),
          'isolation', coalesce(h.isolation, ''), 'reason', h.reason, 'exitCode', h.exit_code, 'signal', h.signal, 'known', h.error -> 'known',
          'error', case when h.error is not null then jsonb_build_object('type', coalesce(h.error ->> 'type', ''), 'message', h.error ->> 'message',
            'traceback', h.error -> 'traceback', 'line', h.error -> 'line', 'column', h.error -> 'column') end,
          'startedAt', ${instant(sql`h.claimed_at`)}, 'finishedAt', ${instant(sql`h.finished_at`)}, 'wallMs', h.wall_ms, 'cpuMs', h.cpu_ms,
          'peakMemoryBytes', h.peak_memory_bytes, 'memoryLimitBytes', p.memory_bytes,
          'logBytes', coalesce((select max(c.byte_offset + c.size_bytes) from drawloom.log_chunk c
            where c.run_id = n.run_id and c.node = n.node and c.map_index = n.map_index and c.attempt = h.attempt), 0)) order by h.attempt), '[]')
        from (
          select attempt, worker_id, tier, isolation, reason, exit_code, signal, error, claimed_at, finished_at, wall_ms, cpu_ms, peak_memory_bytes
          from drawloom.attempt a where a.run_id = n.run_id and a.node = n.node and a.map_index = n.map_index
          union all
          select attempt, worker_id, null, null, null, null, null, null, claimed_at, null, null, null, null
          from drawloom.lease l where l.run_id = n.run_id and l.node = n.node and l.map_index = n.map_index
        ) h) as history,
      (select coalesce(jsonb_agg(jsonb_build_object('run', c.id, 'status', c.status, 'round', c.round) order by c.id), '[]') from (
        select c.id, c.status, c.round from drawloom.run c
        where c.parent_run = n.run_id and c.parent_node = n.node and c.parent_map_index = n.map_index order by c.id desc limit 100) c) as children,
      (select a.id::int from drawloom.approval a where a.run_id = n.run_id and a.node = n.node and a.map_index = n.map_index) as approval
    from drawloom.node_run n
    join drawloom.run r on r.id = n.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
    where n.run_id = ${run}::bigint and p.node_id = ${nodeId} and n.map_index = ${mapIndex}::int`);
  const history = more!.history.map(({ known, ...attempt }) => ({
    ...attempt,
    failure: failureOf(row, attempt, known),
  }));
  return { ...summaryOf(row), ...more!, history, reuse: await explainReuse(tx, run, nodeId, mapIndex) };
}

/** Of an attempt that others followed as well; what came to it is what came to all of them. */
function failureOf(
  { ended }: Row,
  { reason, error, exitCode, signal, wallMs, peakMemoryBytes, memoryLimitBytes }: Omit<Attempt, 'failure'>,
  known: KnownOfEnd | null,
): Failure | null {
  if (reason === null) return null;
  const around = ended ?? {
    limits: { queueTimeoutMs: null },
    losses: 1,
    columns: [],
    child: null,
    items: null,
    runTimeoutMs: null,
  };
  const limits = { ...around.limits, memoryBytes: memoryLimitBytes };
  return explain({ ...around, cause: null, limits, reason, error, known, exitCode, signal, wallMs, peakMemoryBytes });
}
