import type { LineageNode } from '@drawloom/shared/api/lineage.ts';
import { expect, test } from 'vitest';
import { cardsIn, linesIn, viewOf } from './inView.ts';
import { layOut } from './layout.ts';
import { sizeOf } from './sizes.ts';

const file = (id: string): LineageNode => ({ kind: 'file', id, name: id, sha256: null, more: [] });
const many = Array.from({ length: 5000 }, (_, n) => file(`made ${n}`));
const nodes = new Map([file('root'), ...many].map((node) => [node.id, node]));
const edges = many.map(({ id }) => ({ from: 'root', to: id, port: '' }));
const layout = layOut(
  [...nodes.values()].map((node) => ({ id: node.id, ...sizeOf(node) })),
  edges,
);

test('of five thousand cards one below another, those in view are mounted, wherever the view is', () => {
  for (const top of [0, layout.height / 2, layout.height - 700]) {
    const view = viewOf(0, top, 1200, 700);
    const seen = cardsIn(view, layout, nodes);
    const truly = [...nodes.keys()].filter((id) => {
      const { x, y } = layout.places.get(id)!;
      return x <= 1200 && x + 240 >= 0 && y <= view.bottom && y + sizeOf(nodes.get(id)!).height >= view.top;
    });
    expect([...seen].sort()).toEqual(truly.sort());
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.length).toBeLessThan(40);
  }
});

test('lines that cross the view are drawn, and no others', () => {
  const lines = (top: number) => linesIn(viewOf(0, top, 1200, 700), edges, layout, nodes).split('M').length - 1;
  expect(lines(layout.places.get('root')!.y)).toBe(5000);
  const [far] = [lines(0)];
  expect(far).toBeGreaterThan(5);
  expect(far).toBeLessThan(40);
});
