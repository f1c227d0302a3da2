/** Decides what is read of a run and of its nodes to be told outside: what is on record, and nothing that is still only wanted. */
import type { Json } from '@drawloom/shared/json.ts';
import type { Column, PortKind } from '@drawloom/shared/node-type/ports.ts';
import type { AttemptReason, NodeRunStatus, RunStatus } from '@drawloom/shared/run/status.ts';
import type { Sql } from '../db/connection.ts';

export interface RunFacts {
  run: number;
  project_id: string;
  slug: string;
  pipeline: string;
  version: number;
  status: RunStatus;
  reason: string | null;
  trigger: string;
  parameters: Record<string, Json>;
  nominal_at: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  replay_of: number | null;
  /** The node run that started it, and the run above all. */
  parent: { run: number; node: number; map_index: number; node_id: string; pipeline: string } | null;
  root: { run: number; pipeline: string } | null;
}

export interface UsedArtifact {
  port: string;
  sha256: string;
  kind: PortKind;
  media_type: string;
  size_bytes: number;
  row_count: number | null;
  columns: Column[] | null;
  facts: { [key: string]: Json } | null;
  /** For an input: the node and port in this run that gave it. */
  from: { node: string; port: string } | null;
}

export interface NodeFacts {
  node: number;
  node_id: string;
  name: string;
  type: string;
  type_version: number;
  language: string | null;
  code: string | null;
  parameters: Record<string, Json>;
  environment: string | null;
  seed: number | null;
  cache_key: string | null;
  /** SHA-256 of the file that it reads from the data folder. */
  outside: string | null;
  status: NodeRunStatus;
  reason: AttemptReason | null;
  attempt: number;
  started_at: string | null;
  finished_at: string | null;
  reused_from: { run: number; node: number; map_index: number } | null;
  error: { type?: string; message: string; traceback?: string } | null;
  upstream: { node: number; node_id: string }[];
  inputs: UsedArtifact[];
  outputs: UsedArtifact[];
  /** Ports of its outputs that nothing in the run takes. */
  loose: string[];
}

/** More of one port are told as a number. */
const mostTold = 100;
export const nodesAtOnce = 100;

export async function runFacts(sql: Sql, run: number): Promise<RunFacts | undefined> {
  const [row] = await sql<{ facts: RunFacts }[]>`
    select jsonb_build_object('run', r.id, 'project_id', r.project_id, 'slug', p.slug, 'pipeline', l.name, 'version', v.number,
      'status', r.status, 'reason', r.reason, 'trigger', r.trigger, 'parameters', r.parameters, 'nominal_at', r.nominal_at,
      'created_at', r.created_at, 'started_at', r.started_at, 'finished_at', r.finished_at, 'replay_of', r.replay_of,
      'parent', (
        select jsonb_build_object('run', r.parent_run, 'node', r.parent_node, 'map_index', r.parent_map_index, 'node_id', n.node_id, 'pipeline', ql.name)
        from drawloom.run q join drawloom.pipeline ql on ql.id = q.pipeline_id
        join drawloom.plan_node n on n.plan_id = q.plan_id and n.node = r.parent_node where q.id = r.parent_run),
      'root', (
        with recursive above as (
          select q.id, q.parent_run, q.pipeline_id, 1 as depth from drawloom.run q where q.id = r.parent_run
          union all
          select q.id, q.parent_run, q.pipeline_id, a.depth + 1 from above a join drawloom.run q on q.id = a.parent_run where a.depth < 100
        ) select jsonb_build_object('run', a.id, 'pipeline', al.name) from above a join drawloom.pipeline al on al.id = a.pipeline_id
          order by a.depth desc limit 1)) as facts
    from drawloom.run r
    join drawloom.project p on p.id = r.project_id
    join drawloom.pipeline l on l.id = r.pipeline_id
    join drawloom.pipeline_version v on v.id = r.pipeline_version_id
    where r.id = ${run} and r.leaving_at is null`;
  return row?.facts;
}

/** The nodes of a run from number `from` on, as many as are read at once. Items of maps are told by the node that goes through them. */
export async function nodeFacts(
  sql: Sql,
  run: number,
  { from, atMost = nodesAtOnce }: { from: number; atMost?: number },
): Promise<NodeFacts[]> {
  const used = (direction: 'in' | 'out') => sql`
    (select coalesce(jsonb_agg(jsonb_build_object('port', u.port, 'sha256', a.sha256, 'kind', a.kind, 'media_type', a.media_type,
        'size_bytes', a.size_bytes, 'row_count', a.row_count, 'columns', a.columns, 'facts', a.facts,
        'from', ${
          direction === 'in'
            ? sql`(select jsonb_build_object('node', s.node_id, 'port', i.src_port) from drawloom.plan_input i
                join drawloom.artifact_use o on o.run_id = u.run_id and o.node = i.src and o.direction = 'out' and o.port = i.src_port
                  and o.artifact_id = u.artifact_id
                join drawloom.plan_node s on s.plan_id = i.plan_id and s.node = i.src
                where i.plan_id = r.plan_id and i.node = u.node and i.port = u.port order by i.position limit 1)`
            : sql`null::jsonb`
        }) order by u.port, u.position), '[]')
      from drawloom.artifact_use u join drawloom.artifact a on a.id = u.artifact_id
      where u.run_id = n.run_id and u.node = n.node and u.map_index = n.map_index and u.attempt = n.attempt
        and u.direction = ${direction} and u.position < ${mostTold})`;
  const rows = await sql<{ facts: NodeFacts }[]>`
    select jsonb_build_object('node', n.node, 'node_id', p.node_id, 'name', p.name, 'type', p.type, 'type_version', p.type_version,
      'language', p.language, 'code', p.code, 'parameters', p.parameters, 'environment', p.environment, 'seed', p.seed,
      'cache_key', n.cache_key, 'outside', p.key_parts ->> 'outside', 'status', n.status, 'reason', n.reason, 'attempt', n.attempt,
      'started_at', n.started_at, 'finished_at', n.finished_at,
      'reused_from', case when n.reused_from_run is not null then jsonb_build_object('run', n.reused_from_run, 'node', n.reused_from_node,
        'map_index', coalesce(n.reused_from_map_index, 0)) end,
      'error', (select e.error from drawloom.attempt e
        where e.run_id = n.run_id and e.node = n.node and e.map_index = n.map_index and e.attempt = n.attempt),
      'upstream', (select coalesce(jsonb_agg(jsonb_build_object('node', s.node, 'node_id', s.node_id) order by s.node), '[]')
        from drawloom.plan_edge e join drawloom.plan_node s on s.plan_id = e.plan_id and s.node = e.src
        where e.plan_id = r.plan_id and e.dst = n.node),
      'inputs', ${used('in')}, 'outputs', ${used('out')},
      'loose', (select coalesce(jsonb_agg(o.value ->> 'name'), '[]') from jsonb_array_elements(p.outputs) o
        where not exists (select from drawloom.plan_input i where i.plan_id = r.plan_id and i.src = n.node and i.src_port = o.value ->> 'name'))
      ) as facts
    from drawloom.node_run n
    join drawloom.run r on r.id = n.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
    where n.run_id = ${run} and n.map_index = 0 and n.node >= ${from} order by n.node limit ${atMost}`;
  return rows.map(({ facts }) => facts);
}
