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

const typescript = (code: string) => ({ type: 'typescript', code, parameters: {}, reuse: false });
const says = (takes: string, ...lines: string[]) =>
  typescript(
    `export default function run(${takes}): number {\n${lines.map((line) => `  console.log(${JSON.stringify(line)});\n`).join('')}  return 1;\n}\n`,
  );

async function ran(document: PipelineDocument): Promise<{ pipeline: string; run: Run }> {
  const { ask } = editor.drawloom;
  const { id } = await ask<{ id: string }>('POST', '/projects/getting-started/pipelines', { document });
  const started = (await ask<{ run: { id: number } }>('POST', `/pipelines/${id}/runs`, {})).run.id;
  const read = () => ask<Run>('GET', `/runs/${started}`);
  await expect.poll(async () => isRunFinal((await read()).status), { timeout: 180_000 }).toBe(true);
  return { pipeline: id, run: await read() };
}
const goTo = (place: string) => editor.page.goto(new URL(`/p/getting-started${place}`, editor.drawloom.url).href);
const log = () => editor.page.getByTestId('log');

test('26 a node that is chosen on the canvas, the timeline, a line of the whole log or the outline is chosen in all of them', {
  timeout: 600_000,
}, async () => {
  const { page } = editor;
  const document = drawing(
    {
      first: says('', 'first begins', 'first ends'),
      second: { ...says('input: number', 'second begins', 'second ends'), at: [320, 0] },
      third: { ...says('input: number', 'third begins', 'third ends'), at: [640, 0] },
    },
    ['first.value>second.input', 'second.value>third.input'],
    'Chosen',
  );
  const { pipeline, run } = await ran(document);
  const open = async (below: 'timeline' | 'log') => {
    await page.getByRole('radio', { name: below === 'log' ? 'Whole log' : 'Timeline', exact: true }).click();
    await page.waitForURL(new RegExp(`below=${below}`));
  };
  /** What each of the four says, with the drawer at each of its views. */
  const expectChosen = async (node: string) => {
    await page.waitForURL(new RegExp(`[?&]node=${node}(&|$)`));
    await expect.poll(async () => (await editor.shown()).selection.nodes).toEqual([node]);
    await page.locator(`#outline-${node}[aria-selected="true"]`).waitFor();
    await open('timeline');
    await page.locator(`[data-testid="timeline-${node}"][aria-selected="true"]`).waitFor();
    await open('log');
    await log().locator('[data-selected]').first().waitFor();
    const lines = await log()
      .locator('[data-selected]')
      .evaluateAll((all) => all.map((one) => one.textContent ?? ''));
    expect(lines.map((line) => line.replace(/^\d+/, ''))).toEqual([`${node}${node} begins`, `${node}${node} ends`]);
  };

  await goTo(`/pipelines/${pipeline}?panel=outline&below=timeline&run=${run.id}`);
  await page.waitForFunction(() => '__editor' in globalThis);
  await page.getByTestId('timeline-second').click();
  await expectChosen('second');
  await log().getByText('third begins').click();
  await expectChosen('third');
  await screenshotsInBoth(page, 'check-26-whole-log');
  await page.locator('#outline-first').click();
  await expectChosen('first');
  await page.getByTestId('card-second').click();
  await expectChosen('second');
  // by keys as well: the name at the beginning of a line is a button
  await log().getByRole('button', { name: 'first' }).first().focus();
  await page.keyboard.press('Enter');
  await expectChosen('first');

  await page.reload();
  await page.waitForFunction(() => '__editor' in globalThis);
  await expectChosen('first');

  // The page of the run says the same, and keeps which of its views was open.
  await goTo(`/runs/${run.id}?node=third`);
  await page.locator('[data-testid="timeline-third"][aria-selected="true"]').waitFor();
  await page.getByRole('radio', { name: 'Whole log' }).click();
  await page.waitForURL(/view=log/);
  const whole = page.getByRole('log', { name: `Log of run ${run.id}` });
  await whole.getByText('second ends').click();
  await page.waitForURL(/node=second/);
  await page.getByRole('heading', { name: 'second', level: 2 }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'second', level: 2 }).waitFor();
  await whole.locator('[data-selected]').first().waitFor();
  expect(editor.problems).toEqual([]);
});

const two = 200_000;
const chatty = typescript(`export default function run(): number {
  for (let n = 1; n <= ${two}; n++)
    console.log(n % 40_000 === 123 ? \`\\x1b[31mnee\\x1b[1mdle\\x1b[0m \${n}\` : \`straw \${n}\`);
  console.log('\\x1b[38;5;208mpalette\\x1b[0m \\x1b[38;2;10;20;30mtrue\\x1b[0m \\x1b[2J\\x1b]0;owned\\x07end');
  return 1;
}
`);

test('29 a log of 200,000 lines is searched to its end, copied as text, and only the lines in view are in the page', {
  timeout: 600_000,
}, async () => {
  const { page } = editor;
  const { run } = await ran(drawing({ chatty }, [], 'Chatty'));
  await goTo(`/runs/${run.id}?node=chatty&tab=log`);
  await page.getByText('200,001 lines').waitFor();
  await log().getByText('palette true end').waitFor(); // it opens at its end
  const rows = () => log().locator('[class*="line"]').count();
  expect(await rows()).toBeLessThanOrEqual(500);
  expect(await log().getByText('palette', { exact: true }).getAttribute('style')).toMatch(/rgb\(255, 135, 0\)/);
  expect(await log().getByText('true', { exact: true }).getAttribute('style')).toMatch(/rgb\(10, ?20, ?30\)/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
  expect(await log().innerText()).not.toMatch(/\u001b|\[31m|\[2J|owned/);

  // Words are found though a colour changes in their middle, and codes are not.
  await log().focus();
  await page.keyboard.press('/');
  await page.keyboard.type('needle');
  await page.keyboard.press('Enter');
  await page.getByText('1 of 5', { exact: true }).waitFor();
  const current = () => log().locator('[data-current]').innerText();
  await expect.poll(current).toMatch(/needle 123$/);
  await page.keyboard.press('Enter');
  await page.getByText('2 of 5', { exact: true }).waitFor();
  await expect.poll(current).toMatch(/needle 40123$/);
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.press('Shift+Enter');
  await page.getByText('5 of 5', { exact: true }).waitFor();
  await expect.poll(current).toMatch(/needle 160123$/);
  expect(await rows()).toBeLessThanOrEqual(500);
  await screenshotsInBoth(page, 'check-29-found');
  await page.getByTestId('log-search').getByRole('searchbox').fill('[31m');
  await page.keyboard.press('Enter');
  await page.getByText('Not found').waitFor();

  await page.getByRole('button', { name: 'Copy all lines' }).click();
  await page.getByText('Copied 200,001 lines.').waitFor();
  const copied = (await page.evaluate(() => navigator.clipboard.readText())).split('\n');
  expect(copied).toHaveLength(two + 1);
  expect(copied[122]).toBe('needle 123');
  expect(copied.at(-1)).toBe('palette true end');
  // The whole of it can be had as a file, with its colours.
  const file = await editor.drawloom.fetch(`/api/v1/runs/${run.id}/nodes/chatty/log?whole=true`);
  expect((await file.text()).split('\n')).toHaveLength(two + 2);

  // And it stays on the page of the run that is narrow.
  await page.setViewportSize({ width: 390, height: 844 });
  await page.reload();
  await page.getByText('200,001 lines').waitFor();
  await screenshot(page, 'check-29-narrow');
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(editor.problems).toEqual([]);
});

test('29 a run that failed opens at its first error, and what follows is counted while one reads further up', {
  timeout: 600_000,
}, async () => {
  const { page } = editor;
  const breaks = typescript(`export default function run(): number {
  for (let n = 1; n <= 3000; n++) console.log(n === 1500 ? 'ValueError: the first of all' : \`line \${n}\`);
  throw new Error('the last of all');
}
`);
  const { run } = await ran(drawing({ breaks }, [], 'Breaks'));
  await goTo(`/runs/${run.id}?node=breaks`);
  await log().getByText('ValueError: the first of all').waitFor();
  expect(await log().getByText('line 2999', { exact: true }).count()).toBe(0);

  // One that goes on saying something until it is stopped.
  const { ask } = editor.drawloom;
  const goesOn = typescript(`export default async function run(): Promise<number> {
  for (let n = 1; ; n++) {
    console.log(\`beat \${n}\`);
    await new Promise((resolve) => setTimeout(resolve, n < 200 ? 1 : 400));
  }
}
`);
  const { id } = await ask<{ id: string }>('POST', '/projects/getting-started/pipelines', {
    document: drawing({ on: goesOn }, [], 'Goes on'),
  });
  const live = (await ask<{ run: { id: number } }>('POST', `/pipelines/${id}/runs`, {})).run.id;
  await goTo(`/runs/${live}?node=on&tab=log`);
  await log()
    .getByText(/^beat 2\d\d$/)
    .first()
    .waitFor();
  await log().hover();
  await page.mouse.wheel(0, -1500);
  await page.getByRole('button', { name: /^\d+ new lines?$/ }).waitFor();
  const top = await log().evaluate((box) => box.scrollTop);
  await page.getByRole('button', { name: /^[2-9] new lines$/ }).waitFor();
  expect(await log().evaluate((box) => box.scrollTop)).toBe(top); // nothing moved under the reader
  await page.getByRole('button', { name: /new lines?$/ }).click();
  await page.getByRole('button', { name: /new lines?$/ }).waitFor({ state: 'detached' });
  await ask('POST', `/runs/${live}/cancel`, {});
  await expect.poll(async () => isRunFinal((await ask<Run>('GET', `/runs/${live}`)).status)).toBe(true);
  expect(editor.problems).toEqual([]);
});
