/** The history of a drawing: what was done by name, and each state of it to come back to. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { screenshotsInBoth } from '../../support/browser.ts';
import { drawing, type EditorPage, editorPage } from '../../support/editorPage.ts';

let editor: EditorPage;
beforeAll(async () => {
  editor = await editorPage();
});
afterAll(async () => {
  expect(editor?.problems).toEqual([]);
  await editor?.stop();
});

test('12 the history lists every edit by its name, and a click on one gives the drawing as it was after it, also after a reload', async () => {
  const { page } = editor;
  const id = await editor.open(
    drawing(
      {
        load: { type: 'read-file', parameters: { file: 'flights.csv' }, at: [0, 0] },
        split: { type: 'split', at: [312, 0] },
        fit: { type: 'train', at: [624, 40] },
      },
      ['load.table > split.table'],
    ),
  );
  const states = [await editor.text()];
  /** Notes the drawing after one more edit of this name. */
  const edited = async (name: string | RegExp) => {
    await expect.poll(async () => (await editor.shown()).steps.length, { message: String(name) }).toBe(states.length);
    expect((await editor.shown()).steps.at(-1)).toMatch(name);
    states.push(await editor.text());
  };
  const choose = async (node: string) => page.getByTestId(`card-${node}`).click();

  await choose('split');
  await editor.press('F2');
  await page.getByTestId('card-split').getByLabel('Name of the node').fill('Halves');
  await editor.press('Enter');
  await edited('Rename to “Halves”');
  await editor.press('Control+ArrowDown');
  await edited('Move a node');
  const share = page.getByRole('region', { name: 'Inspector' }).getByRole('textbox', { name: 'Test share' });
  await share.fill('0.4');
  await share.blur();
  await edited(/./);
  await choose('load');
  await editor.press('c', 'Enter', 'ArrowDown', 'Enter');
  await edited(/^Connect /);
  await choose('fit');
  await editor.press('Control+d');
  await edited('Paste a node');
  await editor.press('Delete');
  await edited('Delete a node');
  await editor.focusCanvas();
  await editor.press('Control+a');
  await editor.command('Align tops');
  await edited('Align tops');
  await editor.press('Escape', 'n');
  await page.getByTestId('creator').waitFor();
  await page.keyboard.type('select columns');
  await editor.press('Enter');
  await edited(/^Add /);
  const { steps } = await editor.shown();
  expect(new Set(states).size).toBe(states.length - 1); // what was pasted was taken away again

  const entries = page.getByRole('list', { name: 'Edits' }).getByRole('button');
  const expectStates = async () => {
    await page.getByRole('radio', { name: 'History' }).click();
    await page.getByRole('tab', { name: 'Edits' }).click();
    for (const k of [3, 7, 1, 0, states.length - 1, 5]) {
      // the newest stands first, and the drawing as it was opened last
      await entries.nth(states.length - 1 - k).click();
      await expect.poll(() => editor.text(), { message: `state ${k}` }).toBe(states[k]);
      const names = await entries.locator('span').allTextContents();
      expect(names).toEqual([...steps].reverse().concat('As it was opened'));
      const current = page.getByRole('list', { name: 'Edits' }).locator('[aria-current="step"] span');
      expect(await current.textContent()).toBe(k === 0 ? 'As it was opened' : steps[k - 1]);
    }
  };
  await expectStates();
  await screenshotsInBoth(page, 'check-12-history');
  await expect.poll(async () => (await editor.shown()).saving).toBe('saved');
  await editor.openAgain(id);
  expect(await editor.text()).toBe(states[5]);
  await expectStates();
});
