/**
 * Decides which files nodes may read from outside a pipeline: what was uploaded, and what lies in the project's data folders. A name
 * is looked up part by part; nothing hidden, linked or leading elsewhere is found. A run reads a file by the digest it had at the start.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { and, eq } from 'drizzle-orm';
import { checkout } from '../checkout.ts';
import type { Tx } from '../db/connection.ts';
import { uploads } from '../db/tables/uploads.ts';
import type { ArtifactStore, StoredBytes } from './store.ts';

export interface FileOwner {
  id: string;
  /** `dataFolders`: further folders, such as those of an example, as seen from the checkout. */
  settings: unknown;
}

const deepest = 16;
const mostFiles = 10_000;

/** The project's own folder comes first: a file there goes before one of the same name elsewhere. */
export function dataFolders(home: string, project: FileOwner): string[] {
  const { dataFolders: more = [] } = (project.settings ?? {}) as { dataFolders?: string[] };
  return [path.join(home, 'projects', project.id, 'data'), ...more.map((folder) => path.resolve(checkout, folder))];
}

/** Whether a text can name a file at all. Each part stands for itself: no hidden names, no way up, no other spelling of a slash. */
export function isFileName(name: string): boolean {
  const parts = name.split('/');
  return (
    name.length <= 1000 &&
    parts.length <= deepest &&
    parts.every((part) => part !== '' && !part.startsWith('.') && !/[\p{Cc}\\]/u.test(part) && part.isWellFormed())
  );
}

export interface FoundFile {
  name: string;
  sizeBytes: number;
  changedAt: Date;
}

/** Files of the data folders by name, each name once. Links, hidden files and what is no file are passed over. */
export async function listDataFiles(folders: readonly string[]): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const folder of folders) await walk(folder, '', found);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function walk(root: string, below: string, found: Map<string, FoundFile>): Promise<void> {
  if (below.split('/').length >= deepest) return;
  const entries = await readdir(path.join(root, below), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const name = below ? `${below}/${entry.name}` : entry.name;
    if (!isFileName(name) || found.size >= mostFiles) continue;
    if (entry.isDirectory()) await walk(root, name, found);
    else if (entry.isFile() && !found.has(name)) {
      const facts = await lstat(path.join(root, name)).catch(() => null);
      if (facts?.isFile()) found.set(name, { name, sizeBytes: facts.size, changedAt: facts.mtime });
    }
  }
}

/** Opens a file of the folders for reading; null when there is none of that name. */
async function openDataFile(
  folders: readonly string[],
  name: string,
): Promise<{ file: FileHandle; at: string; facts: Stats } | null> {
  for (const folder of folders) {
    const root = await realpath(folder).catch(() => null);
    if (!root) continue;
    const at = path.join(root, name);
    // The way to it holds no link exactly when the real path is the path itself; the last part is then opened without following.
    if ((await realpath(at).catch(() => null)) !== at) continue;
    const file = await open(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
    const facts = await file?.stat();
    if (file && facts?.isFile()) return { file, at, facts };
    await file?.close();
  }
  return null;
}

/** Digests of files as they were last seen, so that an unchanged file is read once per process and not once per run. */
const seen = new Map<string, { mark: string; stored: StoredBytes }>();
const markOf = ({ dev, ino, size, mtimeMs, ctimeMs }: Stats) => [dev, ino, size, mtimeMs, ctimeMs].join(' ');

export const digestSeen = async (folders: readonly string[], name: string): Promise<string | null> => {
  for (const folder of folders) {
    const at = path.join(await realpath(folder).catch(() => folder), name);
    const known = seen.get(at);
    const facts = known && (await lstat(at).catch(() => null));
    if (known && facts) return known.mark === markOf(facts) ? known.stored.sha256 : null;
  }
  return null;
};

/**
 * What a name stands for right now, with the bytes safe in the store under their digest: an upload, else a file of the folders.
 * Null: there is no such file. A file that is written while it is read is taken as one of the two states it had, or read again.
 */
export async function pinFile(
  db: Tx,
  store: ArtifactStore,
  home: string,
  project: FileOwner,
  name: string,
): Promise<StoredBytes | null> {
  if (!isFileName(name)) return null;
  const [upload] = await db
    .select({ sha256: uploads.sha256, sizeBytes: uploads.sizeBytes })
    .from(uploads)
    .where(and(eq(uploads.projectId, project.id), eq(uploads.name, name)));
  if (upload) return upload;
  for (let tries = 0; tries < 3; tries++) {
    const found = await openDataFile(dataFolders(home, project), name);
    if (!found) return null;
    const { file, at, facts } = found;
    try {
      const mark = markOf(facts);
      const known = seen.get(at);
      if (known?.mark === mark && (await store.touch(known.stored.sha256, known.stored.sizeBytes))) return known.stored;
      const stored = await store.put(file.createReadStream({ autoClose: false, highWaterMark: 1 << 20 }));
      if (markOf(await file.stat()) !== mark) continue;
      seen.set(at, { mark, stored });
      return stored;
    } finally {
      await file.close();
    }
  }
  throw new Error(`${name} changes while it is read; wait until whatever writes it is done`);
}
