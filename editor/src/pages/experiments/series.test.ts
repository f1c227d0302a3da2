import { expect, test } from 'vitest';
import { aligned, smoothed } from './series.ts';

const curve = (...values: (number | 'NaN')[]) => ({ points: values.map((value, step) => ({ step, value })) });

test('curves of different lengths share an axis, with gaps where a run has no point or no number', () => {
  expect(aligned([curve(1, 'NaN', 3), curve(5)], 0, false)).toEqual([
    [0, 1, 2],
    [1, null, 3],
    [5, null, null],
  ]);
  expect(aligned([curve(1, 0, -1)], 0, true)).toEqual([
    [0, 1, 2],
    [1, null, null],
  ]);
});

test('smoothing pulls towards what came before, and leaves the first and what is constant', () => {
  expect([...smoothed(curve(2, 2, 2).points, 0.9).values()].map((value) => value.toFixed(6))).toEqual([
    '2.000000',
    '2.000000',
    '2.000000',
  ]);
  const [first, second] = smoothed(curve(0, 1).points, 0.5).values();
  expect(first).toBe(0);
  expect(second).toBeCloseTo(2 / 3);
});
