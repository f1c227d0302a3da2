/** Decides how curves of several runs become one chart: points on one axis of steps, smoothed. */

interface Curve {
  points: readonly { step: number; value: number | 'NaN' }[];
}

/** The steps of all, then the values of each; a step that a run does not have is a gap. A logarithm has no place for what is not above 0. */
export function aligned(curves: readonly Curve[], smoothing: number, log: boolean): [number[], ...(number | null)[][]] {
  const steps = [...new Set(curves.flatMap(({ points }) => points.map(({ step }) => step)))].sort((a, b) => a - b);
  const lines = curves.map(({ points }) => {
    const smooth = smoothed(points, smoothing);
    return steps.map((step) => {
      const value = smooth.get(step);
      return value === undefined || (log && value <= 0) ? null : value;
    });
  });
  return [steps, ...lines];
}

/** Each value pulled towards those before it; the first ones are not pulled towards nothing. */
export function smoothed(points: Curve['points'], share: number): Map<number, number> {
  const found = new Map<number, number>();
  let [sum, weight] = [0, 0];
  for (const { step, value } of points) {
    if (value === 'NaN') continue;
    sum = sum * share + value;
    weight = weight * share + 1;
    found.set(step, sum / weight);
  }
  return found;
}
