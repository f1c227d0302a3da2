/** A run goes on without anybody who looks: whoever comes back sees all that happened meanwhile, and what happens from then on. */
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPage, openBrowser } from '../support/browser.ts';
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

const counting = `import time

def count() -> int:
    for line in range(300):
        print("line", line, flush=True)
        time.sleep(0.01)
    return 300
`;
const holding = `import time

def hold(counted: int) -> int:
    print("holding", counted, flush=True)
    time.sleep(36000)
    return counted
`;

test('a tab that is closed in the middle of a run loses nothing of it, and one that is opened again follows it live', async () => {
  const document = {
    ...emptyPipeline('Goes on alone'),
    nodes: {
      count: { type: 'python', name: 'Count', parameters: {}, code: counting },
      hold: { type: 'python', name: 'Hold', parameters: {}, code: holding },
    },
    edges: {
      'count.value>hold.counted': { from: { node: 'count', port: 'value' }, to: { node: 'hold', port: 'counted' } },
    },
    looks: { positions: { count: { x: 0, y: 0 }, hold: { x: 312, y: 0 } } },
  };
  const made = await drawloom.fetch('/api/v1/projects/getting-started/pipelines', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ document }),
  });
  const { id } = (await made.json()) as { id: string };
  const address = new URL(`/p/getting-started/pipelines/${id}`, drawloom.url).href;

  const first = await newPage(browser);
  await first.page.goto(drawloom.signInLink);
  await first.page.waitForURL(/\/pipelines$/);
  await first.page.goto(address);
  await first.page.getByTestId('card-count').waitFor();
  await first.page.getByTestId('run').click();
  await first.page.getByTestId('start-run').click();
  await first.page.getByTestId('card-count').getByText('Running').waitFor();
  await first.page.close();

  const { items } = (await (await drawloom.fetch(`/api/v1/projects/getting-started/runs?pipeline=${id}`)).json()) as {
    items: { id: number }[];
  };
  expect(items).toHaveLength(1);
  const run = items[0]!.id;
  const statuses = async () => {
    const { nodes } = (await (await drawloom.fetch(`/api/v1/runs/${run}`)).json()) as {
      nodes: { node: string; status: string }[];
    };
    return Object.fromEntries(nodes.map(({ node, status }) => [node, status]));
  };
  await expect.poll(statuses, { timeout: 120_000 }).toEqual({ count: 'succeeded', hold: 'running' });

  const page = await first.page.context().newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(address);
  await page.getByTestId('card-count').getByText('Succeeded').waitFor();
  await page.getByTestId('card-hold').getByText('Running').waitFor();
  await page.getByTestId('card-count').click();
  await page.getByTestId('show-result').click();
  const drawer = page.getByTestId('drawer');
  await drawer.getByRole('tab', { name: 'Log' }).click();
  await drawer.getByTestId('log').getByText('line 299').waitFor();
  expect(await logOf(run, 'count')).toEqual(Array.from({ length: 300 }, (_, line) => `line ${line}`));

  await page.getByTestId('card-hold').click();
  await drawer.getByTestId('log').getByText('holding 300').waitFor();
  // told by nobody but the stream of events: this tab has asked for the run before
  const stopped = await drawloom.fetch(`/api/v1/runs/${run}/cancel`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(stopped.status).toBe(202);
  await page.getByTestId('card-hold').getByText('Cancelled').waitFor();
  await page.locator('header').getByText('Cancelled').waitFor();
  expect(first.problems).toEqual([]);
});

async function logOf(run: number, node: string): Promise<string[]> {
  const answer = await drawloom.fetch(`/api/v1/runs/${run}/nodes/${node}/log?attempt=1`);
  return [...(await answer.text()).matchAll(/line \d+/g)].map(([line]) => line);
}
