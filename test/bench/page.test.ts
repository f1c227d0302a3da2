import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { figures } from './figures.ts';
import { figure, machine } from './frame.ts';
import { drawPage, pageFile, readSheets, type Sheet } from './page.ts';

const page = readFileSync(pageFile, 'utf8');

test('the page of benchmarks shows exactly what was measured and recorded', () => {
  expect(drawPage(page, readSheets())).toBe(page);
});

test('every figure that is known has its place on the page', () => {
  const missing = Object.keys(figures).filter((name) => !page.includes(`| \`${name}\` |`));
  expect(missing).toEqual([]);
});

test('a recorded figure stands in the row of its name, with its aim and what it is beside', () => {
  const sheet: Sheet = {
    group: 'runtime',
    measuredAt: '2026-01-02',
    commit: 'abc',
    machine: machine(),
    results: [figure('noop-steps', [20_000], [1000])],
  };
  const drawn = drawPage('# Page\n<!-- figures of runtime -->\nold\n<!-- end -->\nrest\n', [sheet]);
  expect(drawn).toContain('Measured 2026-01-02 at abc');
  expect(drawn).toMatch(
    /\| `noop-steps` \| .* \| ≥ 10,000\/s \| 20,000\/s \| 1,000\/s \(20 ×\): the queue library alone/,
  );
  expect(drawn).not.toContain('old');
  expect(drawn).toMatch(/<!-- end -->\nrest\n$/);
});
