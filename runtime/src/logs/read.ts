/** Decides how any range of an attempt's log is given back from its chunks, and what stands where its middle was left out. */
import { open } from 'node:fs/promises';
import path from 'node:path';

/** What a reader needs of a chunk; `recordLogChunk` keeps more. */
export interface ReadableChunk {
  byteOffset: number;
  sizeBytes: number;
  file: string;
  fileOffset: number;
}

export interface LogRange {
  bytes: Buffer;
  /** Where `bytes` begins and where the next read goes on, in all that was written. */
  from: number;
  to: number;
  /** Inside this range: bytes that were not kept. */
  leftOutBytes: number;
}

const atOnceBytes = 4 * 2 ** 20;

/**
 * The bytes from `from`, up to `to` or 4 MB further. `chunks` are those that overlap the range, in the order of their offsets.
 * gone    a chunk whose file was taken away (the middle of a long log) counts as left out
 */
export async function readLog(
  folder: string,
  chunks: readonly ReadableChunk[],
  { from, to }: { from: number; to: number },
): Promise<LogRange> {
  const end = Math.min(to, from + atOnceBytes);
  const parts: Buffer[] = [];
  let at = from;
  let leftOutBytes = 0;
  for (const chunk of chunks) {
    const chunkEnd = chunk.byteOffset + chunk.sizeBytes;
    if (chunkEnd <= at) continue;
    if (chunk.byteOffset >= end) break;
    if (chunk.byteOffset > at) {
      leftOutBytes += chunk.byteOffset - at;
      at = chunk.byteOffset;
    }
    const sizeBytes = Math.min(chunkEnd, end) - at;
    const bytes = await readStretch(
      path.join(folder, chunk.file),
      chunk.fileOffset + (at - chunk.byteOffset),
      sizeBytes,
    );
    leftOutBytes += sizeBytes - bytes.length;
    parts.push(bytes);
    at += sizeBytes;
  }
  return { bytes: Buffer.concat(parts), from, to: at, leftOutBytes };
}

async function readStretch(file: string, from: number, sizeBytes: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(sizeBytes), 0, sizeBytes, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
