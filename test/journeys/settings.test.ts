/** Settings that people come back to, by keyboard alone: pools with what holds them, and who is told of what; and the items of a run. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { emptyPipeline, type PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPage, openBrowser, screenshotsInBoth } from '../support/browser.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let drawloom: RunningDrawloom;
let browser: Browser;
let page: Page;
let problems: string[];
beforeAll(async () => {
  drawloom = await startDrawloom({ env: { DRAWLOOM_INTERNAL_NETWORKS: '127.0.0.0/8' } });
  browser = await openBrowser();
  ({ page, problems } = await newPage(browser));
  page.setDefaultTimeout(60_000);
  await page.addInitScript(() => {
    for (const kind of ['mousedown', 'pointerdown', 'touchstart'])
      addEventListener(kind, () => console.error(`a ${kind} in a journey by keyboard`), true);
  });
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
});
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
});

const ask = async <T>(method: string, route: string, body?: object): Promise<T> => {
  const answer = await drawloom.fetch(`/api/v1${route}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(answer.ok, `${method} ${route}: ${answer.status} ${answer.ok ? '' : await answer.clone().text()}`).toBe(true);
  return answer.json() as Promise<T>;
};
async function addPipeline(name: string, nodes: Record<string, PipelineNode>, edges: object = {}): Promise<string> {
  const document = { ...emptyPipeline(name), nodes, edges };
  return (await ask<{ id: string }>('POST', '/projects/getting-started/pipelines', { document })).id;
}
const start = async (pipeline: string): Promise<number> =>
  (await ask<{ run: { id: number } }>('POST', `/pipelines/${pipeline}/runs`, {})).run.id;
const open = (place: string) => page.goto(new URL(`/p/getting-started${place}`, drawloom.url).href);

/** Goes with Tab until the thing has the focus, as one does who sees where it is. */
async function tabTo(name: string | RegExp, role: 'button' | 'textbox' | 'checkbox' | 'switch' | 'radio' = 'button') {
  const wanted = page.getByRole(role, { name }).last();
  await wanted.waitFor();
  for (let stops = 0; stops < 80; stops++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${name}.`);
}
async function press(name: string | RegExp): Promise<void> {
  await tabTo(name);
  await page.keyboard.press('Enter');
}
const type = (text: string) => page.keyboard.type(text);
/** Looks again and again until the row of the pool says this. */
const untilPoolSays = (wanted: RegExp) =>
  expect
    .poll(
      async () => {
        await press('Look again');
        return (await page.getByRole('row').filter({ hasText: 'gpu' }).innerText()).replaceAll(/\s+/g, ' ');
      },
      { timeout: 60_000 },
    )
    .toMatch(wanted);

test('a pool is made, filled, widened and removed by keyboard, and says who holds it and who waits', async () => {
  await open('/settings/pools');
  await page.getByRole('heading', { name: 'There are no pools' }).waitFor();
  await press('New pool');
  await type('gpu'); // the dialog opens at its first field
  await page.keyboard.press('Enter'); // and Enter in a field does it
  const row = page.getByRole('row').filter({ hasText: 'gpu' });
  await row.getByText('0 of 1 held').waitFor();

  const code =
    'export default async function work(): Promise<number> {\n  await new Promise((done) => setTimeout(done, 36e5));\n  return 1;\n}\n';
  const pipeline = await addPipeline('Long work', {
    work: {
      type: 'typescript',
      name: 'Work',
      parameters: {},
      code,
      reuse: false, // else the second one waits for the equal work of the first
      execution: { pool: { name: 'gpu', slots: 1 } },
    },
  });
  const runs = [await start(pipeline), await start(pipeline)];
  await untilPoolSays(new RegExp(`^gpu 1 of 1 held 1 Work, run (${runs.join('|')})\\b`));
  await screenshotsInBoth(page, 'pools');

  await press('Change gpu');
  await page.keyboard.press('Control+a');
  await type('2');
  await page.keyboard.press('Enter');
  await row.getByText(/of 2 held/).waitFor();
  await untilPoolSays(/^gpu 2 of 2 held 0 /);
  for (const run of runs) await ask('POST', `/runs/${run}/cancel`, {});
  await untilPoolSays(/^gpu 0 of 2 held/); // a pool that is held is not removed

  await press('Remove gpu');
  await page.getByRole('alertdialog', { name: 'Remove gpu?' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'There are no pools' }).waitFor();
  expect(problems).toEqual([]);
});

test('a program is told of a failure with a signature that fits, and one that is gone is told about in a sentence', async () => {
  const received: { headers: http.IncomingHttpHeaders; body: string }[] = [];
  const receiver = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    received.push({ headers: request.headers, body });
    response.end('taken');
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  await open('/settings/notifications');
  await page.getByRole('heading', { name: 'Nobody is told of anything yet' }).waitFor();
  await press('Add channel');
  await type('Pager');
  await tabTo(/Kind$/);
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: 'Webhook' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await tabTo('Address', 'textbox');
  await type(`http://127.0.0.1:${port}/hook`);
  await screenshotsInBoth(page, 'channel-dialog');
  await page.keyboard.press('Enter');
  const made = page.getByRole('dialog', { name: 'Signing key' });
  const key = await made.getByRole('note', { name: 'Signing key' }).innerText();
  await press('Done');

  await press('Send a test');
  await page.getByText('Pager took the test message.').waitFor();
  const messages = page.getByRole('region', { name: 'Messages', exact: true });
  await messages.getByText('Delivered').waitFor();
  expect(received.map(({ body }) => JSON.parse(body).type)).toEqual(['test']);

  await press('Add rule');
  await tabTo('Add');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Rules', exact: true }).getByText('A run failed · It works again').waitFor();
  const code = 'export default function fail(): number {\n  throw new Error("no such tip");\n}\n';
  await start(await addPipeline('Breaks', { fail: { type: 'typescript', name: 'Fail', parameters: {}, code } }));
  await expect.poll(() => received.length, { timeout: 60_000 }).toBe(2);
  const { headers, body } = received[1]!;
  expect(JSON.parse(body)).toMatchObject({ type: 'run.failed', data: { pipeline: { name: 'Breaks' } } });
  const mac = createHmac('sha256', Buffer.from(key.slice('whsec_'.length), 'base64'))
    .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
    .digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${mac}`);

  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  await press('Send a test');
  await messages
    .getByText(`Nothing takes messages at 127.0.0.1:${port}: the connection was refused.`)
    .first()
    .waitFor();
  await screenshotsInBoth(page, 'notifications');

  await press('Remove Pager');
  await page.getByRole('alertdialog', { name: 'Remove Pager?' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Nobody is told of anything yet' }).waitFor();
  expect(problems).toEqual([]);
});

test('of a node that ran once per item, the failed items are found, and one is opened at its error', async () => {
  const code =
    'export default function half(number: number): number {\n  if (number === 3) throw new Error("three cannot be halved");\n  return number / 2;\n}\n';
  const pipeline = await addPipeline(
    'Halves',
    {
      numbers: { type: 'value', name: 'Numbers', parameters: { value: [1, 2, 3, 4] } },
      half: { type: 'typescript', name: 'Half', parameters: {}, code, map: { over: 'number', minSuccessShare: 0.5 } },
    },
    { 'numbers.value>half.number': { from: { node: 'numbers', port: 'value' }, to: { node: 'half', port: 'number' } } },
  );
  const run = await start(pipeline);
  await expect
    .poll(async () => (await ask<{ status: string }>('GET', `/runs/${run}`)).status, { timeout: 120_000 })
    .toBe('succeeded');
  await open(`/runs/${run}?node=half`);
  await page.getByText('4 of 4 done, 1 failed').waitFor();
  await screenshotsInBoth(page, 'run-items');
  await tabTo('All', 'radio');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  const rows = page.getByRole('row').filter({ hasText: 'three cannot be halved' });
  await rows.first().waitFor();
  await expect.poll(() => page.getByRole('button', { name: /^Item \d/ }).count()).toBe(1);
  await press(/^Item \d/);
  await page.getByTestId('node-error').getByText('three cannot be halved').waitFor();
  expect(problems).toEqual([]);
});
