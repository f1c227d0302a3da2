/** Decides what is told of how a version came about: code, data, parameters, environment and seed of the run that made it. */
import type { ModelOrigin } from '@drawloom/shared/api/models.ts';
import type { Sql } from '../db/connection.ts';

interface Row {
  source: string | null;
  commit: string | null;
  pipeline: ModelOrigin['pipeline'];
  node: ModelOrigin['node'];
  language: string | null;
  code: string | null;
  seed: number | null;
  environment: string | null;
  inputs: ModelOrigin['inputs'] | null;
  dataSets: Omit<ModelOrigin['dataSets'][number], 'sha256'>[] | null;
  parameters: ModelOrigin['parameters'] | null;
}

/** Null where no run is known that made it. */
export async function originOf(sql: Sql, version: number): Promise<ModelOrigin | null> {
  const [row] = await sql<{ origin: Row | null }[]>`
    select json_build_object(
      'source', case when r.run_id is null then (select value from drawloom.tracked_tag where tracked_id = r.id and key = 'mlflow.source.name') end,
      'commit', (select value from drawloom.tracked_tag where tracked_id = r.id and key = 'mlflow.source.git.commit'),
      'pipeline', case when p.id is not null then json_build_object('id', l.id, 'name', l.name, 'version', w.number) end,
      'node', case when n.node_id is not null then json_build_object('id', n.node_id, 'name', n.name, 'type', n.type) end,
      'language', n.language, 'code', n.code, 'seed', n.seed, 'environment', n.environment,
      'inputs', (select json_agg(json_build_object('port', u.port, 'position', u.position, 'kind', a.kind, 'sha256', a.sha256,
          'mediaType', a.media_type, 'sizeBytes', a.size_bytes, 'rowCount', a.row_count, 'columnCount', jsonb_array_length(a.columns), 'madeBy', null,
          'forgottenAt', to_char(a.forgotten_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by u.port, u.position)
        from drawloom.node_run o
        join drawloom.artifact_use u on u.run_id = o.run_id and u.node = o.node and u.map_index = o.map_index and u.attempt = o.attempt and u.direction = 'in'
        join drawloom.artifact a on a.id = u.artifact_id
        where o.run_id = p.id and o.node = r.node and o.map_index = coalesce(r.map_index, 0)),
      'dataSets', (select json_agg(json_build_object('name', d.name, 'digest', d.digest, 'source', left(d.source, 2000),
          'context', i.tags ->> 'mlflow.data.context') order by i.position)
        from drawloom.tracked_input i join drawloom.dataset d on d.id = i.dataset_id where i.tracked_id = r.id),
      'parameters', (select json_object_agg(key, value order by key) from drawloom.tracked_parameter where tracked_id = r.id)) as origin
    from drawloom.model_version v
    join drawloom.tracked_run r on r.id = v.tracked_id
    left join drawloom.run p on p.id = r.run_id and p.leaving_at is null
    left join drawloom.pipeline l on l.id = p.pipeline_id
    left join drawloom.pipeline_version w on w.id = p.pipeline_version_id
    left join drawloom.plan_node n on n.plan_id = p.plan_id and n.node = r.node
    where v.id = ${version}`;
  if (!row?.origin) return null;
  const { inputs, dataSets, parameters, ...rest } = row.origin;
  return {
    ...rest,
    inputs: inputs ?? [],
    dataSets: (dataSets ?? []).map((one) => ({ ...one, sha256: artifactIn(one.source) })),
    parameters: parameters ?? {},
  };
}

/** What pipelines read says in its source which artifact it is. */
function artifactIn(source: string): string | null {
  return /^\{"sha256": ?"([0-9a-f]{64})"\}$/.exec(source)?.[1] ?? null;
}
