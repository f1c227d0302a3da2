import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const page = readFileSync(path.join(root, 'docs/bad-input.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| item'));

/** The tests that a row names: `file`: *name*, *name*; `file`: *name*. */
const testsIn = (row: string) =>
  row
    .split(' | ')
    .at(-1)!
    .split('; `')
    .flatMap((part) => {
      const file = /^`?([^`]+)`: /.exec(part)?.[1] ?? part;
      return [...part.matchAll(/\*([^*]+)\*/g)].map(([, name]) => ({ file, name: name! }));
    });

test('every row of the page on bad input names a test, and every test it names is there', () => {
  expect(rows.length).toBeGreaterThan(25);
  for (const row of rows) {
    const named = testsIn(row);
    expect(named, row).not.toEqual([]);
    for (const { file, name } of named) {
      expect(existsSync(path.join(root, file)), file).toBe(true);
      expect(readFileSync(path.join(root, file), 'utf8').includes(`('${name}'`), `${file}: ${name}`).toBe(true);
    }
  }
});
