/** Whether what `docs/security.md` names as evidence is there: a promise whose test was renamed or taken away has none. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const page = readFileSync(path.join(root, 'docs/security.md'), 'utf8');
const sections = page.split(/^\*\*(?=P\d+ )/m).slice(1);
const evidenceIn = (section: string) =>
  [...section.matchAll(/^- `([^`]+\.test\.ts)`: (.+)$/gm)].map(([, file, name]) => ({ file: file!, name: name! }));

test('every promise has evidence', () => {
  expect(sections.map((section) => section.match(/^P\d+/)![0])).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16].map((number) => `P${number}`),
  );
  for (const section of sections) expect([section.slice(0, 40), evidenceIn(section).length]).not.toContain(0);
});

test.each(sections.flatMap(evidenceIn))('$file: $name', ({ file, name }) => {
  const names = [
    ...readFileSync(path.join(root, file), 'utf8').matchAll(/^\s*(?:test|describe)(?:\.\w+)*\(\s*['"`](.+)/gm),
  ];
  expect(names.some(([, found]) => found!.startsWith(name))).toBe(true);
});
