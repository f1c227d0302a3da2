/** Decides what counts as a serious finding of the accessibility scan, and tells each with its place. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const everything: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
};
/** What may differ between two themes of one page. */
export const colours: RunOptions = { runOnly: { type: 'rule', values: ['color-contrast'] } };

/** Serious and critical findings, one line for each place. */
export async function scan(page: Page, options: RunOptions = everything): Promise<string[]> {
  await page.evaluate(`window.axe || (() => { ${source} })()`);
  const { violations } = (await page.evaluate(
    (how) => (globalThis as unknown as { axe: { run: (at: unknown, how: unknown) => unknown } }).axe.run(document, how),
    { ...options, resultTypes: ['violations'] } as never,
  )) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, any, all, html }) =>
          `${id} at ${target.join(' ')}: ${[...any, ...all][0]?.message ?? ''} ${html.slice(0, 160)}`,
      ),
    );
}
