/** Decides what files a run, a logged model or a model version has: names beside digests; the bytes are the store's. */

import type { StoredBytes } from '../artifacts/store.ts';
import type { Sql } from '../db/connection.ts';
import { notThere, WireMistake } from './wire/mistake.ts';

/** Whose files. */
export interface FileOwner {
  of: 'run' | 'model' | 'version';
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

/** Gives stored bytes a name, in the place of what had it. Refused when the name is a folder's, or leads through a file. */
export async function keepFile(sql: Sql, { of, id }: FileOwner, { path, sha256, sizeBytes }: KeptFile): Promise<void> {
  const folders = path.split('/').slice(0, -1);
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

export async function fileAt(sql: Sql, { of, id }: FileOwner, path: string): Promise<StoredBytes> {
  const [found] = await sql<{ sha256: string; size: string }[]>`
    select sha256, size_bytes as size from drawloom.tracked_file where of = ${of} and owner_id = ${id} and path = ${path}`;
  if (!found) throw notThere(`No such artifact: '${path}'.`);
  return { sha256: found.sha256, sizeBytes: Number(found.size) };
}

/** What lies directly in a folder, by name; nothing when there is no such folder. */
export async function listFolder(sql: Sql, { of, id }: FileOwner, folder: string): Promise<Entry[]> {
  const prefix = folder === '' ? '' : `${folder}/`;
  const rows = await sql<{ name: string; folder: boolean; size: string }[]>`
    select split_part(below, '/', 1) as name, bool_or(strpos(below, '/') > 0) as folder, max(size_bytes) as size
    from (select substr(path, length(${prefix}::text) + 1) as below, size_bytes from drawloom.tracked_file
      where of = ${of} and owner_id = ${id} and starts_with(path, ${prefix})) f
    group by 1 order by split_part(below, '/', 1) collate "C"`;
  return rows.map(({ name, folder: isFolder, size }) => ({ name, isFolder, sizeBytes: Number(size) }));
}

/** All files below a folder, or the one of that path. Returns how many went; their bytes go when nothing names them any more. */
export async function deleteFiles(sql: Sql, { of, id }: FileOwner, path: string): Promise<number> {
  const { count } = await sql`
    delete from drawloom.tracked_file where of = ${of} and owner_id = ${id}
      and (${path}::text = '' or path = ${path} or starts_with(path, ${`${path}/`}))`;
  return count;
}
