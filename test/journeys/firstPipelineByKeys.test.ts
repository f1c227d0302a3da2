/** The first five minutes again, by keyboard alone: no mouse, and at every key one can see where one is. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPage, openBrowser, screenshot } from '../support/browser.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let drawloom: RunningDrawloom;
let browser: Browser;
let page: Page;
let problems: string[];
beforeAll(async () => {
  drawloom = await startDrawloom();
  browser = await openBrowser();
  ({ page, problems } = await newPage(browser));
  page.setDefaultTimeout(120_000);
  await page.addInitScript(() => {
    for (const kind of ['mousedown', 'pointerdown', 'touchstart'])
      addEventListener(kind, () => console.error(`a ${kind} in a journey by keyboard`), true);
  });
});
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
});

/** What has the focus, in words; and whether anything on screen says so: a ring, a shadow, a coloured border, a cursor. */
const focus = () =>
  page.evaluate(() => {
    const at = document.activeElement as HTMLElement | null;
    if (!at || at === document.body) return { at: 'nothing', seen: false };
    const name = at.getAttribute('aria-label') ?? at.getAttribute('data-testid') ?? at.textContent?.slice(0, 40) ?? '';
    const marks = (element: Element, pseudo?: string) => {
      const style = getComputedStyle(element, pseudo);
      const primary = getComputedStyle(document.documentElement).getPropertyValue('--primary').trim();
      const probe = document.createElement('i');
      probe.style.color = primary;
      document.body.append(probe);
      const colour = getComputedStyle(probe).color;
      probe.remove();
      const ring = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0;
      const edge = style.borderTopColor === colour && Number.parseFloat(style.borderTopWidth) > 0;
      return ring || edge || style.boxShadow.includes(colour);
    };
    const around: Element[] = [];
    for (let one: Element | null = at; one && around.length < 5; one = one.parentElement) around.push(one);
    const inCode = at.closest('.monaco-editor.focused') !== null;
    // a list that is walked from its search field shows its current option instead
    const listed = document.querySelector(`#${CSS.escape(at.getAttribute('aria-activedescendant') ?? '-')}`) !== null;
    const seen = inCode || listed || around.some((one) => marks(one)) || marks(at, '::after');
    const { width, height } = (at.closest('.monaco-editor') ?? at).getBoundingClientRect();
    return { at: `${at.tagName.toLowerCase()} ${name}`, seen: seen && width > 4 && height > 4 };
  });

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) {
    await page.keyboard.press(key);
    // what a key opens may need a moment; what has the focus then must show it
    await expect.poll(focus, { message: `after ${key}`, timeout: 60_000 }).toMatchObject({ seen: true });
  }
}
/** Tabs on until what has the focus fits; the way there is part of what is tested, its length is not. */
async function tabTo(wanted: RegExp, key = 'Tab', most = 60): Promise<void> {
  const passed: string[] = [];
  for (let turn = 0; turn < most; turn++) {
    const { at } = await focus();
    if (wanted.test(at)) return;
    passed.push(at);
    await press(key);
  }
  throw new Error(`${key} does not lead to ${wanted}, but to ${passed.join(' → ')}.`);
}
const isAt = (wanted: RegExp) =>
  expect.poll(async () => (await focus()).at, { message: String(wanted), timeout: 60_000 }).toMatch(wanted);
const announced = (wanted: RegExp) =>
  expect.poll(() => page.getByTestId('live').textContent(), { timeout: 120_000 }).toMatch(wanted);

/** N, a few letters, Enter: the way to another node, which then has the focus. */
async function add(words: string, card: string, key = 'Enter'): Promise<void> {
  await press('n');
  await page.getByTestId('creator').waitFor();
  await isAt(/^input Search nodes/);
  await page.keyboard.type(words);
  await press(key);
  await expect.poll(() => page.evaluate(() => document.activeElement?.id), { timeout: 60_000 }).toBe(`card-${card}`);
}
/** Types code as people do; the editor itself indents and closes brackets. */
async function typeCode(lines: string[]): Promise<void> {
  await page.getByTestId('code').locator('.monaco-editor.focused').waitFor();
  await press('Control+a');
  for (const [index, line] of lines.entries()) {
    if (index > 0) await press('Enter');
    await page.keyboard.type(line);
    // a suggestion that is open would take the next Enter
    if (await page.locator('.suggest-widget.visible').count()) await page.keyboard.press('Escape');
  }
}
async function run(): Promise<number> {
  const started = page.waitForResponse(
    (answer) => /\/pipelines\/[^/]+\/runs$/.test(answer.url()) && answer.status() === 201,
  );
  await press('Control+Enter');
  await isAt(/^button start-run/);
  await press('Enter');
  return ((await (await started).json()) as { run: { id: number } }).run.id;
}

test('by keyboard alone, a pipeline is drawn, run, looked into, broken, mended, and rerun with reuse', async () => {
  await page.goto(drawloom.signInLink);
  await page.getByRole('heading', { name: 'Pipelines', level: 1 }).waitFor();
  await tabTo(/^button new-pipeline/);
  await press('Enter');
  await isAt(/^input/);
  await page.keyboard.type('Long names');
  await press('Enter');
  await page.getByTestId('canvas').waitFor();
  await isAt(/^section Canvas/);

  await add('read file', 'read_file');
  await press('Enter'); // into its first field
  await isAt(/^input/);
  await page.keyboard.type('airlines');
  await page
    .getByRole('option', { name: /airlines/ })
    .first()
    .waitFor();
  await press('ArrowDown', 'Enter');
  await page.getByTestId('problem-count').getByText('No errors').waitFor();
  await press('Escape');
  await isAt(/^article Read file/);

  await add('sql', 'sql'); // beside what is selected, and wired to it
  await press('Enter'); // into its code
  await typeCode(['SELECT carrier, name, length(name) AS letters FROM input']);
  await press('Escape', 'Escape'); // out of the code, then back to the drawing
  await isAt(/^article SQL/);

  await add('python', 'python', 'Shift+Enter');
  await press('Enter');
  await typeCode([
    'import pandas as pd',
    'def longest(airlines: pd.DataFrame, *, keep: int = 5) -> pd.DataFrame:',
    'print("rows", len(airlines))',
    'return airlines.nlargest(keep, "letters")',
  ]);
  await page.getByTestId('port-python-in-airlines').waitFor();
  await press('Escape', 'Escape');
  await isAt(/^article Python/);

  await press('ArrowLeft');
  await isAt(/^article SQL/);
  await press('c', 'Enter');
  await page.getByTestId('key-wire').getByText('Python · airlines').waitFor();
  await press('Enter');
  await page.getByText('3 nodes, 2 wires').waitFor();
  await press('ArrowRight');
  await isAt(/^article Python/);
  await add('check table', 'check_table');
  await add('report', 'report');
  await press('Enter');
  await isAt(/^input/);
  await page.keyboard.type('The longest names');
  await page.getByText('5 nodes, 4 wires').waitFor();
  await page.getByTestId('problem-count').getByText('No errors').waitFor();

  const first = await run(); // from within the form
  await announced(new RegExp(`Run ${first}: Succeeded`));
  await press('Escape', 'ArrowLeft', 'ArrowLeft');
  await isAt(/^article Python.*Succeeded/);
  await press('r'); // the result, below the canvas
  await isAt(/^div Output/);
  const drawer = page.getByTestId('drawer');
  await drawer.getByRole('columnheader', { name: /^letters/ }).waitFor();
  await tabTo(/^div .*rows/i);
  await press('ArrowDown', 'ArrowDown', 'ArrowRight');
  await drawer.locator('[data-current]').waitFor();
  expect(await drawer.getByRole('grid').getAttribute('aria-rowcount')).toBe('6');
  await screenshot(page, 'keys-table');
  await tabTo(/^div Output/, 'Shift+Tab');
  await press('ArrowRight');
  await drawer.getByTestId('log').getByText('rows 16').waitFor();
  await press('Escape');
  await isAt(/^article Python/);

  await press('Enter');
  await page.getByTestId('code').locator('.monaco-editor.focused').waitFor();
  await press('Control+End', 'Shift+Home');
  await page.keyboard.type('return airlines.nlargest(keep, "lettres")');
  const second = await run(); // from within the code
  await announced(new RegExp(`Run ${second}: Failed`));
  await page.getByTestId('failure').getByText('lettres').waitFor();
  await press('Escape');
  await tabTo(/^button Line 4/, 'Shift+Tab');
  await press('Enter');
  await page.getByTestId('code').locator('.monaco-editor.focused').waitFor();
  await page.getByTestId('code').locator('.squiggly-error').waitFor();
  await screenshot(page, 'keys-error-line');
  // the cursor is in that line, so that mending it there mends it
  await press('End', 'Shift+Home');
  await page.keyboard.type('return airlines.nlargest(keep + 1, "letters")');
  const third = await run();
  await announced(new RegExp(`Run ${third}: Succeeded`));
  await press('Escape', 'Escape');
  await isAt(/^article Python.*Succeeded/);
  await press('ArrowLeft');
  await isAt(/^article SQL.*Reused/);
  await press('ArrowLeft');
  await isAt(/^article Read file.*Reused/);
  await screenshot(page, 'keys-reuse');
  expect(problems).toEqual([]);
}, 900_000);
