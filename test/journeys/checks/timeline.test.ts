import type { Run } from '@drawloom/shared/api/runs.ts';
import type { NodeSpans } from '@drawloom/shared/api/timeline.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { screenshot, screenshotsInBoth } from '../../support/browser.ts';
import { drawing, type EditorPage, editorPage } from '../../support/editorPage.ts';

let editor: EditorPage;
beforeAll(async () => {
  editor = await editorPage();
}, 600_000);
afterAll(() => editor?.stop());

const typescript = (code: string, more = {}) => ({ type: 'typescript', code, parameters: {}, ...more });
const busy = (takes: string, ms: number, gives: string) =>
  typescript(
    `export default function run(${takes}): ${gives === '[1, 2, 3]' ? 'number[]' : 'number'} {\n` +
      `  const until = Date.now() + ${ms};\n  while (Date.now() < until);\n  return ${gives};\n}\n`,
    { reuse: false },
  );
/** Two ways from start to end, of which the slow one is the longer, a node that fails twice, and one that goes through three items. */
const tried = drawing(
  {
    start: busy('', 20, '1'),
    quick: { ...busy('input: number', 20, 'input'), at: [320, 0] },
    slow: { ...busy('input: number', 3000, 'input'), at: [320, 200] },
    end: { ...busy('a: number, b: number', 20, 'a + b'), at: [640, 0] },
    breaks: {
      ...typescript("export default function run(): number {\n  throw new Error('never does well');\n}\n"),
      execution: { retry: { attempts: 2, delayMs: 200, jitter: 0 } },
      at: [0, 400],
    },
    list: { ...busy('', 20, '[1, 2, 3]'), at: [0, 600] },
    each: { ...busy('input: number', 60, 'input * 2'), map: { over: 'input' }, at: [320, 600] },
  },
  [
    'start.value>quick.input',
    'start.value>slow.input',
    'quick.value>end.a',
    'slow.value>end.b',
    'list.value>each.input',
  ],
);

interface Seen {
  from: number;
  to: number;
  lane: { left: number; width: number };
  bars: { node: string; part: string; attempt: number; end: string; left: number; right: number }[];
}
/** The bars as they lie in the window, and the stretch of time that the lanes stand for. */
const seen = (): Promise<Seen> =>
  editor.page.evaluate(() => {
    const scale = document.querySelector<HTMLElement>('[data-testid="time-scale"]')!;
    const lane = scale.getBoundingClientRect();
    const bars = [...document.querySelectorAll<HTMLElement>('[data-testid^="timeline-"] [data-part]')].map((bar) => {
      const { left, right } = bar.getBoundingClientRect();
      const node = bar.closest<HTMLElement>('[data-testid]')!.dataset.testid!.slice('timeline-'.length);
      const { part, attempt, end } = bar.dataset;
      return { node, part: part!, attempt: Number(attempt), end: end!, left, right };
    });
    const { from, to } = scale.dataset;
    return { from: Number(from), to: Number(to), lane: { left: lane.left, width: lane.width }, bars };
  });

async function start(document: typeof tried): Promise<number> {
  const { ask } = editor.drawloom;
  const { id } = await ask<{ id: string }>('POST', '/projects/getting-started/pipelines', { document });
  return (await ask<{ run: { id: number } }>('POST', `/pipelines/${id}/runs`, {})).run.id;
}
const read = (run: number) => editor.drawloom.ask<Run>('GET', `/runs/${run}`);
async function ended(run: number): Promise<Run> {
  await expect.poll(async () => isRunFinal((await read(run)).status), { timeout: 120_000 }).toBe(true);
  return read(run);
}
const openRun = async (run: number) => {
  await editor.page.goto(new URL(`/p/getting-started/runs/${run}`, editor.drawloom.url).href);
  await editor.page.getByTestId('time-scale').waitFor();
};

test('30 the timeline shows every attempt where it was recorded, at any zoom, and marks the longest chain', {
  timeout: 600_000,
}, async () => {
  const { page } = editor;
  const done = await ended(await start({ ...tried, name: 'Tried' }));
  const run = done.id;
  const { nodes } = await editor.drawloom.ask<{ nodes: NodeSpans[] }>('GET', `/runs/${run}/timeline`);
  const spans = new Map(nodes.map((node) => [node.node, node]));
  await openRun(run);

  // Each attempt has bars of its own, which say how it ended.
  await expect.poll(async () => (await seen()).bars.filter(({ node }) => node === 'breaks').length).toBeGreaterThan(3);
  const tries = (await seen()).bars.filter(({ node, part }) => node === 'breaks' && part === 'running');
  expect(tries.map(({ attempt, end }) => [attempt, end])).toEqual([
    [1, 'failed'],
    [2, 'failed'],
  ]);
  expect(spans.get('breaks')!.attempts).toHaveLength(2);
  // The second waited from the end of the first on.
  expect(spans.get('breaks')!.attempts[1]!.readyAt).toBe(spans.get('breaks')!.attempts[0]!.finishedAt);
  // Items are one bar, from the first to the last of them.
  const items = (await seen()).bars.filter(({ node, part }) => node === 'each' && part === 'items');
  expect(items).toHaveLength(1);
  expect(spans.get('each')!.items!.attempts).toBe(3);

  const inPlace = async () => {
    const { from, to, lane, bars } = await seen();
    const x = (iso: string, more = 0) => lane.left + ((Date.parse(iso) + more - from) / (to - from)) * lane.width;
    let looked = 0;
    for (const { node, part, attempt, left, right } of bars) {
      const span = spans.get(node)!.attempts.find((one) => one.attempt === attempt);
      const whole = spans.get(node)!.items!;
      const edges = {
        waiting: () => [x(span!.readyAt!), x(span!.startedAt)],
        starting: () => [x(span!.startedAt), x(span!.startedAt, span!.startMs!)],
        running: () => [
          x(span!.startedAt, span!.startMs ?? 0),
          span!.startMs === null
            ? x(span!.finishedAt!)
            : Math.min(x(span!.startedAt, span!.startMs + span!.wallMs!), x(span!.finishedAt!)),
        ],
        done: () => [x(span!.startedAt, span!.startMs! + span!.wallMs!), x(span!.finishedAt!)],
        items: () => [x(whole.startedAt), x(whole.finishedAt!)],
      }[part]!();
      // What begins or ends far outside of the view is not drawn to its full length.
      const inside = (at: number) => at >= lane.left - lane.width && at <= lane.left + 2 * lane.width;
      if (inside(edges[0]!)) expect(Math.abs(left - edges[0]!), `${node} ${part} begins`).toBeLessThanOrEqual(1);
      if (inside(edges[1]!)) expect(Math.abs(right - edges[1]!), `${node} ${part} ends`).toBeLessThanOrEqual(1);
      looked++;
    }
    return looked;
  };
  expect(await inPlace()).toBeGreaterThan(10);
  await screenshotsInBoth(page, 'check-30-timeline');

  // Nearer by the wheel keeps what is under the pointer; then along, by the keys, and back to the whole.
  const whole = await seen();
  const slow = whole.bars.find(({ node, part }) => node === 'slow' && part === 'running')!;
  const row = (await page.getByTestId('timeline-slow').boundingBox())!;
  const pointer = Math.round(slow.left);
  await page.mouse.move(pointer, row.y + row.height / 2);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -480);
  await page.keyboard.up('Control');
  await expect.poll(async () => (await seen()).to - (await seen()).from).toBeLessThan((whole.to - whole.from) / 3);
  const near = await seen();
  const under = ({ from, to, lane }: Seen) => from + ((pointer - lane.left) / lane.width) * (to - from);
  const pixels = (Math.abs(under(near) - under(whole)) / (near.to - near.from)) * near.lane.width;
  expect(pixels).toBeLessThanOrEqual(1);
  expect(await inPlace()).toBeGreaterThan(0);
  await page.getByTestId('timeline-slow').click({ position: { x: 20, y: 10 } });
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await seen()).from).toBeGreaterThan(near.from);
  await inPlace();
  await page.keyboard.press('0');
  await expect.poll(async () => (await seen()).from).toBe(whole.from);
  // Keys choose nodes, one stop for Tab.
  await page.keyboard.press('Home');
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toMatch(/^timeline-/);
  await page.keyboard.press('ArrowDown');
  const chosen = page.getByRole('option', { selected: true });
  expect(await chosen.getAttribute('aria-posinset')).toBe('2');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-selected'))).toBe('true');

  // The chain is the longest of the two ways, by what was recorded.
  await page.getByRole('button', { name: 'Critical path' }).click();
  await page.getByText(/^Critical path: \d nodes?, /).waitFor();
  const marked = await page.locator('[data-critical]').evaluateAll((rows) => rows.map(({ id }) => id).sort());
  const lengthOf = (way: string[]) =>
    done.nodes
      .filter(({ node }) => way.includes(node))
      .reduce((sum, { startedAt, finishedAt }) => sum + Date.parse(finishedAt!) - Date.parse(startedAt!), 0);
  const ways = [['end', 'slow', 'start'], ['end', 'quick', 'start'], ['breaks'], ['each', 'list']];
  const longest = ways.sort((a, b) => lengthOf(b) - lengthOf(a))[0]!;
  expect(marked).toEqual(longest.map((node) => `timeline-${node}`));
  expect(await page.getByTestId(`timeline-${longest[0]}`).innerText()).toMatch(/On the critical path\./);
  await screenshotsInBoth(page, 'check-30-critical');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(new URL(`/p/getting-started/runs/${run}`, editor.drawloom.url).href);
  await page.getByTestId('time-scale').waitFor();
  await expect.poll(async () => (await seen()).bars.length).toBeGreaterThan(10);
  await screenshot(page, 'check-30-narrow');
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(editor.problems).toEqual([]);
});

test('30 the bar of what runs grows to now, and ends where it was stopped', { timeout: 300_000 }, async () => {
  const endless = drawing({ first: busy('', 300, '1'), on: busy('input: number', 3_600_000, 'input') }, [
    'first.value>on.input',
  ]);
  const run = await start({ ...endless, name: 'Endless' });
  await openRun(run);
  const bar = async () => (await seen()).bars.find(({ node, part }) => node === 'on' && part === 'running');
  await expect.poll(async () => (await bar())?.end).toBe('running');
  const share = async () => {
    const { lane } = await seen();
    const { left, right } = (await bar())!;
    expect(Math.abs(right - (lane.left + lane.width))).toBeLessThanOrEqual(1); // now is at the right
    return (right - left) / lane.width;
  };
  const before = await share();
  await expect.poll(share).toBeGreaterThan(before);
  await editor.drawloom.ask('POST', `/runs/${run}/cancel`, {});
  const over = await ended(run);
  await expect.poll(async () => (await bar())?.end).toBe('failed');
  await expect.poll(async () => (await seen()).to).toBe(Date.parse(over.finishedAt!));
  expect(editor.problems).toEqual([]);
});

test('30 of three thousand nodes only the rows in view are in the page', { timeout: 300_000 }, async () => {
  const { page } = editor;
  const many = drawing({ first: busy('', 10, '1') });
  for (let n = 0; n < 3000; n++)
    many.nodes[`n${n}`] = { name: `Node ${n}`, ...busy('input: number', 0, 'input'), after: ['first'] };
  for (let n = 0; n < 3000; n++)
    many.edges[`first.value>n${n}.input`] = {
      from: { node: 'first', port: 'value' },
      to: { node: `n${n}`, port: 'input' },
    };
  const run = await start({ ...many, name: 'Many' });
  // while it goes on, the row of what runs is kept in view
  await editor.drawloom.ask('POST', `/runs/${run}/cancel`, {});
  await ended(run);
  await openRun(run);
  const rows = page.locator('[data-testid^="timeline-"]');
  await rows.first().waitFor();
  expect(await rows.count()).toBeLessThan(80);
  expect(await rows.first().getAttribute('aria-setsize')).toBe('3001');
  await rows.first().focus();
  await page.keyboard.press('End');
  await page.locator('[role="option"][aria-posinset="3001"]').waitFor();
  expect(await rows.count()).toBeLessThan(80);
  expect(editor.problems).toEqual([]);
});
