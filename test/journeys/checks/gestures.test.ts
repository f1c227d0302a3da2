/** Drags that do more than move, cards in line, and nodes that are looked for. */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atRest, screenshotsInBoth } from '../../support/browser.ts';
import { cardBoxes, drawing, type EditorPage, editorPage, expectNoOverlap } from '../../support/editorPage.ts';

let editor: EditorPage;
beforeAll(async () => {
  editor = await editorPage();
});
afterAll(async () => {
  expect(editor?.problems).toEqual([]);
  await editor?.stop();
});
const positions = async () => (await editor.shown()).graph.looks.positions;
const chain = () =>
  drawing(
    {
      load: { type: 'read-file', parameters: { file: 'flights.csv' }, at: [0, 0] },
      split: { type: 'split', at: [312, 0] },
      train: { type: 'train', at: [624, 0] },
      score: { type: 'predict', at: [936, 0] },
      loose: { type: 'select', name: 'Loose', at: [400, 300] },
    },
    ['load.table > split.table', 'split.train > train.table', 'train.model > score.model', 'split.test > score.table'],
  );
/** Where a card is taken: on its head, beside the picture and the name. */
const grip = async (id: string) => {
  const box = (await editor.page.getByTestId(`card-${id}`).boundingBox())!;
  return { x: box.x + box.width * 0.8, y: box.y + 12, box };
};
/**
 * Takes a card and carries it so far in the window, and holds it. A card follows from the move that makes a press a drag, not from the
 * press: that move is one step here, and does not count.
 */
const carry = async (id: string, by: { x: number; y: number }) => {
  const { x, y } = await grip(id);
  const { mouse } = editor.page;
  await mouse.move(x, y);
  await mouse.down();
  await mouse.move(x + 12, y + 2);
  await mouse.move(x + 12 + by.x, y + 2 + by.y, { steps: 8 });
};
/** Until all cards are drawn where they belong: an undo and a glide of the view are told before they are seen. */
const lieStill = () =>
  expect
    .poll(async () => {
      await atRest(editor.page);
      const before = await cardBoxes(editor.page);
      await atRest(editor.page);
      return isDeepStrictEqual(await cardBoxes(editor.page), before);
    })
    .toBe(true);
const showAll = async () => {
  await editor.focusCanvas();
  await editor.press('1');
  await lieStill();
};

test('check 7: a card dragged over a wire lights it, goes into it when dropped, and what follows moves aside; Alt suppresses', async () => {
  const { page } = editor;
  await editor.open(chain());
  const before = await editor.text();
  await showAll();
  const wire = page.getByTestId('wire-load.table>split.table');
  const middle = ({ x, y, width, height }: { x: number; y: number; width: number; height: number }) => ({
    x: x + width / 2,
    y: y + height / 2,
  });
  const lies = middle((await page.getByTestId('card-loose').boundingBox())!);
  const goes = middle((await wire.boundingBox())!);
  const by = { x: goes.x - lies.x, y: goes.y - lies.y };

  await page.keyboard.down('Alt');
  await carry('loose', by);
  expect(await page.locator('[data-receives]').count()).toBe(0);
  await page.mouse.up();
  await page.keyboard.up('Alt');
  await expect.poll(async () => (await editor.shown()).steps).toEqual(['Move a node']);
  expect(await editor.edges()).toContain('load.table>split.table');
  await editor.press('Control+z');
  await expect.poll(async () => middle((await page.getByTestId('card-loose').boundingBox())!)).toEqual(lies);

  await carry('loose', by);
  await page.locator('[data-testid="wire-load.table>split.table"][data-receives]').waitFor({ state: 'attached' });
  await screenshotsInBoth(page, 'insert-on-wire');
  await page.mouse.up();
  await expect.poll(editor.edges).toContain('load.table>loose.table');
  expect(await editor.edges()).toContain('loose.table>split.table');
  expect(await editor.edges()).not.toContain('load.table>split.table');
  expect((await editor.shown()).steps).toEqual(['Insert Loose between load and split']);
  await showAll();
  await expectNoOverlap(page);
  const after = await positions();
  expect(after.load).toEqual({ x: 0, y: 0 });
  for (const [left, right] of [
    ['load', 'loose'],
    ['loose', 'split'],
    ['split', 'train'],
    ['train', 'score'],
  ] as const)
    expect(after[left]!.x + 232).toBeLessThan(after[right]!.x);
  await editor.press('Control+z');
  await expect.poll(() => editor.text()).toBe(before);

  // the same from the palette
  await lieStill();
  const overWire = async () => {
    const { x, y } = middle((await wire.boundingBox())!);
    return { x, y: y - 10 };
  };
  await editor.drop('select', await overWire());
  await expect
    .poll(editor.edges)
    .toEqual([
      'load.table>select.table',
      'select.table>split.table',
      'split.test>score.table',
      'split.train>train.table',
      'train.model>score.model',
    ]);
  expect((await editor.shown()).steps).toEqual(['Add Select columns']);
  // the focus goes to the first field of what was dropped, and only then may be taken elsewhere
  const inInspector = () => page.evaluate(() => document.activeElement?.closest('[aria-label="Inspector"]') != null);
  await expect.poll(inInspector).toBe(true);
  await showAll();
  await expectNoOverlap(page);
  await editor.press('Control+z');
  await expect.poll(() => editor.text()).toBe(before);
  await lieStill();
  await page.keyboard.down('Alt');
  await editor.drop('select', await overWire());
  await page.keyboard.up('Alt');
  await expect.poll(async () => (await editor.shown()).steps).toEqual(['Add Select columns']);
  expect(await editor.edges()).toContain('load.table>split.table');
});

test('check 8: a node in the middle that is deleted with Ctrl+Backspace leaves its neighbours joined where the kinds fit', async () => {
  await editor.open(
    drawing(
      {
        load: { type: 'read-file', at: [0, 0] },
        pick: { type: 'select', at: [312, 0] },
        check: { type: 'check-table', at: [624, 0] },
        fit: { type: 'train', at: [312, 240] },
        use: { type: 'predict', at: [624, 240] },
      },
      ['load.table > pick.table', 'pick.table > check.table', 'load.table > fit.table', 'fit.model > use.model'],
    ),
  );
  await editor.page.getByTestId('card-pick').click();
  await editor.press('Control+Backspace');
  await expect.poll(editor.edges).toEqual(['fit.model>use.model', 'load.table>check.table', 'load.table>fit.table']);
  await editor.page.getByTestId('card-fit').click();
  await editor.press('Control+Backspace');
  // a table is no model
  await expect.poll(editor.edges).toEqual(['load.table>check.table']);
  expect((await editor.shown()).steps).toHaveLength(2);
});

test('check 9: a node type dropped on a node replaces it, keeps what fits, and tells what does not', async () => {
  const { page } = editor;
  await editor.open(
    drawing(
      {
        load: { type: 'read-file', parameters: { file: 'flights.csv' }, at: [0, 0] },
        split: { type: 'split', name: 'Split rows', parameters: { testShare: 0.3 }, at: [312, 0] },
        fit: { type: 'train', at: [624, 0] },
      },
      ['load.table > split.table', 'split.train > fit.table'],
    ),
  );
  await editor.press('1');
  const before = await editor.text();
  const box = (await page.getByTestId('card-split').boundingBox())!;
  await editor.drop('select', { x: box.x + box.width / 2, y: box.y + box.height / 2 });
  await expect.poll(async () => (await editor.shown()).graph.nodes.split?.type).toBe('select');
  expect(await editor.edges()).toEqual(['load.table>split.table', 'split.table>fit.table']);
  const told = page
    .getByRole('region', { name: 'Notices' })
    .getByText(/is now .*Not taken over: .*parameter “Test share”/);
  await told.waitFor();
  await screenshotsInBoth(page, 'replaced');
  expect((await editor.shown()).steps).toHaveLength(1);
  await editor.focusCanvas();
  await editor.press('Control+z');
  await expect.poll(() => editor.text()).toBe(before);
  // by keys: the node that is selected, and a type from the list
  await page.getByTestId('card-split').click();
  await editor.command('Replace by another type');
  await page.getByTestId('creator').waitFor();
  await page.keyboard.type('check table');
  await editor.press('Enter');
  await expect.poll(async () => (await editor.shown()).graph.nodes.split?.type).toBe('check-table');
});

test('check 14: cards are lined up and spread evenly, and snap to the lines of others within six pixels', async () => {
  const { page } = editor;
  await editor.open(
    drawing({
      a: { type: 'select', at: [0, 0] },
      b: { type: 'select', at: [301, 160] },
      c: { type: 'select', at: [707, 331] },
      d: { type: 'select', at: [333, 480] },
    }),
  );
  await editor.focusCanvas();
  await editor.press('Control+a');
  await editor.command('Distribute from left to right');
  await expect.poll(async () => (await editor.shown()).steps.length).toBe(1);
  const spread = Object.values(await positions())
    .map(({ x }) => x)
    .sort((a, b) => a - b);
  const gaps = spread.slice(1).map((x, index) => x - spread[index]!);
  expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
  for (const [name, axis, size] of [
    ['Align left edges', 'x', 0],
    ['Align right edges', 'x', 232],
    ['Align tops', 'y', 0],
  ] as const) {
    await editor.command(name);
    await expect.poll(async () => (await editor.shown()).steps.at(-1)).toBe(name);
    expect(new Set(Object.values(await positions()).map((at) => at[axis] + size)).size).toBe(1);
    await editor.press('Control+z');
  }
  await editor.press('Control+z', 'Escape');
  await showAll();

  const { zoom } = (await editor.shown()).viewport;
  // four pixels beside the left edge of b, which no place of the grid is
  const { b, d } = await positions();
  await carry('d', { x: (b!.x + 4 - d!.x) * zoom, y: 24 * zoom });
  await page.locator('[data-testid="guide"][data-axis="x"]').waitFor();
  await screenshotsInBoth(page, 'guides');
  await page.mouse.up();
  await expect.poll(async () => (await positions()).d!.x).toBe(b!.x);
  expect(await page.getByTestId('guide').count()).toBe(0);
});

test('check 17: Ctrl+F finds by words, problems, files and parameters, lets the rest step back, and Enter goes round', async () => {
  const { page } = editor;
  const python = (rate: string) => ({
    type: 'python',
    code: `import pandas as pd\ndef fit(rows: pd.DataFrame, *, lr: float = ${rate}) -> pd.DataFrame:\n    return rows\n`,
  });
  await editor.open(
    drawing(
      {
        load: { type: 'read-file', parameters: { file: 'raw.csv' }, at: [0, 0] },
        slow: { ...python('0.001'), name: 'Slow', at: [400, -200] },
        quick: { ...python('0.5'), name: 'Quick', at: [400, 0] },
        set: { ...python('0.001'), name: 'Set', parameters: { lr: 0.2 }, at: [400, 200] },
        loose: { type: 'select', at: [1600, 900] },
      },
      ['load.table > slow.rows', 'load.table > quick.rows', 'load.table > set.rows'],
    ),
  );
  await editor.focusCanvas();
  await editor.press('Control+f');
  const field = page.getByTestId('find-bar').getByRole('textbox');
  await field.waitFor();
  const finds = async (query: string, ids: string[]) => {
    await field.fill(query);
    await expect.poll(async () => (await editor.shown()).found, { message: query }).toEqual(ids);
  };
  await finds('is:invalid', ['loose']);
  await finds('uses:raw.csv', ['load']);
  await finds('type:python slow', ['slow']);
  await finds('lr:<=0.001', ['slow']);
  await finds('nothing-like-this', []);
  await page.getByTestId('find-count').getByText('Nothing fits').waitFor();
  await finds('lr:>0.01', ['quick', 'set']);
  await expect.poll(() => page.getByTestId('card-slow').getAttribute('data-dimmed')).toBe('');
  expect(await page.getByTestId('card-quick').getAttribute('data-dimmed')).toBe(null);
  const selected = async () => (await editor.shown()).selection.nodes;
  for (const [key, id] of [
    ['Enter', 'quick'],
    ['Enter', 'set'],
    ['Enter', 'quick'],
    ['Shift+Enter', 'set'],
  ] as const) {
    await editor.press(key);
    await expect.poll(selected).toEqual([id]);
    const centred = async () => {
      const canvas = (await page.getByTestId('canvas').boundingBox())!;
      const card = (await page.getByTestId(`card-${id}`).boundingBox())!;
      return Math.hypot(
        card.x + card.width / 2 - canvas.x - canvas.width / 2,
        card.y + card.height / 2 - canvas.y - canvas.height / 2,
      );
    };
    await expect.poll(centred).toBeLessThan(10);
  }
  await page.getByTestId('find-count').getByText('2 of 2').waitFor();
  await screenshotsInBoth(page, 'find-in-pipeline');
  await field.focus();
  await editor.press('Escape');
  await expect.poll(async () => (await editor.shown()).found).toBe(null);
  expect(await page.locator('[data-dimmed]').count()).toBe(0);
});
