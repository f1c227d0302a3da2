/** Decides how lineage leads through the memory of experiments: versions of models, the runs that made and took them, the data these logged. */
import type { Fragment } from 'postgres';
import type { Sql } from '../../db/connection.ts';
import { type Card, card, columnsOf, type Look, numbers, type Realm, type Step } from './cards.ts';

/** What pipelines read is known as an artifact, and written down as this source as well. */
const isArtifact = (sql: Sql) => sql`d.source ~ '^\\{"sha256": ?"[0-9a-f]{64}"\\}$'`;

export async function stepsAtModels(
  sql: Sql,
  realm: Realm,
  keys: (kind: Card['kind']) => string[],
  { way, most }: Look,
): Promise<Step[]> {
  const [versions, data] = [keys('model-version'), keys('tracked-data')];
  const found: Promise<Step[]>[] = [];
  for (const who of [trackedBehind(sql, keys('node-run')), trackedThemselves(sql, keys('tracked-run'))])
    if (who)
      found.push(
        ...(way === 'up'
          ? [modelsTaken(sql, realm, who, most), dataOf(sql, who, most)]
          : [versionsMade(sql, realm, who, most)]),
      );
  if (versions.length > 0) found.push(way === 'up' ? makersOf(sql, versions) : takersOf(sql, versions, most));
  if (data.length > 0) found.push(way === 'up' ? artifactsNamed(sql, realm, data) : readersOf(sql, data, most));
  return (await Promise.all(found)).flat();
}

/** Rows of the card's name and of the run that the memory knows it as. */
function trackedBehind(sql: Sql, nodeRuns: string[]): Fragment | null {
  if (nodeRuns.length === 0) return null;
  const [runs, nodes, items] = columnsOf(nodeRuns);
  return sql`
    select concat('node-run ', f.run, '.', f.node, '.', f.item) as at, t.id
    from unnest(${runs}::text::bigint[], ${nodes}::text::int[], ${items}::text::int[]) f(run, node, item)
    join drawloom.tracked_run t on t.run_id = f.run and t.node = f.node and coalesce(t.map_index, 0) = f.item`;
}
const trackedThemselves = (sql: Sql, ids: string[]): Fragment | null =>
  ids.length === 0
    ? null
    : sql`select concat('tracked-run ', f.id) as at, f.id from unnest(${numbers(ids)}::text::bigint[]) f(id)`;

async function versionsMade(sql: Sql, { projectId }: Realm, who: Fragment, most: number): Promise<Step[]> {
  const rows = await sql<{ at: string; id: string }[]>`
    select w.at, v.id::text from (${who}) w cross join lateral (
      select v.id from drawloom.model_version v join drawloom.registered_model m on m.id = v.model_id and m.project_id = ${projectId}
      where v.tracked_id = w.id order by v.id desc limit ${most}) v`;
  return rows.map(({ at, id }) => ({ at, to: card('model-version', id), port: '' }));
}

async function modelsTaken(sql: Sql, { projectId }: Realm, who: Fragment, most: number): Promise<Step[]> {
  const rows = await sql<{ at: string; id: string }[]>`
    select w.at, v.id::text from (${who}) w cross join lateral (
      select v.id from drawloom.tracked_model t join drawloom.model_version v on v.logged_model_id = t.model_id
      join drawloom.registered_model m on m.id = v.model_id and m.project_id = ${projectId}
      where t.tracked_id = w.id and t.direction = 'in' order by v.id desc limit ${most}) v`;
  return rows.map(({ at, id }) => ({ at, to: card('model-version', id), port: '' }));
}

async function dataOf(sql: Sql, who: Fragment, most: number): Promise<Step[]> {
  const rows = await sql<{ at: string; id: string }[]>`
    select w.at, i.dataset_id::text as id from (${who}) w cross join lateral (
      select i.dataset_id from drawloom.tracked_input i join drawloom.dataset d on d.id = i.dataset_id
      where i.tracked_id = w.id and not (w.at like 'node-run %' and ${isArtifact(sql)}) order by i.position limit ${most}) i`;
  return rows.map(({ at, id }) => ({ at, to: card('tracked-data', id), port: '' }));
}

interface Who {
  at: string;
  id: string;
  run_id: string | null;
  node: number | null;
  map_index: number | null;
}
/** A run that the memory has of a pipeline's node is that node run. */
const workOf = ({ id, run_id, node, map_index }: Who): Card =>
  run_id !== null && node !== null
    ? card('node-run', [run_id, node, map_index ?? 0].join('.'))
    : card('tracked-run', id);

async function makersOf(sql: Sql, versions: string[]): Promise<Step[]> {
  const rows = await sql<Who[]>`
    select v.id::text as at, t.id::text, t.run_id::text, t.node, t.map_index
    from drawloom.model_version v join drawloom.tracked_run t on t.id = v.tracked_id
    where v.id = any(${numbers(versions)}::text::bigint[])`;
  return rows.map((row) => ({ at: `model-version ${row.at}`, to: workOf(row), port: '' }));
}

async function takersOf(sql: Sql, versions: string[], most: number): Promise<Step[]> {
  const rows = await sql<Who[]>`
    select v.id::text as at, t.id::text, t.run_id::text, t.node, t.map_index
    from drawloom.model_version v cross join lateral (
      select t.id, t.run_id, t.node, t.map_index from drawloom.tracked_model m join drawloom.tracked_run t on t.id = m.tracked_id
      where m.model_id = v.logged_model_id and m.direction = 'in' order by t.id desc limit ${most}) t
    where v.id = any(${numbers(versions)}::text::bigint[]) and v.logged_model_id is not null`;
  return rows.map((row) => ({ at: `model-version ${row.at}`, to: workOf(row), port: '' }));
}

async function artifactsNamed(sql: Sql, { projectId }: Realm, data: string[]): Promise<Step[]> {
  const rows = await sql<{ at: string; id: string }[]>`
    select d.id::text as at, a.id::text from drawloom.dataset d
    join drawloom.artifact a on a.project_id = ${projectId} and a.sha256 = substring(d.source from '[0-9a-f]{64}')
    where d.id = any(${numbers(data)}::text::bigint[]) and ${isArtifact(sql)}`;
  return rows.map(({ at, id }) => ({ at: `tracked-data ${at}`, to: card('artifact', id), port: '' }));
}

async function readersOf(sql: Sql, data: string[], most: number): Promise<Step[]> {
  const rows = await sql<Who[]>`
    select f.id::text as at, t.id::text, t.run_id::text, t.node, t.map_index
    from unnest(${numbers(data)}::text::bigint[]) f(id) cross join lateral (
      select t.id, t.run_id, t.node, t.map_index from drawloom.tracked_input i join drawloom.tracked_run t on t.id = i.tracked_id
      where i.dataset_id = f.id order by t.id desc limit ${most}) t`;
  return rows.map((row) => ({ at: `tracked-data ${row.at}`, to: workOf(row), port: '' }));
}
