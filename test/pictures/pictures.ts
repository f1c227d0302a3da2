/**
 * Decides what `npm run pictures` does: takes every scene from a real server, light and dark, wide and narrow, into
 * `test/screenshots/pages`, with a sheet to look through. Words after `--` choose scenes by a part of their names; `--scan` adds what
 * the accessibility scan finds, `--readme` takes the picture of the README, `--walk` those of docs/first-pipeline.md out of their
 * journey, `--until 2013-01-15` runs the example on fewer flights.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildEditorWhenStale } from '../../runtime/src/start/editor.ts';
import { inTheme, openBrowser, screenshots } from '../support/browser.ts';
import { startDrawloom } from '../support/server.ts';
import { scan } from './access.ts';
import { Booth, type Width, widths } from './booth.ts';
import { scenes } from './scenes.ts';
import { fillHouse } from './stage.ts';
import { takeWalk } from './walk.ts';

const tell = (line: string) => console.error(line);
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    until: { type: 'string', default: '2013-12-31' },
    readme: { type: 'boolean' },
    scan: { type: 'boolean' },
    walk: { type: 'boolean' },
  },
});
if (values.walk) process.exit(takeWalk());
const chosen = values.readme
  ? scenes.filter(({ name }) => name === 'editor-result')
  : scenes.filter(({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)));
if (chosen.length === 0) {
  tell(`No scene is called that. There are: ${scenes.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const folder = path.join(screenshots, 'pages');
if (positionals.length === 0 && !values.readme) rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

await buildEditorWhenStale(tell);
const drawloom = await startDrawloom();
const browser = await openBrowser();
const failures: string[] = [];
const findings: string[] = [];
try {
  const stage = await fillHouse(drawloom, { until: values.until, tell });
  const booth = await Booth.open(browser, drawloom, stage);
  for (const scene of chosen) {
    tell(scene.name);
    for (const width of Object.keys(widths) as Width[]) {
      if (width === 'narrow' && (scene.wideOnly || values.readme)) continue;
      try {
        await booth.enter(scene, width, async (page) => {
          for (const colorScheme of ['light', 'dark'] as const) {
            await inTheme(page, colorScheme);
            await page.screenshot({ path: path.join(folder, `${scene.name}-${width}-${colorScheme}.png`) });
            if (!values.scan) continue;
            for (const finding of await scan(page))
              findings.push(`${scene.name}, ${width}, ${colorScheme}: ${finding}`);
          }
        });
      } catch (problem) {
        failures.push(`${scene.name}, ${width}: ${(problem as Error).message}`);
      }
    }
  }
} finally {
  await browser.close();
  await drawloom.stop();
}
if (values.readme)
  copyFileSync(
    path.join(folder, 'editor-result-wide-light.png'),
    path.resolve(import.meta.dirname, '../../docs/pictures/editor.png'),
  );
const files = chosen.flatMap(({ name }) =>
  Object.keys(widths).flatMap((width) => ['light', 'dark'].map((theme) => `${name}-${width}-${theme}.png`)),
);
writeFileSync(
  path.join(folder, 'index.html'),
  `<!doctype html><title>Every page of the editor</title>${files
    .map(
      (file) =>
        `<figure style="display:inline-block"><img src="${file}" alt="" height="420"><figcaption>${file}</figcaption></figure>`,
    )
    .join('\n')}`,
);
console.log(`${folder}/index.html shows ${chosen.length} scenes.`);
for (const finding of findings) console.log(`Accessibility: ${finding}`);
for (const failure of failures) console.error(`Not taken: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
