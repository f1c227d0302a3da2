/** Nodes that come from the palette, and wires that may be drawn, may not, or have no other end yet. */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import { edgeId } from '@drawloom/shared/pipeline/document.ts';
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
const steps = async () => (await editor.shown()).steps;
const search = () => editor.page.getByTestId('palette-search').getByRole('searchbox');
/** The types that the palette lists, or the list that a wire opened. */
const listed = async (list: 'palette' | 'creator' = 'palette') => {
  const within = editor.page.locator(list === 'creator' ? '[data-testid=creator]' : 'body');
  const ids = await within.getByTestId(/^type-/).evaluateAll((items) => items.map(({ dataset }) => dataset.testid!));
  return ids.map((id) => id.slice('type-'.length)).sort();
};
const nodeTypes = async () => (await editor.drawloom.ask<{ nodeTypes: NodeType[] }>('GET', '/node-types')).nodeTypes;
const select = async (id: string) => {
  await editor.focusCanvas();
  await editor.press('1'); // what was added may have moved the view away
  await editor.page.getByTestId(`card-${id}`).click();
  await expect.poll(async () => (await editor.shown()).selection.nodes).toEqual([id]);
};

test('check 1: a node dropped from the palette lies where it was let go, is selected, and waits in its first field; one undo takes it away', async () => {
  const { page } = editor;
  await editor.open(drawing({}));
  const before = await editor.text();
  const canvas = (await page.getByTestId('canvas').boundingBox())!;
  for (const [type, id, at] of [
    ['read-file', 'read_file', { x: canvas.x + 331, y: canvas.y + 207 }],
    ['split', 'split', { x: canvas.x + 405, y: canvas.y + 398 }],
    ['train', 'train', { x: canvas.x + 347, y: canvas.y + 569 }],
  ] as const) {
    await editor.drop(type, at);
    const card = page.getByTestId(`card-${id}`);
    await card.waitFor();
    const { zoom } = (await editor.shown()).viewport;
    // a card is held by the middle of its head
    const held = async () => {
      const box = (await card.boundingBox())!;
      const off = { x: box.x + box.width / 2 - at.x, y: box.y + 18 * zoom - at.y };
      return Math.max(Math.abs(off.x), Math.abs(off.y));
    };
    await expect.poll(held).toBeLessThanOrEqual(8);
    expect((await editor.shown()).selection.nodes).toEqual([id]);
    const focused = () =>
      page.evaluate(() => {
        const inspector = document.querySelector('[aria-label="Inspector"]');
        const kinds = 'input:not([type=hidden]):not([type=file]), textarea, button[aria-haspopup="listbox"]';
        const fields = [...(inspector?.querySelectorAll(`[role=tabpanel] :is(${kinds})`) ?? [])];
        return fields.indexOf(document.activeElement!);
      });
    await expect.poll(focused).toBe(0);
    if (id === 'read_file') {
      await editor.focusCanvas();
      await editor.press('Control+z');
      expect(await editor.text()).toBe(before);
    }
  }
  expect(await steps()).toHaveLength(2);
});

test('check 2: Enter and a click in the palette add a node and wire it to the one that is selected; with Shift without a wire', async () => {
  const { page } = editor;
  await editor.open(drawing({ load: { type: 'read-file', parameters: { file: 'flights.csv' } } }));
  await select('load');
  await search().fill('select col');
  await editor.press('Enter');
  await expect.poll(editor.edges).toEqual(['load.table>select.table']);
  expect(await steps()).toEqual(['Add Select columns']);
  expect((await editor.shown()).selection.nodes).toEqual(['select']);

  await search().fill('');
  await page.getByTestId('type-train').click();
  await expect.poll(editor.edges).toEqual(['load.table>select.table', 'select.table>train.table']);
  // of the ports that the selected node has, the one that fits
  await page.getByTestId('type-predict').click();
  await expect.poll(editor.edges).toContain('train.model>predict.model');
  const wired = await editor.edges();

  await select('train');
  await search().fill('split');
  await editor.press('Enter'); // a model is no table
  await expect.poll(async () => Object.keys((await editor.shown()).graph.nodes)).toContain('split');
  await select('load');
  await search().fill('split');
  await editor.press('Shift+Enter');
  await expect.poll(async () => Object.keys((await editor.shown()).graph.nodes)).toContain('split_2');
  await select('load');
  await page.getByTestId('type-split').click({ modifiers: ['Shift'] });
  await expect.poll(async () => Object.keys((await editor.shown()).graph.nodes)).toContain('split_3');
  expect(await editor.edges()).toEqual(wired);
});

test('check 3: the palette lists by kind of port, and offers to clear a search that finds nothing', async () => {
  const { page } = editor;
  await editor.open(drawing({ load: { type: 'read-file' } }));
  const types = await nodeTypes();
  const giving = (kind: string) =>
    types
      .filter((type) => type.code !== 'user' && type.outputs.some((port) => port.kind === kind))
      .map(({ type }) => type)
      .sort();
  expect(giving('model')).toContain('train');
  for (const query of ['out:model', 'out:mod']) {
    await search().fill(query);
    await expect.poll(() => listed()).toEqual(giving('model'));
  }
  await search().fill('in:model out:table');
  await expect.poll(() => listed()).toEqual(['predict']);
  await screenshotsInBoth(page, 'palette-by-port');
  for (const query of ['out:model in:figure', 'out:nothing']) {
    await search().fill(query);
    await page.getByText('No node fits.').waitFor();
    expect(await listed()).toEqual([]);
    await page.getByRole('button', { name: 'Clear the search' }).focus();
    await editor.press('Enter');
    await expect.poll(() => listed()).toEqual(types.map(({ type }) => type).sort());
    expect(await search().inputValue()).toBe('');
    expect(await search().evaluate((field) => field === document.activeElement)).toBe(true);
  }
});

const line = () =>
  drawing(
    {
      load: { type: 'read-file', at: [0, 0] },
      fit: { type: 'train', at: [312, 0] },
      use: { type: 'predict', at: [624, 0] },
      pick: { type: 'select', at: [312, 260] },
    },
    ['fit.model > use.model'],
  );

test('check 4: while a wire is dragged, ports that cannot take it are disabled and dim, and say why with both kinds', async () => {
  const { page } = editor;
  await editor.open(line());
  const before = await editor.text();
  await editor.pull(await editor.port('load', 'out', 'table'), await editor.port('use', 'in', 'model'));
  await expect.poll(() => page.getByTestId('refusal').textContent()).toMatch(/takes a model, but .* gives a table/);
  const ports = await page.getByTestId(/^port-/).evaluateAll((all) =>
    all.map((port) => ({
      id: port.dataset.testid!,
      disabled: port.getAttribute('aria-disabled') === 'true',
      opacity: Number(getComputedStyle(port).opacity),
    })),
  );
  expect(
    ports
      .filter(({ disabled }) => !disabled)
      .map(({ id }) => id)
      .sort(),
  ).toEqual(['port-fit-in-table', 'port-load-out-table', 'port-pick-in-table', 'port-use-in-table']);
  for (const { id, disabled, opacity } of ports) {
    if (disabled) expect(opacity, id).toBeLessThan(0.6);
    else expect(opacity, id).toBe(1);
  }
  await screenshotsInBoth(page, 'wire-refused');
  await page.mouse.up();
  expect(await editor.text()).toBe(before);
  expect(await page.locator('[aria-disabled="true"][data-testid^="port-"]').count()).toBe(0);
});

test('check 5: a wire that would close a circle is refused and the way it would close is lit; neither paste nor import brings one in', async () => {
  const { page } = editor;
  const chain = drawing(
    {
      first: { type: 'select', at: [0, 0] },
      second: { type: 'select', at: [312, 0] },
      third: { type: 'select', at: [624, 0] },
      beside: { type: 'select', at: [624, 220] },
    },
    ['first.table > second.table', 'second.table > third.table', 'second.table > beside.table'],
  );
  chain.nodes.tail = { type: 'select', name: 'tail', parameters: {}, after: ['third'] };
  chain.looks.positions.tail = { x: 312, y: 220 };
  const id = await editor.open(chain);
  const before = await editor.text();
  await editor.pull(await editor.port('third', 'out', 'table'), await editor.port('first', 'in', 'table'));
  await expect.poll(() => page.getByTestId('refusal').textContent()).toContain('first → second → third → first');
  const lit = () =>
    page
      .locator('[data-circle]')
      .evaluateAll((parts) =>
        parts.map((part) => (part as HTMLElement).dataset).map(({ testid, wait }) => testid ?? wait),
      );
  expect((await lit()).sort()).toEqual([
    'card-first',
    'card-second',
    'card-third',
    'wire-first.table>second.table',
    'wire-second.table>third.table',
  ]);
  await screenshotsInBoth(page, 'circle-refused');
  await page.mouse.up();
  expect(await editor.text()).toBe(before);
  expect(await lit()).toEqual([]);

  // a wait is part of the way as a wire is
  await editor.pull(await editor.port('tail', 'out', 'table'), await editor.port('second', 'in', 'table'));
  await expect
    .poll(async () => (await lit()).sort())
    .toEqual(['card-second', 'card-tail', 'card-third', 'third>tail', 'wire-second.table>third.table']);
  await page.mouse.up();
  await expect.poll(lit).toEqual([]);
  expect(await editor.text()).toBe(before);
  expect(await steps()).toEqual([]);

  const back = { from: { node: 'third', port: 'table' }, to: { node: 'first', port: 'table' } };
  await editor.focusCanvas();
  await editor.press('Control+a', 'Control+c');
  await page.evaluate(
    async ([key, edge]) => {
      const copied = JSON.parse(await navigator.clipboard.readText());
      copied.edges[key] = edge;
      await navigator.clipboard.writeText(JSON.stringify(copied));
    },
    [edgeId(back), back] as const,
  );
  await editor.press('Control+v');
  await page.getByRole('region', { name: 'Notices' }).getByText('would close a circle').waitFor();
  expect(await editor.text()).toBe(before);

  const document = JSON.parse(before);
  document.edges[edgeId(back)] = back;
  const text = JSON.stringify(document);
  await expect(editor.drawloom.ask('POST', '/projects/getting-started/import', { text })).rejects.toThrow(
    /422.*wait for each other in a circle: .*first.* → .*second.* → .*third/,
  );
  await editor.openAgain(id);
  expect(await editor.text()).toBe(before);
});

test('check 6: a wire let go on the empty canvas asks which node takes it; node and wire are one step, and Escape leaves nothing', async () => {
  const { page } = editor;
  await editor.open(drawing({ load: { type: 'read-file', at: [0, 0] }, far: { type: 'select', at: [800, 500] } }));
  const before = await editor.text();
  const creator = page.getByTestId('creator');
  const letGo = async () => {
    const from = await editor.port('load', 'out', 'table');
    await editor.pull(from, { x: from.x + 90, y: from.y + 180 });
    await page.mouse.up();
    await creator.waitFor();
  };
  await letGo();
  await expect
    .poll(() => listed('creator'))
    .toEqual(expect.arrayContaining(['check-table', 'python', 'select', 'split', 'train']));
  for (const type of await nodeTypes())
    if (type.code !== 'user' && !type.inputs.some(({ kind }) => kind === 'table' || kind === 'any'))
      expect(await listed('creator')).not.toContain(type.type);
  await page.keyboard.type('train');
  await editor.press('Enter');
  await expect.poll(editor.edges).toEqual(['load.table>train.table']);
  expect(await steps()).toEqual(['Add Train model']);
  await editor.focusCanvas();
  await editor.press('Control+z');
  expect(await editor.text()).toBe(before);

  await letGo();
  await editor.press('Escape');
  await creator.waitFor({ state: 'detached' });
  expect(await editor.text()).toBe(before);
  expect(await steps()).toEqual([]);
  expect(await page.locator('.react-flow__connection').count()).toBe(0);
  expect(await page.locator('[aria-disabled="true"][data-testid^="port-"]').count()).toBe(0);
  // the keys of the canvas go on
  await editor.press('n');
  await creator.waitFor();
});
