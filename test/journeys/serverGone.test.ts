/** A server that goes away takes no edit along: not those that are made while it is gone, not when the tab is closed meanwhile either. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPage, openBrowser, screenshot } from '../support/browser.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let home: string;
let drawloom: RunningDrawloom;
let browser: Browser;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'drawloom-gone-'));
  drawloom = await startDrawloom({ home });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

/** All of it anew on the same port, so that a page that is open finds it again. */
async function startAgain(): Promise<void> {
  drawloom = await startDrawloom({ home, env: { PORT: new URL(drawloom.url).port } });
}
const add = async (page: Page, card: string) => {
  await page.getByTestId('type-value').click();
  await page.getByTestId(`card-${card}`).waitFor();
};

test('edits made while the server is gone are kept, told, and saved once it is back, in the tab and in one opened later', async () => {
  const made = await drawloom.fetch('/api/v1/projects/getting-started/pipelines', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ document: emptyPipeline('Kept in any case') }),
  });
  const { id } = (await made.json()) as { id: string };
  const savedNodes = async () => {
    const { document } = (await (await drawloom.fetch(`/api/v1/pipelines/${id}`)).json()) as {
      document: { nodes: Record<string, { name: string }> };
    };
    return Object.fromEntries(Object.entries(document.nodes).map(([key, { name }]) => [key, name]));
  };
  const address = `/p/getting-started/pipelines/${id}`;
  const { page } = await newPage(browser);
  page.setDefaultTimeout(120_000);
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
  await page.goto(new URL(address, drawloom.url).href);
  await add(page, 'value');
  const name = page.getByRole('textbox', { name: 'Name of the node' });
  await name.waitFor();
  await page.getByTestId('saving').getByText('Saved').waitFor();

  await drawloom.kill();
  await name.fill('Changed while nobody was there');
  await name.press('Enter');
  await page.getByTestId('saving').getByText('Kept on this machine').waitFor();
  await page.getByText('The server cannot be reached').waitFor();
  await add(page, 'value_2');
  await screenshot(page, 'server-gone');
  await startAgain();
  await page.getByTestId('saving').getByText('Saved').waitFor();
  await page.getByText('The server cannot be reached').waitFor({ state: 'detached' });
  expect(await savedNodes()).toEqual({ value: 'Changed while nobody was there', value_2: 'Value' });

  await drawloom.kill();
  await add(page, 'value_3');
  await page.getByTestId('saving').getByText('Kept on this machine').waitFor();
  await page.close();
  await startAgain();
  expect(Object.keys(await savedNodes())).toEqual(['value', 'value_2']);
  const later = await page.context().newPage();
  later.setDefaultTimeout(120_000);
  await later.goto(new URL(address, drawloom.url).href);
  await later.getByTestId('card-value_3').waitFor();
  await later.getByTestId('saving').getByText('Saved').waitFor();
  await expect.poll(async () => Object.keys(await savedNodes())).toEqual(['value', 'value_2', 'value_3']);
}, 600_000);
