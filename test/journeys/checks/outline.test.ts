/** The outline: everything that can be drawn on the canvas, by keys alone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { screenshot, screenshotsInBoth } from '../../support/browser.ts';
import { drawing, type EditorPage, editorPage } from '../../support/editorPage.ts';

let editor: EditorPage;
beforeAll(async () => {
  editor = await editorPage();
});
afterAll(async () => {
  expect(editor?.problems).toEqual([]);
  await editor?.stop();
});
const typescript = (takes: string) => ({
  type: 'typescript',
  code: `export default function run(${takes}): number {\n  return 1;\n}\n`,
  reuse: false,
});
const tree = () => editor.page.getByRole('tree', { name: 'Outline' });
const rows = () => tree().getByRole('treeitem');
/** Each row as its depth and what is said of it. */
const told = () =>
  rows().evaluateAll((all) =>
    all.map((one) => `${one.getAttribute('aria-level')} ${one.getAttribute('aria-label')!.split(',')[0]}`),
  );
const at = () => editor.page.evaluate(() => document.activeElement?.id ?? '');
const expectAt = (key: string) => expect.poll(at).toBe(`outline-${key}`);
const expectSaid = (words: string | RegExp) =>
  expect.poll(() => editor.page.getByTestId('live').textContent()).toMatch(words);
const openOutline = async () => {
  await editor.command('Edit in the outline');
  await expect.poll(at).toMatch(/^outline-/);
};
/** Takes the choice that the field of an open list comes to by these letters. */
const choose = async (letters: string) => {
  await editor.page.getByTestId('connect-list').waitFor();
  await editor.page.keyboard.type(letters);
  await expect.poll(() => editor.page.getByTestId('connect-list').getByRole('option').count()).toBeGreaterThan(0);
};

test('37 the outline shows every node, port and wire, and by keys alone adds, renames, connects, moves, orders, disconnects and deletes', async () => {
  const { page } = editor;
  const id = await editor.open(
    drawing(
      {
        load: { type: 'read-file', name: 'Load', parameters: { file: 'flights.csv' }, at: [0, 0] },
        more: { type: 'read-file', name: 'More', parameters: { file: 'flights.csv' }, at: [0, 200] },
        split: { type: 'split', name: 'Split', at: [312, 0] },
        stack: { type: 'report', name: 'Stack', at: [312, 200] },
        pick: { type: 'select', name: 'Pick', at: [624, 200] },
        fit: { type: 'train', name: 'Fit', at: [936, 0] },
      },
      ['load.table > split.table', 'split.train > pick.table', 'pick.table > fit.table'],
    ),
  );
  const start = await editor.text();
  await openOutline();
  expect(await told()).toEqual(['1 Load', '1 More', '1 Stack', '1 Split', '1 Pick', '1 Fit']);

  // the keys of every tree
  await editor.press('Home');
  await expectAt('load');
  await editor.press('ArrowRight', 'ArrowDown', 'ArrowDown');
  await expectAt('load.from.table');
  expect((await told()).slice(0, 4)).toEqual([
    '1 Load',
    '2 Waits for no other node',
    '2 Output Table',
    '3 Wire to Split · table',
  ]);
  await editor.press('ArrowDown', 'Enter');
  await expectAt('split.wire.load.table>split.table');
  await expect.poll(async () => (await editor.shown()).selection.edges).toEqual(['load.table>split.table']);
  await editor.press('ArrowLeft');
  await expectAt('split.to.table');
  await editor.press('ArrowLeft', 'ArrowLeft');
  await expectAt('split');
  await editor.press('End');
  await expectAt('fit');
  await editor.press('s');
  await expectAt('stack');
  expect((await editor.shown()).selection.nodes).toEqual(['stack']);

  // a name
  await editor.press('F2');
  await page.keyboard.type('Both');
  await editor.press('Enter');
  await expectSaid('Renamed to “Both”.');
  await expectAt('stack');

  // wires: those that fit come first, the others say why not
  await editor.press('ArrowRight', 'ArrowDown');
  await expectAt('stack.to.results');
  await editor.press('Enter');
  await choose('');
  await choose('load');
  await editor.press('Enter');
  await expectSaid('Connected Load to Both.');
  await expectAt('stack.wire.load.table>stack.results');
  await editor.press('ArrowLeft', 'Enter');
  await choose('more');
  await editor.press('Enter');
  await expectAt('stack.wire.more.table>stack.results');

  // their order
  await editor.press('Control+ArrowUp');
  await expectSaid('Now 1 of 2.');
  const orders = async () => {
    const { edges } = (await editor.shown()).graph;
    return [edges['load.table>stack.results']?.order, edges['more.table>stack.results']?.order];
  };
  await expect.poll(orders).toEqual([1, 0]);
  await expectAt('stack.wire.more.table>stack.results');

  // what does not fit stands last, and says why: another kind, or a circle
  await editor.press('Home');
  await editor.press('s');
  await editor.press('ArrowDown', 'Enter');
  await choose('');
  const option = (name: RegExp) => page.getByTestId('connect-list').getByRole('option', { name });
  expect(await option(/^More · Table/).getAttribute('aria-disabled')).toBe('false');
  for (const [name, why] of [
    [/^Fit · model/, /takes a table, but .* gives a model/],
    [/^Pick · table/, /This would close a circle/],
    [/^Load · Table/, /Connected already/],
  ] as const) {
    expect(await option(name).getAttribute('aria-disabled')).toBe('true');
    expect(await option(name).textContent()).toMatch(why);
  }
  await screenshotsInBoth(page, 'outline-connect');
  await choose('pick');
  const edges = await editor.edges();
  await editor.press('Enter');
  expect(await editor.edges()).toEqual(edges);
  await editor.press('Escape');
  if (await page.getByTestId('connect-list').isVisible()) await editor.press('Escape');
  await expectAt('split.to.table');

  // waits
  await editor.press('ArrowDown');
  await expectAt('split.waits');
  await editor.press('Enter');
  await choose('Both');
  await editor.press('Enter');
  await expectSaid('Split waits for Both.');
  await expectAt('split.wait.stack');
  expect((await editor.shown()).graph.nodes.split!.after).toEqual(['stack']);
  await editor.press('Delete');
  await expectSaid('Split no longer waits for Both.');
  await expectAt('split.waits');

  // places
  await editor.press('f');
  await expectAt('fit');
  await editor.press('Control+ArrowDown', 'Control+Shift+ArrowRight');
  await expectSaid('Moved to 1000, 16.');
  expect((await editor.shown()).graph.looks.positions.fit).toEqual({ x: 1000, y: 16 });

  // a new node, wired to the one that is selected
  await editor.press('+');
  await page.getByTestId('outline-types').waitFor();
  await page.keyboard.type('predict');
  await editor.press('Enter');
  await expectAt('predict');
  expect(await editor.edges()).toContain('fit.model>predict.model');
  await screenshotsInBoth(page, 'outline-tree');

  // a wire goes, then a node with its wires
  await editor.press('Home');
  await editor.press('s');
  await editor.press('ArrowDown', 'ArrowRight', 'ArrowDown');
  await expectAt('split.wire.load.table>split.table');
  await editor.press('Delete');
  await expectSaid('Disconnected Load from Split.');
  await expectAt('split.to.table');
  await editor.press('ArrowLeft', 'ArrowLeft');
  await editor.press('b');
  await editor.press('Delete');
  await expectSaid('Deleted “Both” and its wires.');
  await expect.poll(at).toMatch(/^outline-/);
  expect(await editor.edges()).toEqual(['fit.model>predict.model', 'pick.table>fit.table', 'split.train>pick.table']);

  // all of it is the document's: saved, and undone step by step, with the focus never lost
  await expect.poll(async () => (await editor.shown()).saving).toBe('saved');
  const saved = await editor.drawloom.ask<{ document: { nodes: object } }>('GET', `/pipelines/${id}`);
  expect(Object.keys(saved.document.nodes).sort()).toEqual(['fit', 'load', 'more', 'pick', 'predict', 'split']);
  for (let left = (await editor.shown()).steps.length; left > 0; left--) {
    await editor.press('Control+z');
    await expect.poll(async () => (await editor.shown()).steps.length).toBe(left - 1);
  }
  expect(await editor.text()).toBe(start);
  await expect.poll(at).toMatch(/^outline-/);
});

test('37 what each node of a watched run comes to is said aloud, and stands in its row', async () => {
  const { page } = editor;
  await editor.open(
    drawing(
      {
        one: { ...typescript(''), name: 'One', at: [0, 0] },
        two: { ...typescript('input: number'), name: 'Two', at: [312, 0] },
      },
      ['one.value > two.input'],
    ),
  );
  await openOutline();
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(globalThis, { heard });
    const live = document.querySelector('[data-testid="live-run"]')!;
    new MutationObserver(() => heard.push(live.textContent ?? '')).observe(live, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  await editor.press('Control+Shift+Enter');
  const heard = () => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard.join(' '));
  await expect.poll(heard, { timeout: 120_000 }).toMatch(/One: Succeeded\..*Two: Succeeded\./);
  await page.getByRole('treeitem', { name: /^Two, .*Succeeded/ }).waitFor();
});

test('37 on a phone the drawing is edited by the outline, and five thousand nodes are a few dozen rows', async () => {
  const { page } = editor;
  const nodes: Parameters<typeof drawing>[0] = {};
  const wires: string[] = [];
  for (let n = 0; n < 5000; n++) {
    nodes[`n${n}`] = { type: 'select', name: `Step ${n}`, at: [(n % 100) * 312, Math.floor(n / 100) * 160] };
    if (n % 100 > 0) wires.push(`n${n - 1}.table > n${n}.table`);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await editor.open(drawing(nodes, wires, 'Large'));
  await page.getByRole('button', { name: 'Edit in the outline' }).click();
  await expect.poll(at).toMatch(/^outline-/);
  await editor.press('*', 'End');
  await expect.poll(at).toMatch(/^outline-n/);
  await expect.poll(() => rows().count()).toBeLessThan(80);
  expect(await rows().last().getAttribute('aria-setsize')).toMatch(/^\d+$/);
  const bar = page.getByRole('toolbar', { name: 'Edit the outline' });
  await bar.getByRole('button', { name: 'More of this row' }).click();
  await page.getByRole('menuitem', { name: 'Close everything' }).click();
  await page.locator('[role="treeitem"][tabindex="0"]').focus();
  await editor.press('Home');
  await expectAt('n0');
  await bar.getByRole('button', { name: 'Delete' }).click();
  await expectSaid('Deleted “Step 0” and its wires.');
  expect(Object.keys((await editor.shown()).graph.nodes)).toHaveLength(4999);
  await screenshot(page, 'outline-narrow');
  await page.setViewportSize({ width: 1440, height: 900 });
});
