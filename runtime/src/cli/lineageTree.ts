/** Decides how lineage looks on a terminal: what was asked about, and below it, as trees, what made it and what came of it. */
import type { Lineage, LineageNode, LineageWay } from '@drawloom/shared/api/lineage.ts';
import { plain, size } from './table.ts';

export function lineageTree(lineage: Lineage): string {
  const nodes = new Map(lineage.nodes.map((node) => [node.id, node]));
  const lines: string[] = [];
  for (const id of lineage.from) {
    const start = nodes.get(id);
    if (!start) continue;
    lines.push(told(start));
    for (const way of ['up', 'down'] as const) {
      const below = branches(lineage, nodes, start, way);
      if (below.length > 0) lines.push(headings[way], ...below);
    }
    lines.push('');
  }
  if (lineage.more) lines.push('… goes on: ask from there, or with a greater --depth, --limit or --width.', '');
  return lines.map((line) => `${plain(line)}\n`).join('');
}

const headings = { up: 'was made of', down: 'led to' };

function branches(
  { edges }: Lineage,
  nodes: ReadonlyMap<string, LineageNode>,
  start: LineageNode,
  way: LineageWay,
): string[] {
  const [near, far] = way === 'up' ? (['to', 'from'] as const) : (['from', 'to'] as const);
  const next = Map.groupBy(edges, (edge) => edge[near]);
  const shown = new Set([start.id]);
  const below = (node: LineageNode, indent: string): string[] => {
    const ends = new Set((next.get(node.id) ?? []).map((edge) => edge[far]));
    const list = [...ends].flatMap((id) => nodes.get(id) ?? []);
    const goesOn = node.more.includes(way);
    return [
      ...list.flatMap((one, at) => {
        const last = at === list.length - 1 && !goesOn;
        const again = shown.has(one.id);
        shown.add(one.id);
        const line = `${indent}${last ? '└─' : '├─'} ${told(one)}${again && next.has(one.id) ? ' (as above)' : ''}`;
        return [line, ...(again ? [] : below(one, `${indent}${last ? '   ' : '│  '}`))];
      }),
      ...(goesOn ? [`${indent}└─ …`] : []),
    ];
  };
  return below(start, '');
}

function told(node: LineageNode): string {
  return `${wordsOf(node)}  ${node.id}`.replaceAll(/[\n\t]/g, ' ');
}

function wordsOf(node: LineageNode): string {
  switch (node.kind) {
    case 'artifact': {
      const { kind, port, rowCount, sizeBytes } = node.artifact;
      return `${port || kind} (${kind}, ${rowCount === null ? size(sizeBytes) : `${rowCount} rows`})`;
    }
    case 'node-run':
      return `${node.name}${node.mapIndex > 0 ? `, item ${node.mapIndex}` : ''} (${node.pipeline.name}, run ${node.run})`;
    case 'file':
      return `File ${node.name}${node.sha256 === null ? ' (read by no run)' : ''}`;
    case 'data-set':
      return `Data set ${node.name} of ${node.namespace}`;
    case 'job':
      return `Job ${node.name} of ${node.namespace}${node.lastRun ? ` (${node.lastRun.state}, ${node.lastRun.at})` : ''}`;
    case 'model-version': {
      const names = [...node.aliases.map((alias) => `@${alias}`), ...(node.stage === 'None' ? [] : [node.stage])];
      return `Model ${node.model}, version ${node.version}${names.length > 0 ? ` (${names.join(', ')})` : ''}`;
    }
    case 'tracked-run':
      return `Run ${node.name || node.run} (experiment ${node.experiment.name})`;
    case 'tracked-data':
      return `Logged data ${node.name} (experiment ${node.experiment.name})`;
    case 'code':
      return `Code${node.language === null ? '' : ` in ${node.language}`}`;
    case 'environment':
      return 'Environment';
  }
}
