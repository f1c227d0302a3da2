/** Columns before a run: chosen from a list, missed in Problems and at their field, completed and marked in code. */
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPage, openBrowser, screenshotsInBoth } from '../support/browser.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let drawloom: RunningDrawloom;
let browser: Browser;
beforeAll(async () => {
  drawloom = await startDrawloom();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
});

test('20. a column that is not there is a problem at its field and in the code, and the right one is offered', {
  timeout: 600_000,
}, async () => {
  const load = {
    type: 'typescript',
    name: 'Load flights',
    parameters: {},
    code: `import { Table } from 'drawloom';\nexport default function load(): Table {\n  return Table.fromRows([{ carrier: 'UA', dep_delay: 12.5, dest: 'IAH' }]);\n}\n`,
  };
  const picked = { type: 'select', name: 'Pick', parameters: { rename: [{ column: 'dep_delay', name: 'late by' }] } };
  const means = {
    type: 'sql',
    name: 'Means',
    parameters: {},
    code: 'select carrier, avg("late by") as mean\nfrom flights as f\ngroup by carrier',
  };
  const wire = (from: string, to: string, port: string) => ({
    [`${from}.table>${to}.${port}`]: { from: { node: from, port: 'table' }, to: { node: to, port } },
  });
  const document = {
    ...emptyPipeline('Columns'),
    nodes: { load, picked, means },
    looks: { positions: { load: { x: 0, y: 0 }, picked: { x: 320, y: 0 }, means: { x: 640, y: 0 } } },
    edges: { ...wire('load', 'picked', 'table'), ...wire('picked', 'means', 'flights') },
  };
  const { id, problems: drawn } = await drawloom.ask<{ id: string; problems: object[] }>(
    'POST',
    '/projects/getting-started/pipelines',
    { document },
  );
  expect(drawn).toEqual([]);
  const { run } = await drawloom.ask<{ run: { id: number } }>('POST', `/pipelines/${id}/runs`, {});
  await expect
    .poll(async () => (await drawloom.ask<{ status: string }>('GET', `/runs/${run.id}`)).status, { timeout: 240_000 })
    .toBe('succeeded');
  // the same answer for programs
  const wrong = structuredClone(document);
  wrong.nodes.means.code = 'select carrier, "late bye" from flights';
  const { problems: told } = await drawloom.ask<{ problems: object[] }>('POST', '/projects/getting-started/check', {
    document: wrong,
    pipeline: id,
  });
  expect(told).toMatchObject([{ code: 'column_missing', at: '/nodes/means/code', line: 1, instead: 'late by' }]);

  const { page, problems } = await newPage(browser);
  await page.goto(drawloom.signInLink);
  await page.getByRole('link', { name: /Approvals/ }).waitFor();
  await page.goto(new URL(`/p/getting-started/pipelines/${id}`, drawloom.url).href);
  await page.getByTestId('card-picked').click();
  // chosen from what arrives, with its type
  const field = page.getByRole('combobox', { name: 'Add to Columns' });
  await field.click();
  const options = page.getByRole('option');
  const elsewhere = page.getByText('By the names the columns came in with.');
  await expect.poll(() => options.allTextContents()).toEqual(['carriervarchar', 'dep_delaydouble', 'destvarchar']);
  await page.keyboard.type('carr');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.locator('[data-field="columns.0"]').waitFor();
  await elsewhere.click(); // the list stays open for the next one
  // the delay is no longer among what is kept, which the drawing alone tells
  await page.getByTestId('problem-count').getByText('1 error').waitFor();
  await page.getByTestId('problem-count').click();
  const problem = page.getByRole('button', { name: /cannot be planned.*There is no column "late by"/ });
  await problem.waitFor();
  await screenshotsInBoth(page, 'columns-problem');
  await problem.click();
  const code = page.getByTestId('code');
  await code.locator('.squiggly-error').first().waitFor();
  // free to type what is not there
  await page.getByTestId('card-picked').click();
  await field.click();
  await page.keyboard.type('dep_dealy');
  await page.keyboard.press('Enter');
  await elsewhere.click();
  await page.getByText('Did you mean "dep_delay"?').first().waitFor();
  await screenshotsInBoth(page, 'columns-field');
  await page.getByRole('button', { name: 'Remove dep_dealy' }).click();
  await field.click();
  await page.keyboard.type('dep');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await elsewhere.click();
  await page.getByTestId('problem-count').getByText('No errors').waitFor();
  // completion in code
  await page.getByTestId('card-means').click();
  await page.getByRole('tab', { name: 'Code' }).click();
  await code.locator('.view-lines').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(', f.');
  const offered = page.locator('.suggest-widget .monaco-list-row');
  await expect
    .poll(async () => (await offered.allTextContents()).join(' '))
    .toMatch(/carrier.*varchar.*late by.*double/s);
  await screenshotsInBoth(page, 'columns-completion');
  await page.keyboard.press('Escape');
  // what cannot be parsed is marked while one types
  await page.keyboard.type(' having having');
  await code.locator('.squiggly-error').first().waitFor();
  await page.getByTestId('problem-count').getByText('1 error').waitFor();
  expect(problems).toEqual([]);
});
