/**
 * Decides what of an attempt's output is kept and where: the first 16 MB and the last 16 MB, as files, told chunk by chunk.
 * Bytes are masked first; lines of both streams are kept apart; whoever writes faster than this can keep is held.
 */
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { LogChunk } from '../execute/executor.ts';
import { LineCutter } from './lines.ts';
import type { Mask, MaskedStream } from './mask.ts';

export interface LogLimits {
  headBytes: number;
  /** Kept of the end, and at most two segments more. */
  tailBytes: number;
  segmentBytes: number;
  lineBytes: number;
  chunkBytes: number;
  chunkMs: number;
  /** In the tail, where most of what is told is gone a moment later. */
  tailChunkMs: number;
  /** Unwritten bytes beyond which the attempt is held. */
  waitingBytes: number;
}

export const usualLimits: LogLimits = {
  headBytes: 16 * 2 ** 20,
  tailBytes: 16 * 2 ** 20,
  segmentBytes: 4 * 2 ** 20,
  lineBytes: 64 * 1024,
  chunkBytes: 256 * 1024,
  chunkMs: 250,
  tailChunkMs: 1000,
  waitingBytes: 2 ** 20,
};

interface Segment {
  file: string;
  /** Where it begins in all that was written. */
  byteOffset: number;
  sizeBytes: number;
  toldBytes: number;
}

type StreamName = 'stdout' | 'stderr';

export interface AttemptLogOptions {
  /** The logs folder, and the file of this attempt below it. */
  folder: string;
  file: string;
  mask: Mask;
  /** Resolves when recorded. */
  onChunk(chunk: LogChunk): Promise<unknown>;
  /** The log cannot be written or told any more; nothing further is kept. */
  onTrouble(error: Error): void;
  limits?: Partial<LogLimits>;
}

export interface LogFacts {
  /** All that was written, what was left out included. */
  sizeBytes: number;
  droppedBytes: number;
}

export class AttemptLog {
  readonly #options: AttemptLogOptions;
  readonly #limits: LogLimits;
  readonly #streams = new Map<StreamName, { masked: MaskedStream; lines: LineCutter }>();
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #lastWriter: StreamName | undefined;
  #atLineStart = true;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #inFlightBytes = 0;
  #handle: FileHandle | undefined;
  #segments: Segment[] = [];
  #segmentCount = 0;
  #isTail = false;
  #sizeBytes = 0;
  #droppedBytes = 0;
  #untoldDropped = 0;
  #sequence = 0;
  #toldAt = 0;
  #failed = false;
  #released: PromiseWithResolvers<void> | undefined;

  constructor(options: AttemptLogOptions) {
    this.#options = options;
    this.#limits = { ...usualLimits, ...options.limits };
    for (const name of ['stdout', 'stderr'] as const)
      this.#streams.set(name, { masked: options.mask.stream(), lines: new LineCutter(this.#limits.lineBytes) });
  }

  /** Takes output as it arrives. The promise, when there is one, asks the writer to wait. */
  take(name: StreamName, chunk: Buffer): void | Promise<void> {
    if (this.#failed) return;
    const { masked, lines } = this.#streams.get(name)!;
    this.#emit(name, lines.push(masked.push(chunk)));
    if (lines.isOpen) this.#timer ??= setTimeout(() => this.#tick(), this.#limits.chunkMs);
    if (this.#waitingBytes + this.#inFlightBytes <= this.#limits.waitingBytes) return;
    this.#flush();
    this.#released ??= Promise.withResolvers<void>();
    return this.#released.promise;
  }

  /** A line of our own, such as why the attempt was ended. */
  note(text: string): void {
    this.#emit('stderr', Buffer.from(`${this.#atLineStart ? '' : '\n'}[drawloom] ${this.#options.mask.text(text)}\n`));
  }

  /** Writes and tells what is left. */
  async close(): Promise<LogFacts> {
    for (const [name, { masked, lines }] of this.#streams) {
      this.#emit(name, lines.push(masked.end()));
      this.#emit(name, lines.end());
    }
    this.#flush(true);
    await this.#writing;
    await this.#handle?.close();
    this.#handle = undefined;
    return { sizeBytes: this.#sizeBytes, droppedBytes: this.#droppedBytes };
  }

  #emit(name: StreamName, bytes: Buffer): void {
    if (bytes.length === 0 || this.#failed) return;
    if (!this.#atLineStart && this.#lastWriter !== name) this.#wait(Buffer.from('\n'));
    this.#lastWriter = name;
    this.#atLineStart = bytes[bytes.length - 1] === 10;
    this.#wait(bytes);
    if (this.#waitingBytes >= this.#limits.chunkBytes) this.#flush();
    else this.#timer ??= setTimeout(() => this.#tick(), this.#limits.chunkMs);
  }

  #wait(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  /** A line that does not end, such as a question or a bar of progress, is shown after a moment nevertheless. */
  #tick(): void {
    this.#timer = undefined;
    for (const [name, { lines }] of this.#streams) this.#emit(name, lines.partial());
    this.#flush();
  }

  #flush(isLast = false): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = this.#waiting;
    const size = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#inFlightBytes += size;
    this.#writing = this.#writing
      .then(() => (this.#failed ? undefined : this.#write(bytes, isLast)))
      .catch((error: Error) => {
        this.#failed = true;
        this.#options.onTrouble(error);
      })
      .finally(() => {
        this.#inFlightBytes -= size;
        if (this.#inFlightBytes > this.#limits.waitingBytes / 2 && !this.#failed) return;
        this.#released?.resolve();
        this.#released = undefined;
      });
  }

  async #write(bytes: Buffer[], isLast: boolean): Promise<void> {
    const rest = bytes;
    if (!this.#isTail && rest.length > 0) {
      await this.#append(takeBytes(rest, this.#limits.headBytes - this.#sizeBytes), this.#options.file);
      if (rest.length > 0) {
        await this.#append([Buffer.from(middleNote(this.#limits))], this.#options.file);
        this.#isTail = true;
      }
      await this.#tell();
    }
    while (rest.length > 0) {
      const segment = await this.#tailSegment();
      await this.#append(takeBytes(rest, this.#limits.segmentBytes - segment.sizeBytes), segment.file);
    }
    if (isLast || performance.now() - this.#toldAt >= this.#limits.tailChunkMs) await this.#tell();
  }

  async #append(bytes: Buffer[], file: string): Promise<void> {
    let segment = this.#segments.at(-1);
    if (segment?.file !== file) {
      segment = { file, byteOffset: this.#sizeBytes, sizeBytes: 0, toldBytes: 0 };
      await this.#handle?.close();
      const target = path.join(this.#options.folder, file);
      await mkdir(path.dirname(target), { recursive: true });
      this.#handle = await open(target, 'w', 0o640);
      this.#segments.push(segment);
    }
    const size = bytes.reduce((sum, part) => sum + part.length, 0);
    for (const left = [...bytes]; left.length > 0; ) takeBytes(left, (await this.#handle!.writev(left)).bytesWritten);
    segment.sizeBytes += size;
    this.#sizeBytes += size;
  }

  /** The segment that takes the next bytes; beyond the kept length the oldest one goes. The head is never one of them. */
  async #tailSegment(): Promise<Segment> {
    const last = this.#segments.at(-1)!;
    if (last.file !== this.#options.file && last.sizeBytes < this.#limits.segmentBytes) return last;
    const tail = this.#segments.filter((segment) => segment.file !== this.#options.file);
    if (tail.length * this.#limits.segmentBytes > this.#limits.tailBytes) {
      const oldest = tail[0]!;
      this.#segments = this.#segments.filter((segment) => segment !== oldest);
      this.#droppedBytes += oldest.sizeBytes;
      this.#untoldDropped += oldest.sizeBytes - oldest.toldBytes;
      await rm(path.join(this.#options.folder, oldest.file), { force: true });
    }
    const file = `${this.#options.file}.tail-${this.#segmentCount++}`;
    await this.#append([], file);
    return this.#segments.at(-1)!;
  }

  /** Tells every stretch that was written since the last time and is still there. */
  async #tell(): Promise<void> {
    this.#toldAt = performance.now();
    for (const segment of [...this.#segments]) {
      const sizeBytes = segment.sizeBytes - segment.toldBytes;
      if (sizeBytes === 0) continue;
      const fileOffset = segment.toldBytes;
      const chunk: LogChunk = {
        sequence: this.#sequence++,
        byteOffset: segment.byteOffset + fileOffset,
        sizeBytes,
        file: segment.file,
        fileOffset,
        ...(await this.#count(segment.file, fileOffset, sizeBytes)),
      };
      if (this.#untoldDropped > 0) chunk.droppedBytes = this.#untoldDropped;
      this.#untoldDropped = 0;
      segment.toldBytes = segment.sizeBytes;
      await this.#options.onChunk(chunk);
    }
  }

  async #count(file: string, from: number, sizeBytes: number): Promise<Pick<LogChunk, 'lines' | 'levels'>> {
    const handle = await open(path.join(this.#options.folder, file), 'r');
    try {
      const { buffer } = await handle.read(Buffer.allocUnsafe(sizeBytes), 0, sizeBytes, from);
      return countLines(buffer);
    } finally {
      await handle.close();
    }
  }
}

/** Takes the first bytes out of a list of buffers. */
function takeBytes(list: Buffer[], size: number): Buffer[] {
  const taken: Buffer[] = [];
  let left = size;
  while (list.length > 0 && left > 0) {
    const first = list.shift()!;
    if (first.length > left) list.unshift(first.subarray(left));
    taken.push(first.subarray(0, left));
    left -= Math.min(left, first.length);
  }
  return taken;
}

const middleNote = ({ headBytes }: LogLimits) =>
  `\n[drawloom] This log is longer than ${Math.round(headBytes / 2 ** 20)} MB. Its middle is left out; what follows is its end.\n`;

const errorWord = /\b(?:ERROR|CRITICAL|FATAL)\b|(?:Error|Exception): /g;
const warningWord = /\bWARN(?:ING)?\b|Warning: /g;

/** Lines, and how many words of alarm they hold. */
export function countLines(bytes: Buffer): Pick<LogChunk, 'lines' | 'levels'> {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  const text = bytes.toString('latin1');
  const levels: Record<string, number> = {};
  const errors = text.match(errorWord)?.length ?? 0;
  const warnings = text.match(warningWord)?.length ?? 0;
  if (errors > 0) levels.error = errors;
  if (warnings > 0) levels.warning = warnings;
  return { lines, levels };
}
