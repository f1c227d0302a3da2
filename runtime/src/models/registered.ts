/** Decides what a registered model is: a name in a project, described and tagged, under which versions are kept. */
import type { Sql } from '../db/connection.ts';
import type { Stage } from '../db/tables/models.ts';
import { ModelProblem, refuseWaitedFor } from './problem.ts';

export interface Pair {
  key: string;
  value: string;
}
export interface ModelVersion {
  id: number;
  model: string;
  version: number;
  stage: Stage;
  description: string;
  source: string;
  /** The tracked run that made it, by its name outside. */
  run: string | null;
  /** The experiment of that run, as clients know it. */
  experiment: string | null;
  loggedModel: string | null;
  runLink: string;
  createdBy: string;
  createdMs: number;
  updatedMs: number;
  tags: Pair[];
  aliases: string[];
}
export interface RegisteredModel {
  id: number;
  name: string;
  description: string;
  createdBy: string;
  createdMs: number;
  updatedMs: number;
  versionCount: number;
  tags: Pair[];
  aliases: { alias: string; version: number }[];
  /** The newest version in each stage that has one. */
  latest: ModelVersion[];
}

export const noModel = (name: string) => new ModelProblem('missing', `Registered Model with name=${name} not found`);

export async function createModel(
  sql: Sql,
  project: string,
  made: { name: string; description: string; tags: readonly Pair[]; by: string },
): Promise<number> {
  return sql.begin(async (tx) => {
    const [row] = await tx<{ id: string }[]>`
      insert into drawloom.registered_model (project_id, name, description, created_by)
      values (${project}, ${made.name}, ${made.description}, ${made.by}) on conflict do nothing returning id`;
    if (!row) throw new ModelProblem('exists', `Registered Model (name=${made.name}) already exists.`);
    await tx`
      insert into drawloom.registered_model_tag (model_id, key, value)
      select distinct on (e.item ->> 'key') ${row.id}::bigint, e.item ->> 'key', e.item ->> 'value'
      from jsonb_array_elements(${JSON.stringify(made.tags)}::text::jsonb) with ordinality as e (item, place)
      order by e.item ->> 'key', e.place desc`;
    return Number(row.id);
  });
}

/** The id in the database of a model of the project. */
export async function modelNamed(sql: Sql, project: string, name: string): Promise<number> {
  const [found] = await sql<{ id: string }[]>`
    select id from drawloom.registered_model where project_id = ${project} and name = ${name}`;
  if (!found) throw noModel(name);
  return Number(found.id);
}

/** Everything about models, in the order of the ids. */
export async function loadModels(sql: Sql, ids: readonly number[]): Promise<RegisteredModel[]> {
  if (ids.length === 0) return [];
  const rows = await sql<{ model: Omit<RegisteredModel, 'latest'>; latest: number[] }[]>`
    select jsonb_build_object('id', m.id, 'name', m.name, 'description', m.description, 'createdBy', m.created_by,
      'createdMs', (extract(epoch from m.created_at) * 1000)::bigint, 'updatedMs', (extract(epoch from m.updated_at) * 1000)::bigint,
      'versionCount', (select count(*) from drawloom.model_version v where v.model_id = m.id),
      'tags', coalesce((select jsonb_agg(jsonb_build_object('key', key, 'value', value) order by key)
        from drawloom.registered_model_tag where model_id = m.id), '[]'),
      'aliases', coalesce((select jsonb_agg(jsonb_build_object('alias', a.alias, 'version', v.version) order by a.alias)
        from drawloom.model_alias a join drawloom.model_version v on v.id = a.version_id where a.model_id = m.id), '[]')) as model,
      (select coalesce(jsonb_agg(l.id), '[]') from (select distinct on (stage) id from drawloom.model_version where model_id = m.id
        order by stage, version desc) l) as latest
    from unnest(${`{${ids.join(',')}}`}::text::bigint[]) with ordinality as wanted (id, place)
    join drawloom.registered_model m on m.id = wanted.id order by wanted.place`;
  const latest = new Map(
    (
      await loadVersions(
        sql,
        rows.flatMap((row) => row.latest),
      )
    ).map((one) => [one.id, one]),
  );
  return rows.map((row) => ({
    ...row.model,
    // What was removed between the two questions is left out.
    latest: row.latest.flatMap((id) => latest.get(id) ?? []).sort((a, b) => a.version - b.version),
  }));
}

/** Everything about versions, in the order of the ids. */
export async function loadVersions(sql: Sql, ids: readonly number[]): Promise<ModelVersion[]> {
  if (ids.length === 0) return [];
  const rows = await sql<{ version: ModelVersion }[]>`
    select jsonb_build_object('id', v.id, 'model', m.name, 'version', v.version, 'stage', v.stage, 'description', v.description,
      'source', v.source, 'run', r.uuid, 'experiment', case when e.is_default then '0' else e.id::text end, 'loggedModel', l.uuid,
      'runLink', v.run_link, 'createdBy', v.created_by,
      'createdMs', (extract(epoch from v.created_at) * 1000)::bigint, 'updatedMs', (extract(epoch from v.updated_at) * 1000)::bigint,
      'tags', coalesce((select jsonb_agg(jsonb_build_object('key', key, 'value', value) order by key)
        from drawloom.model_version_tag where version_id = v.id), '[]'),
      'aliases', coalesce((select jsonb_agg(alias order by alias) from drawloom.model_alias where version_id = v.id), '[]')) as version
    from unnest(${`{${ids.join(',')}}`}::text::bigint[]) with ordinality as wanted (id, place)
    join drawloom.model_version v on v.id = wanted.id join drawloom.registered_model m on m.id = v.model_id
    left join drawloom.tracked_run r on r.id = v.tracked_id left join drawloom.experiment e on e.id = r.experiment_id
    left join drawloom.logged_model l on l.id = v.logged_model_id
    order by wanted.place`;
  return rows.map(({ version }) => version);
}

export async function oneModel(sql: Sql, project: string, name: string): Promise<RegisteredModel> {
  return loadModel(sql, await modelNamed(sql, project, name));
}

/** One that was there when it was looked for; another call may have removed it since. */
export async function loadModel(sql: Sql, id: number): Promise<RegisteredModel> {
  const [model] = await loadModels(sql, [id]);
  if (!model) throw new ModelProblem('missing', 'The registered model was deleted meanwhile.');
  return model;
}
/** As with `loadModel`. */
export async function loadVersion(sql: Sql, id: number): Promise<ModelVersion> {
  const [version] = await loadVersions(sql, [id]);
  if (!version) throw new ModelProblem('missing', 'The model version was deleted meanwhile.');
  return version;
}

export async function renameModel(sql: Sql, id: number, name: string): Promise<void> {
  const { count } = await sql`
    update drawloom.registered_model m set name = ${name}, updated_at = now() where id = ${id}
      and not exists (select from drawloom.registered_model o where o.project_id = m.project_id and o.name = ${name} and o.id <> m.id)`;
  if (count === 0) throw new ModelProblem('exists', `Registered Model (name=${name}) already exists.`);
}

export async function describeModel(sql: Sql, id: number, description: string): Promise<void> {
  await sql`update drawloom.registered_model set description = ${description}, updated_at = now() where id = ${id}`;
}

/** With all its versions; their files lose their names, and their bytes go when nothing else names them. */
export async function deleteModel(sql: Sql, id: number): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`delete from drawloom.tracked_file where of = 'version'
      and owner_id in (select id from drawloom.model_version where model_id = ${id})`;
    await tx`delete from drawloom.registered_model where id = ${id}`.catch(refuseWaitedFor);
  });
}

export async function setModelTag(sql: Sql, id: number, { key, value }: Pair): Promise<void> {
  await sql`insert into drawloom.registered_model_tag (model_id, key, value) values (${id}, ${key}, ${value})
    on conflict (model_id, key) do update set value = excluded.value`;
}
export async function deleteModelTag(sql: Sql, id: number, key: string): Promise<void> {
  await sql`delete from drawloom.registered_model_tag where model_id = ${id} and key = ${key}`;
}
