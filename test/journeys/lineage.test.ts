/** Lineage as people follow it: from a version of a model to the file behind it, out to jobs of other programs, and through thousands of cards. */
import type { Lineage } from '@drawloom/shared/api/lineage.ts';
import type { Run } from '@drawloom/shared/api/runs.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { nameOutside } from '../../runtime/src/tracking/pipelines.ts';
import { colours, scan } from '../pictures/access.ts';
import { inTheme, newPage, openBrowser, screenshot, screenshotsInBoth } from '../support/browser.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let drawloom: RunningDrawloom;
let browser: Browser;
let page: Page;
let problems: string[];
let run: Run;
beforeAll(async () => {
  drawloom = await startDrawloom();
  browser = await openBrowser();
  ({ page, problems } = await newPage(browser));
  page.setDefaultTimeout(60_000);
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);

  const { pipelines } = await drawloom.ask<{ pipelines: { id: string }[] }>(
    'GET',
    '/projects/getting-started/pipelines',
  );
  const started = await drawloom.ask<{ run: { id: number } }>('POST', `/pipelines/${pipelines[0]!.id}/runs`, {});
  await vi.waitUntil(
    async () => {
      run = await drawloom.ask<Run>('GET', `/runs/${started.run.id}`);
      return run.status !== 'running' && run.status !== 'queued';
    },
    { timeout: 240_000, interval: 500 },
  );
  expect(run.status).toBe('succeeded');
  const node = run.nodes.findIndex((one) => one.outputs.some(({ kind }) => kind === 'model'));
  const port = run.nodes[node]!.outputs.find(({ kind }) => kind === 'model')!.port;
  const source = `runs:/${nameOutside({ run: run.id, node, mapIndex: 0 })}/${port}`;
  await drawloom.ask('POST', '/projects/getting-started/models', { name: 'delays' });
  await drawloom.ask('POST', '/projects/getting-started/models/delays/versions', { source });
  await drawloom.ask(
    'POST',
    '/lineage?project=getting-started',
    told('extract', [['postgres://db:5432', 'raw.flights']], [['drawloom/getting-started', `data/${file}`]]),
  );
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
});

const file = 'flights.parquet';
type Sets = [namespace: string, name: string][];
const told = (name: string, inputs: Sets, outputs: Sets) => ({
  eventType: 'COMPLETE',
  eventTime: '2026-01-31T02:10:00Z',
  producer: 'https://example.org/scheduler',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  run: { runId: '0190c2f4-8f3a-7bd3-a4cb-31ad4a2fa001' },
  job: { namespace: 'scheduler', name },
  inputs: inputs.map(([namespace, set]) => ({
    namespace,
    name: set,
    facets: {
      schema: {
        _producer: 'https://example.org/scheduler',
        _schemaURL: 'https://example.org/schema.json',
        fields: [{ name: 'delay', type: 'double' }],
      },
    },
  })),
  outputs: outputs.map(([namespace, set]) => ({ namespace, name: set })),
});
const at = (place: string) => new URL(`/p/getting-started${place}`, drawloom.url).href;
const card = (name: string | RegExp) => page.getByTestId('lineage').getByRole('listitem').getByRole('button', { name });
const cards = () => page.getByTestId('lineage').getByRole('listitem').count();
const chosen = () => page.getByRole('complementary', { name: 'Chosen' });

test('from a version of a model one step leads to its data, code, environment and seed, and on to a job of another program', async () => {
  await page.goto(at('/models/delays/1'));
  await page.getByRole('link', { name: 'Lineage' }).click();
  await chosen().getByRole('heading', { name: 'delays, version 1' }).waitFor();
  for (const fact of ['Environment', 'Seed']) await chosen().getByRole('term').filter({ hasText: fact }).waitFor();
  await chosen().getByRole('table', { name: 'Parameters' }).waitFor();
  const sources = chosen().getByRole('region', { name: 'Data that it goes back to' });
  await screenshotsInBoth(page, 'lineage-of-model');
  expect(await scan(page)).toEqual([]);
  await inTheme(page, 'dark');
  expect(await scan(page, colours)).toEqual([]);
  await inTheme(page, 'light');
  await sources.getByRole('button', { name: new RegExp(`^${file}`) }).click();
  await chosen().getByRole('heading', { name: file }).waitFor();
  await card(/^extract/).click();
  await chosen().getByText('scheduler').waitFor();
  await chosen().getByRole('table', { name: 'Latest runs' }).getByRole('rowheader', { name: 'Succeeded' }).waitFor();
  await card(/^raw\.flights/).click();
  await chosen().getByRole('table', { name: 'Columns' }).getByRole('rowheader', { name: 'delay' }).waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await screenshot(page, 'lineage-of-model-narrow');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(problems).toEqual([]);
});

test('cards are opened further and folded away by their buttons and by keys, and found by name', async () => {
  await page.goto(at('/lineage?from=model-version:delays:1&direction=up'));
  await page.getByRole('button', { name: /How far/ }).click();
  await page.getByRole('option', { name: 'Up to 1 step away' }).click();
  await expect.poll(cards).toBe(2);
  await page.getByRole('button', { name: /^More of what made/ }).click();
  await expect.poll(cards).toBeGreaterThan(2);
  const all = await cards();
  await card(/^delays, version 1/).click();
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(cards).toBe(1);
  await page.getByRole('button', { name: 'Show what made delays, version 1' }).click();
  await expect.poll(cards).toBe(all);
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(cards).toBe(1);
  await page.keyboard.press('Shift+ArrowLeft');
  await expect.poll(cards).toBe(all);
  await page.getByRole('searchbox', { name: 'Search by name' }).fill('BY time');
  await page.getByText('1 found').waitFor();
  await page.keyboard.press('Enter');
  await chosen().getByRole('heading', { name: 'Split by time' }).waitFor();
  await chosen().getByRole('button', { name: 'Ask what came of it' }).click();
  await card(/^test/).waitFor();
  await screenshotsInBoth(page, 'lineage-opened');
  expect(problems).toEqual([]);
});

test('ten thousand cards are drawn as far as they are in view, walked and searched', async () => {
  const runs = 3333;
  const nodes: Lineage['nodes'] = [{ kind: 'file', id: 'file:big', name: 'big.csv', sha256: 'a'.repeat(64), more: [] }];
  const edges: Lineage['edges'] = [];
  for (let n = 0; n < runs; n++) {
    for (const step of ['load', 'clean', 'train'])
      nodes.push({
        kind: 'tracked-data',
        id: `${step} ${n}`,
        name: `${step} ${n}`,
        digest: 'd',
        experiment: { id: '1', name: 'many' },
        source: '',
        more: [],
      });
    edges.push(
      { from: 'file:big', to: `load ${n}`, port: '' },
      { from: `load ${n}`, to: `clean ${n}`, port: '' },
      { from: `clean ${n}`, to: `train ${n}`, port: '' },
    );
  }
  const answer: Lineage = { from: ['file:big'], nodes, edges, more: false };
  await page.route(/\/lineage\?.*from=file%3Abig/, (route) => route.fulfill({ json: answer }));
  await page.goto(at('/lineage?from=file:big'));
  await chosen().getByRole('heading', { name: 'big.csv' }).waitFor();
  expect(await cards()).toBeGreaterThan(5);
  expect(await cards()).toBeLessThan(200);
  await page.getByRole('searchbox', { name: 'Search by name' }).fill('train 3332');
  await page.keyboard.press('Enter');
  await chosen().getByRole('heading', { name: 'train 3332' }).waitFor();
  await card(/^train 3332/).waitFor();
  await card(/^train 3332/).focus();
  await page.keyboard.press('ArrowLeft');
  await chosen().getByRole('heading', { name: 'clean 3332' }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('clean 3332');
  expect(await cards()).toBeLessThan(200);
  await screenshot(page, 'lineage-large');
  await page.getByRole('radio', { name: 'Table' }).click();
  await expect.poll(() => page.getByRole('row').count()).toBe(201);
  expect(problems).toEqual([]);
});
