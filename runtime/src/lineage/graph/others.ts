/**
 * Decides how lineage leads through what programs outside told of, and where that joins ours: by the names that our files and outputs go by
 * outside. What a receiver sends back of our own jobs is left out; we know better what these did.
 */
import type { Fragment } from 'postgres';
import type { Sql } from '../../db/connection.ts';
import { fileOfSet, fileSet } from '../names.ts';
import {
  type Card,
  card,
  fileKey,
  type Look,
  type NamedSet,
  numbers,
  type Realm,
  readFileKey,
  type Step,
  texts,
} from './cards.ts';
import { latestArtifacts, versionsOfFiles } from './named.ts';

export async function stepsAtOthers(
  sql: Sql,
  realm: Realm,
  keys: (kind: Card['kind']) => string[],
  { way, most }: Look,
): Promise<Step[]> {
  if (!realm.hasJobs) return [];
  const [files, artifacts, sets, jobs] = [keys('file'), keys('artifact'), keys('data-set'), keys('job')];
  const direction = way === 'up' ? 'out' : 'in';
  const found: Promise<Step[]>[] = [];
  if (files.length > 0) found.push(jobsAt(sql, realm, setsOfFiles(sql, realm, files), direction, most));
  if (artifacts.length > 0 && way === 'down')
    found.push(jobsAt(sql, realm, setsOfArtifacts(sql, realm, artifacts), direction, most));
  if (sets.length > 0) found.push(jobsAt(sql, realm, setsThemselves(sql, sets), direction, most));
  if (jobs.length > 0) found.push(setsAt(sql, realm, jobs, { way, most }));
  return (await Promise.all(found)).flat();
}

/** Whether a job of that namespace and name is one of ours. */
export const isOurs = (sql: Sql, { projectId, namespaces }: Realm): Fragment => sql`
  (j.namespace = any(${texts(sql, namespaces)}) and exists (
    select from drawloom.pipeline l where l.project_id = ${projectId} and (j.name = l.name or starts_with(j.name, l.name || '.'))))`;

/** Rows of a card's name and of the data set that it goes by. */
const setsThemselves = (sql: Sql, ids: string[]): Fragment =>
  sql`select concat('data-set ', f.id) as at, f.id from unnest(${numbers(ids)}::text::bigint[]) f(id)`;

function setsOfFiles(sql: Sql, { projectId, namespaces }: Realm, files: string[]): Fragment {
  const named = files.map((key) => ({ at: `file ${key}`, name: fileSet(readFileKey(key).name) }));
  return sql`
    select f.at, s.id from jsonb_to_recordset(${JSON.stringify(named)}::text::jsonb) f(at text, name text)
    join drawloom.lineage_set s on s.project_id = ${projectId} and s.namespace = any(${texts(sql, namespaces)}) and s.name = f.name`;
}

const setsOfArtifacts = (sql: Sql, { projectId, namespaces }: Realm, artifacts: string[]): Fragment => sql`
  select distinct concat('artifact ', u.artifact_id) as at, s.id
  from drawloom.artifact_use u
  join drawloom.node_run n on n.run_id = u.run_id and n.node = u.node and n.map_index = u.map_index and n.attempt = u.attempt
  join drawloom.run r on r.id = u.run_id
  join drawloom.pipeline l on l.id = r.pipeline_id
  join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = u.node
  join drawloom.lineage_set s on s.project_id = ${projectId} and s.namespace = any(${texts(sql, namespaces)})
    and s.name = concat_ws('.', l.name, p.node_id, u.port)
  where u.artifact_id = any(${numbers(artifacts)}::text::bigint[]) and u.direction = 'out' and n.status in ('succeeded', 'reused')`;

/** A job of a thousand nights is one card: it is walked by what it reads and writes whichever run it was. */
async function jobsAt(sql: Sql, realm: Realm, sets: Fragment, direction: 'in' | 'out', most: number): Promise<Step[]> {
  const rows = await sql<{ at: string; id: string }[]>`
    select w.at, u.id::text from (${sets}) w cross join lateral (
      select j.id from drawloom.lineage_use u join drawloom.lineage_job j on j.id = u.job_id
      where u.set_id = w.id and u.run_id = 0 and u.direction = ${direction} and not ${isOurs(sql, realm)}
      order by j.told_at desc, j.id limit ${most}) u`;
  return rows.map(({ at, id }) => ({ at, to: card('job', id), port: '' }));
}

async function setsAt(sql: Sql, realm: Realm, jobs: string[], { way, most }: Look): Promise<Step[]> {
  const sets = await sql<(NamedSet & { at: string })[]>`
    select concat('job ', f.id) as at, s.id::text, s.namespace, s.name, s.facets #>> '{version,facet,datasetVersion}' as version
    from unnest(${numbers(jobs)}::text::bigint[]) f(id) cross join lateral (
      select u.set_id from drawloom.lineage_use u
      where u.job_id = f.id and u.run_id = 0 and u.direction = ${way === 'up' ? 'in' : 'out'} order by u.set_id limit ${most}) u
    join drawloom.lineage_set s on s.id = u.set_id order by s.namespace, s.name`;
  const cards = await cardsOfSets(sql, realm, sets, { way, most });
  return sets.flatMap(({ at, id }) => (cards.get(id) ?? []).map((to) => ({ at, to, port: '' })));
}

/**
 * By the set's id: what we know of our own under its name, else the set as it was told. A job that reads something of ours read the version
 * that was told, else the newest; what it writes may have been read by us as any version.
 */
export async function cardsOfSets(
  sql: Sql,
  realm: Realm,
  sets: readonly NamedSet[],
  { way, most }: Look,
): Promise<Map<string, Card[]>> {
  const ours = sets.filter(({ namespace }) => realm.namespaces.includes(namespace));
  const files = new Map(ours.flatMap((set) => (fileOfSet(set.name) === null ? [] : [[set, fileOfSet(set.name)!]])));
  const outputs = ours.filter((set) => !files.has(set));
  const [versions, artifacts] = await Promise.all([
    versionsOfFiles(sql, realm, [...new Set(files.values())], most),
    latestArtifacts(sql, realm, outputs),
  ]);
  return new Map(
    sets.map((set) => {
      const file = files.get(set);
      if (file !== undefined) {
        const known = versions.get(file) ?? [];
        const read = known.includes(set.version ?? '') ? [set.version] : known.slice(0, 1);
        const those = way === 'up' ? read : known;
        return [set.id, (those.length > 0 ? those : [null]).map((one) => card('file', fileKey(one, file)))];
      }
      return [set.id, artifacts.get(set.id) ?? [card('data-set', set.id)]];
    }),
  );
}
