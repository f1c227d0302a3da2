import type { Run } from '@drawloom/shared/api/runs.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { screenshot, screenshotsInBoth } from '../../support/browser.ts';
import { drawing, type EditorPage, editorPage } from '../../support/editorPage.ts';

let editor: EditorPage;
beforeAll(async () => {
  editor = await editorPage();
}, 600_000);
afterAll(() => editor?.stop());

const sql = (code: string, at: [number, number]) => ({ type: 'sql', code, parameters: {}, at });
/** A table of so many rows, of which every tenth misses its kind; and the even ones of it. */
const numbers = (rows: number): PipelineDocument =>
  drawing(
    {
      all: sql(
        `SELECT range AS n, CASE WHEN range % 10 = 0 THEN NULL WHEN range % 2 = 0 THEN 'even' ELSE 'odd' END AS kind, TIMESTAMP '2026-01-01' + to_seconds(range) AS at FROM range(${rows})\n`,
        [0, 0],
      ),
      some: sql("SELECT * FROM numbers WHERE kind = 'even' AND n < 1000\n", [420, 0]),
    },
    ['all.table>some.numbers'],
    'Numbers',
  );

test('27 a table of a million rows is looked through by the server, with types and what is missing, and against the last good run', {
  timeout: 600_000,
}, async () => {
  const { page } = editor;
  const { ask } = editor.drawloom;
  const { id } = await ask<{ id: string }>('POST', '/projects/getting-started/pipelines', {
    document: numbers(800_000),
  });
  const run = async (document: PipelineDocument) => {
    const { revision } = await ask<{ revision: number }>('GET', `/pipelines/${id}`);
    await ask('PUT', `/pipelines/${id}`, { revision, document });
    const started = (await ask<{ run: { id: number } }>('POST', `/pipelines/${id}/runs`, {})).run.id;
    const read = () => ask<Run>('GET', `/runs/${started}`);
    await expect.poll(async () => isRunFinal((await read()).status), { timeout: 120_000 }).toBe(true);
    return read();
  };
  const good = await run(numbers(800_000));
  expect(good.status).toBe('succeeded');
  const broken = await run({
    ...numbers(900_000),
    nodes: { ...numbers(900_000).nodes, some: { ...numbers(1).nodes.some!, code: 'SELECT nothing FROM numbers\n' } },
  });
  expect(broken.status).toBe('failed');
  const now = await run(numbers(1_000_000));

  // Against the last run that went well, which is not the last one.
  await page.goto(new URL(`/p/getting-started/runs/${now.id}?node=all&tab=outputs`, editor.drawloom.url).href);
  const change = page.getByTestId('row-change');
  await change.waitFor();
  expect(await change.innerText()).toBe(`+200,000 rows (+25 %) since run ${good.id}`);
  expect(await change.getAttribute('href')).toMatch(new RegExp(`/runs/${good.id}$`));

  // Types in the head, null where something is missing, and few rows in the page however far one goes.
  const grid = page.getByRole('grid', { name: 'Rows' });
  await grid.getByText('odd', { exact: true }).first().waitFor();
  expect(await grid.getByRole('columnheader').allInnerTexts()).toEqual([
    expect.stringMatching(/^n\s+bigint/),
    expect.stringMatching(/^kind\s+varchar/),
    expect.stringMatching(/^at\s+timestamp/),
  ]);
  await grid.getByText('null', { exact: true }).first().waitFor();
  expect(await grid.getAttribute('aria-rowcount')).toBe('1000001');
  const rows = () => grid.getByRole('row').count();
  expect(await rows()).toBeLessThanOrEqual(200);
  await grid.focus();
  await page.keyboard.press('Control+End');
  await grid.getByText('999999', { exact: true }).waitFor();
  expect(await rows()).toBeLessThanOrEqual(200);

  // Order and filters are the server's work.
  const asked = page.waitForRequest((request) => /"descending":true/.test(request.postData() ?? ''));
  await grid.getByRole('button', { name: /^n\b/ }).click();
  await grid.getByRole('button', { name: /^n\b/ }).click();
  await asked;
  await expect.poll(() => grid.getByRole('row').nth(1).innerText()).toMatch(/^999999/);
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  const box = page.getByRole('dialog', { name: 'Filter rows' });
  await box.getByRole('button', { name: /Column$/ }).click();
  await page.getByRole('option', { name: 'kind' }).click();
  await box.getByRole('button', { name: /Is$/ }).click();
  await page.getByRole('option', { name: 'is missing', exact: true }).click();
  await box.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByText('100,000 of 1,000,000 rows').waitFor();
  await expect.poll(() => grid.getByRole('row').nth(1).innerText()).toMatch(/^999990\s+null/);
  await screenshotsInBoth(page, 'check-27-table');

  // What each column holds.
  await page.getByRole('radio', { name: 'Columns' }).click();
  await page.getByText('100,000 missing (10 %)').waitFor();
  expect(await page.getByRole('img', { name: 'Distribution of n' }).locator('rect').count()).toBeGreaterThan(5);
  await page.getByText('from 0 to 999,999').first().waitFor();
  await screenshotsInBoth(page, 'check-27-columns');

  // On the drawing each wire says how many rows went along it, and the change.
  await page.goto(new URL(`/p/getting-started/pipelines/${id}?run=${now.id}`, editor.drawloom.url).href);
  const wire = page.getByTestId('rows-all.table>some.numbers');
  await expect.poll(() => wire.textContent()).toMatch(/1M \+25 %$/);
  expect(await wire.locator('title').textContent()).toBe(`1,000,000 rows, +200,000 rows (+25 %) since run ${good.id}`);
  await screenshotsInBoth(page, 'check-27-wire');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(new URL(`/p/getting-started/runs/${now.id}?node=all&tab=outputs`, editor.drawloom.url).href);
  await change.waitFor();
  await grid.getByText('odd', { exact: true }).first().waitFor();
  await screenshot(page, 'check-27-narrow');
  expect(editor.problems).toEqual([]);
});
