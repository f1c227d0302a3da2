import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LogChunk } from '../execute/executor.ts';
import { AttemptLog, type AttemptLogOptions } from './attemptLog.ts';
import { Mask } from './mask.ts';
import { readLog } from './read.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drawloom-logs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (more: Partial<AttemptLogOptions> = {}) => {
  const chunks: LogChunk[] = [];
  const log = new AttemptLog({
    folder,
    file: '7/train.0.1.9.log',
    mask: new Mask([]),
    onChunk: async (chunk) => void chunks.push(chunk),
    onTrouble: (error) => {
      throw error;
    },
    ...more,
  });
  const size = () => {
    const last = chunks.at(-1);
    return last ? last.byteOffset + last.sizeBytes : 0;
  };
  const read = async (from = 0, to = size()) => readLog(folder, chunks, { from, to });
  return { log, chunks, read, text: async () => (await read()).bytes.toString() };
};

describe('a log', () => {
  test('is one file, told in chunks that join without a gap', async () => {
    const { log, chunks, text } = open({ limits: { chunkBytes: 100 } });
    let all = '';
    for (let index = 0; index < 100; index++) {
      const line = `line ${index}\n`;
      all += line;
      await log.take('stdout', Buffer.from(line));
    }
    expect(await log.close()).toEqual({ sizeBytes: all.length, droppedBytes: 0 });
    expect(await text()).toBe(all);
    expect(chunks.length).toBeGreaterThan(3);
    let offset = 0;
    chunks.forEach((chunk, index) => {
      expect([chunk.sequence, chunk.byteOffset, chunk.file]).toEqual([index, offset, '7/train.0.1.9.log']);
      offset += chunk.sizeBytes;
    });
    expect(chunks.reduce((sum, chunk) => sum + chunk.lines, 0)).toBe(100);
  });

  test('keeps the lines of both streams whole', async () => {
    const { log, text } = open();
    log.take('stdout', Buffer.from('out '));
    log.take('stderr', Buffer.from('an error\nand '));
    log.take('stdout', Buffer.from('put\n'));
    log.take('stderr', Buffer.from('more\n'));
    await log.close();
    expect(await text()).toBe('an error\nout put\nand more\n');
  });

  test('shows a line that does not end, after a moment', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { log } = open({ limits: { chunkMs: 10 }, onChunk: async () => resolve() });
    log.take('stdout', Buffer.from('50 %'));
    await promise;
    log.take('stdout', Buffer.from(' done\n'));
    await log.close();
  });

  test('counts words of alarm', async () => {
    const { log, chunks } = open();
    log.take('stderr', Buffer.from('WARNING: mind\nValueError: x\nall well\n'));
    await log.close();
    expect(chunks[0]).toMatchObject({ lines: 3, levels: { warning: 1, error: 1 } });
  });

  test('cuts an endless line and says how much is missing', async () => {
    const { log, text } = open({ limits: { lineBytes: 10 } });
    for (const piece of ['12345', '67890abc', 'def', '\nshort\n', 'the last one has no end'])
      log.take('stdout', Buffer.from(piece));
    await log.close();
    expect(await text()).toBe(
      '1234567890 [drawloom] 6 bytes of this line are left out.\nshort\nthe last o [drawloom] 13 bytes of this line are left out.\n',
    );
  });

  test('holds no secret, however it was cut', async () => {
    const { log, text } = open({ mask: new Mask(['swordfish']) });
    for (const char of 'the word is swordfish, really\n') log.take('stdout', Buffer.from(char));
    log.note('it was swordfish');
    await log.close();
    expect(await text()).toBe('the word is ***, really\n[drawloom] it was ***\n');
  });

  test('keeps binary as it is', async () => {
    const { log, read } = open();
    const junk = Buffer.from([0, 255, 254, 10, 128, 13]);
    log.take('stdout', junk);
    await log.close();
    expect((await read()).bytes.equals(junk)).toBe(true);
  });
});

describe('a log that is too long', () => {
  const limits = { headBytes: 1000, tailBytes: 1000, segmentBytes: 250, chunkBytes: 100, tailChunkMs: 0 };

  test('keeps its beginning and its end, and a note between them', async () => {
    const { log, chunks, text, read } = open({ limits });
    for (let index = 0; index < 1000; index++) await log.take('stdout', Buffer.from(`line ${index}\n`));
    const { sizeBytes, droppedBytes } = await log.close();
    const kept = await text();
    expect(kept.startsWith('line 0\nline 1\n')).toBe(true);
    expect(kept).toContain('[drawloom] This log is longer than');
    expect(kept.endsWith('line 998\nline 999\n')).toBe(true);
    expect(kept.length).toBe(sizeBytes - droppedBytes);
    expect(kept.length).toBeLessThan(1000 + 1500 + 150);
    expect(droppedBytes).toBeGreaterThan(5000);
    const all = await read();
    expect(all.leftOutBytes).toBe(droppedBytes);
    expect((await readdir(path.join(folder, '7'))).length).toBeLessThanOrEqual(7);
    expect(chunks.map((chunk) => chunk.sequence)).toEqual(chunks.map((_, index) => index));
  });

  test('tells little of what is gone a moment later', async () => {
    const { log, chunks } = open({ limits: { ...limits, tailChunkMs: 60_000 } });
    for (let index = 0; index < 5000; index++) await log.take('stdout', Buffer.from(`line ${index}\n`));
    await log.close();
    expect(chunks.length).toBeLessThan(30);
    expect(chunks.some((chunk) => (chunk.droppedBytes ?? 0) > 0)).toBe(true);
  });

  test('of 1 GiB takes little memory and any range of it is read', async () => {
    const { log, read, chunks } = open();
    const piece = Buffer.alloc(65_536, 'an ordinary line of a log, of which there are many\n');
    const before = process.memoryUsage().rss;
    for (let index = 0; index < 16_384; index++) await log.take('stdout', piece);
    await log.close();
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
    const last = chunks.at(-1)!;
    const end = last.byteOffset + last.sizeBytes;
    expect((await read(end - 100_000, end)).bytes.length).toBe(100_000);
  }, 60_000);
});

describe('trouble', () => {
  test('whoever writes faster than it is kept is held', async () => {
    const gate = Promise.withResolvers<void>();
    const { log } = open({ onChunk: () => gate.promise, limits: { waitingBytes: 1000, chunkBytes: 100 } });
    const held = Array.from({ length: 50 }, () => log.take('stdout', Buffer.alloc(100, 'x\n'))).at(-1);
    expect(held).toBeInstanceOf(Promise);
    gate.resolve();
    await held;
    await log.close();
  });

  test('a place that cannot be written is told once, and nobody is held for ever', async () => {
    const told: Error[] = [];
    const { log } = open({
      folder: '/dev/null/nowhere',
      onTrouble: (error) => void told.push(error),
      limits: { waitingBytes: 10 },
    });
    await log.take('stdout', Buffer.alloc(1000, 'x\n'));
    await log.take('stdout', Buffer.alloc(1000, 'x\n'));
    await log.close();
    expect(told.length).toBe(1);
  });
});
