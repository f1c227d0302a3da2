/** Decides how a test of the editor works with an open drawing: one program and one browser for a file, a fresh drawing per test. */
import { canonical, type Json } from '@drawloom/shared/json.ts';
import {
  type Edge,
  edgeId,
  emptyPipeline,
  type PipelineDocument,
  type PipelineNode,
} from '@drawloom/shared/pipeline/document.ts';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { newPage, openBrowser } from './browser.ts';
import { type RunningDrawloom, startDrawloom } from './server.ts';

/** What `window.__editor` shows; see `pages/pipeline/benchHook.ts`. */
export interface Shown {
  graph: PipelineDocument;
  selection: { nodes: string[]; edges: string[] };
  viewport: { x: number; y: number; zoom: number };
  steps: string[];
  saving: string;
  problems: { message: string; code: string }[];
  found: string[] | null;
  commands: string[];
}

export interface EditorPage {
  drawloom: RunningDrawloom;
  browser: Browser;
  page: Page;
  /** What went wrong in the browser so far. */
  problems: string[];
  /** Makes a pipeline of a document and opens it; answers its id. */
  open(document: PipelineDocument, page?: Page): Promise<string>;
  /** Opens one that is there, in this page or another of the same person. */
  openAgain(id: string, page?: Page): Promise<void>;
  shown(page?: Page): Promise<Shown>;
  /** The drawing as the one text that means it. */
  text(page?: Page): Promise<string>;
  edges(): Promise<string[]>;
  focusCanvas(): Promise<void>;
  /** Presses keys one after another. */
  press(...keys: string[]): Promise<void>;
  /** Where a place of the drawing is in the window. */
  toClient(at: { x: number; y: number }): Promise<{ x: number; y: number }>;
  /** The middle of a port in the window: `port('load', 'out', 'table')`. */
  port(node: string, side: 'in' | 'out', name: string): Promise<{ x: number; y: number }>;
  /** Presses at one place, moves to the other, and holds. */
  pull(from: { x: number; y: number }, to: { x: number; y: number }): Promise<void>;
  /** Drags a node type from the palette to a place in the window. */
  drop(type: string, to: { x: number; y: number }): Promise<void>;
  /** Chooses a command by its name in the finder. */
  command(name: string): Promise<void>;
  stop(): Promise<void>;
}

export async function editorPage(): Promise<EditorPage> {
  const drawloom = await startDrawloom();
  const browser = await openBrowser();
  const { page, problems } = await newPage(browser);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: drawloom.url });
  page.setDefaultTimeout(60_000);
  await page.context().addInitScript(() => localStorage.setItem('drawloom.test', 'on'));
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);

  let opened = 0; // names are unique in a project
  const shown = (at: Page = page): Promise<Shown> =>
    at.evaluate(() => {
      const editor = (globalThis as unknown as { __editor: Record<string, never> }).__editor as unknown as Shown & {
        history: { past: { name: string }[] };
      };
      const { graph, selection, viewport, saving, problems: told, found, commands } = editor;
      const steps = editor.history.past.map(({ name }) => name);
      return { graph, selection, viewport, steps, saving, problems: told, found, commands };
    });
  const openAgain: EditorPage['openAgain'] = async (id, at = page) => {
    await at.goto(new URL(`/p/getting-started/pipelines/${id}`, drawloom.url).href);
    await at.getByTestId('canvas').waitFor();
    await at.waitForFunction(() => '__editor' in globalThis);
  };
  const pull: EditorPage['pull'] = async (from, to) => {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + Math.sign(to.x - from.x) * 12, from.y + 2, { steps: 3 });
    await page.mouse.move(to.x, to.y, { steps: 8 });
  };
  return {
    drawloom,
    browser,
    page,
    problems,
    shown,
    openAgain,
    async open(document, at = page) {
      const { id } = await drawloom.ask<{ id: string }>('POST', '/projects/getting-started/pipelines', {
        document: { ...document, name: `${document.name} ${++opened}` } as unknown as Record<string, Json>,
      });
      await openAgain(id, at);
      return id;
    },
    text: async (at) => canonical((await shown(at)).graph as unknown as Json),
    edges: async () => Object.keys((await shown()).graph.edges).sort(),
    focusCanvas: () => page.getByTestId('canvas').focus(),
    async press(...keys) {
      for (const key of keys) await page.keyboard.press(key);
    },
    async toClient(at) {
      const { viewport } = await shown();
      const box = (await page.getByTestId('canvas').boundingBox())!;
      return { x: box.x + viewport.x + at.x * viewport.zoom, y: box.y + viewport.y + at.y * viewport.zoom };
    },
    async port(node, side, name) {
      const box = (await page.getByTestId(`port-${node}-${side}-${name}`).boundingBox())!;
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    },
    pull,
    async drop(type, to) {
      await page.getByTestId('palette-search').getByRole('searchbox').fill('');
      const item = page.getByTestId(`type-${type}`);
      await item.scrollIntoViewIfNeeded();
      await item.hover();
      await page.mouse.down();
      await page.mouse.move(to.x - 12, to.y - 4, { steps: 4 });
      await page.mouse.move(to.x, to.y, { steps: 4 });
      await page.mouse.up();
    },
    async command(name) {
      await page.keyboard.press('Control+k');
      await page.getByTestId('finder').getByRole('combobox').fill(name);
      await page.getByTestId('finder').getByRole('option', { name }).first().click();
      await page.getByTestId('finder').waitFor({ state: 'detached' });
    },
    async stop() {
      await browser.close();
      await drawloom.stop();
    },
  };
}

interface Drawn extends Partial<PipelineNode> {
  type: string;
  at?: [x: number, y: number];
}
/** A document from its nodes and from wires such as `load.table > split.table`. */
export function drawing(nodes: Record<string, Drawn>, wires: readonly string[] = [], name = 'Drawn'): PipelineDocument {
  const document = emptyPipeline(name);
  for (const [index, [id, { at, ...node }]] of Object.entries(nodes).entries()) {
    document.nodes[id] = { name: id, parameters: {}, ...node };
    document.looks.positions[id] = { x: at?.[0] ?? index * 320, y: at?.[1] ?? 0 };
  }
  for (const wire of wires) {
    const [from, to] = wire.split('>').map((end) => {
      const [node = '', port = ''] = end.trim().split('.');
      return { node, port };
    }) as [Edge['from'], Edge['to']];
    document.edges[edgeId({ from, to })] = { from, to };
  }
  return document;
}

/** Boxes of all cards as they lie in the window. */
export const cardBoxes = async (page: Page): Promise<{ x: number; y: number; width: number; height: number }[]> => {
  const cards = page.locator('article[id^="card-"]');
  return Promise.all((await cards.all()).map(async (card) => (await card.boundingBox())!));
};
export async function expectNoOverlap(page: Page): Promise<void> {
  const boxes = await cardBoxes(page);
  for (const [index, a] of boxes.entries())
    for (const b of boxes.slice(index + 1)) {
      const apart =
        a.x + a.width <= b.x + 0.5 ||
        b.x + b.width <= a.x + 0.5 ||
        a.y + a.height <= b.y + 0.5 ||
        b.y + b.height <= a.y + 0.5;
      expect(apart, JSON.stringify([a, b])).toBe(true);
    }
}
