import type { Run, RunSummary } from '@drawloom/shared/api/runs.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { screenshotsInBoth } from '../../support/browser.ts';
import { drawing, type EditorPage, editorPage } from '../../support/editorPage.ts';

let editor: EditorPage;
beforeAll(async () => {
  editor = await editorPage();
}, 600_000);
afterAll(() => editor?.stop());

const gives = (takes: string, value: string) =>
  `export default function run(${takes}): number {\n  return ${value};\n}\n`;
const typescript = (code: string, parameters = {}) => ({ type: 'typescript', code, parameters });
const adds = typescript(
  'export default function run(input: number, { add = 1 }: { add?: number }): number {\n  return input + add;\n}\n',
);
/**
 * One makes a number, Use adds to it, Tell doubles it; Aside has nothing to do with them. Equal work is reused from other pipelines
 * too, hence each test has numbers of its own.
 */
const four = (base: string, aside: string) =>
  drawing(
    {
      one: typescript(gives('', base)),
      use: { ...adds, at: [320, 0] },
      tell: { ...typescript(gives('input: number', 'input * 2')), at: [640, 0] },
      aside: { ...typescript(gives('', aside)), at: [0, 200] },
    },
    ['one.value>use.input', 'use.value>tell.input'],
  );

const runsOf = async (pipeline: string) =>
  (await editor.drawloom.ask<{ items: RunSummary[] }>('GET', `/projects/getting-started/runs?pipeline=${pipeline}`))
    .items;
/** A run, the newest of its pipeline, once it has come to its end. */
async function ended(pipeline: string, run: number): Promise<Run> {
  await expect
    .poll(async () => isRunFinal((await editor.drawloom.ask<Run>('GET', `/runs/${run}`)).status), { timeout: 120_000 })
    .toBe(true);
  expect((await runsOf(pipeline))[0]!.id).toBe(run);
  return editor.drawloom.ask<Run>('GET', `/runs/${run}`);
}
/** Presses what starts a run, and answers its number. */
async function startedBy(press: () => Promise<unknown>): Promise<number> {
  const started = editor.page.waitForResponse(
    (answer) => /\/pipelines\/[^/]+\/runs$/.test(answer.url()) && answer.status() === 201,
  );
  await press();
  return ((await (await started).json()) as { run: RunSummary }).run.id;
}
const dialog = () => editor.page.getByRole('dialog', { name: /^Run / });
const fatesIn = async (at: Locator): Promise<Record<string, string>> => {
  const rows = await at.locator('tbody tr').all();
  return Object.fromEntries(
    await Promise.all(
      rows.map(async (row) => [
        await row.getByRole('rowheader').textContent(),
        await row.locator('td span').innerText(),
      ]),
    ),
  );
};
const statusesOf = (run: Run) => Object.fromEntries(run.nodes.map(({ node, status }) => [node, status]));
/** Saves another drawing in place of the one that is open, as if somebody had edited it, and opens it again. */
async function redraw(pipeline: string, document: PipelineDocument): Promise<void> {
  const { revision, document: before } = await editor.drawloom.ask<{ revision: number; document: PipelineDocument }>(
    'GET',
    `/pipelines/${pipeline}`,
  );
  await editor.drawloom.ask('PUT', `/pipelines/${pipeline}`, {
    revision,
    document: { ...document, name: before.name },
  });
  await editor.openAgain(pipeline);
}

test('21 Run shows its plan first, node by node and why, and what then happens is what it said', {
  timeout: 600_000,
}, async () => {
  const { page } = editor;
  const pipeline = await editor.open(four('41', '7'));
  const why = (name: string) =>
    dialog()
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name, exact: true }) })
      .locator('small')
      .innerText();

  // Never run: all of it runs. Escape starts nothing.
  await page.getByTestId('run').click();
  await dialog().getByText('4 nodes run; how long is not known yet.').waitFor();
  expect(await why('one')).toBe('No earlier run of this pipeline has finished this node.');
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
  expect(await runsOf(pipeline)).toEqual([]);

  // By keys: the plan, and one more Enter; the priority goes with it.
  await editor.focusCanvas();
  await editor.press('Control+Enter');
  await dialog().getByText('4 nodes run').waitFor();
  expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('start-run');
  await dialog().getByLabel('Priority').fill('500');
  await dialog().getByText('A priority is a whole number from -100 to 100.').waitFor();
  await dialog().getByLabel('Priority').fill('5');
  const first = await ended(pipeline, await startedBy(() => editor.press('Enter')));
  expect(first.priority).toBe(5);
  expect(statusesOf(first)).toEqual({ one: 'succeeded', use: 'succeeded', tell: 'succeeded', aside: 'succeeded' });

  // One node changed: it runs, what follows may, the rest is reused, and the time is that of the last run.
  await redraw(pipeline, four('51', '7'));
  await editor.focusCanvas();
  await editor.press('Control+Enter');
  await dialog()
    .getByText(/^3 nodes run, about .+\. 1 reused/)
    .waitFor();
  expect(await fatesIn(dialog())).toEqual({
    one: 'Runs',
    use: 'Runs, unless nothing changes before it',
    tell: 'Runs, unless nothing changes before it',
    aside: 'Is reused',
  });
  expect(await why('one')).toMatch(/code/i);
  expect(await why('aside')).toBe(`Equal work was done in run ${first.id}.`);
  await screenshotsInBoth(page, 'check-21-plan');
  const second = await ended(pipeline, await startedBy(() => editor.press('Enter')));
  expect(statusesOf(second)).toEqual({ one: 'succeeded', use: 'succeeded', tell: 'succeeded', aside: 'reused' });
  expect(second.priority).toBe(0);

  // A part: what it leaves out is told as such, and has no part in the run.
  await page.getByTestId('card-use').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Run to here' }).click();
  await dialog()
    .getByText(/Nothing has to run\. 2 reused.* 2 left out\./)
    .waitFor();
  expect(await fatesIn(dialog())).toEqual({
    one: 'Is reused',
    use: 'Is reused',
    tell: 'Is left out',
    aside: 'Is left out',
  });
  const part = await ended(pipeline, await startedBy(() => dialog().getByTestId('start-run').click()));
  expect(statusesOf(part)).toEqual({ one: 'reused', use: 'reused' });

  // Who knows the plan goes without it.
  await editor.focusCanvas();
  const again = await ended(pipeline, await startedBy(() => editor.press('Control+Shift+Enter')));
  expect(await dialog().count()).toBe(0);
  expect(new Set(Object.values(statusesOf(again)))).toEqual(new Set(['reused']));
  expect(editor.problems).toEqual([]);
});

/** What each card says of itself, by node: its accessible name without name and type, and the pattern of its rail. */
const cardsSay = async (...nodes: string[]) =>
  Object.fromEntries(
    await Promise.all(
      nodes.map(async (node) => {
        const card = editor.page.getByTestId(`card-${node}`);
        const rail = card.locator('[aria-hidden][data-status]').first();
        const [label, pattern] = [await card.getAttribute('aria-label'), await rail.getAttribute('data-status')];
        return [node, `${label?.split(', ').slice(2).join(', ')} ${pattern}`];
      }),
    ),
  );

test('23 a changed parameter marks exactly its node and what follows it stale; run to here and from here do exactly their part', {
  timeout: 600_000,
}, async () => {
  const { page } = editor;
  const pipeline = await editor.open(four('230', '231'));
  const all = ['one', 'use', 'tell', 'aside'];
  await editor.focusCanvas();
  await ended(pipeline, await startedBy(() => editor.press('Control+Shift+Enter')));
  const done = 'Succeeded succeeded';
  const fresh = { one: done, use: done, tell: done, aside: done };
  await expect.poll(() => cardsSay(...all)).toEqual(fresh);

  await page.getByTestId('card-use').click();
  await page.getByRole('textbox', { name: /^add$/i }).fill('5');
  const stale = { ...fresh, use: 'Stale stale', tell: 'Stale stale' };
  await expect.poll(() => cardsSay(...all)).toEqual(stale);
  await screenshotsInBoth(page, 'check-23-stale');
  // what is put back is as fresh as it was; a card that only moves never was anything else
  await editor.focusCanvas();
  await editor.press('Control+z');
  await expect.poll(() => cardsSay(...all)).toEqual(fresh);
  await editor.press('Control+Shift+z');
  await expect.poll(() => cardsSay(...all)).toEqual(stale);

  const of = async (node: string, what: 'Run to here' | 'Run from here') => {
    await page.getByTestId(`card-${node}`).click({ button: 'right' });
    await page.getByRole('menuitem', { name: what }).click();
    return ended(pipeline, await startedBy(() => dialog().getByTestId('start-run').click()));
  };
  expect(statusesOf(await of('use', 'Run to here'))).toEqual({ one: 'reused', use: 'succeeded' });
  await expect.poll(() => cardsSay('one', 'use')).toEqual({ one: 'Reused reused', use: done });
  // from here on: anew, though equal work was done
  expect(statusesOf(await of('use', 'Run from here'))).toEqual({ one: 'reused', use: 'succeeded', tell: 'succeeded' });
  expect(editor.problems).toEqual([]);
});

test('25 a card that shows reused work names the run that did it, and leads there, to that node', {
  timeout: 600_000,
}, async () => {
  const { page } = editor;
  const pipeline = await editor.open(four('250', '251'));
  await editor.focusCanvas();
  const first = await ended(pipeline, await startedBy(() => editor.press('Control+Shift+Enter')));
  await ended(pipeline, await startedBy(() => editor.press('Control+Shift+Enter')));
  const receipt = page.getByTestId('card-tell').getByRole('link', { name: `run ${first.id}` });
  await receipt.waitFor();
  expect(await receipt.getAttribute('title')).toMatch(new RegExp(`^Reused from run ${first.id}, saved .+`));
  await screenshotsInBoth(page, 'check-25-receipt');
  await receipt.click();
  await page.waitForURL(({ pathname, search }) => pathname.endsWith(`/runs/${first.id}`) && search === '?node=tell');
  await page.getByRole('heading', { name: `Run ${first.id}`, level: 1 }).waitFor();
  await page.locator('[data-testid="timeline-tell"][aria-selected="true"]').waitFor();
  expect(editor.problems).toEqual([]);
});
