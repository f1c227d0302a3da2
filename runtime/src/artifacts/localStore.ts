/**
 * Decides how artifacts lie in a folder of this machine: `blobs/ab/<sha256>`, read-only, complete or not there at all.
 * Every way in hashes the bytes itself, makes them safe on disk, and only then gives them their name.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  type Dirent,
  fsync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { chmod, type FileHandle, lstat, open, opendir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { checkMemberPath, manifestOf } from './manifest.ts';
import {
  ArtifactMissingError,
  type ArtifactStore,
  type Condition,
  type FolderMember,
  isDigest,
  type PutLimits,
  StorageFullError,
  type StoredBytes,
  type StoredFolder,
  UnfitError,
} from './store.ts';

const blockBytes = 1 << 20;
const smallBytes = 1 << 16;
const deepestFolder = 64;
const defaultMaxFiles = 100_000;
const readable = 0o444;
/** Refused by the kernel for reasons that a copy does not have. */
const copyInstead = new Set(['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'EROFS', 'ENOTSUP', 'EOPNOTSUPP']);

export class LocalStore implements ArtifactStore {
  readonly folder: string;
  readonly #blobs: string;
  readonly #incoming: string;
  readonly #leaving: string;

  /** Opens the store below `folder`, and makes it when it is not there yet. */
  constructor(folder: string) {
    this.folder = folder;
    this.#blobs = path.join(folder, 'blobs');
    this.#incoming = path.join(folder, 'incoming');
    this.#leaving = path.join(folder, 'leaving');
    for (const own of [this.#incoming, this.#leaving]) mkdirSync(own, { recursive: true, mode: 0o700 });
    for (let first = 0; first < 256; first++)
      mkdirSync(path.join(this.#blobs, first.toString(16).padStart(2, '0')), { recursive: true, mode: 0o755 });
  }

  pathOf(sha256: string): string {
    if (!isDigest(sha256)) throw new Error(`${JSON.stringify(String(sha256).slice(0, 80))} names no artifact.`);
    return path.join(this.#blobs, sha256.slice(0, 2), sha256);
  }

  async put(source: Readable | AsyncIterable<Uint8Array | string>, limits: PutLimits = {}): Promise<StoredBytes> {
    const temporary = path.join(this.#incoming, randomBytes(12).toString('hex'));
    return this.#storageErrors(async () => {
      const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
      try {
        const stored = await this.#write(file, source, limits);
        refuseOther(stored, limits);
        await file.chmod(readable);
        await file.sync();
        await this.#place(temporary, stored);
        return stored;
      } finally {
        await file.close();
        await rm(temporary, { force: true });
      }
    });
  }

  async #write(file: FileHandle, source: AsyncIterable<Uint8Array | string>, limits: PutLimits): Promise<StoredBytes> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const given of source) {
      // A stream of text gives strings, whose bytes are those of UTF-8.
      const block = typeof given === 'string' ? Buffer.from(given) : given;
      sizeBytes += block.byteLength;
      refuseBeyond(sizeBytes, limits);
      hash.update(block);
      for (let written = 0; written < block.byteLength; )
        written += (await file.write(block, written, block.byteLength - written)).bytesWritten;
    }
    return { sha256: hash.digest('hex'), sizeBytes };
  }

  async adopt(file: string, limits: PutLimits = {}): Promise<StoredBytes> {
    const handle = await openRegular(file);
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) throw new UnfitError('not_a_file', `${path.basename(file)} is no regular file.`);
      refuseBeyond(facts.size, limits);
      if (facts.size <= smallBytes) return await this.#keepSmall(file, handle, limits);
      if (facts.nlink !== 1) return await this.put(blocksOf(handle), limits);
      return await this.#storageErrors(() => this.#takeOver(file, handle, facts, limits));
    } finally {
      await handle.close();
    }
  }

  /** A few kilobytes are written anew: that takes fewer steps than to take a file over. */
  async #keepSmall(file: string, handle: FileHandle, limits: PutLimits): Promise<StoredBytes> {
    const bytes = readFileSync(handle.fd);
    const stored = await this.#putBytes(bytes, limits);
    rmSync(file, { force: true });
    return stored;
  }

  /** Steps that only touch memory are done at once; what waits for the disk is waited for. */
  async #putBytes(bytes: Uint8Array, limits: PutLimits): Promise<StoredBytes> {
    refuseBeyond(bytes.byteLength, limits);
    const stored = { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.byteLength };
    const target = this.pathOf(stored.sha256);
    const there = statSync(target, { throwIfNoEntry: false });
    if (there?.isFile() && there.size === stored.sizeBytes && touchSync(target)) return stored;
    const temporary = path.join(this.#incoming, randomBytes(12).toString('hex'));
    return this.#storageErrors(async () => {
      const file = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, readable);
      try {
        for (let written = 0; written < bytes.byteLength; ) written += writeSync(file, bytes, written);
        await syncFile(file);
        renameSync(temporary, target);
        await syncFolder(path.dirname(target));
        return stored;
      } finally {
        closeSync(file);
        rmSync(temporary, { force: true });
      }
    });
  }

  /** By rename, so that the bytes are not written twice. A file of another user becomes ours, or it could be changed later. */
  async #takeOver(file: string, handle: FileHandle, facts: Stats, limits: PutLimits): Promise<StoredBytes> {
    const us = process.getuid?.();
    const taken = path.join(this.#incoming, randomBytes(12).toString('hex'));
    try {
      if (us !== undefined && facts.uid !== us) await handle.chown(us, process.getgid?.() ?? us);
      await handle.chmod(readable);
      await rename(file, taken);
    } catch (error) {
      if (!copyInstead.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      return this.put(blocksOf(handle), limits);
    }
    try {
      const moved = await lstat(taken);
      if (moved.ino !== facts.ino || moved.dev !== facts.dev || moved.nlink !== 1)
        throw new UnfitError('not_a_file', `${path.basename(file)} changed while it was collected.`);
      const hash = createHash('sha256');
      let sizeBytes = 0;
      for await (const block of blocksOf(handle)) {
        hash.update(block);
        sizeBytes += block.byteLength;
        refuseBeyond(sizeBytes, limits);
      }
      await handle.sync();
      const stored = { sha256: hash.digest('hex'), sizeBytes };
      await this.#place(taken, stored);
      return stored;
    } finally {
      await rm(taken, { force: true });
    }
  }

  /** Gives finished bytes their name. Equal bytes that are there already stay, unless they are damaged. */
  async #place(temporary: string, { sha256, sizeBytes }: StoredBytes): Promise<void> {
    const target = this.pathOf(sha256);
    if (await this.touch(sha256, sizeBytes)) return;
    await rename(temporary, target);
    await syncFolder(path.dirname(target));
  }

  async adoptFolder(folder: string, limits: PutLimits = {}): Promise<StoredFolder> {
    const facts = await lstat(folder).catch(() => undefined);
    if (!facts?.isDirectory()) throw new UnfitError('not_a_file', `${path.basename(folder)} is no folder.`);
    const found = await filesBelow(folder, limits.maxFiles ?? defaultMaxFiles);
    const members: FolderMember[] = [];
    let sizeBytes = 0;
    for (const member of found) {
      const left = limits.maxBytes === undefined ? {} : { maxBytes: limits.maxBytes - sizeBytes };
      const stored = await this.adopt(path.join(folder, member), left);
      sizeBytes += stored.sizeBytes;
      members.push({ path: member, ...stored });
    }
    members.sort((a, b) => (a.path < b.path ? -1 : 1));
    const manifest = await this.#putBytes(Buffer.from(manifestOf(members)), {});
    return { sha256: manifest.sha256, sizeBytes, members };
  }

  async verify(sha256: string, known: { sizeBytes?: number; digest?: boolean } = {}): Promise<Condition> {
    const facts = await stat(this.pathOf(sha256)).catch(absent);
    if (!facts) return 'missing';
    if (!facts.isFile() || (known.sizeBytes !== undefined && facts.size !== known.sizeBytes)) return 'damaged';
    if (!known.digest) return 'whole';
    const handle = await open(this.pathOf(sha256), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const hash = createHash('sha256');
      for await (const block of blocksOf(handle)) hash.update(block);
      return hash.digest('hex') === sha256 ? 'whole' : 'damaged';
    } finally {
      await handle.close();
    }
  }

  async open(sha256: string, range: { start?: number; end?: number } = {}): Promise<Readable> {
    const handle = await open(this.pathOf(sha256), constants.O_RDONLY | constants.O_NOFOLLOW).catch(absent);
    if (!handle) throw new ArtifactMissingError(sha256);
    return handle.createReadStream({ ...range, autoClose: true });
  }

  async localFile(sha256: string): Promise<string> {
    const file = this.pathOf(sha256);
    if (!(await stat(file).catch(absent))) throw new ArtifactMissingError(sha256);
    return file;
  }

  async touch(sha256: string, sizeBytes: number): Promise<boolean> {
    const target = this.pathOf(sha256);
    const there = await stat(target).catch(() => undefined);
    if (!there?.isFile() || there.size !== sizeBytes) return false;
    const now = new Date();
    // Gone in between, or not ours to touch: then they are to be written anew.
    return utimes(target, now, now).then(
      () => true,
      () => false,
    );
  }

  async retire(sha256: string, untouchedSince: Date): Promise<boolean> {
    const target = this.pathOf(sha256);
    const isYoung = ({ mtimeMs }: Stats) => mtimeMs >= untouchedSince.getTime();
    const there = await stat(target).catch(absent);
    if (!there || isYoung(there)) return !there;
    const aside = path.join(this.#leaving, sha256);
    await rename(target, aside);
    // Whoever touched it before the rename is seen now; whoever comes after it finds nothing, and writes anew.
    if (isYoung(await stat(aside))) {
      await rename(aside, target);
      return false;
    }
    await rm(aside);
    return true;
  }

  async isUntouched(sha256: string, since: Date): Promise<boolean> {
    const there = await stat(this.pathOf(sha256)).catch(absent);
    return !there || there.mtimeMs < since.getTime();
  }

  async settle(): Promise<void> {
    for (const sha256 of await readdir(this.#leaving))
      await rename(path.join(this.#leaving, sha256), this.pathOf(sha256));
  }

  async *list(): AsyncIterable<StoredBytes> {
    for (const first of (await readdir(this.#blobs)).sort()) {
      for await (const entry of await opendir(path.join(this.#blobs, first))) {
        if (!isDigest(entry.name)) continue;
        const facts = await stat(path.join(this.#blobs, first, entry.name)).catch(() => undefined);
        if (facts) yield { sha256: entry.name, sizeBytes: facts.size };
      }
    }
  }

  async sweepTemp(olderThanMs = 0): Promise<number> {
    let swept = 0;
    for (const name of await readdir(this.#incoming)) {
      const file = path.join(this.#incoming, name);
      const facts = await lstat(file).catch(() => undefined);
      if (!facts || Date.now() - facts.ctimeMs < olderThanMs) continue;
      await rm(file, { recursive: true, force: true });
      swept++;
    }
    return swept;
  }

  async #storageErrors<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOSPC' || code === 'EDQUOT') throw new StorageFullError('the artifact store', error);
      throw error;
    }
  }
}

function refuseBeyond(sizeBytes: number, { maxBytes }: PutLimits): void {
  if (maxBytes !== undefined && sizeBytes > maxBytes)
    throw new UnfitError(
      'too_big',
      `It is larger than the ${sizeText(maxBytes)} that are allowed. Make it smaller, or raise the limit.`,
    );
}

function refuseOther({ sha256, sizeBytes }: StoredBytes, { expected = {} }: PutLimits): void {
  if (expected.sizeBytes !== undefined && expected.sizeBytes !== sizeBytes)
    throw new UnfitError('cut_off', `${sizeBytes} of ${expected.sizeBytes} bytes arrived. Send it again.`);
  if (expected.sha256 !== undefined && expected.sha256 !== sha256)
    throw new UnfitError('digest_mismatch', 'The bytes that arrived are not those of the digest. Send it again.');
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
export function sizeText(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${Math.round((bytes / 1000 ** power) * 10) / 10} ${units[power]}`;
}

/** Follows no link in the last step, and does not wait for a pipe that nobody writes to. */
async function openRegular(file: string): Promise<FileHandle> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ELOOP' || code === 'ENXIO')
      throw new UnfitError(
        'not_a_file',
        `${path.basename(file)} is no regular file. Links cannot be kept; keep what they point to.`,
      );
    if (code === 'ENOENT') throw new UnfitError('not_a_file', `There is no file ${path.basename(file)}.`);
    if (code !== 'EACCES') throw error;
    await chmod(file, 0o400);
    return open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  }
}

async function* blocksOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const block = Buffer.allocUnsafe(blockBytes);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(block, 0, blockBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield block.subarray(0, bytesRead);
  }
}

/** Relative paths of all regular files; anything that is neither file nor folder is refused. */
async function filesBelow(folder: string, maxFiles: number): Promise<string[]> {
  const found: string[] = [];
  const look = async (relative: string, depth: number): Promise<void> => {
    if (depth > deepestFolder)
      throw new UnfitError('too_many', `The folder is nested more than ${deepestFolder} levels deep.`);
    const entries: Dirent[] = await readdir(path.join(folder, relative), { withFileTypes: true });
    for (const entry of entries) {
      const here = relative === '' ? entry.name : `${relative}/${entry.name}`;
      checkMemberPath(here);
      if (entry.isDirectory()) await look(here, depth + 1);
      else if (!entry.isFile())
        throw new UnfitError(
          'not_a_file',
          `${JSON.stringify(here)} is no regular file. Links cannot be kept; keep what they point to.`,
        );
      else if (found.push(here) > maxFiles)
        throw new UnfitError(
          'too_many',
          `The folder holds more than ${maxFiles} files. Pack them into one, or write fewer.`,
        );
    }
  };
  await look('', 0);
  return found;
}

/** False when it went meanwhile, or is not ours to touch. */
function touchSync(file: string): boolean {
  const now = new Date();
  try {
    utimesSync(file, now, now);
    return true;
  } catch {
    return false;
  }
}

const syncFile = promisify(fsync);

async function syncFolder(folder: string): Promise<void> {
  const file = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await syncFile(file);
  } finally {
    closeSync(file);
  }
}

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
};
