import { expect, test } from 'vitest';
import { advise, type Needed } from './advice.ts';

const mib = 2 ** 20;
const unset = { memoryBytes: null, timeoutMs: null };
const needed = (peakMib: number, wallMs: number, more: Partial<Needed> = {}): Needed => ({
  reason: 'ok',
  peakMemoryBytes: peakMib * mib,
  cpuMs: wallMs * 0.9,
  wallMs,
  memoryBytes: null,
  timeoutMs: null,
  ...more,
});

test('a high quantile with head room, and the number of attempts that it rests on', () => {
  const attempts = Array.from({ length: 100 }, (_, index) => needed(100 + index, 1000 * (index + 1)));
  expect(advise('train', attempts, { memoryBytes: 128 * mib, timeoutMs: null })).toEqual({
    node: 'train',
    attempts: 100,
    memory: { p95Bytes: 194 * mib, mostBytes: 199 * mib, limitBytes: 128 * mib, adviseBytes: 256 * mib },
    time: { p95Ms: 95_000, mostMs: 100_000, limitMs: null, adviseMs: 210_000 },
    cpu: { p95Cores: 0.9, adviseCores: 1 },
  });
});

test('what is advised is more than was ever seen, also when that was seen once', () => {
  const attempts = [...Array.from({ length: 99 }, () => needed(100, 1000)), needed(3000, 500_000)];
  const { memory, time } = advise('train', attempts, unset);
  expect(memory).toMatchObject({ p95Bytes: 100 * mib, mostBytes: 3000 * mib });
  expect(memory!.adviseBytes).toBeGreaterThan(3000 * mib);
  expect(time!.adviseMs).toBeGreaterThan(500_000);
});

test('an attempt that hit a limit asks for twice that limit', () => {
  const attempts = [
    needed(100, 1000),
    needed(260, 900, { reason: 'oom', memoryBytes: 512 * mib }),
    needed(120, 60_000, { reason: 'timeout', timeoutMs: 60_000 }),
  ];
  const { memory, time } = advise('train', attempts, unset);
  expect(memory!.adviseBytes).toBe(1024 * mib);
  expect(time!.adviseMs).toBe(120_000);
});

test('nothing is advised from two attempts, and nothing of processors from moments', () => {
  expect(advise('a', [needed(1, 1), needed(1, 1)], unset)).toEqual({
    ...{ node: 'a', attempts: 2, memory: null, time: null, cpu: null },
  });
  const moments = [needed(1, 5), needed(1, 5), needed(1, 5)];
  expect(advise('a', moments, unset)).toMatchObject({
    memory: { adviseBytes: 64 * mib },
    time: { adviseMs: 10_000 },
    cpu: null,
  });
  const busy = Array.from({ length: 5 }, () => needed(1, 1000, { cpuMs: 3600 }));
  expect(advise('a', busy, unset).cpu).toEqual({ p95Cores: 3.6, adviseCores: 4 });
});
