/** Decides how lineage leads through what pipelines did: artifacts, node runs, the files they read, the code and environments they ran with. */
import type { Sql } from '../../db/connection.ts';
import {
  type Card,
  card,
  columnsOf,
  fileKey,
  type Look,
  numbers,
  type Realm,
  readFileKey,
  type Step,
} from './cards.ts';

type Keys = (kind: Card['kind']) => string[];

/** Only attempts that counted are walked, and work that was taken over is walked where it was done. */
export async function stepsAtOwn(sql: Sql, realm: Realm, keys: Keys, { way, most }: Look): Promise<Step[]> {
  const [artifacts, nodeRuns, files] = [keys('artifact'), keys('node-run'), keys('file')];
  const found: Promise<Step[]>[] = [];
  if (artifacts.length > 0) found.push(workAt(sql, artifacts, way === 'up' ? 'out' : 'in', most));
  if (nodeRuns.length > 0) found.push(artifactsAt(sql, nodeRuns, way === 'up' ? 'in' : 'out', most));
  if (nodeRuns.length > 0 && way === 'up') found.push(surroundings(sql, realm, nodeRuns));
  if (way === 'down')
    found.push(
      files.length > 0 ? readersOf(sql, realm, files, most) : Promise.resolve([]),
      workWith(sql, realm, 'code', keys('code'), most),
      workWith(sql, realm, 'environment', keys('environment'), most),
    );
  return (await Promise.all(found)).flat();
}

async function workAt(sql: Sql, artifacts: string[], direction: 'in' | 'out', most: number): Promise<Step[]> {
  const rows = await sql<{ at: string; key: string; port: string }[]>`
    select f.id::text as at, concat_ws('.', u.run_id, u.node, u.map_index) as key, u.port
    from unnest(${numbers(artifacts)}::text::bigint[]) f(id) cross join lateral (
      select distinct u.run_id, u.node, u.map_index, u.port from drawloom.artifact_use u
      join drawloom.node_run n on n.run_id = u.run_id and n.node = u.node and n.map_index = u.map_index and n.attempt = u.attempt
      where u.artifact_id = f.id and u.direction = ${direction} and n.status = 'succeeded'
      order by u.run_id desc, u.node, u.map_index, u.port limit ${most}) u`;
  return rows.map(({ at, key, port }) => ({ at: `artifact ${at}`, to: card('node-run', key), port }));
}

async function artifactsAt(sql: Sql, nodeRuns: string[], direction: 'in' | 'out', most: number): Promise<Step[]> {
  const [runs, nodes, items] = columnsOf(nodeRuns);
  const rows = await sql<{ at: string; key: string; port: string }[]>`
    select concat_ws('.', f.run, f.node, f.item) as at, u.artifact_id::text as key, u.port
    from unnest(${runs}::text::bigint[], ${nodes}::text::int[], ${items}::text::int[]) f(run, node, item)
    join drawloom.node_run n on n.run_id = f.run and n.node = f.node and n.map_index = f.item
    join drawloom.run r on r.id = f.run
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = f.node
    cross join lateral (
      select u.artifact_id, u.port from drawloom.artifact_use u
      join drawloom.artifact a on a.id = u.artifact_id
      where u.run_id = f.run and u.node = f.node and u.map_index = f.item and u.attempt = n.attempt and u.direction = ${direction}
        ${direction === 'in' ? notTheFile(sql) : sql``}
      order by u.port, u.position limit ${most}) u`;
  return rows.map(({ at, key, port }) => ({ at: `node-run ${at}`, to: card('artifact', key), port }));
}

/** A file that is read is a card of its own, by its name; that its bytes arrive as an artifact as well is not told again. */
const notTheFile = (sql: Sql) => sql`and (p.key_parts ->> 'outside' is distinct from a.sha256 or a.kind <> 'file')`;

/** The file that a node run read, and where that is asked for its code and its environment. */
async function surroundings(sql: Sql, realm: Realm, nodeRuns: string[]): Promise<Step[]> {
  const [runs, nodes, items] = columnsOf(nodeRuns);
  const rows = await sql<
    { at: string; sha256: string | null; file: string | null; code: string | null; environment: string | null }[]
  >`
    select concat_ws('.', f.run, f.node, f.item) as at, p.key_parts ->> 'outside' as sha256,
      case when jsonb_typeof(p.parameters -> 'file') = 'string' and p.type <> 'subpipeline' then p.parameters ->> 'file' end as file,
      p.key_parts ->> 'code' as code, p.environment
    from unnest(${runs}::text::bigint[], ${nodes}::text::int[], ${items}::text::int[]) f(run, node, item)
    join drawloom.run r on r.id = f.run
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = f.node`;
  return rows.flatMap(({ at, sha256, file, code, environment }) => {
    const to: Card[] = [];
    if (sha256 !== null && file !== null) to.push(card('file', fileKey(sha256, file)));
    if (code !== null && realm.withCode) to.push(card('code', code));
    if (environment !== null && realm.withEnvironments) to.push(card('environment', environment));
    return to.map((one) => ({ at: `node-run ${at}`, to: one, port: '' }));
  });
}

async function readersOf(sql: Sql, { projectId }: Realm, files: string[], most: number): Promise<Step[]> {
  const asked = files.flatMap((key) => {
    const { sha256, name } = readFileKey(key);
    return sha256 === null ? [] : [{ key, sha256, name }];
  });
  const rows = await sql<{ at: string; key: string }[]>`
    select f.key as at, concat_ws('.', u.run_id, u.node, u.map_index) as key
    from jsonb_to_recordset(${JSON.stringify(asked)}::text::jsonb) f(key text, sha256 text, name text) cross join lateral (
      select n.run_id, n.node, n.map_index from drawloom.plan_node p
      join drawloom.run r on r.plan_id = p.plan_id and r.project_id = ${projectId}
      join drawloom.node_run n on n.run_id = r.id and n.node = p.node
      where p.key_parts ->> 'outside' = f.sha256 and p.parameters ->> 'file' = f.name and n.status = 'succeeded'
      order by n.run_id desc, n.node, n.map_index limit ${most}) u`;
  return rows.map(({ at, key }) => ({ at: `file ${at}`, to: card('node-run', key), port: '' }));
}

async function workWith(
  sql: Sql,
  { projectId }: Realm,
  kind: 'code' | 'environment',
  hashes: string[],
  most: number,
): Promise<Step[]> {
  if (hashes.length === 0) return [];
  const hash = kind === 'code' ? sql`(p.key_parts ->> 'code')` : sql`p.environment`;
  const rows = await sql<{ at: string; key: string }[]>`
    select f.hash as at, concat_ws('.', u.run_id, u.node, u.map_index) as key
    from jsonb_array_elements_text(${JSON.stringify(hashes)}::text::jsonb) f(hash) cross join lateral (
      select n.run_id, n.node, n.map_index from drawloom.plan_node p
      join drawloom.run r on r.plan_id = p.plan_id and r.project_id = ${projectId}
      join drawloom.node_run n on n.run_id = r.id and n.node = p.node
      where ${hash} = f.hash and n.status = 'succeeded'
      order by n.run_id desc, n.node, n.map_index limit ${most}) u`;
  return rows.map(({ at, key }) => ({ at: `${kind} ${at}`, to: card('node-run', key), port: '' }));
}
