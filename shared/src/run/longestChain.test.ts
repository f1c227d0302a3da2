import { expect, test } from 'vitest';
import { longestChain } from './longestChain.ts';

const graph = (wires: Record<string, string[]>) => new Map(Object.entries(wires));
const took = (times: Record<string, number>) => new Map(Object.entries(times));

test('of two ways the one that took longer is the chain, though it has fewer nodes', () => {
  const wires = graph({ a: [], b: ['a'], c: ['b'], d: ['a'], e: ['c', 'd'] });
  expect(longestChain(wires, took({ a: 1, b: 2, c: 2, d: 9, e: 1 }))).toEqual({ nodes: ['a', 'd', 'e'], lengthMs: 11 });
});

test('what took no time begins no chain and ends none, but a chain goes through it', () => {
  const wires = graph({ a: [], b: ['a'], c: ['b'], d: ['c'], e: ['d'] });
  expect(longestChain(wires, took({ b: 3, d: 4 }))).toEqual({ nodes: ['b', 'c', 'd'], lengthMs: 7 });
});

test('where nothing ran there is no chain', () => {
  expect(longestChain(graph({ a: [], b: ['a'] }), took({}))).toEqual({ nodes: [], lengthMs: 0 });
});

test('a parent that is not in the graph, as in a run of a part, is passed over', () => {
  expect(longestChain(graph({ b: ['a'], c: ['b'] }), took({ b: 1, c: 1 }))).toEqual({ nodes: ['b', 'c'], lengthMs: 2 });
});

test('no way through any of a hundred random graphs is longer', () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  for (let round = 0; round < 100; round++) {
    const names = Array.from({ length: 9 }, (_, n) => `n${n}`);
    const parents = new Map(names.map((name, n) => [name, names.slice(0, n).filter(() => random() < 0.35)]));
    const times = new Map(names.map((name) => [name, random() < 0.2 ? 0 : Math.ceil(random() * 50)]));
    /** Every way, one by one. */
    const longestTo = (node: string): number =>
      Math.max(0, ...parents.get(node)!.map(longestTo)) + (times.get(node) ?? 0);
    const longest = Math.max(...names.map(longestTo));
    const { nodes, lengthMs } = longestChain(parents, times);
    expect(lengthMs).toBe(longest);
    expect(nodes.reduce((sum, node) => sum + times.get(node)!, 0)).toBe(longest);
    for (const [place, node] of nodes.entries()) if (place > 0) expect(parents.get(node)).toContain(nodes[place - 1]);
  }
});

test('ten thousand nodes in a row are no trouble', () => {
  const names = Array.from({ length: 10_000 }, (_, n) => `n${n}`);
  const row = new Map(names.map((name, n) => [name, n === 0 ? [] : [names[n - 1]!]]));
  expect(longestChain(row, new Map(names.map((name) => [name, 1]))).nodes).toHaveLength(10_000);
});
