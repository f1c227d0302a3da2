import path from 'node:path';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type Database } from '../../runtime/src/db/connection.ts';
import { forgetAll } from '../../runtime/src/retention/forget.ts';
import { newPage, openBrowser, screenshotsInBoth } from '../support/browser.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let database: TestDatabase;
let connection: Database;
let drawloom: RunningDrawloom;
let browser: Browser;
beforeAll(async () => {
  database = await testDatabase();
  connection = connect(database.url, { max: 3 });
  drawloom = await startDrawloom({ env: { DATABASE_URL: database.url } });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
  await connection?.close();
  await database?.drop();
});

test('a run is pinned, a limit is tried out and set, and the run that went has a page that says why', {
  timeout: 600_000,
}, async () => {
  const one = { type: 'value', name: 'One', parameters: { value: { $parameter: 'day' } } };
  const { id } = await drawloom.ask<{ id: string }>('POST', '/projects/getting-started/pipelines', {
    document: { ...emptyPipeline('Every day'), parameters: { day: { type: 'date' } }, nodes: { one } },
  });
  const runs: number[] = [];
  for (const day of ['2013-01-01', '2013-01-02', '2013-01-03']) {
    const { run } = await drawloom.ask<{ run: { id: number } }>('POST', `/pipelines/${id}/runs`, {
      parameters: { day },
    });
    const status = async () => (await drawloom.ask<{ status: string }>('GET', `/runs/${run.id}`)).status;
    await expect.poll(status, { timeout: 120_000 }).toBe('succeeded');
    runs.push(run.id);
  }
  const [old, published] = runs as [number, number];
  await connection.sql`update drawloom.artifact set seen_at = seen_at - interval '40 days'`;
  await connection.sql`update drawloom.run set created_at = created_at - interval '40 days', started_at = started_at - interval '40 days',
    finished_at = finished_at - interval '40 days' where id in (${old}, ${published})`;

  const { page, problems } = await newPage(browser);
  const at = (place: string) => new URL(`/p/getting-started${place}`, drawloom.url).href;
  const both = (name: string) => screenshotsInBoth(page, name);
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
  await page.goto(at(`/runs/${published}`));
  await page.getByRole('button', { name: 'Pin' }).click();
  const dialog = page.getByRole('dialog', { name: `Keep run ${published}?` });
  await dialog.getByLabel('Why').fill('the one we published');
  await both('pin-dialog');
  await dialog.getByRole('button', { name: 'Pin' }).click();
  await page.getByRole('button', { name: 'Unpin' }).waitFor();
  await page.reload();
  await page.getByText('the one we published').waitFor();
  await both('run-pinned');
  await page.goto(at('/runs'));
  await page.getByRole('img', { name: 'pinned' }).waitFor();
  await both('runs-pinned');

  await page.goto(at('/settings/retention'));
  await page.getByRole('textbox', { name: 'Runs', exact: true }).fill('30');
  const would = page.getByRole('region', { name: 'What would go by these limits' });
  await would.getByText('1, by their age').waitFor();
  await would.getByText('1 × pinned').waitFor();
  await both('retention');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The limits hold from now on.').waitFor();
  expect(
    (await drawloom.ask<{ policy: { runDays: number } }>('GET', '/projects/getting-started/retention')).policy.runDays,
  ).toBe(30);

  await forgetAll(connection.sql, path.join(drawloom.home, 'logs'));
  await page.goto(at(`/runs/${old}`));
  await page.getByRole('heading', { name: 'This run was forgotten' }).waitFor();
  await page.getByText('Runs of this project are kept for 30 days').waitFor();
  await both('run-forgotten');
  await page.getByRole('link', { name: 'How long runs are kept' }).click();
  await page.getByRole('region', { name: 'What there is' }).getByText('Last carried out').waitFor();
  await both('retention-after');
  await page.goto(at(`/runs/${published}`));
  await page.getByRole('button', { name: 'Unpin' }).click();
  await page.getByRole('button', { name: 'Pin', exact: true }).waitFor();
  expect(problems.filter((one) => !/410/.test(one))).toEqual([]);
});
