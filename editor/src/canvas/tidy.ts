/** Decides where cards go when the drawing is tidied: dagre below two thousand nodes, rows by longest path above. Runs in a worker. */
import { Graph, layout } from '@dagrejs/dagre';

export interface TidyNode {
  id: string;
  width: number;
  height: number;
}
export interface TidyAsk {
  nodes: TidyNode[];
  edges: { from: string; to: string }[];
}
export type TidyAnswer = [id: string, x: number, y: number][];

const columnGap = 80;
const rowGap = 32;

export function tidy({ nodes, edges }: TidyAsk): TidyAnswer {
  const depths = depthsOf(nodes, edges);
  const deepest = Math.max(0, ...depths.values());
  return nodes.length > 2000 || deepest > 200 ? byDepth(nodes, depths) : byDagre(nodes, edges);
}

function byDagre(nodes: TidyNode[], edges: TidyAsk['edges']): TidyAnswer {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', ranksep: columnGap, nodesep: rowGap, edgesep: 16, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  for (const [index, { from, to }] of edges.entries()) graph.setEdge(from, to, {}, String(index));
  layout(graph);
  return nodes.map(({ id, width, height }) => {
    const { x, y } = graph.node(id) as { x: number; y: number };
    return [id, Math.round(x - width / 2), Math.round(y - height / 2)];
  });
}

/** How many edges the longest way to each node has; nodes on a circle count from where the walk meets them. */
function depthsOf(nodes: readonly TidyNode[], edges: TidyAsk['edges']): Map<string, number> {
  const waiting = new Map(nodes.map(({ id }) => [id, 0]));
  const following = new Map<string, string[]>();
  for (const { from, to } of edges) {
    waiting.set(to, (waiting.get(to) ?? 0) + 1);
    const list = following.get(from);
    if (list) list.push(to);
    else following.set(from, [to]);
  }
  const depths = new Map(nodes.map(({ id }) => [id, 0]));
  const queue = nodes.filter(({ id }) => waiting.get(id) === 0).map(({ id }) => id);
  for (let head = 0; head < queue.length; head++) {
    const id = queue[head]!;
    for (const to of following.get(id) ?? []) {
      depths.set(to, Math.max(depths.get(to) ?? 0, (depths.get(id) ?? 0) + 1));
      const left = (waiting.get(to) ?? 1) - 1;
      waiting.set(to, left);
      if (left === 0) queue.push(to);
    }
  }
  return depths;
}

function byDepth(nodes: readonly TidyNode[], depths: ReadonlyMap<string, number>): TidyAnswer {
  const bottoms: number[] = [];
  return nodes.map(({ id, width, height }) => {
    const depth = depths.get(id) ?? 0;
    const y = bottoms[depth] ?? 0;
    bottoms[depth] = y + height + rowGap;
    return [id, depth * (width + columnGap), y];
  });
}
