import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signed } from '../../runtime/src/outbox/sign.ts';
import { newPage, openBrowser, screenshotsInBoth } from '../support/browser.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let drawloom: RunningDrawloom;
let browser: Browser;
let page: Page;
let problems: string[];
beforeAll(async () => {
  drawloom = await startDrawloom();
  browser = await openBrowser();
  ({ page, problems } = await newPage(browser));
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
});
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
});

const inBoth = (name: string) => screenshotsInBoth(page, name);
const choose = async (label: string, option: string | RegExp) => {
  await page.getByRole('button', { name: label }).last().click();
  await page.getByRole('option', { name: option, exact: true }).click();
};

test('a monthly retraining on the last working day, on the month before, is set up by hand and kept', async () => {
  await page.getByRole('link', { name: 'Triggers' }).click();
  await page.getByRole('heading', { name: 'Nothing starts by itself yet' }).waitFor();
  await page.getByTestId('new-trigger').click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Monthly retraining');
  await page.getByRole('radio', { name: 'Calendar' }).click();
  await choose('Which', 'last');
  await page.getByText('On the last working day of every month at 06:00').waitFor();
  await page.getByRole('region', { name: 'Next five times' }).getByRole('listitem').nth(4).waitFor();
  await choose('First day is taken from', 'The first day of the month before');
  await choose('Last day is taken from', 'The last day of the month before');
  await page.getByText(/The next time: \d{4}-\d\d-01/).waitFor();
  await choose('When the run before is not over', /^Buffer one/);
  await inBoth('trigger-dialog');
  await page.getByTestId('save-trigger').click();
  await page.getByText('Monthly retraining').waitFor();
  await page.getByText('date_from: The first day of the month before').waitFor();
  await inBoth('triggers');
  const kept = await drawloom.fetch('/api/v1/projects/getting-started/triggers');
  expect((await kept.json()).triggers).toMatchObject([
    {
      name: 'Monthly retraining',
      on: { kind: 'calendar', days: { workday: -1 }, at: ['06:00'] },
      overlap: 'buffer-one',
      parameters: { date_to: { $nominal: 'monthEnd', months: -1 } },
    },
  ]);
  expect(problems).toEqual([]);
});

test('what a trigger fired is looked back at, and what it cannot do is told before it is kept', async () => {
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('radio', { name: 'Interval' }).click();
  await page.getByRole('textbox', { name: 'Every' }).fill('0');
  await page.getByText('An interval is 10 seconds or more.').waitFor();
  await page.getByRole('textbox', { name: 'Every' }).fill('10');
  await choose('Unit', 'seconds');
  await page.getByTestId('save-trigger').click();
  await page.getByText('Every 10 seconds').waitFor();
  await page.getByRole('link', { name: /^Run \d+$/ }).waitFor();
  await page.getByRole('button', { name: 'History' }).click();
  const history = page.getByRole('dialog', { name: 'History of “Monthly retraining”' });
  await history
    .getByRole('link', { name: /^Run \d+$/ })
    .first()
    .waitFor();
  await inBoth('trigger-history');
  await history
    .getByRole('link', { name: /^Run \d+$/ })
    .first()
    .click();
  await page.getByRole('link', { name: 'by the schedule “Monthly retraining”' }).waitFor();
  await inBoth('trigger-run');
  // A browser tells of every refused request by itself; this one was wanted.
  expect(problems.filter((one) => !/422.*trigger-preview/.test(one))).toEqual([]);
});

test('a webhook is set up by hand, its key is shown once, and a signed message starts a run', async () => {
  const { triggers } = await (await drawloom.fetch('/api/v1/projects/getting-started/triggers')).json();
  await drawloom.fetch(`/api/v1/triggers/${triggers[0].id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ enabled: false }), // it has shown what it can, and would go on every ten seconds
  });
  await page.getByRole('link', { name: 'Triggers' }).click();
  await page.getByTestId('new-trigger').click();
  await page.getByRole('radio', { name: 'Webhook' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('New month');
  for (const [label, place] of [
    ['First day', '/data/from'],
    ['Last day', '/data/to'],
  ] as const) {
    await choose(`${label} is taken from`, 'A place in the message');
    await page.getByRole('textbox', { name: `Place of ${label} in the message` }).fill(place);
  }
  await inBoth('webhook-dialog');
  await page.getByTestId('save-trigger').click();
  const made = page.getByRole('dialog', { name: 'Signing key' });
  const key = await made.getByRole('note', { name: 'Signing key' }).innerText();
  const address = await made.getByRole('note', { name: 'Address' }).innerText();
  await inBoth('webhook-key');
  await made.getByRole('button', { name: 'Done' }).click();
  const body = JSON.stringify({ data: { from: '2013-02-01', to: '2013-02-28', test: '2013-02-22' } });
  const answer = await fetch(address, { method: 'POST', headers: signed(key, 'msg_1', new Date(), body), body });
  expect([answer.status, await answer.text()]).toMatchObject([202, expect.stringContaining('"run":null')]);
  const card = page.getByRole('listitem').filter({ hasText: 'New month' });
  await card.getByRole('link', { name: /^Run \d+$/ }).waitFor();
  await card.getByRole('button', { name: 'New key' }).click();
  await inBoth('webhook-new-key');
  await page.getByTestId('change-key').click();
  expect(await made.getByRole('note', { name: 'Signing key' }).innerText()).not.toBe(key);
  await made.getByRole('button', { name: 'Done' }).click();
  await card.getByText('The one before is taken until').waitFor();
  await inBoth('webhook-card');
  await card.getByRole('button', { name: 'History' }).click();
  const history = page.getByRole('dialog', { name: 'History of “New month”' });
  await history.getByRole('link', { name: /^Run \d+$/ }).click();
  await page.getByRole('link', { name: 'by the webhook “New month”' }).waitFor();
  await inBoth('webhook-run');
  expect(problems.filter((one) => !/422.*trigger-preview/.test(one))).toEqual([]);
});
