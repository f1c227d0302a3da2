/** What one does with a pipeline that has run: looks through its tables and logs, follows lineage, finds runs, and goes back in time. */
import { emptyPipeline, type PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newPage, openBrowser, screenshotsInBoth } from '../support/browser.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let drawloom: RunningDrawloom;
let browser: Browser;
let page: Page;
let problems: string[];
let pipeline: string;
let run: number;
beforeAll(async () => {
  drawloom = await startDrawloom();
  browser = await openBrowser();
  ({ page, problems } = await newPage(browser));
  page.setDefaultTimeout(60_000);
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
  await page.evaluate(() => localStorage.setItem('drawloom.test', 'on'));

  const node = (name: string, code: string): PipelineNode => ({ type: 'typescript', name, parameters: {}, code });
  const numbers = `import { Table } from 'drawloom';

export default async function numbers(): Promise<Table> {
  for (let n = 0; n < 500; n++) console.log(n % 100 === 7 ? \`\\x1b[31mneedle \${n}\\x1b[0m\` : \`straw \${n}\`);
  return Table.fromRows(Array.from({ length: 3000 }, (_, n) => ({ n, kind: n % 2 === 0 ? 'even' : 'odd' })));
}
`;
  const document = {
    ...emptyPipeline('Looked into'),
    nodes: {
      numbers: node('Numbers', numbers),
      odd: { type: 'sql', name: 'Odd ones', parameters: {}, code: "SELECT * FROM numbers WHERE kind = 'odd'\n" },
    },
    edges: {
      'numbers.table>odd.numbers': { from: { node: 'numbers', port: 'table' }, to: { node: 'odd', port: 'numbers' } },
    },
  };
  pipeline = (await ask<{ id: string }>('POST', '/projects/getting-started/pipelines', { document })).id;
  run = (await ask<{ run: { id: number } }>('POST', `/pipelines/${pipeline}/runs`, {})).run.id;
  const over = async () => (await ask<{ status: string }>('GET', `/runs/${run}`)).status === 'succeeded';
  await vi.waitUntil(over, { timeout: 120_000 });
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
const open = (place: string) => page.goto(new URL(`/p/getting-started${place}`, drawloom.url).href);
const shown = () =>
  page.evaluate(() => {
    const { __editor: editor } = globalThis as unknown as {
      __editor: {
        graph: { nodes: Record<string, { name: string }>; looks: { positions: Record<string, { x: number }> } };
        viewport: { x: number; y: number; zoom: number };
        selection: { nodes: string[] };
        saving: string;
      };
    };
    return JSON.parse(
      JSON.stringify({
        names: Object.values(editor.graph.nodes).map(({ name }) => name),
        positions: editor.graph.looks.positions,
        viewport: editor.viewport,
        selected: editor.selection.nodes,
        saving: editor.saving,
      }),
    ) as {
      names: string[];
      positions: Record<string, { x: number; y: number }>;
      viewport: object;
      selected: string[];
      saving: string;
    };
  });

test('a table is sorted and filtered by the server, and its lineage leads on to what used it', async () => {
  await open(`/runs/${run}?node=numbers&tab=outputs`);
  const grid = page.getByRole('grid', { name: 'Rows' });
  const first = grid.getByRole('row').nth(1);
  await first.getByText('even').waitFor();
  const asked = page.waitForRequest((request) => request.postData()?.includes('"descending":true') ?? false);
  await grid.getByRole('button', { name: /^n\b/ }).click();
  await expect.poll(() => grid.getByRole('columnheader', { name: /^n\b/ }).getAttribute('aria-sort')).toBe('ascending');
  await grid.getByRole('button', { name: /^n\b/ }).click();
  await asked;
  await first.getByText('2999').waitFor();
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  const box = page.getByRole('dialog', { name: 'Filter rows' });
  await box.getByRole('button', { name: /Column$/ }).click();
  await page.getByRole('option', { name: 'kind' }).click();
  await box.getByLabel('Value').fill('even');
  await box.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByText('1,500 of 3,000 rows').waitFor();
  await first.getByText('2998').waitFor();
  await screenshotsInBoth(page, 'table-filtered');
  await page.getByRole('link', { name: 'Lineage' }).click();
  await page.getByRole('complementary', { name: 'Chosen' }).waitFor();
  await page.getByText('Odd ones').first().waitFor();
  expect(problems).toEqual([]);
});

test('a log shows its colours and none of their codes, and all of it is searched', async () => {
  await open(`/runs/${run}?node=numbers&tab=log`);
  const log = page.getByTestId('log');
  await log.getByText('straw 499', { exact: true }).waitFor(); // it opens at its end
  await log.focus();
  await page.keyboard.press('/');
  await page.keyboard.type('needle');
  await page.keyboard.press('Enter');
  await page.getByText(/^\d of 5$/).waitFor();
  await page.keyboard.press('Shift+Enter');
  const hit = log.getByText(/^needle \d*7$/).first();
  await hit.waitFor();
  expect(await hit.getAttribute('class')).toMatch(/ansi-red/);
  expect(await log.innerText()).not.toMatch(/\[31m|\[0m/);
  await screenshotsInBoth(page, 'log-found');
  await page.getByTestId('timeline-odd').click();
  await page.waitForURL(/node=odd/);
  expect(problems).toEqual([]);
});

test('runs are found by how they ended, and the filters stand in the address', async () => {
  await open('/runs');
  await page.getByRole('link', { name: String(run), exact: true }).waitFor();
  await page.getByRole('button', { name: /State$/ }).click();
  await page.getByRole('option', { name: 'Failed' }).click();
  await page.getByRole('heading', { name: 'No run fits these filters' }).waitFor();
  await page.waitForURL(/status=failed/);
  await page.reload();
  await page.getByRole('heading', { name: 'No run fits these filters' }).waitFor();
  await page.getByRole('button', { name: /State$/ }).click();
  await page.getByRole('option', { name: 'Succeeded' }).click();
  await page.getByRole('link', { name: String(run), exact: true }).waitFor();
  expect(problems).toEqual([]);
});

test('the drawing is walked by the outline, tidied, looked over, and taken back to a version', async () => {
  await open(`/pipelines/${pipeline}`);
  await page.getByTestId('card-odd').waitFor();
  await page.getByTestId('canvas').focus();
  await page.keyboard.press('Control+s');
  await page.getByRole('dialog', { name: 'Save a version' }).getByLabel('Message').fill('before the change');
  await page.getByRole('button', { name: 'Save version' }).click();
  await page.getByText(/^Saved as version \d+\.$/).waitFor();

  await page.getByRole('radio', { name: 'Outline' }).click();
  const outline = page.getByRole('tree', { name: 'Outline' });
  await outline.getByRole('treeitem').first().click();
  await expect.poll(async () => (await shown()).selected).toEqual(['numbers']);
  await page.keyboard.press('ArrowDown');
  await expect.poll(async () => (await shown()).selected).toEqual(['odd']);
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('outline-odd');
  await screenshotsInBoth(page, 'outline');

  await page.getByTestId('canvas').focus();
  const before = (await shown()).positions;
  await page.keyboard.press('Alt+Shift+t');
  await expect.poll(async () => (await shown()).positions).not.toEqual(before);
  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await shown()).positions).toEqual(before);

  const { viewport } = await shown();
  await page.getByTestId('minimap').click({ position: { x: 20, y: 20 } });
  await expect.poll(async () => (await shown()).viewport).not.toEqual(viewport);

  await page.getByTestId('canvas').focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await expect.poll(async () => (await shown()).names).toEqual([]);
  await expect.poll(async () => (await shown()).saving).toBe('saved');
  await page.getByRole('radio', { name: 'History' }).click();
  await page.getByText('before the change').waitFor();
  await page.getByRole('button', { name: 'Restore' }).first().click();
  await expect.poll(async () => (await shown()).names.sort()).toEqual(['Numbers', 'Odd ones']);
  expect(problems).toEqual([]);
});
