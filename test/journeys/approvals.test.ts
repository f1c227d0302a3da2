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

test('a run asks, the list says so, it is answered with its form, and the run goes on; another one is rejected at its node', {
  timeout: 600_000,
}, async () => {
  const gate = {
    type: 'approval',
    name: 'Sign off',
    parameters: {
      title: 'Publish the model of this month?',
      text: 'Look at the score first.\nRaise the threshold when there are too many alarms.',
      form: { threshold: { type: 'number', title: 'Threshold', minimum: 0, maximum: 1 } },
      expiresAfterHours: 48,
    },
  };
  const score = { type: 'value', name: 'Score', parameters: { value: { auc: 0.83 } } };
  const use = {
    type: 'typescript',
    name: 'Use it',
    parameters: {},
    code: "import type { Value } from 'drawloom';\nexport default function use(values: Value): Value {\n  return (values as { threshold: number }).threshold;\n}\n",
  };
  const edges = {
    'score.value>gate.shown': { from: { node: 'score', port: 'value' }, to: { node: 'gate', port: 'shown' } },
    'gate.values>use.values': { from: { node: 'gate', port: 'values' }, to: { node: 'use', port: 'values' } },
  };
  const { id } = await drawloom.ask<{ id: string }>('POST', '/projects/getting-started/pipelines', {
    document: { ...emptyPipeline('Signed off'), nodes: { score, gate, use }, edges },
  });
  const start = async () =>
    (await drawloom.ask<{ run: { id: number } }>('POST', `/pipelines/${id}/runs`, { reuse: false })).run.id;
  const waits = (run: number) =>
    expect
      .poll(async () => (await drawloom.ask<{ status: string }>('GET', `/runs/${run}/nodes/gate`)).status, {
        timeout: 120_000,
      })
      .toBe('waiting');
  const ends = (run: number, status: string) =>
    expect
      .poll(async () => (await drawloom.ask<{ status: string }>('GET', `/runs/${run}`)).status, { timeout: 120_000 })
      .toBe(status);
  const first = await start();
  await waits(first);

  const { page, problems } = await newPage(browser);
  const at = (place: string) => new URL(`/p/getting-started${place}`, drawloom.url).href;
  await page.goto(drawloom.signInLink);
  const place = page.getByRole('link', { name: /Approvals/ });
  await expect.poll(() => place.textContent()).toContain('One waits for you');
  await place.click();
  const card = page.getByRole('article', { name: 'Publish the model of this month?' });
  await card.waitFor();
  await screenshotsInBoth(page, 'approvals');
  await card.getByTestId('approve').click();
  await card.getByText('Give it a value.').waitFor();
  await card.getByLabel('Threshold').fill('0.85');
  await card.getByLabel('Comment').fill('fewer alarms');
  await card.getByTestId('approve').click();
  await card.getByText('Approved', { exact: true }).waitFor();
  await expect.poll(() => place.textContent()).not.toContain('for you');
  await ends(first, 'succeeded');
  const { metrics: _, ...made } = await drawloom.ask<{ outputs: { sizeBytes: number }[]; metrics: object }>(
    'GET',
    `/runs/${first}/nodes/use`,
  );
  expect(made.outputs[0]!.sizeBytes).toBe('0.85'.length);

  const second = await start();
  await waits(second);
  await page.goto(at(`/runs/${second}?node=gate`));
  const own = page.getByRole('article', { name: 'Publish the model of this month?' });
  await own.waitFor();
  await screenshotsInBoth(page, 'approval-of-a-run');
  await own.getByLabel('Comment').fill('the June data is missing');
  await own.getByTestId('reject').click();
  await page.getByTestId('node-error').getByText('the June data is missing').waitFor();
  await ends(second, 'failed');

  await page.goto(at(`/pipelines/${id}?node=gate`));
  await page.getByRole('region', { name: 'Inspector' }).getByText('Approvals').first().waitFor();
  await screenshotsInBoth(page, 'approval-inspected');
  expect(problems).toEqual([]);
});
