/**
 * What a newcomer does in the first five minutes, by mouse: draw five nodes, run, look inside, break one, mend it, run again. Its
 * pictures are those of docs/first-pipeline.md (`npm run pictures -- --walk`).
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPage, openBrowser, screenshot } from '../support/browser.ts';
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

/** Replaces what the code editor of the selected node holds, by paste: what is typed is indented and closed by the editor itself. */
async function pasteCode(page: Page, code: string): Promise<void> {
  await page.getByRole('tab', { name: 'Code' }).click();
  const lines = page.getByTestId('code').locator('.view-lines');
  await lines.click();
  await page.evaluate((text) => navigator.clipboard.writeText(text), code);
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+V');
}

/** Runs what is saved, and waits for the end that the top bar tells. */
async function run(page: Page, ending: 'Succeeded' | 'Failed', picture?: string): Promise<number> {
  const started = page.waitForResponse(
    (answer) => /\/pipelines\/[^/]+\/runs$/.test(answer.url()) && answer.status() === 201,
  );
  await page.getByTestId('run').click();
  await page.getByTestId('start-run').waitFor();
  if (picture) await screenshot(page, picture);
  await page.getByTestId('start-run').click();
  const { run: made } = (await (await started).json()) as { run: { id: number } };
  const bar = page.locator('header', { has: page.getByRole('link', { name: `Run ${made.id}`, exact: true }) });
  await bar.getByText(/^(Succeeded|Failed|Cancelled)$/).waitFor();
  const { nodes } = (await (await drawloom.fetch(`/api/v1/runs/${made.id}`)).json()) as { nodes: unknown[] };
  expect(await bar.getByText(/^(Succeeded|Failed|Cancelled)$/).textContent(), JSON.stringify(nodes)).toBe(ending);
  return made.id;
}

async function wire(page: Page, from: string, to: string): Promise<void> {
  const centre = async (id: string) => {
    const box = (await page.getByTestId(id).boundingBox())!;
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const [start, end] = [await centre(from), await centre(to)];
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move(end.x - 40, end.y + 10, { steps: 8 });
  await page.mouse.move(end.x, end.y, { steps: 4 });
  await page.mouse.up();
}

const longest = `import pandas as pd


def longest(airlines: pd.DataFrame, *, keep: int = 5) -> pd.DataFrame:
    print("rows", len(airlines))
    return airlines.nlargest(keep, "letters")
`;

test('a pipeline is drawn from empty, run, looked into, broken, mended, and rerun with reuse', async () => {
  const { page, problems } = await newPage(browser);
  page.setDefaultTimeout(120_000);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: drawloom.url });
  await page.goto(drawloom.signInLink);
  await page.getByTestId('new-pipeline').click();
  await page.getByLabel('Name').fill('Long names');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByTestId('canvas').waitFor();

  await page.getByTestId('type-read-file').click();
  const file = page.getByRole('combobox', { name: /^File/ });
  await file.click();
  await file.fill('airlines');
  await page
    .getByRole('option', { name: /airlines/ })
    .first()
    .click();

  await page.getByTestId('card-read_file').click();
  await page.getByTestId('type-sql').click();
  await page.getByTestId('card-sql').waitFor();
  await pasteCode(page, 'SELECT carrier, name, length(name) AS letters FROM input\n');

  await page.getByTestId('type-python').click({ modifiers: ['Shift'] });
  await page.getByTestId('card-python').waitFor();
  await pasteCode(page, longest);
  await page.getByTestId('port-python-in-airlines').waitFor();
  await page.getByTestId('problem-count').getByText('1 error').waitFor(); // its input is not wired
  await screenshot(page, 'walk-drawn');
  await wire(page, 'port-sql-out-table', 'port-python-in-airlines');
  await page.getByTestId('problem-count').getByText('No errors').waitFor();
  await page.getByTestId('card-python').click();
  await page.getByTestId('type-check-table').click();
  await page.getByTestId('card-check_table').click();
  await page.getByTestId('type-report').click();
  await page.getByText('5 nodes, 4 wires').waitFor();
  await page.getByRole('textbox', { name: 'Title' }).fill('The longest names');
  await page.getByTestId('problem-count').getByText('No errors').waitFor();

  const first = await run(page, 'Succeeded');
  await page.getByTestId('zoom-fit').click();
  await page.getByTestId('card-python').getByText('5 rows').waitFor();
  await page.getByTestId('card-python').click();
  await page.getByTestId('show-result').click();
  const drawer = page.getByTestId('drawer');
  await drawer.getByRole('columnheader', { name: /^letters/ }).waitFor();
  await screenshot(page, 'walk-result');

  await page.getByRole('link', { name: `Run ${first}`, exact: true }).click();
  await page.getByTestId('timeline-python').click();
  const grid = page.getByRole('grid');
  await grid.getByRole('columnheader', { name: /^letters/ }).waitFor();
  expect(await grid.getAttribute('aria-rowcount')).toBe('6');
  await page.getByRole('tab', { name: 'Log' }).click();
  await page.getByTestId('log').getByText('rows 16').waitFor();
  await screenshot(page, 'walk-log');

  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await pasteCode(page, longest.replace('"letters"', '"lettres"'));
  const second = await run(page, 'Failed');
  await drawer.getByTestId('node-error').getByText('lettres').waitFor();
  await screenshot(page, 'walk-failed');
  await page.getByRole('link', { name: `Run ${second}`, exact: true }).click();
  await page.getByTestId('node-error').getByText('lettres').waitFor();
  await page.getByTestId('steps').getByText('Write “letters” in place of “lettres”').waitFor();
  await page.getByRole('link', { name: 'Line 6' }).click();
  await page.getByTestId('failure').getByText('lettres').waitFor();
  await page.getByTestId('code').locator('.squiggly-error').waitFor();
  await page.getByTestId('code').getByText('lettres').waitFor();
  await screenshot(page, 'walk-failed-line');

  await pasteCode(page, longest.replace('= 5', '= 3'));
  const third = await run(page, 'Succeeded', 'walk-plan');
  const answer = await drawloom.fetch(`/api/v1/runs/${third}`);
  const { nodes } = (await answer.json()) as { nodes: { node: string; status: string }[] };
  expect(Object.fromEntries(nodes.map(({ node, status }) => [node, status]))).toEqual({
    read_file: 'reused',
    sql: 'reused',
    python: 'succeeded',
    check_table: 'succeeded',
    report: 'succeeded',
  });
  await page.getByTestId('zoom-fit').click();
  await page.getByTestId('card-sql').getByText('Reused').waitFor();
  await page.getByTestId('card-python').getByText('3 rows').waitFor();
  await screenshot(page, 'walk-reuse');
  expect(problems).toEqual([]);
}, 900_000);
