import { afterAll, beforeAll, expect, test } from 'vitest';
import { screenshotsInBoth } from '../../support/browser.ts';
import { drawing, type EditorPage, editorPage } from '../../support/editorPage.ts';

let editor: EditorPage;
beforeAll(async () => {
  editor = await editorPage();
}, 600_000);
afterAll(() => editor?.stop());

const typescript = (code: string, at: [number, number]) => ({
  type: 'typescript',
  code,
  parameters: {},
  reuse: false,
  at,
});
/** Long enough that the page hears of its beginning before it hears of its end. */
const busy = (takes: string, at: [number, number], end = 'return 1') =>
  typescript(
    `export default function run(${takes}): number {\n  const until = Date.now() + 1500;\n  while (Date.now() < until);\n  ${end};\n}\n`,
    at,
  );
/** What a card says at one moment, three ways. */
interface Told {
  node: string;
  label: string;
  word: string | null;
  rail: string | null;
  icon: string | null;
}

test('22 rail, icon, word and accessible name of a card change together, and no card is drawn anew for the state of another', {
  timeout: 300_000,
}, async () => {
  const { page } = editor;
  const nodes: Parameters<typeof drawing>[0] = {
    first: busy('', [0, 0]),
    second: busy('input: number', [280, 0]),
    third: busy('input: number', [560, 0], "throw new Error('no')"),
    fourth: busy('input: number', [840, 0]),
  };
  for (let n = 0; n < 24; n++) nodes[`idle${n}`] = busy('', [(n % 4) * 280, 140 + Math.floor(n / 4) * 120]);
  await editor.open(
    drawing(nodes, ['first.value>second.input', 'second.value>third.input', 'third.value>fourth.input'], 'States'),
  );
  await editor.focusCanvas();
  await page.keyboard.press('1'); // all of it in view
  await page.locator('article[id^="card-"]').nth(27).waitFor();

  await page.getByTestId('card-fourth').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Run to here' }).click();
  await page.getByTestId('start-run').waitFor();
  // Everything that the four cards say is noted as it changes, and how often cards were drawn.
  await page.evaluate(() => {
    const scope = globalThis as unknown as { told: Told[]; drawn: number; __editor: { renders: { cards: number } } };
    scope.told = [];
    scope.drawn = scope.__editor.renders.cards;
    const note = () => {
      for (const node of ['first', 'second', 'third', 'fourth']) {
        const card = document.getElementById(`card-${node}`)!;
        const mark = card.querySelector('footer [data-status]');
        const told = {
          node,
          label: card.getAttribute('aria-label')!.split(', ').slice(2).join(', '),
          word: mark?.textContent ?? null,
          rail: card.querySelector('[aria-hidden][data-status]')?.getAttribute('data-status') ?? null,
          icon: mark?.querySelector('svg')?.innerHTML ?? null,
        };
        const last = scope.told.findLast((one) => one.node === node);
        if (JSON.stringify(last) !== JSON.stringify(told)) scope.told.push(told);
      }
    };
    note();
    new MutationObserver(note).observe(document.querySelector('[data-testid="canvas"]')!, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
  });
  await page.getByTestId('start-run').click();
  await page.locator('#card-fourth[aria-label$="Skipped"]').waitFor();
  const { told, drawn } = await page.evaluate(() => {
    const scope = globalThis as unknown as { told: Told[]; drawn: number; __editor: { renders: { cards: number } } };
    return { told: scope.told, drawn: scope.__editor.renders.cards - scope.drawn };
  });

  const says = (node: string) => told.filter((one) => one.node === node).map(({ label }) => label);
  const inOrder = (node: string, ...wanted: string[]) => {
    const seen = says(node).filter((label) => wanted.includes(label));
    expect(
      seen.filter((label, place) => label !== seen[place - 1]),
      says(node).join(' → '),
    ).toEqual(wanted);
  };
  inOrder('first', 'Running', 'Succeeded');
  inOrder('second', 'Pending', 'Running', 'Succeeded');
  inOrder('third', 'Pending', 'Running', 'Failed');
  inOrder('fourth', 'Pending', 'Skipped');
  // At no moment did one of them say something else than the others.
  for (const { label, word, rail } of told.filter((one) => one.word !== null)) {
    expect(word).toBe(label);
    expect(rail).toBe(label.toLowerCase());
  }
  const icons = new Map(told.filter(({ icon }) => icon !== null).map(({ label, icon }) => [label, icon]));
  expect(new Set(icons.values()).size).toBe(icons.size); // each state has an icon of its own
  // Four nodes went through a few states each; the 24 others stayed as they were.
  expect(drawn).toBeLessThanOrEqual(28);
  await screenshotsInBoth(page, 'check-22-states');
  expect(editor.problems).toEqual([]);
});
