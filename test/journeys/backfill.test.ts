import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPage, openBrowser, screenshot, screenshotsInBoth } from '../support/browser.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let home: string;
let drawloom: RunningDrawloom;
let browser: Browser;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'drawloom-backfill-'));
  drawloom = await startDrawloom({ home });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

interface Shown {
  status: string;
  counts: Record<'planned' | 'running' | 'succeeded' | 'failed' | 'cancelled', number>;
}

test('a backfill that is set up by hand survives the death of everything, twice, and ends with one run per day', {
  timeout: 600_000,
}, async () => {
  const one = { type: 'value', name: 'One', parameters: { value: { $parameter: 'day' } } };
  const document = { ...emptyPipeline('Every day'), parameters: { day: { type: 'date' } }, nodes: { one } };
  const made = await drawloom.fetch('/api/v1/projects/getting-started/pipelines', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ document }),
  });
  expect(made.status).toBe(201);
  const { page, problems } = await newPage(browser);
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
  await page.getByRole('link', { name: 'Triggers' }).click();
  await page.getByRole('link', { name: 'Run sets' }).click();
  await page.getByTestId('new-backfill').click();
  const dialog = page.getByRole('dialog', { name: 'Backfill' });
  await dialog.getByRole('button', { name: 'Pipeline' }).click();
  await page.getByRole('option', { name: 'Every day' }).click();
  await dialog.getByRole('button', { name: 'Daily' }).click();
  await dialog.getByRole('button', { name: 'day is taken from' }).click();
  await page.getByRole('option', { name: 'The day it is due', exact: true }).click();
  await dialog.getByLabel(/^From/).fill('2013-01-01');
  await dialog.getByLabel('To the end of').fill('2013-02-28');
  await dialog.getByText('59 runs:').waitFor();
  await screenshot(page, 'backfill-dialog-light');
  await page.getByTestId('start-backfill').click();
  await page.waitForURL(/\/run-sets\/[0-9a-f-]{36}$/);
  const id = page.url().split('/').at(-1)!;
  const shown = async (): Promise<Shown> => (await drawloom.fetch(`/api/v1/run-sets/${id}`)).json();
  for (const done of [5, 25]) {
    await expect.poll(async () => (await shown()).counts.succeeded, { timeout: 150_000 }).toBeGreaterThanOrEqual(done);
    await drawloom.kill();
    drawloom = await startDrawloom({ home });
  }
  await expect.poll(async () => (await shown()).status, { timeout: 150_000, interval: 200 }).toBe('finished');
  expect((await shown()).counts).toEqual({ planned: 0, running: 0, succeeded: 59, failed: 0, cancelled: 0 });

  const runs: { parameters: { day: string }; trigger: { runSet: string } }[] = [];
  for (let after = ''; ; ) {
    const answer = await drawloom.fetch(`/api/v1/projects/getting-started/runs?trigger=backfill&limit=500${after}`);
    const { items, next } = await answer.json();
    runs.push(...items);
    if (!next) break;
    after = `&after=${next}`;
  }
  expect(runs.filter(({ trigger }) => trigger.runSet === id)).toHaveLength(59);
  expect(new Set(runs.map(({ parameters }) => parameters.day)).size).toBe(59);

  const seen = await newPage(browser);
  await seen.page.goto(drawloom.signInLink);
  await seen.page.waitForURL(/\/pipelines$/);
  await seen.page.goto(new URL(`/p/getting-started/run-sets/${id}`, drawloom.url).href);
  await seen.page.getByTestId('run-set-counts').getByText('59 succeeded').waitFor();
  await screenshotsInBoth(seen.page, 'run-set');
  await seen.page.getByRole('link', { name: /^Feb 28, 2013.*Succeeded/ }).click();
  await seen.page.getByRole('link', { name: 'by a backfill' }).click();
  await seen.page.getByRole('heading', { name: 'Backfill of Every day' }).waitFor();
  await seen.page.goto(new URL('/p/getting-started/run-sets', drawloom.url).href);
  await seen.page.getByRole('link', { name: 'Every day' }).waitFor();
  await screenshotsInBoth(seen.page, 'run-sets');
  expect(seen.problems).toEqual([]);
  // While everything was dead, the first page had nobody to ask.
  expect(problems.filter((one) => !/ERR_CONNECTION|ERR_INCOMPLETE|50[23]|401/.test(one))).toEqual([]);
});
