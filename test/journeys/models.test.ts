/** Models as people use them: registered by a script, described, promoted and taken away on the pages, and seen from the script again. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { colours, scan } from '../pictures/access.ts';
import { inTheme, newPage, openBrowser, screenshot, screenshotsInBoth } from '../support/browser.ts';
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
  const made = await drawloom.ask<{ text: string }>('POST', '/tokens', {
    name: 'training',
    project: 'getting-started',
    actions: ['project.view', 'run.execute', 'data.read', 'model.register'],
  });
  token = made.text;
  client = await startMlflowClient(drawloom.url);
  browser = await openBrowser();
  ({ page, problems } = await newPage(browser));
  page.setDefaultTimeout(60_000);
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
}, 600_000);
afterAll(async () => {
  client?.close();
  await browser?.close();
  await drawloom?.stop();
});

const at = (place: string) => new URL(`/p/getting-started${place}`, drawloom.url).href;
/** As everybody sees it: light, dark and narrow, with nothing in the way of whoever cannot see it. */
async function looks(name: string): Promise<void> {
  await screenshotsInBoth(page, name);
  expect(await scan(page)).toEqual([]);
  await inTheme(page, 'dark');
  expect(await scan(page, colours)).toEqual([]);
  await inTheme(page, 'light');
  await page.setViewportSize({ width: 390, height: 844 });
  await screenshot(page, `${name}-narrow`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.setViewportSize({ width: 1440, height: 900 });
}
const row = (name: string) => page.getByRole('row').filter({ hasText: name });
const menu = async (version: number, entry: string) => {
  await page.getByRole('button', { name: `Actions of version ${version}` }).click();
  await page.getByRole('menuitem', { name: entry }).click();
};

test('what a script registers is listed, described, promoted and taken away, and the script loads it by the new name', async () => {
  await page.getByRole('link', { name: 'Models' }).click();
  await page.getByRole('heading', { name: 'No models yet' }).waitFor();
  await looks('models-empty');

  await client.call(token, 'learned', { name: 'delays', depth: 3, auc: 0.71 });
  await client.call(token, 'learned', { name: 'delays', depth: 5, auc: 0.83 });
  await client.call(token, 'learned', { name: 'churn', depth: 2, auc: 0.6 });
  await page.reload();
  await row('delays').getByRole('link', { name: 'Version 2' }).waitFor();
  await page.getByRole('searchbox', { name: 'Search models' }).fill('DEL');
  await row('churn').waitFor({ state: 'detached' });
  await page.getByRole('searchbox', { name: 'Search models' }).fill('zebra');
  await page.getByRole('heading', { name: 'No model fits this search' }).waitFor();
  await page.getByRole('button', { name: 'Clear the search' }).click();
  await row('churn').waitFor();

  await row('delays').getByRole('link', { name: 'delays' }).click();
  await expect
    .poll(() => page.getByRole('table', { name: 'Versions of delays' }).getByRole('columnheader').allTextContents())
    .toEqual(expect.arrayContaining(['Version', 'Aliases and stages', 'auc', 'Run', 'Registered']));
  await row('Version 2').getByText('0.83').waitFor();
  await page.getByRole('button', { name: 'Edit the description' }).click();
  await page.getByRole('textbox', { name: 'Description' }).fill('How late a flight will be.');
  await page.getByRole('button', { name: 'Save the description' }).click();
  await page.getByText('How late a flight will be.').waitFor();
  await page.getByRole('textbox', { name: 'New tag' }).fill('team');
  await page.getByRole('textbox', { name: 'Its value' }).fill('operations');
  await page.getByRole('button', { name: 'Add' }).click();
  await page.getByRole('rowheader', { name: 'team' }).waitFor();

  await menu(1, 'Give it an alias…');
  await page.getByRole('combobox', { name: 'Alias' }).fill('champion');
  await page.getByTestId('set-alias').click();
  await row('Version 1').getByText('@champion').waitFor();
  expect(await client.call(token, 'aliasOf', { name: 'delays', alias: 'champion' })).toBe('1');
  await menu(2, 'Give it an alias…');
  await page.getByRole('combobox', { name: 'Alias' }).fill('champion');
  await page.getByText('It names version 1 now, and names version 2 then.').waitFor();
  await page.getByTestId('set-alias').click();
  await row('Version 2').getByText('@champion').waitFor();
  await row('Version 1').getByText('@champion').waitFor({ state: 'detached' });
  expect(await client.call(token, 'aliasOf', { name: 'delays', alias: 'champion' })).toBe('2');

  const moves = async (version: number) => {
    await menu(version, 'Move it to a stage…');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Stage$/ })
      .click();
    await page.getByRole('option', { name: 'Production' }).click();
    await page.getByTestId('set-stage').click();
    await row(`Version ${version}`).getByText('Production').waitFor();
  };
  await moves(1);
  await moves(2);
  await row('Version 1').getByText('Archived').waitFor();
  await page.reload(); // what was announced of buttons that are busy is not part of the page
  await row('Version 1').getByText('Archived').waitFor();
  await looks('model');

  await menu(1, 'Delete the version…');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await row('Version 1').waitFor({ state: 'detached' });

  await page.goto(at('/models'));
  await row('delays').getByText('@champion').waitFor();
  await looks('models');
  await page.goto(at('/models/churn'));
  await page.getByRole('button', { name: 'Actions of churn' }).click();
  await page.getByRole('menuitem', { name: 'Delete the model…' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL(/\/models$/);
  await row('churn').waitFor({ state: 'detached' });
  expect(problems).toEqual([]);
}, 600_000);

test('what a run logged is registered from its panel in experiments, under a name that is there', async () => {
  await client.call(token, 'learned', { name: null, depth: 7, auc: 0.9 });
  await page.goto(at('/experiments'));
  await page.getByRole('combobox', { name: 'Experiment' }).fill('Default');
  await page.getByRole('option', { name: 'Default', exact: true }).click();
  await page.getByRole('grid', { name: 'Runs' }).getByRole('strong').filter({ hasText: 'depth 7' }).click();
  await page.getByRole('button', { name: 'Register its model…' }).click();
  await page.getByRole('combobox', { name: 'Model' }).fill('delays');
  await page.getByText('It becomes the next version of delays.').waitFor();
  await page.getByRole('combobox', { name: 'Model' }).press('Tab'); // its list closes
  await page.getByRole('dialog').getByRole('textbox', { name: 'Description' }).fill('The deepest so far');
  await screenshotsInBoth(page, 'model-register');
  await page.getByTestId('register-version').click();
  await page.getByRole('heading', { name: 'delays, version 3' }).waitFor();
  await page.getByText('The deepest so far').waitFor();
  await page.getByRole('region', { name: 'Files' }).getByRole('link', { name: 'Download MLmodel' }).waitFor();
  expect(problems).toEqual([]);
}, 600_000);

test('a version tells what it takes and needs, its numbers, its run and its data, and hands out its files', async () => {
  await page.goto(at('/models/delays/2'));
  const part = (name: string) => page.getByRole('region', { name, exact: true });
  await part('Metrics').getByRole('row', { name: 'auc' }).getByText('0.83').waitFor();
  await part('Parameters').getByRole('row', { name: 'depth' }).getByText('5').waitFor();
  await part('Signature').getByText('double').first().waitFor();
  await part('Environment')
    .getByText(/scikit-learn==/)
    .waitFor();
  await part('How it was made').getByText('flights (training)').waitFor();
  await looks('model-version');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    part('Files').getByRole('link', { name: 'Download MLmodel' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('MLmodel');
  await part('How it was made').getByRole('link', { name: 'depth 5' }).click();
  await page.getByRole('heading', { name: 'depth 5' }).waitFor();
  await page.goto(at('/models/delays/99'));
  await page.getByRole('heading', { name: 'There is no such version' }).waitFor();
  // The one that was asked for on purpose and is not there.
  expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
}, 600_000);

test('one asks for a promotion with a gate, somebody else approves it, and the alias moves', async () => {
  const { person, link } = await drawloom.ask<{ person: { id: string }; link: string }>('POST', '/people', {
    name: 'Maria Winkelmann',
    email: 'maria@example.org',
  });
  await drawloom.fetch(`/api/v1/projects/getting-started/members/${person.id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ role: 'ml-engineer' }),
  });
  await page.goto(at('/models/delays/3'));
  await page.getByRole('button', { name: 'Actions', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Ask for its promotion…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Why' }).fill('Learned deeper, and better for it.');
  await dialog.getByRole('button', { name: 'Add a gate' }).click();
  await dialog.getByRole('textbox', { name: 'Worse by at most' }).fill('0.01');
  await screenshotsInBoth(page, 'model-promotion-asked');
  await page.getByTestId('ask-promotion').click();
  const asked = page.getByRole('region', { name: 'Promotions' });
  await asked.getByText('auc is 0.9, at least 0.82 (beside version 2, @champion)').waitFor();
  expect(await asked.getByTestId('approve').count()).toBe(0);

  const { page: other, problems: theirs } = await newPage(browser);
  await other.goto(new URL(link, drawloom.url).href);
  await other.getByRole('link', { name: /Approvals/ }).click();
  const card = other.getByRole('article', { name: 'Promote version 3 of delays to @champion?' });
  await card.getByText('Learned deeper, and better for it.').waitFor();
  await screenshotsInBoth(other, 'model-promotion');
  expect(await scan(other)).toEqual([]);
  await card.getByLabel('Comment').fill('Looked at the curve as well.');
  await card.getByTestId('approve').click();
  await card.getByText('Approved', { exact: true }).waitFor();
  expect(await client.call(token, 'aliasOf', { name: 'delays', alias: 'champion' })).toBe('3');
  await card.getByRole('link', { name: 'delays, version 3' }).click();
  await other.getByRole('region', { name: 'Promotions' }).getByText('Looked at the curve as well.').waitFor();
  await other.getByRole('list', { name: 'Aliases and stages' }).getByText('@champion').waitFor();
  expect([...problems.filter((problem) => !problem.includes('404')), ...theirs]).toEqual([]);
}, 600_000);
