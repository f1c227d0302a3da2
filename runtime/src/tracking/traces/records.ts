/**
 * Decides what a logged trace is: told by its spans as they end, one by one and in any order, and then by the client that ran it, whose
 * word of the whole counts from then on.
 */
import type { TransactionSql } from 'postgres';
import type { Sql } from '../../db/connection.ts';
import type { LoggedTraceState } from '../../db/tables/loggedTraces.ts';
import { invalidValue, notThere } from '../wire/mistake.ts';
import type { Assessment } from './assessments.ts';
import type { KeptSpan } from './span.ts';

export type { LoggedTraceState };

export type Pairs = Readonly<Record<string, string>>;

export interface TraceInfo {
  id: number;
  uuid: string;
  /** The number that clients know its experiment by. */
  experiment: string;
  state: LoggedTraceState;
  atMs: number;
  durationMs: number | null;
  clientRequestId: string | null;
  requestPreview: string | null;
  responsePreview: string | null;
  spanCount: number;
  tags: Pairs;
  metadata: Pairs;
  assessments: Assessment[];
}

export interface ToldTrace extends Pick<TraceInfo, 'uuid' | 'state' | 'atMs' | 'durationMs' | 'clientRequestId'> {
  requestPreview: string | null;
  responsePreview: string | null;
  tags: Pairs;
  metadata: Pairs;
}

/** What the spans that came at once say of their trace. */
export interface SpannedTrace {
  uuid: string;
  spans: KeptSpan[];
  /** Null while its first span has not ended. */
  state: 'OK' | 'ERROR' | null;
  startMs: number;
  endMs: number;
  requestPreview: string | null;
  responsePreview: string | null;
  tags: Pairs;
  metadata: Pairs;
}

/** More is no trace that anybody reads, and would take the store of a project by itself. */
export const limits = { spans: 20_000, bytes: 64 * 2 ** 20 } as const;

/** The name of a span's place in the store, by which clients know that nothing of it lies among the artifacts. */
export const keptHere = { 'mlflow.trace.spansLocation': 'TRACKING_STORE' } as const;

/** Keeps what a client says of a whole trace; what its spans said of it before goes. */
export async function tellTrace(sql: Sql, projectId: string, experiment: number, told: ToldTrace): Promise<number> {
  return sql.begin(async (tx) => {
    const [row] = await tx<{ id: string }[]>`
      insert into drawloom.logged_trace (project_id, uuid, experiment_id, state, at_ms, duration_ms, client_request_id, request_preview, response_preview, told)
      values (${projectId}, ${told.uuid}, ${experiment}, ${told.state}, ${told.atMs}, ${told.durationMs}, ${told.clientRequestId},
        ${told.requestPreview}, ${told.responsePreview}, true)
      on conflict (project_id, uuid) do update set experiment_id = excluded.experiment_id, state = excluded.state, at_ms = excluded.at_ms,
        duration_ms = excluded.duration_ms, client_request_id = excluded.client_request_id, told = true,
        request_preview = coalesce(excluded.request_preview, logged_trace.request_preview),
        response_preview = coalesce(excluded.response_preview, logged_trace.response_preview)
      returning id`;
    const id = Number(row!.id);
    await writePairs(tx, id, 'tag', { ...told.tags, ...keptHere });
    await writePairs(tx, id, 'metadata', told.metadata);
    return id;
  });
}

/** Keeps spans, each once; those of a trace that nobody told of yet begin it. A span that is sent again takes the place of the first. */
export async function keepSpans(
  sql: Sql,
  projectId: string,
  experiment: number,
  traces: readonly SpannedTrace[],
): Promise<number[]> {
  const ids: number[] = [];
  await sql.begin(async (tx) => {
    // In one order, so that two that tell of the same traces wait for each other and never both.
    for (const trace of traces.toSorted((a, b) => (a.uuid < b.uuid ? -1 : 1))) {
      const state = trace.state ?? 'IN_PROGRESS';
      const [row] = await tx<{ id: string; told: boolean }[]>`
        insert into drawloom.logged_trace as t (project_id, uuid, experiment_id, state, at_ms, duration_ms, request_preview, response_preview)
        values (${projectId}, ${trace.uuid}, ${experiment}, ${state}, ${trace.startMs}, ${Math.max(0, trace.endMs - trace.startMs)},
          ${trace.requestPreview}, ${trace.responsePreview})
        on conflict (project_id, uuid) do update set
          state = case when t.told or ${trace.state}::text is null then t.state else excluded.state end,
          at_ms = case when t.told then t.at_ms else least(t.at_ms, excluded.at_ms) end,
          duration_ms = case when t.told then t.duration_ms
            else greatest(t.at_ms + coalesce(t.duration_ms, 0), excluded.at_ms + excluded.duration_ms) - least(t.at_ms, excluded.at_ms) end,
          request_preview = coalesce(t.request_preview, excluded.request_preview),
          response_preview = coalesce(t.response_preview, excluded.response_preview)
        returning id, told`;
      const id = Number(row!.id);
      ids.push(id);
      await writeSpans(tx, id, trace);
      await writePairs(tx, id, 'tag', { ...trace.tags, ...keptHere }, !row!.told);
      await writePairs(tx, id, 'metadata', trace.metadata, !row!.told);
    }
  });
  return ids;
}

async function writeSpans(tx: TransactionSql, id: number, { uuid, spans }: SpannedTrace): Promise<void> {
  const once = [...new Map(spans.map((span) => [span.spanId, span])).values()];
  const [kept] = await tx<{ spans: number; bytes: string }[]>`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(once)}::text::jsonb)
        as g ("spanId" text, "parentId" text, name text, type text, status text, "startNs" bigint, "endNs" bigint, content text)
    ), before as (
      select s.span_id, octet_length(s.content) as bytes from drawloom.logged_span s join given g on g."spanId" = s.span_id where s.trace_id = ${id}
    ), written as (
      insert into drawloom.logged_span (trace_id, span_id, parent_id, name, type, status, start_ns, end_ns, content)
      select ${id}::bigint, g."spanId", g."parentId", g.name, g.type, g.status, g."startNs", g."endNs", g.content from given g
      on conflict (trace_id, span_id) do update set parent_id = excluded.parent_id, name = excluded.name, type = excluded.type,
        status = excluded.status, start_ns = excluded.start_ns, end_ns = excluded.end_ns, content = excluded.content
    )
    update drawloom.logged_trace set
      span_count = span_count + (select count(*) from given) - (select count(*) from before),
      span_bytes = span_bytes + (select coalesce(sum(octet_length(content)), 0) from given) - (select coalesce(sum(bytes), 0) from before)
    where id = ${id} returning span_count as spans, span_bytes as bytes`;
  if (kept!.spans > limits.spans || Number(kept!.bytes) > limits.bytes)
    throw invalidValue(
      `The trace ${uuid} would have ${kept!.spans} spans of ${kept!.bytes} bytes; at most ${limits.spans} and ${limits.bytes} bytes are kept of one.`,
    );
}

async function writePairs(
  tx: TransactionSql,
  id: number,
  of: 'tag' | 'metadata',
  pairs: Pairs,
  over = true,
): Promise<void> {
  if (Object.keys(pairs).length === 0) return;
  await tx`
    insert into drawloom.logged_trace_pair as p (trace_id, of, key, value)
    select ${id}::bigint, ${of}::text, e.key, e.value from jsonb_each_text(${JSON.stringify(pairs)}::text::jsonb) e order by e.key
    on conflict (trace_id, of, key) do update set value = case when ${over} then excluded.value else p.value end`;
}

/** What is known of traces but their spans, in the order of the ids. */
export async function loadTraces(sql: Sql, ids: readonly number[]): Promise<TraceInfo[]> {
  if (ids.length === 0) return [];
  const rows = await sql<{ trace: string }[]>`
    select jsonb_build_object('id', t.id, 'uuid', t.uuid, 'experiment', case when e.is_default then '0' else e.id::text end, 'state', t.state,
      'atMs', t.at_ms, 'durationMs', t.duration_ms, 'clientRequestId', t.client_request_id, 'requestPreview', t.request_preview,
      'responsePreview', t.response_preview, 'spanCount', t.span_count,
      'tags', coalesce((select jsonb_object_agg(key, value) from drawloom.logged_trace_pair where trace_id = t.id and of = 'tag'), '{}'),
      'metadata', coalesce((select jsonb_object_agg(key, value) from drawloom.logged_trace_pair where trace_id = t.id and of = 'metadata'), '{}'),
      'assessments', coalesce((select jsonb_agg(jsonb_build_object('uuid', a.uuid, 'trace', t.uuid, 'name', a.name, 'kind', a.kind, 'content', a.content,
          'spanId', a.span_id, 'sourceType', a.source_type, 'sourceId', a.source_id, 'rationale', a.rationale, 'metadata', a.metadata,
          'overrides', a.overrides, 'valid', a.valid, 'createdMs', (extract(epoch from a.created_at) * 1000)::bigint,
          'updatedMs', (extract(epoch from a.updated_at) * 1000)::bigint) order by a.created_at, a.uuid)
        from drawloom.logged_assessment a where a.trace_id = t.id), '[]'))::text as trace
    from unnest(${`{${ids.join(',')}}`}::text::bigint[]) with ordinality as wanted (id, place)
    join drawloom.logged_trace t on t.id = wanted.id join drawloom.experiment e on e.id = t.experiment_id
    order by wanted.place`;
  return rows.map(({ trace }) => JSON.parse(trace) as TraceInfo);
}

export const noTrace = (uuid: string) => notThere(`Trace with ID '${uuid.slice(0, 300)}' not found.`);

/** The ids in the database of those that there are, in the order in which they were named. */
export async function tracesNamed(sql: Sql, projectId: string, uuids: readonly string[]): Promise<number[]> {
  const rows = await sql<{ id: string }[]>`
    select t.id from jsonb_array_elements_text(${JSON.stringify([...new Set(uuids)])}::text::jsonb) with ordinality as w (uuid, place)
    join drawloom.logged_trace t on t.project_id = ${projectId} and t.uuid = w.uuid order by w.place`;
  return rows.map(({ id }) => Number(id));
}

export async function traceNamed(sql: Sql, projectId: string, uuid: string): Promise<number> {
  const [id] = await tracesNamed(sql, projectId, [uuid]);
  if (id === undefined) throw noTrace(uuid);
  return id;
}

const spansAtOnce = 50;

/** The spans of a trace in the order in which they began, as they are kept; fetched as they are asked for. */
export async function* spansOf(sql: Sql, id: number): AsyncGenerator<string> {
  let [startNs, spanId] = ['-1', ''];
  for (;;) {
    const rows = await sql<{ start: string; span: string; content: string }[]>`
      select start_ns::text as start, span_id as span, content from drawloom.logged_span
      where trace_id = ${id} and (start_ns, span_id) > (${startNs}::text::bigint, ${spanId}::text) order by start_ns, span_id limit ${spansAtOnce}`;
    for (const { content } of rows) yield content;
    const last = rows.at(-1);
    if (!last || rows.length < spansAtOnce) return;
    [startNs, spanId] = [last.start, last.span];
  }
}

export async function setTraceTag(sql: Sql, id: number, key: string, value: string): Promise<void> {
  await sql.begin((tx) => writePairs(tx, id, 'tag', { [key]: value }));
}

/** Whether there was such a tag. */
export async function deleteTraceTag(sql: Sql, id: number, key: string): Promise<boolean> {
  const { count } =
    await sql`delete from drawloom.logged_trace_pair where trace_id = ${id} and of = 'tag' and key = ${key}`;
  return count > 0;
}

export async function linkTraces(sql: Sql, ids: readonly number[], run: number): Promise<void> {
  await sql`
    insert into drawloom.logged_trace_run (trace_id, tracked_id)
    select id, ${run}::bigint from unnest(${`{${ids.join(',')}}`}::text::bigint[]) w (id) on conflict do nothing`;
}

/** Which go: those that are named, or the oldest that began no later than a time. */
export type Going = { uuids: readonly string[] } | { throughMs: number; atMost: number };

const goAtOnce = 500;

/** Takes traces of an experiment away with all that belongs to them, some hundred at a time. Returns how many went. */
export async function deleteTraces(sql: Sql, experiment: number, going: Going): Promise<number> {
  if ('uuids' in going) {
    const { count } = await sql`
      delete from drawloom.logged_trace where experiment_id = ${experiment}
        and uuid in (select jsonb_array_elements_text(${JSON.stringify(going.uuids)}::text::jsonb))`;
    return count;
  }
  let gone = 0;
  while (gone < going.atMost) {
    const { count } = await sql`
      delete from drawloom.logged_trace where id in (
        select id from drawloom.logged_trace where experiment_id = ${experiment} and at_ms <= ${going.throughMs}
        order by at_ms, id limit ${Math.min(goAtOnce, going.atMost - gone)})`;
    gone += count;
    if (count < goAtOnce) break;
  }
  return gone;
}
