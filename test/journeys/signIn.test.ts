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

test('the link that npm start prints leads to the pipelines, once, and tells nothing to anybody else', async () => {
  const { page, problems } = await newPage(browser);
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/p\/getting-started\/pipelines$/);
  await page.getByRole('heading', { name: 'Pipelines', level: 1 }).waitFor();
  await screenshotsInBoth(page, 'pipelines');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.reload();
  await page.getByRole('heading', { name: 'Pipelines', level: 1 }).waitFor();
  expect(problems).toEqual([]);

  const stranger = await newPage(browser);
  await stranger.page.goto(drawloom.signInLink);
  await stranger.page.getByText('First time here?').waitFor();
  const refused = await stranger.page.request.get(new URL('/api/v1/session', drawloom.url).href);
  expect(refused.status()).toBe(401);
});
