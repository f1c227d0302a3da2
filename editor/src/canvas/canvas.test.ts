import { expect, test } from 'vitest';
import { boundsOf, cardShape, wirePath } from './geometry.ts';
import { type TidyAsk, tidy } from './tidy.ts';

const ask = (nodes: number, edges: [number, number][]): TidyAsk => ({
  nodes: Array.from({ length: nodes }, (_, n) => ({ id: `n${n}`, width: 232, height: 108 + (n % 4) * 20 })),
  edges: edges.map(([from, to]) => ({ from: `n${from}`, to: `n${to}` })),
});
const random = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
};

test.each([60, 2500])('tidying %i nodes leaves no overlap, and every wire goes from left to right', (count) => {
  const next = random(7);
  const edges = Array.from({ length: Math.round(count * 1.4) }, (): [number, number] => {
    const to = 1 + Math.floor(next() * (count - 1));
    return [Math.floor(next() * to), to];
  });
  const asked = ask(count, edges);
  const places = new Map(tidy(asked).map(([id, x, y]) => [id, { x, y }]));
  for (const { from, to } of asked.edges) expect(places.get(from)!.x + 232).toBeLessThanOrEqual(places.get(to)!.x);
  const boxes = asked.nodes.map(({ id, width, height }) => ({ ...places.get(id)!, width, height }));
  const columns = Map.groupBy(boxes, ({ x }) => x);
  for (const column of columns.values()) {
    column.sort((a, b) => a.y - b.y);
    for (const [index, box] of column.entries())
      if (index > 0) expect(box.y).toBeGreaterThanOrEqual(column[index - 1]!.y + column[index - 1]!.height);
  }
});

test('a card is as high as its ports need, and keeps a port that a wire still holds', () => {
  const port = { name: 'rows', kind: 'table' as const };
  const none = { in: [], out: [] };
  const shape = { inputs: [port], outputs: [], parameters: {}, problems: [] };
  const plain = cardShape(undefined, shape, none);
  const edge = { from: { node: 'a', port: 'table' }, to: { node: 'b', port: 'gone' } };
  const holding = cardShape(undefined, shape, { in: [edge], out: [] });
  expect(plain).toMatchObject({ height: 88, inputs: [{ name: 'rows', lost: false, connected: false, y: 50 }] });
  expect(holding).toMatchObject({ height: 108, inputs: [{ name: 'rows' }, { name: 'gone', lost: true }] });
});

test('bounds of nothing are nothing, and a wire never bulges more than it must', () => {
  expect(boundsOf([])).toBeNull();
  expect(boundsOf([{ x: -5, y: 0, width: 10, height: 10 }])).toEqual({ x: -5, y: 0, width: 10, height: 10 });
  expect(wirePath(0, 0, 400, 0)).toBe('M0 0C60 0 340 0 400 0');
});
