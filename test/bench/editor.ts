/// <reference lib="dom" />
/**
 * Decides how quick the canvas is: opening and panning a drawing of 200, 1,000 and 5,000 nodes, beside the same graph on plain React
 * Flow in the same browser. Frame times come from software rendering on two cores; the ratio is what can be followed.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { openBrowser } from '../support/browser.ts';
import { startDrawloom } from '../support/server.ts';
import { bigPipeline } from './bigPipeline.ts';
import { canvasSizes } from './figures.ts';
import { type Bench, checkout, type Figure, figure, percentile } from './frame.ts';

export const bench: Bench = async (tell, { quick }) => {
  const sizes = quick ? canvasSizes.slice(0, 1) : canvasSizes;
  const runs = quick ? 1 : 3;
  const peer = await servePeer();
  const drawloom = await startDrawloom();
  const browser = await openBrowser();
  const results: Figure[] = [];
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.goto(drawloom.signInLink);
    await page.waitForURL(/\/p\/[^/]+\/pipelines$/);
    await page.evaluate(() => localStorage.setItem('drawloom.test', 'on'));
    const home = page.url();
    results.push(figure('editor-first-load-js', [await firstLoad(context, home)], [scriptKilobytes(peer.folder)]));
    for (const size of sizes) {
      await page.goto(home);
      const address = await addPipeline(page, bigPipeline(size));
      const measured = { open: [] as number[], pan: [] as number[], fit: [] as number[], farPan: [] as number[] };
      const beside = { open: [] as number[], pan: [] as number[], fit: [] as number[], farPan: [] as number[] };
      for (let run = 0; run < runs; run++) {
        measured.open.push(await openTime(page, address, '[data-testid=canvas] article'));
        measured.pan.push(percentile(await panFrames(page), 0.95));
        await page.locator('[data-testid=canvas]').focus();
        measured.fit.push(Math.max(...(await framesDuring(page, () => page.keyboard.press('1')))));
        measured.farPan.push(percentile(await panFrames(page), 0.95));
        beside.open.push(await openTime(page, `${peer.url}/?nodes=${size}`, '.react-flow__node article'));
        beside.pan.push(percentile(await panFrames(page), 0.95));
        beside.fit.push(
          Math.max(...(await framesDuring(page, () => page.getByRole('button', { name: 'Fit View' }).click()))),
        );
        beside.farPan.push(percentile(await panFrames(page), 0.95));
        tell(`${size} nodes: opened in ${measured.open.at(-1)} ms, plain ${beside.open.at(-1)} ms`);
      }
      results.push(
        figure(`canvas-open-${size}`, measured.open, beside.open),
        figure(`canvas-pan-p95-${size}`, measured.pan, beside.pan),
        figure(`canvas-fit-${size}`, measured.fit, beside.fit),
        figure(`canvas-far-pan-p95-${size}`, measured.farPan, beside.farPan),
      );
    }
  } finally {
    await browser.close();
    await drawloom.stop();
    peer.server.close();
    rmSync(peer.folder, { recursive: true, force: true });
  }
  return results;
};

/** From the answer of the drawing to the first card, so that the server's share is left out; for the peer, from navigation. */
async function openTime(page: Page, address: string, card: string): Promise<number> {
  await page.goto('about:blank');
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForSelector(card);
  const shown = await page.evaluate(
    () => new Promise<number>((resolve) => requestAnimationFrame(() => resolve(performance.now()))),
  );
  const answered = await page.evaluate(() =>
    Math.max(
      0,
      ...performance
        .getEntriesByType('resource')
        .filter(({ name }) => /\/api\/v1\/pipelines\/[^/]+$|main-|index-/.test(name))
        .map((entry) => (entry as PerformanceResourceTiming).responseEnd),
    ),
  );
  await page.waitForTimeout(800);
  return Math.round(shown - answered);
}

/** Frame times while the empty canvas is dragged by sixty small moves. */
async function panFrames(page: Page): Promise<number[]> {
  const from = await page.evaluate(() => {
    for (let y = 200; y < innerHeight - 160; y += 7)
      for (let x = Math.round(innerWidth * 0.35); x < innerWidth * 0.7; x += 9)
        if (document.elementFromPoint(x, y)?.classList.contains('react-flow__pane')) return { x, y };
    return { x: innerWidth / 2, y: innerHeight / 2 };
  });
  return framesDuring(page, async () => {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    for (let step = 1; step <= 60; step++) await page.mouse.move(from.x - step * 4, from.y - step * 2);
    await page.mouse.up();
  });
}

async function framesDuring(page: Page, act: () => Promise<unknown>): Promise<number[]> {
  await page.evaluate(() => {
    const frames: number[] = [];
    let last = performance.now();
    let on = true;
    const tick = (now: number) => {
      frames.push(now - last);
      last = now;
      if (on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(window, {
      stopFrames: () => {
        on = false;
        return frames.slice(1);
      },
    });
  });
  await act();
  await page.waitForTimeout(300);
  return page.evaluate(() => (window as unknown as { stopFrames: () => number[] }).stopFrames());
}

async function addPipeline(page: Page, document: unknown): Promise<string> {
  const project = new URL(page.url()).pathname.split('/')[2];
  const id = await page.evaluate(
    async ([name, body]) => {
      const answer = await fetch(`/api/v1/projects/${name}/pipelines`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ document: body }),
      });
      const made = (await answer.json()) as { id?: string; message?: string };
      if (!made.id) throw new Error(made.message);
      return made.id;
    },
    [project, document] as const,
  );
  return new URL(`/p/${project}/pipelines/${id}`, page.url()).href;
}

/** Kilobytes of script, gzipped, that the browser asked for until the first card of the example showed. */
async function firstLoad(context: BrowserContext, list: string): Promise<number> {
  const page = await context.newPage();
  await page.goto(list);
  const link = await page.locator('[data-testid=pipeline-card] a').first().getAttribute('href');
  await page.goto('about:blank');
  await page.addInitScript(() => {
    const watch = new MutationObserver(() => {
      if (!document.querySelector('[data-testid=canvas] article')) return;
      performance.mark('first card');
      watch.disconnect();
    });
    watch.observe(document, { childList: true, subtree: true });
  });
  await page.goto(new URL(link!, list).href);
  await page.waitForFunction(() => performance.getEntriesByName('first card').length > 0);
  const asked = await page.evaluate(() => {
    const shown = performance.getEntriesByName('first card')[0]!.startTime;
    return performance
      .getEntriesByType('resource')
      .filter(({ startTime }) => startTime < shown)
      .flatMap(({ name }) => /\/assets\/([^/]+\.js)$/.exec(name)?.[1] ?? []);
  });
  await page.close();
  const assets = path.join(checkout, 'editor/dist/assets');
  return [...new Set(asked)].reduce(
    (sum, name) => sum + gzipSync(readFileSync(path.join(assets, name))).length / 1000,
    0,
  );
}

function scriptKilobytes(folder: string): number {
  const assets = path.join(folder, 'assets');
  const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'));
  return scripts.reduce((sum, name) => sum + gzipSync(readFileSync(path.join(assets, name))).length / 1000, 0);
}

async function servePeer(): Promise<{ url: string; server: Server; folder: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drawloom-bench-peer-'));
  await build({
    root: path.join(import.meta.dirname, 'peer'),
    base: './',
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, target: 'es2024' },
  });
  const types: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html' };
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://peer').pathname.slice(1) || 'index.html';
    const file = path.join(folder, path.normalize(name));
    try {
      const bytes = readFileSync(file.startsWith(folder) ? file : path.join(folder, 'index.html'));
      response.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream' });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, server, folder };
}
