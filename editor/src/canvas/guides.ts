/** Decides when a dragged card snaps to the lines of others: edges and middles that come within a few pixels become equal. */
import type { Box } from './geometry.ts';

export interface Guide {
  /** `x`: a line from top to bottom at this x; `y`: one from left to right at this y. */
  axis: 'x' | 'y';
  at: number;
  from: number;
  to: number;
}
export interface Snap {
  dx: number;
  dy: number;
  guides: readonly Guide[];
}
export const guideReach = 6;

/** How far to shift what moves, so that its nearest line along each axis lies exactly on one of the others'. */
export function snapTo(moving: Box, others: Iterable<Box>, reach = guideReach): Snap {
  let across: { by: number; at: number; other: Box } | null = null;
  let down: { by: number; at: number; other: Box } | null = null;
  for (const other of others) {
    for (const share of [0, 0.5, 1]) {
      const x = other.x + other.width * share;
      const byX = x - (moving.x + moving.width * share);
      if (Math.abs(byX) <= reach && (!across || Math.abs(byX) < Math.abs(across.by)))
        across = { by: byX, at: x, other };
      const y = other.y + other.height * share;
      const byY = y - (moving.y + moving.height * share);
      if (Math.abs(byY) <= reach && (!down || Math.abs(byY) < Math.abs(down.by))) down = { by: byY, at: y, other };
    }
  }
  const dx = across?.by ?? 0;
  const dy = down?.by ?? 0;
  const x = moving.x + dx;
  const y = moving.y + dy;
  const guides: Guide[] = [];
  if (across)
    guides.push({
      axis: 'x',
      at: across.at,
      from: Math.min(y, across.other.y),
      to: Math.max(y + moving.height, across.other.y + across.other.height),
    });
  if (down)
    guides.push({
      axis: 'y',
      at: down.at,
      from: Math.min(x, down.other.x),
      to: Math.max(x + moving.width, down.other.x + down.other.width),
    });
  return { dx, dy, guides };
}
