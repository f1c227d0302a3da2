/** Decides which nodes made a run as long as it was: of all ways through the graph, the one whose nodes took longest together. */

export interface LongestChain {
  /** In their order. */
  nodes: string[];
  lengthMs: number;
}

/**
 * The longest way along `parents` by what each node took; what took no time adds nothing and stands neither at an end nor alone.
 * `parents` must hold no circle, as no plan does; a node of a circle would be left out.
 */
export function longestChain(
  parents: ReadonlyMap<string, Iterable<string>>,
  took: ReadonlyMap<string, number>,
): LongestChain {
  const children = new Map<string, string[]>();
  const open = new Map<string, number>();
  for (const [node, before] of parents) {
    const list = [...before].filter((one) => parents.has(one));
    open.set(node, list.length);
    for (const one of list) {
      const known = children.get(one);
      if (known) known.push(node);
      else children.set(one, [node]);
    }
  }
  const of = (node: string) => Math.max(0, took.get(node) ?? 0);
  /** The longest way that ends before each node, and by which node it comes. */
  const before = new Map<string, { length: number; by: string }>();
  let last: string | undefined;
  let lengthMs = 0;
  const ready = [...open].filter(([, n]) => n === 0).map(([node]) => node);
  for (let head = 0; head < ready.length; head++) {
    const node = ready[head]!;
    const until = (before.get(node)?.length ?? 0) + of(node);
    if (of(node) > 0 && until > lengthMs) {
      lengthMs = until;
      last = node;
    }
    for (const child of children.get(node) ?? []) {
      if (until > (before.get(child)?.length ?? 0)) before.set(child, { length: until, by: node });
      const left = open.get(child)! - 1;
      open.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  const nodes: string[] = [];
  for (let at = last; at !== undefined; at = before.get(at)?.by) nodes.push(at);
  nodes.reverse();
  return { nodes: nodes.slice(nodes.findIndex((node) => of(node) > 0)), lengthMs };
}
