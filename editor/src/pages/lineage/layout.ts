/**
 * Decides where the cards of a lineage stand: columns from left to right by the longest way from a beginning, and within a column
 * in the order that keeps neighbours near each other. Pure; sizes come in, places go out.
 */

export interface Sized {
  id: string;
  width: number;
  height: number;
}
export interface Arrow {
  from: string;
  to: string;
}
export interface Placed {
  x: number;
  y: number;
  column: number;
}
export interface Layout {
  places: ReadonlyMap<string, Placed>;
  /** The ids of each column, from top to bottom. */
  columns: readonly (readonly string[])[];
  width: number;
  height: number;
}

const columnGap = 72;
const rowGap = 20;
const sweeps = 6;

export function layOut(cards: readonly Sized[], arrows: readonly Arrow[]): Layout {
  const known = new Map(cards.map((card) => [card.id, card]));
  const forward = withoutLoops(
    cards.map(({ id }) => id),
    arrows.filter(({ from, to }) => known.has(from) && known.has(to)),
  );
  const before = grouped(forward, 'to', 'from');
  const after = grouped(forward, 'from', 'to');
  const column = columnsOf(
    cards.map(({ id }) => id),
    before,
    after,
  );
  const columns: string[][] = [];
  for (const { id } of cards) {
    const at = column.get(id)!;
    columns[at] ??= [];
    columns[at]?.push(id);
  }
  order(columns, before, after);

  const places = new Map<string, Placed>();
  let x = 0;
  for (const [index, ids] of columns.entries()) {
    const width = Math.max(...ids.map((id) => known.get(id)!.width));
    let y = 0;
    for (const id of ids) {
      const card = known.get(id)!;
      places.set(id, { x: x + (width - card.width) / 2, y, column: index });
      y += card.height + rowGap;
    }
    x += width + columnGap;
  }
  straighten(columns, places, known, before, after);
  const lowest = Math.min(0, ...[...places.values()].map((place) => place.y));
  for (const place of places.values()) place.y -= lowest;
  return {
    places,
    columns: columns.map((ids) => [...ids].sort((a, b) => places.get(a)!.y - places.get(b)!.y)),
    width: Math.max(0, x - columnGap),
    height: Math.max(0, ...[...places].map(([id, place]) => place.y + known.get(id)!.height)),
  };
}

/** An artifact is its bytes, so work that gives back what it was given makes a loop; the arrow that closes it is left out here. */
function withoutLoops(ids: readonly string[], arrows: readonly Arrow[]): Arrow[] {
  const out = grouped(arrows, 'from', 'to');
  const state = new Map<string, 'open' | 'done'>();
  const kept: Arrow[] = [];
  for (const start of ids) {
    if (state.has(start)) continue;
    const path: { id: string; next: number }[] = [{ id: start, next: 0 }];
    state.set(start, 'open');
    for (let here = path.at(-1); here; here = path.at(-1)) {
      const to = out.get(here.id)?.[here.next++];
      if (to === undefined) {
        state.set(here.id, 'done');
        path.pop();
      } else if (state.get(to) !== 'open') {
        kept.push({ from: here.id, to });
        if (!state.has(to)) {
          state.set(to, 'open');
          path.push({ id: to, next: 0 });
        }
      }
    }
  }
  return kept;
}

type Neighbours = ReadonlyMap<string, readonly string[]>;
function grouped(arrows: readonly Arrow[], by: 'from' | 'to', take: 'from' | 'to'): Neighbours {
  const groups = new Map<string, string[]>();
  for (const arrow of arrows) {
    const group = groups.get(arrow[by]);
    if (!group) groups.set(arrow[by], [arrow[take]]);
    else if (!group.includes(arrow[take])) group.push(arrow[take]);
  }
  return groups;
}

/** The longest way from a beginning; a beginning itself moves right until it stands beside what uses it first. */
function columnsOf(ids: readonly string[], before: Neighbours, after: Neighbours): Map<string, number> {
  const column = new Map<string, number>();
  const waiting = new Map(ids.map((id) => [id, before.get(id)?.length ?? 0]));
  const ready = ids.filter((id) => waiting.get(id) === 0);
  for (const id of ready) column.set(id, 0);
  for (let i = 0; i < ready.length; i++) {
    const id = ready[i]!;
    for (const next of after.get(id) ?? []) {
      column.set(next, Math.max(column.get(next) ?? 0, column.get(id)! + 1));
      waiting.set(next, waiting.get(next)! - 1);
      if (waiting.get(next) === 0) ready.push(next);
    }
  }
  for (const id of ids) {
    const users = after.get(id) ?? [];
    if (!before.get(id)?.length && users.length > 0)
      column.set(id, Math.max(0, Math.min(...users.map((user) => column.get(user)!)) - 1));
  }
  return column;
}

/** Orders each column by the mean place of its neighbours, from the left and from the right in turn. */
function order(columns: string[][], before: Neighbours, after: Neighbours): void {
  const rank = new Map<string, number>();
  const number = (ids: readonly string[]) => {
    for (const [index, id] of ids.entries()) rank.set(id, (index + 0.5) / ids.length);
  };
  columns.forEach(number);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const [side, line] = sweep % 2 === 0 ? [before, columns] : [after, [...columns].reverse()];
    for (const ids of line) {
      const wish = new Map(ids.map((id) => [id, mean(side.get(id), (one) => rank.get(one)!) ?? rank.get(id)!]));
      ids.sort((a, b) => wish.get(a)! - wish.get(b)!);
      number(ids);
    }
  }
}

/** Moves cards up or down towards the middle of their neighbours, without changing an order or letting two overlap. */
function straighten(
  columns: readonly string[][],
  places: Map<string, Placed>,
  known: ReadonlyMap<string, Sized>,
  before: Neighbours,
  after: Neighbours,
): void {
  const middle = (id: string) => places.get(id)!.y + known.get(id)!.height / 2;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const [side, line] = sweep % 2 === 0 ? [before, columns] : [after, [...columns].reverse()];
    for (const ids of line) {
      const wishes = ids.map((id) => (mean(side.get(id), middle) ?? middle(id)) - known.get(id)!.height / 2);
      let free = Number.NEGATIVE_INFINITY;
      let excess = 0;
      for (const [index, id] of ids.entries()) {
        const y = Math.max(free, wishes[index]!);
        excess += y - wishes[index]!;
        places.get(id)!.y = y;
        free = y + known.get(id)!.height + rowGap;
      }
      // What was pushed down by those above is shared out, so that the column stays where its neighbours are.
      for (const id of ids) places.get(id)!.y -= excess / ids.length;
    }
  }
}

function mean(ids: readonly string[] | undefined, of: (id: string) => number): number | null {
  return ids && ids.length > 0 ? ids.reduce((sum, id) => sum + of(id), 0) / ids.length : null;
}
