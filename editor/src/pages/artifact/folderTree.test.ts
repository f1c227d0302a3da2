import { expect, test } from 'vitest';
import { mediaTypeOf, treeOf } from './folderTree.ts';

const drawn = (nodes: ReturnType<typeof treeOf>, indent = ''): string[] =>
  nodes.flatMap(({ name, file, children }) => [
    `${indent}${name}${file ? '' : '/'}`,
    ...drawn(children, `${indent}  `),
  ]);

test('paths become a tree, folders first, each level by name', () => {
  const paths = ['b.txt', 'data/2.csv', 'data/deep/er/x.png', 'a.txt', 'data/1.csv', 'code/main.py'];
  expect(drawn(treeOf(paths.map((path) => ({ path }))))).toEqual([
    'code/',
    '  main.py',
    'data/',
    '  deep/',
    '    er/',
    '      x.png',
    '  1.csv',
    '  2.csv',
    'a.txt',
    'b.txt',
  ]);
});

test('names that mean something to objects are names as any other', () => {
  expect(drawn(treeOf([{ path: '__proto__/constructor' }, { path: 'toString' }]))).toEqual([
    '__proto__/',
    '  constructor',
    'toString',
  ]);
});

test('what a file is follows from its ending; what is not known is no text', () => {
  expect(['x/README.md', 'MLmodel', 'model.pkl', 'a.SVG', 'constructor'].map(mediaTypeOf)).toEqual([
    'text/markdown',
    'text/plain',
    'application/octet-stream',
    'image/svg+xml',
    'application/octet-stream',
  ]);
});
