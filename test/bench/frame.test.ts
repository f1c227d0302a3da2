import { expect, test } from 'vitest';
import { figure, median, percentile } from './frame.ts';

test('a figure is the median of its runs, beside its peer', () => {
  expect(figure('noop-chain-40', [3, 1, 2], [4, 4])).toEqual({
    name: 'noop-chain-40',
    value: 2,
    unit: 'ms',
    peer: 4,
    ratio: 0.5,
    runs: [3, 1, 2],
  });
  expect(() => figure('noop-chain-40', [])).toThrow('noop-chain-40 was not measured.');
  expect(() => figure('noop-chain-41', [1])).toThrow('no figure that anybody knows');
});

test('a median of an even count lies halfway, and one of a single run is that run', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
});

test('95 of 100 values do not exceed the 95th percentile', () => {
  const values = Array.from({ length: 100 }, (_, n) => n + 1);
  expect(percentile(values, 0.95)).toBe(95);
  expect(percentile([5], 0.95)).toBe(5);
  expect(percentile([1, 2], 0)).toBe(1);
});
