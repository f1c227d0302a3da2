/** Decides which stretch of time a timeline shows: zooming about a point, panning, and where its scale is marked. Milliseconds. */

export interface Stretch {
  from: number;
  to: number;
}

/** Times are recorded by the millisecond; nearer than this there is nothing to see. */
const shortest = 10;

const length = ({ from, to }: Stretch): number => to - from;

/** So much nearer (or, below 1, further), with the instant `at` staying where it is; null is the whole. */
export function zoomed(view: Stretch, whole: Stretch, factor: number, at: number): Stretch | null {
  const wanted = Math.max(Math.min(shortest, length(whole)), length(view) / factor);
  if (wanted >= length(whole)) return null;
  const share = (at - view.from) / length(view);
  return within({ from: at - share * wanted, to: at + (1 - share) * wanted }, whole);
}

/** Moved by so many milliseconds, as far as there is something to see. */
export const panned = (view: Stretch, whole: Stretch, by: number): Stretch =>
  within({ from: view.from + by, to: view.to + by }, whole);

function within(view: Stretch, whole: Stretch): Stretch {
  const by = Math.max(whole.from - view.from, 0) + Math.min(whole.to - view.to, 0);
  return { from: view.from + by, to: view.to + by };
}

const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500].concat(
  [1, 2, 5, 10, 15, 30].map((n) => n * 1000),
  [1, 2, 5, 10, 15, 30].map((n) => n * 60_000),
  [1, 2, 3, 6, 12].map((n) => n * 3_600_000),
);

/** Round lengths of time since `start` that lie in the view: `most` of them, or fewer. */
export function marksOf(view: Stretch, start: number, most: number): number[] {
  const least = length(view) / Math.max(1, most);
  const days = 86_400_000;
  const step = steps.find((one) => one >= least) ?? Math.ceil(least / days) * days;
  const first = Math.ceil((view.from - start) / step);
  const marks: number[] = [];
  for (let n = first; start + n * step <= view.to; n++) marks.push(n * step);
  return marks;
}
