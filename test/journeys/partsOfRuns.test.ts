import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPage, openBrowser, screenshotsInBoth } from '../support/browser.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let database: TestDatabase;
let drawloom: RunningDrawloom;
let browser: Browser;
beforeAll(async () => {
  database = await testDatabase();
  drawloom = await startDrawloom({ env: { DATABASE_URL: database.url } });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
  await database?.drop();
});

const code = (takes: string, gives: string) =>
  `export default function run(${takes}): number {\n  return ${gives};\n}\n`;
const typescript = (name: string, takes: string, gives: string) => ({
  type: 'typescript',
  name,
  parameters: {},
  code: code(takes, gives),
});

test('a run is planned before it starts and done up to a node, and a whole one is reproduced with a verdict', {
  timeout: 600_000,
}, async () => {
  const answer = await drawloom.fetch('/api/v1/projects/getting-started/pipelines', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      document: {
        ...emptyPipeline('In parts'),
        nodes: {
          one: typescript('One', '', '41'),
          use: typescript('Use', 'input: number', 'input + 1'),
          // not Math.random(): that starts from the node's seed, and comes to the same
          clock: typescript('Clock', '', 'performance.now()'),
        },
        edges: {
          'one.value>use.input': { from: { node: 'one', port: 'value' }, to: { node: 'use', port: 'input' } },
        },
        looks: { positions: { one: { x: 0, y: 0 }, use: { x: 320, y: 0 }, clock: { x: 0, y: 200 } } },
      },
    }),
  });
  expect(answer.ok).toBe(true);
  const { id } = (await answer.json()) as { id: string };

  const { page, problems } = await newPage(browser);
  const both = (name: string) => screenshotsInBoth(page, name);
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
  await page.goto(new URL(`/p/getting-started/pipelines/${id}`, drawloom.url).href);

  // Up to a node: what is not needed for it is no part of the run.
  await page.getByTestId('card-use').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Run to here' }).click();
  const upTo = page.getByRole('dialog', { name: 'Run to “Use”' });
  const row = (dialog: typeof upTo, name: string) =>
    dialog.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
  await row(upTo, 'Clock').getByText('Is left out').waitFor();
  await row(upTo, 'One').getByText('No earlier run of this pipeline has finished this node.').waitFor();
  await upTo.getByTestId('start-run').click();
  await upTo.waitFor({ state: 'detached' });
  await page.getByTestId('card-use').getByText('Succeeded').waitFor({ timeout: 120_000 });

  // All of it, planned by keys: what was done is reused, and the plan says of which run.
  await page.keyboard.press('Control+Enter');
  const whole = page.getByRole('dialog', { name: 'Run “In parts”' });
  await row(whole, 'Use')
    .getByText(/Equal work was done in run \d+\./)
    .waitFor();
  await whole.getByText('1 node runs; how long is not known yet. 2 reused').waitFor();
  await both('run-plan');
  await whole.getByTestId('start-run').click();
  await whole.waitFor({ state: 'detached' });
  await page.getByTestId('card-clock').getByText('Succeeded').waitFor({ timeout: 120_000 });
  await page.getByTestId('card-use').getByText('Reused').waitFor();

  await page.getByTestId('canvas').press('Shift+R');
  await page.waitForURL(/\/runs\/\d+/);
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByRole('menuitem', { name: 'Reproduce, and compare what comes of it' }).click();
  await page.getByText('It did not come to the same.').waitFor({ timeout: 120_000 });
  const differing = page.getByRole('table', { name: 'What did not come out the same' });
  expect(await differing.locator('tbody').getByRole('rowheader').allTextContents()).toEqual(['Clock']);
  await both('reproduction');
  expect(problems).toEqual([]);
});
