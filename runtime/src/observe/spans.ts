/** Decides what the spans of a run tell, from what is recorded of it: OTLP in its JSON form, a part of the run at a time. */
import type { Sql } from '../db/connection.ts';
import { attemptSpanOf, nodeSpanOf, runSpanOf, traceIdOf } from './trace.ts';

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: 1;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  events?: { name: string; timeUnixNano: string; attributes: Attribute[] }[];
  status: { code: 0 | 1 | 2; message?: string };
}
type Value = { stringValue: string } | { intValue: string } | { doubleValue: number } | { boolValue: boolean };
interface Attribute {
  key: string;
  value: Value;
}

const nodesAtOnce = 200;
const longestText = 4000;

interface RunRow {
  project_id: string;
  project: string;
  pipeline_id: string;
  pipeline: string | null;
  version: number | null;
  trigger: string;
  status: string;
  replay_of: string | null;
  began: string;
  ended: string;
}
interface NodeRow {
  node: number;
  map_index: number;
  node_id: string;
  name: string;
  type: string;
  status: string;
  reason: string | null;
  reused_from_run: string | null;
  began: string;
  ended: string;
}
interface AttemptRow {
  node: number;
  map_index: number;
  attempt: number;
  reason: string;
  tier: string | null;
  worker_id: string;
  exit_code: number | null;
  signal: string | null;
  error: { type?: string; message?: string; traceback?: string } | null;
  peak: string | null;
  cpu_ms: number | null;
  began: string;
  ended: string;
}

/** Nothing for a run that is gone. Nodes that never came to their turn have no span. */
export async function* spansOf(sql: Sql, run: number): AsyncGenerator<Span[]> {
  const [row] = await sql<RunRow[]>`
    select r.project_id, p.slug as project, r.pipeline_id, l.name as pipeline, v.number as version, r.trigger, r.status, r.replay_of,
      ${nanos(sql, 'r.created_at')} as began, ${nanos(sql, 'coalesce(r.finished_at, now())')} as ended
    from drawloom.run r join drawloom.project p on p.id = r.project_id
    left join drawloom.pipeline l on l.id = r.pipeline_id left join drawloom.pipeline_version v on v.id = r.pipeline_version_id
    where r.id = ${run}`;
  if (!row) return;
  const place = { project: row.project_id, run };
  const traceId = traceIdOf(place);
  yield [
    {
      traceId,
      spanId: runSpanOf(place),
      name: `run ${row.pipeline ?? row.pipeline_id}`,
      kind: 1,
      startTimeUnixNano: row.began,
      endTimeUnixNano: row.ended,
      attributes: attributes({
        'drawloom.run': run,
        'drawloom.run.status': row.status,
        'drawloom.run.trigger': row.trigger,
        'drawloom.run.replay_of': row.replay_of === null ? null : Number(row.replay_of),
        'drawloom.project': row.project,
        'drawloom.pipeline': row.pipeline_id,
        'drawloom.pipeline.name': row.pipeline,
        'drawloom.pipeline.version': row.version,
      }),
      status: statusOf(row.status === 'succeeded', row.status === 'failed' ? 'A node failed.' : null),
    },
  ];
  let last = { node: -1, mapIndex: -1 };
  for (;;) {
    const nodes = await sql<NodeRow[]>`
      select n.node, n.map_index, p.node_id, p.name, p.type, n.status, n.reason, n.reused_from_run,
        ${nanos(sql, 'coalesce(n.queued_at, n.started_at, n.finished_at)')} as began, ${nanos(sql, 'n.finished_at')} as ended
      from drawloom.node_run n join drawloom.run r on r.id = n.run_id
      join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
      where n.run_id = ${run} and (n.node, n.map_index) > (${last.node}, ${last.mapIndex}) and n.finished_at is not null
      order by n.node, n.map_index limit ${nodesAtOnce}`;
    const final = nodes.at(-1);
    if (!final) return;
    const attempts = await sql<AttemptRow[]>`
      select node, map_index, attempt, reason, tier, worker_id, exit_code, signal, error, peak_memory_bytes as peak, cpu_ms,
        ${nanos(sql, 'claimed_at')} as began, ${nanos(sql, 'finished_at')} as ended
      from drawloom.attempt where run_id = ${run} and (node, map_index) > (${last.node}, ${last.mapIndex})
        and (node, map_index) <= (${final.node}, ${final.map_index})
      order by node, map_index, attempt`;
    const worked = new Set(attempts.map(({ node, map_index }) => `${node} ${map_index}`));
    const told = nodes.filter(
      ({ status, node, map_index }) => status !== 'skipped' || worked.has(`${node} ${map_index}`),
    );
    yield [
      ...told.map((one): Span => nodeSpan(one, { ...place, node: one.node, mapIndex: one.map_index }, traceId)),
      ...attempts.map((one): Span => attemptSpan(one, place, traceId)),
    ];
    last = { node: final.node, mapIndex: final.map_index };
  }
}

function nodeSpan(
  row: NodeRow,
  place: { project: string; run: number; node: number; mapIndex: number },
  traceId: string,
): Span {
  return {
    traceId,
    spanId: nodeSpanOf(place),
    parentSpanId: runSpanOf(place),
    name: row.name,
    kind: 1,
    startTimeUnixNano: row.began,
    endTimeUnixNano: row.ended,
    attributes: attributes({
      'drawloom.run': place.run,
      'drawloom.node': row.node_id,
      'drawloom.node.type': row.type,
      'drawloom.node.map_index': place.mapIndex,
      'drawloom.node.status': row.status,
      'drawloom.node.reason': row.reason,
      'drawloom.node.reused_from_run': row.reused_from_run === null ? null : Number(row.reused_from_run),
    }),
    status: statusOf(
      row.status === 'succeeded' || row.status === 'reused',
      row.status === 'failed' ? row.reason : null,
    ),
  };
}

function attemptSpan(row: AttemptRow, run: { project: string; run: number }, traceId: string): Span {
  const place = { ...run, node: row.node, mapIndex: row.map_index, attempt: row.attempt };
  const { error } = row;
  return {
    traceId,
    spanId: attemptSpanOf(place),
    parentSpanId: nodeSpanOf(place),
    name: `attempt ${row.attempt}`,
    kind: 1,
    startTimeUnixNano: row.began,
    endTimeUnixNano: row.ended,
    attributes: attributes({
      'drawloom.run': run.run,
      'drawloom.attempt': row.attempt,
      'drawloom.attempt.reason': row.reason,
      'drawloom.attempt.tier': row.tier,
      'drawloom.attempt.peak_memory_bytes': row.peak === null ? null : Number(row.peak),
      'drawloom.attempt.cpu_ms': row.cpu_ms,
      'drawloom.worker': row.worker_id,
      'process.exit.code': row.exit_code,
      'drawloom.attempt.signal': row.signal,
    }),
    ...(error && {
      events: [
        {
          name: 'exception',
          timeUnixNano: row.ended,
          attributes: attributes({
            'exception.type': error.type ?? null,
            'exception.message': error.message?.slice(0, longestText) ?? null,
            'exception.stacktrace': error.traceback?.slice(0, longestText) ?? null,
          }),
        },
      ],
    }),
    status: statusOf(row.reason === 'ok', ['ok', 'cancelled', 'parked'].includes(row.reason) ? null : row.reason),
  };
}

/** Postgres counts microseconds; OTLP wants nanoseconds, which no number of JavaScript holds. */
const nanos = (sql: Sql, column: string) =>
  sql.unsafe(`((extract(epoch from ${column}) * 1000000)::bigint::text || '000')`);

const statusOf = (good: boolean, wrong: string | null): Span['status'] =>
  good ? { code: 1 } : wrong === null ? { code: 0 } : { code: 2, message: wrong };

const attributes = (given: Record<string, string | number | boolean | null>): Attribute[] =>
  Object.entries(given).flatMap(([key, value]) => (value === null ? [] : [{ key, value: attributeValue(value) }]));

function attributeValue(value: string | number | boolean): Value {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
