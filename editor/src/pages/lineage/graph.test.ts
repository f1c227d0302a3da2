import type { Lineage, LineageWay } from '@drawloom/shared/api/lineage.ts';
import { expect, test } from 'vitest';
import { doorOf, graphOf, opened, shownOf, sideOf } from './graph.ts';

/** `a > b > c`, begun at one of them; `more` names those that lead on, as `up a`. */
function lineage(from: string, drawing: string, ...more: string[]): Lineage {
  const chains = drawing.split(';').map((chain) => chain.split('>').map((id) => id.trim()));
  return {
    from: [from],
    nodes: [...new Set(chains.flat())].map((id) => ({
      kind: 'file',
      id,
      name: id,
      sha256: null,
      more: (['up', 'down'] as const).filter((way) => more.includes(`${way} ${id}`)),
    })),
    edges: chains.flatMap((chain) => chain.slice(1).map((to, index) => ({ from: chain[index]!, to, port: '' }))),
    more: more.length > 0,
  };
}
const shown = (graph: ReturnType<typeof graphOf>, ...folded: [LineageWay, string][]) =>
  shownOf(graph, new Set(folded.map(([way, id]) => sideOf(way, id))))
    .nodes.map(({ id }) => id)
    .sort()
    .join(' ');

test('what is folded away goes with all that is reached through it alone', () => {
  const graph = graphOf(lineage('x', 'raw > a > x; raw > b > x; b > other; x > y > z'));
  expect(shown(graph)).toBe('a b other raw x y z');
  expect(shown(graph, ['down', 'x'])).toBe('a b other raw x');
  expect(shown(graph, ['up', 'a'])).toBe('a b other raw x y z'); // raw is reached through b
  expect(shown(graph, ['up', 'a'], ['up', 'b'])).toBe('a b other x y z');
  expect(shown(graph, ['up', 'x'])).toBe('x y z');
});

test('a side that is folded has no lines, though both of its ends are seen', () => {
  const graph = graphOf(lineage('x', 'raw > a > x; raw > b > x'));
  const { edges, sides } = shownOf(graph, new Set([sideOf('up', 'a')]));
  expect(edges.map(({ from, to }) => `${from} > ${to}`)).toEqual(['a > x', 'raw > b', 'b > x']);
  expect(sides.get(sideOf('up', 'x'))).toBe(2);
});

test('what is opened further joins what is there, and its marks go where they are answered', () => {
  const first = graphOf(lineage('x', 'a > x', 'up a'));
  const further = opened(first, { at: 'a', way: 'up', answer: lineage('a', 'deep > raw > a', 'up deep') });
  const door = (id: string, way: LineageWay) =>
    doorOf(further.nodes.get(id)!, way, shownOf(further, new Set()), new Set());
  expect(shown(further)).toBe('a deep raw x');
  expect([door('a', 'up'), door('deep', 'up'), door('x', 'up'), door('x', 'down')]).toEqual([
    'fold',
    'more',
    'fold',
    null,
  ]);
});

test('an answer that stops short of what an earlier one walked takes nothing back', () => {
  const first = graphOf(lineage('x', 'a > x > b > c', 'down c'));
  const further = opened(first, {
    at: 'a',
    way: 'down',
    answer: lineage('a', 'a > x; a > new > b', 'down x', 'down b', 'down new'),
  });
  expect(['x', 'b', 'new', 'c'].map((id) => further.nodes.get(id)!.more)).toEqual([[], [], ['down'], ['down']]);
});
