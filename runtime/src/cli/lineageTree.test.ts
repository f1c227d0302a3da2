import type { Lineage, LineageNode } from '@drawloom/shared/api/lineage.ts';
import { expect, test } from 'vitest';
import { lineageTree } from './lineageTree.ts';

const file = (name: string, more: LineageNode['more'] = []): LineageNode => ({
  kind: 'file',
  id: `file:${name}`,
  more,
  name,
  sha256: 'a'.repeat(64),
});
const lineage = (nodes: LineageNode[], ...edges: string[]): Lineage => ({
  from: [nodes[0]!.id],
  nodes,
  edges: edges.map((edge) => {
    const [from, to] = edge.split(' > ');
    return { from: `file:${from}`, to: `file:${to}`, port: '' };
  }),
  more: nodes.some((node) => node.more.length > 0),
});

test('what made it and what came of it are two trees, and what was shown before is not told again', () => {
  const nodes = ['x', 'a', 'b', 'raw', 'y', 'z'].map((name) => file(name));
  expect(lineageTree(lineage(nodes, 'raw > a', 'raw > b', 'a > x', 'b > x', 'x > y', 'y > z', 'z > x'))).toBe(
    [
      'File x  file:x',
      'was made of',
      '├─ File a  file:a',
      '│  └─ File raw  file:raw',
      '├─ File b  file:b',
      '│  └─ File raw  file:raw',
      '└─ File z  file:z',
      '   └─ File y  file:y',
      '      └─ File x  file:x (as above)',
      'led to',
      '└─ File y  file:y',
      '   └─ File z  file:z',
      '      └─ File x  file:x (as above)',
      '',
      '',
    ].join('\n'),
  );
});

test('where the answer ends before the lineage does, it says so, and nobody’s name moves the cursor', () => {
  const told = lineageTree(lineage([file('x\u001b[2J\nline', ['up'])]));
  expect(told).toBe(
    [
      'File x line  file:x line',
      'was made of',
      '└─ …',
      '',
      '… goes on: ask from there, or with a greater --depth, --limit or --width.',
      '',
      '',
    ].join('\n'),
  );
});
