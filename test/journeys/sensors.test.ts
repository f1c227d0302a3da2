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

test('a sensor that is written in the editor finds a file, starts a run for it, and tells where it stands', {
  timeout: 600_000,
}, async () => {
  await drawloom.ask('POST', '/projects/getting-started/pipelines', {
    document: {
      ...emptyPipeline('Load a file'),
      parameters: { file: { type: 'string' } },
      nodes: { load: { type: 'value', name: 'Load', parameters: { value: { $parameter: 'file' } } } },
    },
  });
  const { files } = await drawloom.ask<{ files: { name: string }[] }>('GET', '/projects/getting-started/files');
  const [first] = files;

  const { page, problems } = await newPage(browser);
  await page.goto(drawloom.signInLink);
  await page.getByRole('link', { name: 'Triggers' }).click();
  await page.getByTestId('new-trigger').first().click();
  const dialog = page.getByRole('dialog');
  await dialog
    .getByRole('button', { name: /Pipeline/ })
    .first()
    .click();
  await page.getByRole('option', { name: 'Load a file', exact: true }).click();
  await dialog.getByRole('radio', { name: 'Sensor' }).click();
  await dialog.getByRole('radio', { name: 'TypeScript' }).click();
  await dialog.locator('.monaco-editor .view-lines').waitFor();
  await dialog.locator('.monaco-editor .view-lines').click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText('export default function look(table: string): any {}');
  await dialog.getByTestId('save-trigger').click();
  await dialog.getByRole('alert').filter({ hasText: 'nothing is connected to a sensor' }).first().waitFor();
  await dialog.locator('.monaco-editor .view-lines').click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText(
    'export default function look({ files }: { files: { name: string }[] }): any { const found = files.slice(0, 1); return { cursor: found.length, runs: found.map((file) => ({ key: file.name, parameters: { file: file.name } })) }; }',
  );
  await screenshotsInBoth(page, 'trigger-sensor');
  await page.setViewportSize({ width: 390, height: 844 });
  await screenshotsInBoth(page, 'trigger-sensor-narrow');
  await page.setViewportSize({ width: 1280, height: 800 });
  await dialog.getByTestId('save-trigger').click();
  await dialog.waitFor({ state: 'hidden' });

  const { triggers } = await drawloom.ask<{ triggers: { id: string }[] }>('GET', '/projects/getting-started/triggers');
  type Fires = { items: { runStatus: string | null; run: number | null }[] };
  const fires = async () => (await drawloom.ask<Fires>('GET', `/triggers/${triggers[0]!.id}/fires`)).items;
  await expect
    .poll(async () => (await fires()).map((one) => one.runStatus), { timeout: 120_000 })
    .toEqual(['succeeded']);
  const started = await drawloom.ask<object>('GET', `/runs/${(await fires())[0]!.run}`);
  expect(started).toMatchObject({ parameters: { file: first!.name }, trigger: { kind: 'sensor' } });
  await page.reload();
  await page.getByText('Last ask').waitFor();
  await screenshotsInBoth(page, 'trigger-sensor-card');
  await page.getByRole('link', { name: /^Ask \d+$/ }).click();
  await page
    .getByText(/to ask a sensor/)
    .first()
    .waitFor();
  // The one refusal is the one that was asked for above.
  expect(problems.filter((one) => !/422 .*\/triggers\)$/.test(one))).toEqual([]);
});
