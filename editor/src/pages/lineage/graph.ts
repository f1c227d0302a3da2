/** Decides what of a lineage is shown: all that came so far, opened further from some cards and folded away at others. Pure. */
import type { Lineage, LineageNode, LineageWay } from '@drawloom/shared/api/lineage.ts';

export type Edge = Lineage['edges'][number];
export interface Graph {
  from: readonly string[];
  nodes: ReadonlyMap<string, LineageNode>;
  edges: ReadonlyMap<string, Edge>;
}
/** One side of a card: what made it, or what came of it. */
export type Side = `${LineageWay} ${string}`;
export const sideOf = (way: LineageWay, id: string): Side => `${way} ${id}`;
export const ways = ['up', 'down'] as const satisfies readonly LineageWay[];

const keyOf = ({ from, to, port }: Edge) => `${from} > ${to} ${port}`;
/** Which end of an edge a card is at, when one goes from it in a way. */
const near = (way: LineageWay) => (way === 'up' ? 'to' : 'from');
const far = (way: LineageWay) => (way === 'up' ? 'from' : 'to');

export const graphOf = ({ from, nodes, edges }: Lineage): Graph => ({
  from,
  nodes: new Map(nodes.map((node) => [node.id, node])),
  edges: new Map(edges.map((edge) => [keyOf(edge), edge])),
});

/** The graph with what was asked further from one card, in one way. */
export function opened(graph: Graph, { at, way, answer }: { at: string; way: LineageWay; answer: Lineage }): Graph {
  const walked = new Set([...graph.edges.values()].map((edge) => edge[near(way)]));
  const nodes = new Map(graph.nodes);
  for (const node of answer.nodes) {
    const before = nodes.get(node.id);
    const told = node.more.includes(way);
    // Another answer knows less of what an earlier one walked from; only of the card that was opened it knows best.
    const stays = told && (!before || node.id === at || before.more.includes(way) || !walked.has(node.id));
    const others = (before ?? node).more.filter((one) => one !== way);
    nodes.set(node.id, { ...node, more: stays ? [...others, way] : others });
  }
  return { ...graph, nodes, edges: new Map([...graph.edges, ...graphOf(answer).edges]) };
}

export interface Shown {
  nodes: LineageNode[];
  edges: Edge[];
  /** By side: how many cards it leads to, folded away or not. */
  sides: ReadonlyMap<Side, number>;
}
/** What is reached from the beginning without going through a side that is folded. */
export function shownOf(graph: Graph, folded: ReadonlySet<Side>): Shown {
  const sides = new Map<Side, Edge[]>();
  for (const edge of graph.edges.values())
    for (const way of ways) {
      const side = sideOf(way, edge[near(way)]);
      const list = sides.get(side);
      if (list) list.push(edge);
      else sides.set(side, [edge]);
    }
  const seen = new Set(graph.from);
  for (const id of seen)
    for (const way of ways) {
      const side = sideOf(way, id);
      if (!folded.has(side)) for (const edge of sides.get(side) ?? []) seen.add(edge[far(way)]);
    }
  const isFolded = (edge: Edge) => ways.some((way) => folded.has(sideOf(way, edge[near(way)])));
  return {
    nodes: [...graph.nodes.values()].filter(({ id }) => seen.has(id)),
    edges: [...graph.edges.values()].filter((edge) => seen.has(edge.from) && seen.has(edge.to) && !isFolded(edge)),
    sides: new Map(
      [...sides].map(([side, edges]) => [side, new Set(edges.map((edge) => edge[far(edgeWay(side))])).size]),
    ),
  };
}
const edgeWay = (side: Side): LineageWay => (side.startsWith('up ') ? 'up' : 'down');

/** What the button at a side of a card does: ask further, show again, or fold away; null: nothing is known there. */
export function doorOf(
  node: LineageNode,
  way: LineageWay,
  shown: Shown,
  folded: ReadonlySet<Side>,
): 'more' | 'show' | 'fold' | null {
  const side = sideOf(way, node.id);
  if (folded.has(side)) return 'show';
  if (node.more.includes(way)) return 'more';
  return shown.sides.has(side) ? 'fold' : null;
}
