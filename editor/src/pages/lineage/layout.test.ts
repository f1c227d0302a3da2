import { expect, test } from 'vitest';
import { layOut } from './layout.ts';

/** `a > b > d; a > c > d`, every card ten by ten. */
function laidOut(drawing: string) {
  const ways = drawing.split(';').map((way) => way.split('>').map((id) => id.trim()));
  const cards = [...new Set(ways.flat())].map((id) => ({ id, width: 10, height: 10 }));
  return layOut(
    cards,
    ways.flatMap((way) => way.slice(1).map((to, index) => ({ from: way[index]!, to }))),
  );
}
const columns = (drawing: string) => laidOut(drawing).columns.map((ids) => ids.join(' '));

test('a card stands right of everything it was made from', () => {
  expect(columns('a > b > d; a > d')).toEqual(['a', 'b', 'd']);
});
test('a file that is first used late stands beside its use', () => {
  expect(columns('a > b > c > d; file > d')).toEqual(['a', 'b', 'c file', 'd']);
});
test('neighbours keep near each other, so that ways do not cross', () => {
  expect(columns('a > x; b > y; c > z; a > p; x > q; z > r; y > s').slice(1)).toEqual(['x p y z', 'q s r']);
});
test('work that gives back what it was given is drawn, loop and all', () => {
  const { places } = laidOut('a > run > a');
  expect([...places.keys()]).toEqual(['a', 'run']);
});
test('no two cards of a column overlap', () => {
  const { columns: all, places } = laidOut('a > b; a > c; a > d; a > e; b > z; e > z');
  for (const ids of all)
    for (const [index, id] of ids.entries())
      if (index > 0) expect(places.get(id)!.y - places.get(ids[index - 1]!)!.y).toBeGreaterThanOrEqual(30);
});
test('nothing at all has no size', () => {
  expect(layOut([], [])).toMatchObject({ columns: [], width: 0, height: 0 });
});
