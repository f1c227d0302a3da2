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

test('a pipeline starts with each new version of what another one gives, told which it was', {
  timeout: 600_000,
}, async () => {
  const draw = async (name: string, parameters: object, value: unknown) =>
    (
      await drawloom.ask<{ id: string }>('POST', '/projects/getting-started/pipelines', {
        document: {
          ...emptyPipeline(name),
          parameters,
          nodes: { load: { type: 'value', name: 'Load', parameters: { value } } },
        },
      })
    ).id;
  const source = await draw('Nightly load', {}, 4);
  await draw('Retrain', { version: { type: 'string' } }, { $parameter: 'version' });

  const { page, problems } = await newPage(browser);
  await page.goto(drawloom.signInLink);
  await page.getByRole('link', { name: 'Triggers' }).click();
  await page.getByTestId('new-trigger').first().click();
  const dialog = page.getByRole('dialog');
  const choose = async (label: string, option: string, nth = 0) => {
    await dialog
      .getByRole('button', { name: new RegExp(`${label}`) })
      .nth(nth)
      .click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };
  await choose('Pipeline', 'Retrain');
  await dialog.getByRole('radio', { name: 'New data' }).click();
  await choose('Pipeline', 'Nightly load', 1);
  await choose('Node', 'Load');
  await choose('version is taken from', 'A place in the message');
  await screenshotsInBoth(page, 'trigger-new-data');
  await dialog.getByTestId('save-trigger').click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByText('With each new version of load.value').waitFor();

  const { run } = await drawloom.ask<{ run: { id: number } }>('POST', `/pipelines/${source}/runs`, { reuse: false });
  const { triggers } = await drawloom.ask<{ triggers: { id: string }[] }>('GET', '/projects/getting-started/triggers');
  type Fires = { items: { runStatus: string | null; run: number | null; data: { run: number; sha256: string }[] }[] };
  const fires = async () => (await drawloom.ask<Fires>('GET', `/triggers/${triggers[0]!.id}/fires`)).items;
  await expect
    .poll(async () => (await fires()).map((one) => one.runStatus), { timeout: 120_000 })
    .toEqual(['succeeded']);
  const [fire] = await fires();
  expect(fire!.data[0]!.run).toBe(run.id);
  const started = await drawloom.ask<{ parameters: object; trigger: { kind: string } }>('GET', `/runs/${fire!.run}`);
  expect(started).toMatchObject({ parameters: { version: fire!.data[0]!.sha256 }, trigger: { kind: 'data' } });
  await page.reload();
  await page.getByRole('button', { name: 'History' }).click();
  await page.getByRole('dialog').getByText('load.value').waitFor();
  await screenshotsInBoth(page, 'trigger-new-data-history');
  expect(problems).toEqual([]);
});
