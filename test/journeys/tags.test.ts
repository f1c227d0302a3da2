/** A tag that no worker ever had is told while one draws: on the card, among the problems, and at its field. */
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
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

test('a tag that no worker ever had is a warning while one draws, and goes with the tag', {
  timeout: 600_000,
}, async () => {
  const load = {
    type: 'typescript',
    name: 'Load',
    parameters: {},
    code: 'export default function load(): number {\n  return 1;\n}\n',
    execution: { needs: ['gpuu'] },
  };
  const { id } = await drawloom.ask<{ id: string }>('POST', '/projects/getting-started/pipelines', {
    document: { ...emptyPipeline('Tags'), nodes: { load }, looks: { positions: { load: { x: 0, y: 0 } } } },
  });
  const { page } = await newPage(browser);
  await page.goto(drawloom.signInLink);
  await page.getByRole('link', { name: /Approvals/ }).waitFor();
  await page.goto(new URL(`/p/getting-started/pipelines/${id}`, drawloom.url).href);
  await page.getByTestId('problem-count').getByText('1 warning').waitFor();
  await page.getByTestId('problem-count').click();
  await page.getByRole('button', { name: /"Load" needs a worker with the tag gpuu, which none ever had/ }).click();
  const field = page.getByRole('textbox', { name: 'Needs a worker with' });
  if (!(await field.isVisible())) await page.getByRole('tab', { name: 'Execution' }).click();
  await page.getByText('No worker ever had gpuu; a run is refused until one has.').waitFor();
  await screenshotsInBoth(page, 'tags-unknown');
  await field.fill('');
  await page.getByTestId('problem-count').getByText('1 warning').waitFor({ state: 'detached' });
});
