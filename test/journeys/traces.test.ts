import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPage, openBrowser, screenshot, screenshotsInBoth } from '../support/browser.ts';
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
      name: 'answering',
      project: 'getting-started',
      actions: ['project.view', 'data.read', 'run.execute', 'artifact.delete'],
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

test('what a traced program did is found, and its spans are walked by keys to what went in and what went wrong', async () => {
  await client.call(token, 'traced', { experiment: 'answers' });
  await page.getByRole('link', { name: 'Experiments' }).click();
  await page.getByRole('combobox', { name: 'Experiment' }).fill('answers');
  await page.getByRole('option', { name: 'answers', exact: true }).click();
  await page.getByRole('radio', { name: 'Traces' }).click();
  const traces = page.getByRole('grid', { name: 'Traces' });
  await traces.getByRole('row').filter({ hasText: 'breaks' }).getByText('Failed').waitFor();
  await traces.getByText('{"question": "why"}').waitFor();
  await screenshotsInBoth(page, 'traces');

  const filter = page.getByRole('searchbox', { name: 'Search traces' });
  await filter.fill("span.name = 'think' AND trace.text LIKE '%page of why%'");
  await filter.press('Enter');
  await traces.getByRole('row').filter({ hasText: 'breaks' }).waitFor({ state: 'detached' });
  await filter.fill("colour = 'red'");
  await filter.press('Enter');
  await page
    .getByRole('alert')
    .getByText(/no attribute “colour”/)
    .waitFor();
  await filter.fill('');
  await traces.getByRole('row').filter({ hasText: 'breaks' }).waitFor();

  await traces.getByText('{"question": "why"}').click();
  const spans = page.getByRole('grid', { name: 'Spans' });
  await spans.getByText('RETRIEVER').waitFor();
  const chosen = page.getByRole('complementary', { name: 'Chosen span' });
  await chosen.getByRole('heading', { name: 'answer_of' }).waitFor();
  await spans.focus();
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  await chosen.getByRole('heading', { name: 'think' }).waitFor();
  await chosen.getByRole('region', { name: 'Inputs' }).getByText('page of why').waitFor();
  await chosen.getByText('temperature').waitFor();
  // The whole of it spans the column, what it called is within.
  const [whole, , within] = await Promise.all(
    [0, 1, 2].map(async (at) => (await spans.getByTestId('span-time').nth(at).boundingBox())!),
  );
  expect(whole!.width).toBeGreaterThan(100);
  expect(within!.width).toBeLessThan(whole!.width);
  expect(within!.x).toBeGreaterThan(whole!.x);
  await screenshotsInBoth(page, 'trace');
  const before = page.viewportSize()!;
  await page.setViewportSize({ width: 390, height: 844 });
  await screenshot(page, 'trace-narrow');
  await page.setViewportSize(before);

  await page.getByRole('button', { name: 'All traces' }).click();
  await traces.getByText('breaks').click();
  await chosen.getByRole('note').getByText('no such page').waitFor();
  // The one mistake in a search that was made on purpose.
  expect(problems.filter((problem) => !problem.includes('422'))).toEqual([]);
}, 600_000);
