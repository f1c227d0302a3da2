import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPage, openBrowser, screenshot } from '../support/browser.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

/** What `window.__editor` shows of the open drawing; see `pages/pipeline`. */
interface Shown {
  nodes: string[];
  edges: string[];
  selected: string[];
  steps: string[];
  saving: string;
  problems: string[];
}

let drawloom: RunningDrawloom;
let browser: Browser;
let page: Page;
let problems: string[];
beforeAll(async () => {
  drawloom = await startDrawloom();
  browser = await openBrowser();
  ({ page, problems } = await newPage(browser));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: drawloom.url });
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
  await page.evaluate(() => localStorage.setItem('drawloom.test', 'on'));
});
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
});

const shown = (): Promise<Shown> =>
  page.evaluate(() => {
    const editor = (globalThis as unknown as { __editor: Record<string, never> }).__editor as unknown as {
      graph: { nodes: object; edges: object };
      selection: { nodes: string[] };
      history: { past: { name: string }[] };
      saving: string;
      problems: { message: string }[];
    };
    return {
      nodes: Object.keys(editor.graph.nodes),
      edges: Object.keys(editor.graph.edges).sort(),
      selected: editor.selection.nodes,
      steps: editor.history.past.map(({ name }) => name),
      saving: editor.saving,
      problems: editor.problems.map(({ message }) => message),
    };
  });

async function newPipeline(name: string): Promise<void> {
  await page.goto(new URL('/', drawloom.url).href);
  await page.getByTestId('new-pipeline').click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.keyboard.press('Enter');
  await page.getByText('Draw a pipeline').waitFor();
}
const drop = (type: string, x: number, y: number) =>
  page.dragAndDrop(`[data-testid=type-${type}]`, '[data-testid=canvas]', { targetPosition: { x, y } });
async function middleOf(port: string) {
  const box = await page.getByTestId(`port-${port}`).boundingBox();
  return { x: box!.x + box!.width / 2, y: box!.y + box!.height / 2 };
}
async function pull(from: string, to: { x: number; y: number }): Promise<void> {
  const start = await middleOf(from);
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move(start.x + 20, start.y + 4, { steps: 3 });
  await page.mouse.move(to.x, to.y, { steps: 8 });
}

test('checks 1, 4, 5, 6, 11: nodes dropped, wires pulled and refused with a reason, all of it undone and done again', async () => {
  await newPipeline('By mouse');
  await drop('read-file', 150, 160);
  await page.getByTestId('card-read_file').waitFor();
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.closest('[aria-label="Inspector"]')?.tagName ?? ''))
    .toBe('SECTION');
  await drop('train', 470, 280);
  await drop('split', 150, 380);
  await pull('read_file-out-table', await middleOf('split-in-table'));
  await page.mouse.up();
  await pull('split-out-train', await middleOf('train-in-table'));
  await page.mouse.up();
  const wires = ['read_file.table>split.table', 'split.train>train.table'];
  await expect.poll(async () => (await shown()).edges).toEqual(wires);

  await pull('train-out-model', await middleOf('split-in-table'));
  expect(await page.getByTestId('refusal').textContent()).toMatch(/takes a table, but .* gives a model/);
  await expect.poll(() => page.getByTestId('port-split-in-table').getAttribute('aria-disabled')).toBe('true');
  await page.mouse.up();
  expect((await shown()).edges).toEqual(wires);

  const free = await middleOf('train-out-model');
  await pull('train-out-model', { x: free.x + 40, y: free.y + 160 });
  await page.mouse.up();
  await page
    .getByTestId('creator')
    .getByRole('option', { name: /Predict/ })
    .click();
  await expect.poll(async () => (await shown()).edges).toContain('train.model>predict.model');
  const steps = (await shown()).steps.length;
  expect((await shown()).steps.at(-1)).toBe('Add Predict');
  await expect.poll(async () => (await shown()).saving).toBe('saved');
  await screenshot(page, 'canvas-light');

  await page.getByTestId('canvas').focus();
  for (let step = 0; step < steps; step++) await page.keyboard.press('Control+z');
  expect(await shown()).toMatchObject({ nodes: [], edges: [] });
  for (let step = 0; step < steps; step++) await page.keyboard.press('Control+Shift+z');
  expect((await shown()).edges).toEqual([...wires, 'train.model>predict.model'].sort());
  await expect.poll(async () => (await shown()).saving).toBe('saved');
  await page.reload();
  await page.getByTestId('card-predict').waitFor();
  expect((await shown()).steps).toHaveLength(steps);
});

test('checks 10, 36: a pipeline is drawn, wired, copied and renamed by keys alone', async () => {
  await newPipeline('By keys');
  await page.getByTestId('canvas').focus();
  for (const word of ['read', 'select']) {
    await page.keyboard.press('n');
    await page.getByTestId('creator').waitFor();
    await page.keyboard.type(word);
    await page.keyboard.press('Shift+Enter'); // without the wire that Enter would draw
    await page.getByTestId('creator').waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toMatch(/^card-/);
  }
  await page.keyboard.press('ArrowLeft');
  await expect.poll(async () => (await shown()).selected).toEqual(['read_file']);
  await page.keyboard.press('c');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.getByTestId('live').textContent()).toMatch(/Enter connects/);
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await shown()).edges).toEqual(['read_file.table>select.table']);
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await shown()).selected).toEqual(['select']);
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Control+Shift+v');
  await expect.poll(async () => (await shown()).edges).toContain('read_file.table>select_2.table');
  await page.keyboard.press('F2');
  await page.keyboard.type('Fewer columns');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await shown()).steps.at(-1)).toBe('Rename to “Fewer columns”');
  expect(problems.filter((problem) => !problem.includes('401'))).toEqual([]);
});
