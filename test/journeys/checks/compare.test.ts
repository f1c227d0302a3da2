import type { Run, RunSummary } from '@drawloom/shared/api/runs.ts';
import { emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newPage, openBrowser, screenshotsInBoth } from '../../support/browser.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { type RunningDrawloom, startDrawloom } from '../../support/server.ts';

let database: TestDatabase;
let drawloom: RunningDrawloom;
let browser: Browser;
let page: Page;
let problems: string[];
let pipeline: { id: string; revision: number };
let runs: Run[];

const fitOf = (rate: string) => `import { logMetric } from 'drawloom';
export default function run(input: number, { share = 0.2 }: { share?: number }): number {
  for (let step = 0; step < 20; step++) logMetric('loss', Math.exp(-step * ${rate}), step);
  return input + share;
}
`;
const node = (name: string, code: string, parameters = {}) => ({ type: 'typescript', name, code, parameters });
const gives = (takes: string, value: string) =>
  `export default function run(${takes}): number {\n  return ${value};\n}\n`;
const wire = (from: string, to: string) => ({ from: { node: from, port: 'value' }, to: { node: to, port: 'input' } });

const first: PipelineDocument = {
  ...emptyPipeline('Two ways'),
  parameters: { share: { type: 'number', default: 0.2 }, label: { type: 'string', default: 'same' } },
  nodes: {
    load: node('Load', gives('', '41')),
    fit: node('Fit', fitOf('0.1'), { share: { $parameter: 'share' } }),
    draw: node('Draw', gives('input: number', 'input * 2')),
  },
  edges: { 'load.value>fit.input': wire('load', 'fit'), 'fit.value>draw.input': wire('fit', 'draw') },
  looks: { positions: { load: { x: 0, y: 0 }, fit: { x: 320, y: 0 }, draw: { x: 640, y: 0 } } },
};
/** Load only stands elsewhere, Fit learns faster, Draw is gone, Report is new. */
const second: PipelineDocument = {
  ...first,
  nodes: {
    load: first.nodes.load!,
    fit: node('Fit', fitOf('0.3'), { share: { $parameter: 'share' } }),
    report: node('Report', gives('input: number', 'input + 1')),
  },
  edges: { 'load.value>fit.input': wire('load', 'fit'), 'fit.value>report.input': wire('fit', 'report') },
  looks: { positions: { load: { x: 0, y: 160 }, fit: { x: 320, y: 0 }, report: { x: 640, y: 160 } } },
};

async function ran(parameters: object = {}): Promise<Run> {
  const { run } = await drawloom.ask<{ run: RunSummary }>('POST', `/pipelines/${pipeline.id}/runs`, { parameters });
  const see = () => drawloom.ask<Run>('GET', `/runs/${run.id}`);
  return vi.waitFor(
    async () => {
      const seen = await see();
      expect(isRunFinal(seen.status)).toBe(true);
      return seen;
    },
    { timeout: 300_000, interval: 200 },
  );
}

beforeAll(async () => {
  database = await testDatabase();
  drawloom = await startDrawloom({ env: { DATABASE_URL: database.url } });
  pipeline = await drawloom.ask('POST', '/projects/getting-started/pipelines', { document: first });
  const before = await ran();
  pipeline = await drawloom.ask('PUT', `/pipelines/${pipeline.id}`, { revision: pipeline.revision, document: second });
  runs = [before, await ran({ share: 0.5 })];
  browser = await openBrowser();
  ({ page, problems } = await newPage(browser));
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
  await database?.drop();
});

const marks = (side: string) =>
  page
    .getByRole('region', { name: side })
    .locator('[data-testid^="still-"]')
    .evaluateAll((cards) =>
      Object.fromEntries(
        cards.map((card) => [card.getAttribute('data-testid')!.slice('still-'.length), card.getAttribute('data-mark')]),
      ),
    );
const rowsOf = (section: string) =>
  page.getByRole('region', { name: section, exact: true }).getByRole('table').getByRole('rowheader').allTextContents();

test('check 31: two runs are compared: the drawings in one with marks, only what differs, and curves that are pointed at together', {
  timeout: 600_000,
}, async () => {
  expect(runs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
  await page.goto(new URL('/p/getting-started/runs', drawloom.url).href);
  for (const { id } of runs) await page.getByRole('checkbox', { name: `Mark run ${id} to compare it` }).check();
  await page.getByTestId('compare-runs').click();
  await page.getByText(`Run ${runs[1]!.id} against run ${runs[0]!.id}`).waitFor();
  await expect
    .poll(() => marks('Both drawings in one'))
    .toEqual({ load: null, fit: 'changed', draw: 'removed', report: 'added' });

  expect(await rowsOf('Parameters')).toEqual(['share']);
  expect(await rowsOf('Numbers')).toEqual(['Fit · loss']);
  expect((await rowsOf('Work of the nodes')).sort()).toEqual(['Fit · parameter share', 'Fit · the code']);
  expect((await rowsOf('Artifacts')).sort()).toEqual(['Draw · value', 'Fit · value', 'Report · value']);
  await page.locator('label').filter({ hasText: 'Only differences' }).click();
  await expect.poll(() => rowsOf('Parameters')).toEqual(['label', 'share']);
  expect((await rowsOf('Artifacts')).sort()).toEqual(['Draw · value', 'Fit · value', 'Load · value', 'Report · value']);

  const chart = page.getByRole('img', { name: 'Fit · loss of 2 runs by step' });
  await chart.focus();
  for (let n = 0; n < 11; n++) await page.keyboard.press('ArrowRight');
  const figure = page.getByRole('figure').filter({ has: chart });
  const told = await figure.locator('figcaption').textContent();
  expect(told).toContain('10');
  expect(told).toMatch(/0\.367\d*/); // e^(-10 · 0.1)
  expect(told).toMatch(/0\.049\d*/); // e^(-10 · 0.3)

  await page.getByTestId('still-fit').click();
  await page.getByRole('region', { name: 'Code, before and now' }).getByText('0.3').first().waitFor();
  await screenshotsInBoth(page, 'compare-runs');

  // The address says all of it: somebody else sees the same.
  const { page: other } = await newPage(browser, { storageState: await page.context().storageState() });
  await other.goto(page.url());
  await other.getByRole('region', { name: 'Code, before and now' }).waitFor();
  expect(await other.getByRole('switch', { name: 'Only differences' }).isChecked()).toBe(false);
  await other.context().close();
  expect(problems).toEqual([]);
});

test('check 32: any two versions are compared on both canvases, and restoring one loses nothing', {
  timeout: 600_000,
}, async () => {
  await page.goto(new URL(`/p/getting-started/pipelines/${pipeline.id}?panel=versions`, drawloom.url).href);
  await page.getByRole('link', { name: 'Compare version 1 with the drawing' }).click();
  await expect.poll(() => marks('Version 1')).toEqual({ load: 'moved', fit: 'changed', draw: 'removed' });
  await expect.poll(() => marks('The drawing')).toEqual({ load: 'moved', fit: 'changed', report: 'added' });
  const listed = async (section: string) =>
    page
      .getByTestId('changes')
      .getByRole('region', { name: section, exact: true })
      .getByRole('listitem')
      .allTextContents();
  expect(await listed('Added')).toEqual(['Reportadded', 'Fit, value → Report, input']);
  expect(await listed('Removed')).toEqual(['Drawremoved', 'Fit, value → Draw, input']);
  expect(await listed('Changed')).toEqual(['Fitcode']);
  expect(await listed('Moved')).toEqual(['Loadmoved']);
  await screenshotsInBoth(page, 'compare-versions');

  // One place is looked at on both.
  const at = () =>
    page.locator('.react-flow__viewport').evaluateAll((all) => all.map((one) => (one as HTMLElement).style.transform));
  const [left, right] = await at();
  expect(left).toBe(right);
  const box = (await page.getByRole('region', { name: 'Version 1' }).boundingBox())!;
  await page.mouse.move(box.x + 20, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + 90, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await expect.poll(async () => new Set(await at()).size === 1 && (await at())[0] !== left).toBe(true);

  await page.getByRole('button', { name: 'Restore version 1' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Restore' }).click();
  await page.getByTestId('card-draw').waitFor();
  const versions = await drawloom.ask<{ versions: { number: number }[] }>('GET', `/pipelines/${pipeline.id}/versions`);
  expect(versions.versions.map(({ number }) => number)).toEqual([2, 1]); // the second run had frozen what was replaced
  expect(problems).toEqual([]);
});
