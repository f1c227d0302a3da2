/**
 * Decides what a place for artifacts must do: keep bytes under the hash of what they are, and give them back whole.
 * Names that people gave are metadata and never reach it. The local folder is one such place (`localStore.ts`).
 */
import type { Readable } from 'node:stream';

export interface StoredBytes {
  sha256: string;
  sizeBytes: number;
}

/** One file of an artifact that has several. Paths are relative, with "/", sorted by code unit. */
export interface FolderMember extends StoredBytes {
  path: string;
}

/** `sha256` is that of the manifest, which is kept like any other bytes; `sizeBytes` is what the members hold together. */
export interface StoredFolder extends StoredBytes {
  members: FolderMember[];
}

export interface PutLimits {
  /** Of one file, or of all files of a folder together. */
  maxBytes?: number;
  maxFiles?: number;
  /** What whoever sends one file says of it. When it is not so, nothing is kept. */
  expected?: Partial<StoredBytes>;
}

export type Condition = 'whole' | 'missing' | 'damaged';

export interface ArtifactStore {
  /** Keeps what a stream gives. Nothing of it is seen before all of it is safe. */
  put(source: Readable | AsyncIterable<Uint8Array | string>, limits?: PutLimits): Promise<StoredBytes>;
  /** Takes over a file that nobody writes any more: by a rename where it can, else by a copy. The file may be gone after. */
  adopt(file: string, limits?: PutLimits): Promise<StoredBytes>;
  /** Takes over a folder with all its files. Links, sockets and the like are refused. */
  adoptFolder(folder: string, limits?: PutLimits): Promise<StoredFolder>;
  /** The size when it is known is always compared; the digest only on demand, since that reads every byte. */
  verify(sha256: string, known?: { sizeBytes?: number; digest?: boolean }): Promise<Condition>;
  /** The bytes from `start` up to and including `end`. throws ArtifactMissingError */
  open(sha256: string, range?: { start?: number; end?: number }): Promise<Readable>;
  /** A file on this machine that holds the bytes, to be linked into a sandbox and never written to. throws ArtifactMissingError */
  localFile(sha256: string): Promise<string>;
  /** Where the bytes lie or would lie, for a store that is a folder of this machine. */
  pathOf(sha256: string): string;
  /**
   * Says that these bytes are wanted now, though no row names them yet; false when they are not there. A put of bytes that are there
   * already does the same.
   */
  touch(sha256: string, sizeBytes: number): Promise<boolean>;
  /** Takes bytes away unless somebody put or touched them since; false when they stay. A touch at the same moment is never lost. */
  retire(sha256: string, untouchedSince: Date): Promise<boolean>;
  /** What `retire` would answer, with nothing taken away. */
  isUntouched(sha256: string, since: Date): Promise<boolean>;
  /** Puts back what a retiring that was cut off had set aside. No other one may be under way. */
  settle(): Promise<void>;
  /** Every hash it holds, in no order. */
  list(): AsyncIterable<StoredBytes>;
  /** Takes away what interrupted puts left behind. */
  sweepTemp(olderThanMs?: number): Promise<number>;
}

export class StorageFullError extends Error {
  override name = 'StorageFullError';
  constructor(place: string, cause?: unknown) {
    super(`There is no room left in ${place}. Free some space, or remove runs that are no longer needed.`, { cause });
  }
}

export class ArtifactMissingError extends Error {
  override name = 'ArtifactMissingError';
  readonly sha256: string;
  constructor(sha256: string) {
    super(`The artifact ${sha256.slice(0, 12)}… is not in the store.`);
    this.sha256 = sha256;
  }
}

/** What was handed in is not what may be kept; the message is for the person who made it. */
export class UnfitError extends Error {
  override name = 'UnfitError';
  readonly code: 'too_big' | 'too_many' | 'not_a_file' | 'bad_name' | 'cut_off' | 'digest_mismatch';
  constructor(code: UnfitError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
