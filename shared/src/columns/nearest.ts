/** Decides which existing name was meant by one that does not exist: by the fewest letters to change. */

/**
 * The nearest of several names, or null when none is near.
 * distance  edits by one letter, and two letters swapped (Damerau 1964), without regard to case and to marks between words
 * near      a third of the letters or fewer
 */
export function nearest(name: string, among: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(bare(name).length / 3)) + 1;
  for (const other of among) {
    if (Math.abs(other.length - name.length) >= least + 4) continue;
    const distance = distanceOf(bare(name), bare(other), least);
    if (distance < least) {
      least = distance;
      best = other;
    }
  }
  return best;
}

const bare = (name: string): string =>
  name
    .slice(0, 100)
    .toLowerCase()
    .replace(/[\s_.-]+/g, '');

/** Counts no further than `most`. */
function distanceOf(a: string, b: string, most: number): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    if (Math.min(...row) >= most) return most;
    before = last;
    last = row;
  }
  return last[b.length]!;
}
