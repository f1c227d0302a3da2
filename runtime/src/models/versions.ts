/** Decides how versions of a registered model come, move between stages, get movable names, and go. */
import type { Sql } from '../db/connection.ts';
import type { Stage } from '../db/tables/models.ts';
import { type FileOwner, filesOf } from '../tracking/files.ts';
import { ModelProblem, refuseWaitedFor } from './problem.ts';
import { loadVersion, loadVersions, type ModelVersion, modelNamed, type Pair } from './registered.ts';

/** Files of an owner, from which a version is made: those below a folder, or all of them. */
export interface FilesFrom extends FileOwner {
  folder: string;
}

export interface NewVersion {
  source: string;
  trackedId: number | null;
  loggedModelId: number | null;
  runLink: string;
  description: string;
  tags: readonly Pair[];
  by: string;
  files: FilesFrom | null;
}

/** Its number is the next that was never given. Its files are those that are there now, whatever becomes of them there. */
export async function createVersion(sql: Sql, model: number, made: NewVersion): Promise<ModelVersion> {
  const id = await sql.begin(async (tx) => {
    // Nobody forgets the outputs that it is made of between the look at them and their names here.
    await tx`select pg_advisory_xact_lock_shared(drawloom.tick_lock())`;
    const [next] = await tx<{ version: number }[]>`
      update drawloom.registered_model set last_version = last_version + 1, updated_at = now() where id = ${model}
      returning last_version as version`;
    if (!next) throw new ModelProblem('missing', 'The registered model was deleted meanwhile.');
    const [row] = await tx<{ id: string }[]>`
      insert into drawloom.model_version (model_id, version, source, tracked_id, logged_model_id, run_link, description, created_by)
      values (${model}, ${next.version}, ${made.source}, ${made.trackedId}, ${made.loggedModelId}, ${made.runLink}, ${made.description}, ${made.by})
      returning id`;
    await tx`
      insert into drawloom.model_version_tag (version_id, key, value)
      select distinct on (e.item ->> 'key') ${row!.id}::bigint, e.item ->> 'key', e.item ->> 'value'
      from jsonb_array_elements(${JSON.stringify(made.tags)}::text::jsonb) with ordinality as e (item, place)
      order by e.item ->> 'key', e.place desc`;
    if (made.files) {
      const { folder, ...owner } = made.files;
      const prefix = folder === '' ? '' : `${folder}/`;
      await tx`
        insert into drawloom.tracked_file (of, owner_id, path, sha256, size_bytes)
        select 'version', ${row!.id}::bigint, substr(path, length(${prefix}::text) + 1), sha256, size_bytes from ${filesOf(tx as unknown as Sql, owner)} f
        where starts_with(path, ${prefix})`;
    }
    return Number(row!.id);
  });
  return loadVersion(sql, id);
}

export async function oneVersion(sql: Sql, project: string, name: string, version: number): Promise<ModelVersion> {
  const [found] = await sql<{ id: string }[]>`
    select v.id from drawloom.model_version v join drawloom.registered_model m on m.id = v.model_id
    where m.project_id = ${project} and m.name = ${name} and v.version = ${version}`;
  if (!found) throw new ModelProblem('missing', `Model Version (name=${name}, version=${version}) not found`);
  return loadVersion(sql, Number(found.id));
}

/** The version by its id in the database, in a project. */
export async function versionWith(sql: Sql, project: string, id: string): Promise<number> {
  const known = /^\d{1,15}$/.test(id)
    ? await sql`select from drawloom.model_version v join drawloom.registered_model m on m.id = v.model_id
        where v.id = ${Number(id)} and m.project_id = ${project}`
    : [];
  if (known.length === 0) throw new ModelProblem('missing', 'There is no such model version.');
  return Number(id);
}

export async function versionByAlias(sql: Sql, project: string, name: string, alias: string): Promise<ModelVersion> {
  const model = await modelNamed(sql, project, name);
  const [found] = await sql<{ id: string }[]>`
    select version_id as id from drawloom.model_alias where model_id = ${model} and alias = ${alias}`;
  // Clients take this for a mistake of the caller, not for something that is not there.
  if (!found) throw new ModelProblem('invalid', `Registered model alias ${alias} not found.`);
  return loadVersion(sql, Number(found.id));
}

/** The newest version in each of these stages. */
export async function latestVersions(sql: Sql, model: number, stages: readonly Stage[]): Promise<ModelVersion[]> {
  const rows = await sql<{ id: string }[]>`
    select distinct on (stage) id from drawloom.model_version
    where model_id = ${model} and stage in (select jsonb_array_elements_text(${JSON.stringify(stages)}::text::jsonb))
    order by stage, version desc`;
  return loadVersions(
    sql,
    rows.map(({ id }) => Number(id)),
  );
}

export async function describeVersion(sql: Sql, { id }: ModelVersion, description: string): Promise<void> {
  await sql`update drawloom.model_version set description = ${description}, updated_at = now() where id = ${id}`;
}

/** With `archiving`, whatever else is in that stage goes to the archive. */
export async function moveVersion(
  sql: Sql,
  model: number,
  { id }: ModelVersion,
  { to, archiving }: { to: Stage; archiving: boolean },
): Promise<void> {
  if (archiving && to !== 'Staging' && to !== 'Production')
    throw new ModelProblem(
      'invalid',
      `Invalid stage transition: what is in ${to} cannot be archived at once; only for Staging and Production it can.`,
    );
  await sql.begin(async (tx) => {
    // Also the lock under which only one version moves at a time.
    await tx`update drawloom.registered_model set updated_at = now() where id = ${model}`;
    if (archiving)
      await tx`update drawloom.model_version set stage = 'Archived', updated_at = now()
        where model_id = ${model} and stage = ${to} and id <> ${id}`;
    await tx`update drawloom.model_version set stage = ${to}, updated_at = now() where id = ${id}`;
  });
}

export async function deleteVersion(sql: Sql, model: number, { id }: ModelVersion): Promise<void> {
  await sql.begin(async (tx) => {
    // The model first, as whatever moves a version does.
    await tx`update drawloom.registered_model set updated_at = now() where id = ${model}`;
    await tx`delete from drawloom.tracked_file where of = 'version' and owner_id = ${id}`;
    await tx`delete from drawloom.model_version where id = ${id}`.catch(refuseWaitedFor);
  });
}

export async function setVersionTag(sql: Sql, { id }: ModelVersion, { key, value }: Pair): Promise<void> {
  await sql`insert into drawloom.model_version_tag (version_id, key, value) values (${id}, ${key}, ${value})
    on conflict (version_id, key) do update set value = excluded.value`;
}
export async function deleteVersionTag(sql: Sql, { id }: ModelVersion, key: string): Promise<void> {
  await sql`delete from drawloom.model_version_tag where version_id = ${id} and key = ${key}`;
}

export async function setAlias(sql: Sql, model: number, alias: string, { id }: ModelVersion): Promise<void> {
  await sql`insert into drawloom.model_alias (model_id, alias, version_id) values (${model}, ${alias}, ${id})
    on conflict (model_id, alias) do update set version_id = excluded.version_id`;
}
export async function deleteAlias(sql: Sql, model: number, alias: string): Promise<void> {
  await sql`delete from drawloom.model_alias where model_id = ${model} and alias = ${alias}`;
}

export async function hasFiles(sql: Sql, { id }: ModelVersion): Promise<boolean> {
  return (await sql`select from drawloom.tracked_file where of = 'version' and owner_id = ${id} limit 1`).length > 0;
}
