import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPage, openBrowser, screenshotsInBoth } from '../support/browser.ts';
import { type MlflowClient, startMlflowClient } from '../support/mlflowClient.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let drawloom: RunningDrawloom;
let browser: Browser;
let page: Page;
let problems: string[];
let client: MlflowClient;
let token: string;
beforeAll(async () => {
  drawloom = await startDrawloom();
  const made = await drawloom.fetch('/api/v1/tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'training',
      project: 'getting-started',
      actions: ['project.view', 'run.execute', 'artifact.delete'],
    }),
  });
  token = ((await made.json()) as { text: string }).text;
  client = await startMlflowClient(drawloom.url);
  browser = await openBrowser();
  ({ page, problems } = await newPage(browser));
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
}, 600_000);
afterAll(async () => {
  client?.close();
  await browser?.close();
  await drawloom?.stop();
});

const inBoth = (name: string) => screenshotsInBoth(page, name);
const choose = async (name: string) => {
  await page.getByRole('combobox', { name: 'Experiment' }).fill(name);
  await page.getByRole('option', { name, exact: true }).click();
};

test('a training script from outside appears while it runs, is found, compared, noted and put away', async () => {
  await client.call(token, 'begun', { experiment: 'nightly' });
  await page.getByRole('link', { name: 'Experiments' }).click();
  await choose('nightly');
  await page.getByRole('heading', { name: 'Nothing was logged here yet' }).waitFor();
  await inBoth('experiments-empty');

  await client.call(token, 'begins', { name: 'aspen' });
  const row = (name: string) => page.getByRole('grid', { name: 'Runs' }).getByRole('row').filter({ hasText: name });
  await row('aspen').getByText('Running').waitFor();
  await client.call(token, 'goesOn', { name: 'aspen', values: [0.5, 0.25] });
  await row('aspen').getByText('0.25').waitFor();
  await client.call(token, 'ends', { name: 'aspen' });
  await row('aspen').getByText('Succeeded').waitFor();
  await client.call(token, 'begins', { name: 'birch' });
  await client.call(token, 'goesOn', { name: 'birch', values: [0.9, 0.7] });
  await row('birch').getByText('0.7').waitFor();
  await inBoth('experiments');

  const filter = page.getByRole('combobox', { name: 'Search runs' });
  await filter.fill('metrics.lo');
  await page.getByRole('option', { name: 'metrics.loss' }).click();
  await filter.press('Escape');
  await filter.pressSequentially('< 0.5');
  await filter.press('Enter');
  await row('birch').waitFor({ state: 'detached' });
  await row('aspen').waitFor();
  await filter.fill('metrics.loss <');
  await filter.press('Escape');
  await filter.press('Enter');
  await page
    .getByRole('alert')
    .getByText(/at character/)
    .waitFor();
  await filter.fill('');
  await filter.press('Escape');
  await filter.press('Enter');
  await row('birch').waitFor();

  await page.getByRole('checkbox', { name: 'Choose aspen' }).check();
  await page.getByRole('checkbox', { name: 'Choose birch' }).check();
  await page.getByRole('radio', { name: 'Compare' }).click();
  await page.getByRole('columnheader', { name: 'birch' }).waitFor();
  await page.getByRole('rowheader', { name: 'kind' }).waitFor();
  await page.locator('label').filter({ hasText: 'Only differences' }).last().click();
  await page.getByRole('rowheader', { name: 'kind' }).waitFor({ state: 'detached' });
  await inBoth('experiments-compare');
  await page.getByRole('radio', { name: 'Curves' }).click();
  await page.getByRole('img', { name: 'loss of 2 runs by step' }).waitFor();
  await inBoth('experiments-curves');
  await page.getByRole('radio', { name: 'Table' }).click();

  await page.getByRole('checkbox', { name: 'Choose birch' }).uncheck();
  await row('aspen').getByRole('strong').click();
  await page.getByRole('textbox', { name: 'Note' }).fill('The good one');
  await page.getByRole('button', { name: 'Save the note' }).click();
  await page.getByRole('button', { name: 'Save the note' }).waitFor({ state: 'detached' });
  expect(await client.call(token, 'noteOf', { name: 'aspen' })).toBe('The good one');
  await inBoth('experiments-run');

  await page.getByRole('button', { name: 'Delete 1' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await row('aspen').waitFor({ state: 'detached' });
  await page.locator('label').filter({ hasText: 'Trash' }).click();
  await page.getByRole('checkbox', { name: 'Choose aspen' }).check();
  await page.getByRole('button', { name: 'Restore 1' }).click();
  await page.getByText('The trash is empty').waitFor();
  // The one mistake in a search that was made on purpose.
  expect(problems.filter((problem) => !problem.includes('422'))).toEqual([]);
}, 600_000);
