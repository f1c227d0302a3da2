/**
 * One scene of each kind of page, light and dark, goes through the accessibility scan without a serious finding. All of them, at both
 * widths, are scanned by `npm run pictures -- --scan`, which takes minutes.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { colours, scan } from '../pictures/access.ts';
import { Booth } from '../pictures/booth.ts';
import { scenes } from '../pictures/scenes.ts';
import { fillHouse } from '../pictures/stage.ts';
import { inTheme, openBrowser } from '../support/browser.ts';
import { type RunningDrawloom, startDrawloom } from '../support/server.ts';

let drawloom: RunningDrawloom;
let browser: Browser;
let booth: Booth;
beforeAll(async () => {
  drawloom = await startDrawloom();
  browser = await openBrowser();
  booth = await Booth.open(browser, drawloom, await fillHouse(drawloom, { until: '2013-01-07' }));
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
});

const kinds = [
  'sign-in-refused',
  'pipelines',
  'editor-node',
  'editor-problems',
  'run-dialog',
  'runs',
  'run-table',
  'run-failed',
  'lineage',
  'triggers',
  'trigger-dialog',
  'run-set',
  'settings-tokens',
  'settings-notifications',
  'add-channel',
  'settings-system',
];

test.each(kinds.map((name) => scenes.find((scene) => scene.name === name)!))(
  '$name is for everybody',
  async (scene) => {
    await booth.enter(scene, 'wide', async (page) => {
      const inLight = await scan(page);
      await inTheme(page, 'dark');
      expect({ light: inLight, dark: await scan(page, colours) }).toEqual({ light: [], dark: [] });
    });
  },
);
