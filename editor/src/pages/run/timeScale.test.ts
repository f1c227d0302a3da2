import { expect, test } from 'vitest';
import { marksOf, panned, zoomed } from './timeScale.ts';

const whole = { from: 1000, to: 11_000 };

test('zooming keeps the instant under the pointer where it is', () => {
  const view = zoomed(whole, whole, 2, 3500)!;
  expect(view.to - view.from).toBe(5000);
  expect((3500 - view.from) / 5000).toBeCloseTo((3500 - whole.from) / 10_000);
});

test('zooming out beyond the run shows the whole of it again', () => {
  expect(zoomed({ from: 3000, to: 9000 }, whole, 0.5, 4000)).toBeNull();
});

test('zooming in ends where there is nothing more to see', () => {
  const view = zoomed({ from: 2000, to: 2012 }, whole, 1000, 2006)!;
  expect(view.to - view.from).toBe(10);
});

test('no move leaves the run', () => {
  expect(panned({ from: 2000, to: 4000 }, whole, -9000)).toEqual({ from: 1000, to: 3000 });
  expect(panned({ from: 2000, to: 4000 }, whole, 9000)).toEqual({ from: 9000, to: 11_000 });
  expect(zoomed({ from: 1000, to: 3000 }, whole, 0.5, 3000)!.from).toBe(1000);
});

test('marks are round, lie in the view, and are no more than were asked for', () => {
  expect(marksOf(whole, 1000, 5)).toEqual([0, 2000, 4000, 6000, 8000, 10_000]);
  expect(marksOf({ from: 3210, to: 3290 }, 1000, 4)).toEqual([2220, 2240, 2260, 2280]);
  expect(marksOf({ from: 0, to: 40 * 86_400_000 }, 0, 4)).toHaveLength(5);
});
