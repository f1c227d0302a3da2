import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { accented } from '../../../editor/src/words/pseudo.ts';
import { atRest, newPage, openBrowser, screenshot } from '../../support/browser.ts';
import { type RunningDrawloom, startDrawloom } from '../../support/server.ts';
import { cutOff, Data, untranslated } from '../../support/spokenText.ts';

let drawloom: RunningDrawloom;
let browser: Browser;
let page: Page;
let pipeline: string;
let run: number;
beforeAll(async () => {
  drawloom = await startDrawloom();
  browser = await openBrowser();
  ({ page } = await newPage(browser, { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' }));
  page.setDefaultTimeout(60_000);
  await page.goto(drawloom.signInLink);
  await page.waitForURL(/\/pipelines$/);
  const document = {
    ...emptyPipeline('Breaks'),
    nodes: {
      fail: {
        type: 'typescript',
        name: 'Fail',
        parameters: {},
        code: 'export default function fail(): number {\n  throw new Error("no such tip");\n}\n',
      },
    },
  };
  ({ id: pipeline } = await drawloom.ask<{ id: string }>('POST', '/projects/getting-started/pipelines', { document }));
  ({
    run: { id: run },
  } = await drawloom.ask<{ run: { id: number } }>('POST', `/pipelines/${pipeline}/runs`, {}));
  await vi.waitFor(
    async () => {
      expect((await drawloom.ask<{ status: string }>('GET', `/runs/${run}`)).status).toBe('failed');
    },
    { timeout: 120_000, interval: 200 },
  );
});
afterAll(async () => {
  await browser?.close();
  await drawloom?.stop();
});

const at = (place: string) => new URL(`/p/getting-started/${place}`, drawloom.url).href;
const speak = (language: string) => page.evaluate((id) => localStorage.setItem('drawloom.locale', id), language);

test('German is chosen in the settings, stays, and says the reason of a failure; controls speak it as well', async () => {
  await page.goto(at('settings/appearance'));
  await page.getByRole('button', { name: /Language$/ }).click();
  await page.getByRole('option', { name: 'Deutsch' }).click();
  await page.getByRole('heading', { name: 'Darstellung' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('de');
  await page.goto(at(`runs/${run}?node=fail`));
  await page.getByText('Sein Code meldete einen Fehler.').waitFor();
  await page.getByText('Sehen Sie sich Zeile 2 seines Codes an.').waitFor();
  await screenshot(page, 'languages-de-run');
  await page.goto(at('experiments'));
  await page.getByRole('button', { name: 'Empfehlungen anzeigen' }).first().waitFor();
});

test('at the first visit the editor speaks what the browser asks for', async () => {
  const { page: visit } = await newPage(browser, { locale: 'zh-CN' });
  await visit.goto(new URL('/sign-in', drawloom.url).href);
  await visit.getByRole('heading', { name: '登录' }).waitFor();
  expect(await visit.locator('html').getAttribute('lang')).toBe('zh-CN');
  await visit.context().close();
});

test('in the language that nobody speaks no page shows a word that was not translated, nor cuts one off, at 1280 pixels and at twice the size', async () => {
  await speak('pseudo');
  const data = new Data(page, /\/node-types$/);
  data.add('value'); // what the port of a number is called
  const sections = ['appearance', 'account', 'tokens', 'members', 'secrets', 'pools', 'notifications', 'retention'];
  const places = [
    'pipelines',
    `pipelines/${pipeline}`,
    `pipelines/${pipeline}?node=fail`,
    'runs',
    `runs/${run}?node=fail`,
    'triggers',
    'run-sets',
    'experiments',
    'models',
    'approvals',
    'runs/999999',
    ...[...sections, 'people', 'system'].map((section) => `settings/${section}`),
  ];
  const loading = accented('Loading…').slice(1, 8);
  const found: string[] = [];
  for (const place of places) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(at(place));
    await page.getByRole('main').waitFor();
    await page.waitForFunction((words) => !document.body.innerText.includes(words), loading);
    await atRest(page);
    const told = [...(await untranslated(page, data)), ...(await cutOff(page))];
    await page.setViewportSize({ width: 640, height: 400 });
    await atRest(page);
    told.push(...(await cutOff(page)).map((one) => `twice the size: ${one}`));
    found.push(...told.map((one) => `${place}: ${one}`));
  }
  expect(found).toEqual([]);
});
