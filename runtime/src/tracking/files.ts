/**
 * Decides what files a run, a logged model or a model version has: names beside digests; the bytes are the store's. What a node run gave
 * out is among its files, in a folder named by the port, without a row of its own.
 */
import { endings } from '../api/bytes.ts';
import type { StoredBytes } from '../artifacts/store.ts';
import type { Sql } from '../db/connection.ts';
import { notThere, WireMistake } from './wire/mistake.ts';

/** Whose files. An artifact's are those of a folder or model, to be given to a version. */
export interface FileOwner {
  of: 'run' | 'model' | 'version' | 'artifact';
  id: number;
}

export interface KeptFile extends StoredBytes {
  path: string;
}
export interface Entry {
  name: string;
  isFolder: boolean;
  sizeBytes: number;
}

/**
 * All files of an owner, as rows of path, sha256 and size_bytes. A port that gives several has them by their place; a single file has the
 * name of its port, and a folder or model its own names. What was forgotten is no longer among them.
 */
export const filesOf = (sql: Sql, { of, id }: FileOwner) => sql`(
  select path, sha256, size_bytes from drawloom.tracked_file where of = ${of} and owner_id = ${id}
  union all
  select path, sha256, size_bytes from drawloom.artifact_member where ${of} = 'artifact' and artifact_id = ${id}
  union all
  select concat_ws('/', u.port, case when several.yes and m.path is not null then u.position::text end,
      coalesce(m.path, case when several.yes then u.position::text else u.port end
        || coalesce(${JSON.stringify(endings)}::text::jsonb ->> split_part(a.media_type, ';', 1), ''))),
    coalesce(m.sha256, a.sha256), coalesce(m.size_bytes, a.size_bytes)
  from ${outputsOf(sql, { of, id })}
  join drawloom.artifact_use u on u.run_id = n.run_id and u.node = n.node and u.map_index = n.map_index and u.attempt = n.attempt and u.direction = 'out'
  join drawloom.artifact a on a.id = u.artifact_id and a.forgotten_at is null
  left join drawloom.artifact_member m on m.artifact_id = a.id
  cross join lateral (select n.map_index = 0 and p.map_over is not null or exists (
    select from jsonb_array_elements(p.outputs) o where o ->> 'name' = u.port and (o ->> 'many')::boolean) as yes) several
  where (a.kind in ('folder', 'model')) = (m.path is not null))`;

/** The node run that an owner is, with what its plan says of it; no row for all others. */
const outputsOf = (sql: Sql, { of, id }: FileOwner) => sql`
  (select r.run_id, r.node, r.map_index from drawloom.tracked_run r where ${of} = 'run' and r.id = ${id} and r.node is not null) t
  join drawloom.node_run n on n.run_id = t.run_id and n.node = t.node and n.map_index = t.map_index
  join drawloom.run w on w.id = n.run_id
  join drawloom.plan_node p on p.plan_id = w.plan_id and p.node = n.node`;

/** throws  when a path lies where a node run has its outputs, which only its code gives */
async function checkNoOutput(sql: Sql, owner: FileOwner, path: string): Promise<void> {
  const [port] = await sql<{ name: string }[]>`
    select o ->> 'name' as name from ${outputsOf(sql, owner)}, jsonb_array_elements(p.outputs) o where o ->> 'name' = ${path.split('/')[0]!}`;
  if (port)
    throw new WireMistake(
      'INVALID_PARAMETER_VALUE',
      `'${port.name}' is an output of this node run: what its code gives there stands there, and nothing else. Give the file another name.`,
    );
}

/** Gives stored bytes a name, in the place of what had it. Refused when the name is a folder's, or leads through a file. */
export async function keepFile(sql: Sql, { of, id }: FileOwner, { path, sha256, sizeBytes }: KeptFile): Promise<void> {
  const folders = path.split('/').slice(0, -1);
  await checkNoOutput(sql, { of, id }, path);
  const above = folders.map((_, index) => folders.slice(0, index + 1).join('/'));
  await sql.begin(async (tx) => {
    // One writer at a time for each owner: a file and a folder of one name are made by two that do not see each other.
    await tx`select pg_advisory_xact_lock(hashtextextended(${`files ${of} ${id}`}, 0))`;
    const [other] = await tx<{ path: string }[]>`
      select path from drawloom.tracked_file where of = ${of} and owner_id = ${id}
        and (path in (select jsonb_array_elements_text(${JSON.stringify(above)}::text::jsonb)) or starts_with(path, ${`${path}/`})) limit 1`;
    if (other)
      throw new WireMistake(
        'INVALID_PARAMETER_VALUE',
        other.path.startsWith(`${path}/`)
          ? `'${path}' is a folder here. Give the file another name.`
          : `'${other.path}' is a file here, and holds no others. Give the folder another name.`,
      );
    await tx`
      insert into drawloom.tracked_file (of, owner_id, path, sha256, size_bytes) values (${of}, ${id}, ${path}, ${sha256}, ${sizeBytes})
      on conflict (of, owner_id, path) do update set sha256 = excluded.sha256, size_bytes = excluded.size_bytes, kept_at = now()`;
  });
}

export async function fileAt(sql: Sql, owner: FileOwner, path: string): Promise<StoredBytes> {
  const [found] = await sql<{ sha256: string; size: string }[]>`
    select sha256, size_bytes as size from ${filesOf(sql, owner)} f where path = ${path} limit 1`;
  if (!found) throw notThere(`No such artifact: '${path}'.`);
  return { sha256: found.sha256, sizeBytes: Number(found.size) };
}

/** What lies directly in a folder, by name; nothing when there is no such folder. */
export async function listFolder(sql: Sql, owner: FileOwner, folder: string): Promise<Entry[]> {
  const prefix = folder === '' ? '' : `${folder}/`;
  const rows = await sql<{ name: string; folder: boolean; size: string }[]>`
    select split_part(below, '/', 1) as name, bool_or(strpos(below, '/') > 0) as folder, max(size_bytes) as size
    from (select substr(path, length(${prefix}::text) + 1) as below, size_bytes from ${filesOf(sql, owner)} a
      where starts_with(path, ${prefix})) f
    group by 1 order by split_part(below, '/', 1) collate "C"`;
  return rows.map(({ name, folder: isFolder, size }) => ({ name, isFolder, sizeBytes: Number(size) }));
}

/** All files below a folder, or the one of that path. Returns how many went; their bytes go when nothing names them any more. */
export async function deleteFiles(sql: Sql, { of, id }: FileOwner, path: string): Promise<number> {
  await checkNoOutput(sql, { of, id }, path);
  const { count } = await sql`
    delete from drawloom.tracked_file where of = ${of} and owner_id = ${id}
      and (${path}::text = '' or path = ${path} or starts_with(path, ${`${path}/`}))`;
  return count;
}
