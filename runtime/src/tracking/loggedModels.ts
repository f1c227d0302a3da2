/** Decides what a logged model is: begun by a run or without one, filled with files, and then ready or failed. */
import { randomUUID } from 'node:crypto';
import type { TransactionSql } from 'postgres';
import type { Sql } from '../db/connection.ts';
import type { LoggedModelStatus } from '../db/tables/loggedModels.ts';
import { finite, type Metric, type Pair } from './runs.ts';
import { invalidValue, notThere } from './wire/mistake.ts';

export interface LoggedModel {
  id: number;
  uuid: string;
  /** The number that clients know its experiment by. */
  experiment: string;
  name: string;
  modelType: string;
  sourceRun: string | null;
  status: LoggedModelStatus;
  creator: string;
  createdMs: number;
  updatedMs: number;
  deleted: boolean;
  parameters: Pair[];
  tags: Pair[];
  metrics: (Omit<Metric, 'value'> & {
    value: number | 'NaN';
    run: string;
    datasetName: string;
    datasetDigest: string;
  })[];
  /** Names and versions under which it was registered. */
  registrations: { name: string; version: number }[];
}

/** A number that a run tells of a model. */
export interface ModelMetric extends Metric {
  model: string;
  datasetName: string;
  datasetDigest: string;
}

export async function createLoggedModel(
  sql: Sql,
  made: {
    experiment: number;
    name: string;
    modelType: string;
    sourceRun: number | null;
    creator: string;
    parameters: readonly Pair[];
    tags: readonly Pair[];
  },
): Promise<number> {
  const uuid = `m-${randomUUID().replaceAll('-', '')}`;
  return sql.begin(async (tx) => {
    const [row] = await tx<{ id: string }[]>`
      insert into drawloom.logged_model (uuid, experiment_id, name, model_type, source_run_id, creator)
      values (${uuid}, ${made.experiment}, ${made.name}, ${made.modelType}, ${made.sourceRun}, ${made.creator}) returning id`;
    const id = Number(row!.id);
    await writePairs(tx, 'parameter', id, made.parameters);
    await writePairs(tx, 'tag', id, made.tags);
    return id;
  });
}

/** The last of several values of one name is the one that counts. */
async function writePairs(
  tx: TransactionSql,
  of: 'parameter' | 'tag',
  id: number,
  pairs: readonly Pair[],
): Promise<void> {
  if (pairs.length === 0) return;
  await tx`
    insert into ${tx(`drawloom.logged_model_${of}`)} (model_id, key, value)
    select distinct on (e.item ->> 'key') ${id}::bigint, e.item ->> 'key', e.item ->> 'value'
    from jsonb_array_elements(${JSON.stringify(pairs)}::text::jsonb) with ordinality as e (item, place)
    order by e.item ->> 'key', e.place desc
    on conflict (model_id, key) do update set value = excluded.value`;
}

/** Everything about models, in the order of the ids. */
export async function loadLoggedModels(sql: Sql, ids: readonly number[]): Promise<LoggedModel[]> {
  if (ids.length === 0) return [];
  const rows = await sql<{ model: string }[]>`
    select jsonb_build_object('id', m.id, 'uuid', m.uuid, 'experiment', case when e.is_default then '0' else e.id::text end, 'name', m.name,
      'modelType', m.model_type, 'sourceRun', r.uuid, 'status', m.status, 'creator', m.creator,
      'createdMs', (extract(epoch from m.created_at) * 1000)::bigint, 'updatedMs', (extract(epoch from m.updated_at) * 1000)::bigint,
      'deleted', m.deleted_at is not null,
      'parameters', coalesce((select jsonb_agg(jsonb_build_object('key', key, 'value', value) order by key)
        from drawloom.logged_model_parameter where model_id = m.id), '[]'),
      'tags', coalesce((select jsonb_agg(jsonb_build_object('key', key, 'value', value) order by key)
        from drawloom.logged_model_tag where model_id = m.id), '[]'),
      'metrics', coalesce((select jsonb_agg(jsonb_build_object('key', x.key, 'value', case when x.value = 'NaN' then '"NaN"'::jsonb else to_jsonb(x.value) end,
        'timestamp', x.at_ms, 'step', x.step, 'run', t.uuid, 'datasetName', x.dataset_name, 'datasetDigest', x.dataset_digest) order by x.key, x.at_ms, x.step)
        from drawloom.logged_model_metric x join drawloom.tracked_run t on t.id = x.tracked_id where x.model_id = m.id), '[]'),
      'registrations', coalesce((select jsonb_agg(jsonb_build_object('name', g.name, 'version', v.version) order by g.name, v.version)
        from drawloom.model_version v join drawloom.registered_model g on g.id = v.model_id where v.logged_model_id = m.id), '[]'))::text as model
    from unnest(${`{${ids.join(',')}}`}::text::bigint[]) with ordinality as wanted (id, place)
    join drawloom.logged_model m on m.id = wanted.id join drawloom.experiment e on e.id = m.experiment_id
    left join drawloom.tracked_run r on r.id = m.source_run_id
    order by wanted.place`;
  return rows.map(({ model }) => JSON.parse(model) as LoggedModel);
}

/** By its name outside, in a project; refused when there is none, or when it is deleted and that is not asked for. */
export async function loggedModelNamed(
  sql: Sql,
  projectId: string,
  uuid: string,
  { deletedToo = false, experiment }: { deletedToo?: boolean; experiment?: string } = {},
): Promise<LoggedModel> {
  const [found] = await sql<{ id: string }[]>`
    select m.id from drawloom.logged_model m join drawloom.experiment e on e.id = m.experiment_id
    where m.uuid = ${uuid} and e.project_id = ${projectId}`;
  const [model] = found ? await loadLoggedModels(sql, [Number(found.id)]) : [];
  if (!model || (model.deleted && !deletedToo) || (experiment !== undefined && experiment !== model.experiment))
    throw notThere(`Logged model with ID '${uuid}' not found.`);
  return model;
}

export async function setModelStatus(sql: Sql, id: number, status: LoggedModelStatus): Promise<void> {
  await sql`update drawloom.logged_model set status = ${status}, updated_at = now() where id = ${id}`;
}

export async function deleteLoggedModel(sql: Sql, id: number): Promise<void> {
  await sql`update drawloom.logged_model set deleted_at = coalesce(deleted_at, now()), updated_at = now() where id = ${id}`;
}

/** A parameter is written once; the same again is no mistake. */
export async function setModelParameters(sql: Sql, model: LoggedModel, parameters: readonly Pair[]): Promise<void> {
  const known = new Map(model.parameters.map(({ key, value }) => [key, value]));
  for (const { key, value } of parameters) {
    const before = known.get(key);
    if (before !== undefined && before !== value)
      throw invalidValue(`The parameter '${key}' of ${model.uuid} is '${before}' already; '${value}' was refused.`);
    known.set(key, value);
  }
  await sql.begin((tx) => writePairs(tx, 'parameter', model.id, parameters));
}

export async function setModelTags(sql: Sql, id: number, tags: readonly Pair[]): Promise<void> {
  await sql.begin(async (tx) => {
    await writePairs(tx, 'tag', id, tags);
    await tx`update drawloom.logged_model set updated_at = now() where id = ${id}`;
  });
}

/** Whether there was such a tag. */
export async function deleteModelTag(sql: Sql, id: number, key: string): Promise<boolean> {
  const { count } = await sql`delete from drawloom.logged_model_tag where model_id = ${id} and key = ${key}`;
  return count > 0;
}

/** Keeps what a run told of models, beside what it keeps of itself. Models that are not in the project are passed over. */
export async function logModelMetrics(
  sql: Sql,
  projectId: string,
  run: string,
  metrics: readonly ModelMetric[],
): Promise<void> {
  if (metrics.length === 0) return;
  const told = metrics.map(({ value, ...metric }) => ({ ...metric, value: String(finite(value)) }));
  await sql`
    insert into drawloom.logged_model_metric as k (model_id, tracked_id, key, dataset_name, dataset_digest, step, at_ms, value)
    select distinct on (m.id, t.key, t."datasetName", t."datasetDigest") m.id, r.id, t.key, t."datasetName", t."datasetDigest", t.step, t.timestamp, t.value::float8
    from jsonb_to_recordset(${JSON.stringify(told)}::text::jsonb)
      as t (model text, key text, "datasetName" text, "datasetDigest" text, step bigint, timestamp bigint, value text)
    join drawloom.logged_model m on m.uuid = t.model join drawloom.experiment e on e.id = m.experiment_id and e.project_id = ${projectId}
    join drawloom.tracked_run r on r.uuid = ${run}
    order by m.id, t.key, t."datasetName", t."datasetDigest", t.step desc, t.timestamp desc, t.value::float8 desc
    on conflict (model_id, key, tracked_id, dataset_name, dataset_digest)
      do update set step = excluded.step, at_ms = excluded.at_ms, value = excluded.value
      where (excluded.step, excluded.at_ms, excluded.value) > (k.step, k.at_ms, k.value)`;
}

/** Says that a run gave out models, or took them in. All must be in the project. */
export async function linkModels(
  sql: Sql,
  projectId: string,
  run: number,
  direction: 'in' | 'out',
  models: readonly { uuid: string; step: number }[],
): Promise<void> {
  for (const { uuid } of models) await loggedModelNamed(sql, projectId, uuid);
  await sql`
    insert into drawloom.tracked_model (tracked_id, model_id, direction, step)
    select ${run}::bigint, m.id, ${direction}::text, max(t.step)
    from jsonb_to_recordset(${JSON.stringify(models)}::text::jsonb) as t (uuid text, step bigint)
    join drawloom.logged_model m on m.uuid = t.uuid group by m.id
    on conflict (tracked_id, direction, model_id) do update set step = excluded.step`;
}
