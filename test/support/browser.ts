/** Decides which browser the journeys drive: one that is named or installed, else the one that the lock file brought. */
import { spawn } from 'node:child_process';
import { accessSync, constants, createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const root = path.resolve(import.meta.dirname, '../..');
export const screenshots = path.join(root, 'test/screenshots');

interface Found {
  executable: string;
  env: Record<string, string>;
}

/** Nothing of the browser's own may go out: a test must not depend on, or tell, the outside world. */
const quiet = [
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-pings',
  '--font-render-hinting=none',
];

export async function openBrowser(): Promise<Browser> {
  const { executable, env } = await findBrowser();
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({
    executablePath: executable,
    args: [...quiet, ...asRoot],
    env: { ...(process.env as Record<string, string>), ...env },
  });
}

/** A page in a context of its own, and what went wrong on it so far: console errors, uncaught exceptions, failed requests. */
export async function newPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 500)
      problems.push(`${response.status()} ${response.request().method()} ${response.url()}`);
  });
  return { page, problems };
}

/**
 * Until what fades, slides or changes its colour has come to its end; what turns for ever is never waited for. A frame is let pass
 * first: what just changed begins to move only then.
 */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    await document.fonts.ready;
    for (;;) {
      await frame();
      await frame();
      const passing = document.getAnimations().filter(({ effect, playState }) => {
        return playState !== 'finished' && effect?.getComputedTiming().endTime !== Infinity;
      });
      if (passing.length === 0) return;
      await Promise.allSettled(passing.map(({ finished }) => finished));
    }
  });
}

/** Until the page has put on this theme, wholly. */
export async function inTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, theme);
  await atRest(page);
}

/** Saves what the page shows, light and dark, as `test/screenshots/<name>-light.png` and `-dark.png`; leaves it light. */
export async function screenshotsInBoth(page: Page, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await inTheme(page, theme);
    await screenshot(page, `${name}-${theme}`);
  }
  await inTheme(page, 'light');
}

/** Saves what the page shows once it is at rest, as `test/screenshots/<name>.png`. */
export async function screenshot(page: Page, name: string): Promise<string> {
  await mkdir(screenshots, { recursive: true });
  await atRest(page);
  const file = path.join(screenshots, `${name}.png`);
  await page.screenshot({ path: file });
  return file;
}

export async function findBrowser(): Promise<Found> {
  const named = process.env.CHROME_PATH;
  if (named) {
    if (isProgram(named)) return { executable: named, env: {} };
    throw new Error(
      `CHROME_PATH names ${named}, which is no program here. Correct it, or unset it to use another browser.`,
    );
  }
  const installed = onPath(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']);
  return installed ? { executable: installed, env: {} } : unpackBrought();
}

function onPath(names: string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Unpacks the Chromium of the lock file, once for each version of it. */
async function unpackBrought(): Promise<Found> {
  const folder = broughtFolder();
  if (!folder || process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      'The browser journeys need a Chromium: install the package `chromium` (or Google Chrome), or name a program with CHROME_PATH.',
    );
  }
  const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string };
  const cache = path.join(root, 'node_modules/.cache/drawloom');
  const ready = path.join(cache, `chromium-${version}`);
  if (!existsSync(ready)) {
    await mkdir(cache, { recursive: true });
    // Unpacked beside its place and moved there whole: two test runs may begin at once, and either may be cut short.
    const half = await mkdtemp(path.join(cache, 'unpacking-'));
    await unpackInto(half, path.join(folder, 'bin'), ready);
    await rename(half, ready).catch(async (cause) => {
      await rm(half, { recursive: true, force: true });
      if (!existsSync(ready)) throw cause;
    });
  }
  return {
    executable: path.join(ready, 'chromium'),
    env: {
      LD_LIBRARY_PATH: [path.join(ready, 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
      FONTCONFIG_FILE: path.join(ready, 'fonts.conf'),
    },
  };
}

function broughtFolder(): string | undefined {
  try {
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')));
  } catch {
    return undefined;
  }
}

async function unpackInto(folder: string, packed: string, finalFolder: string): Promise<void> {
  const program = createWriteStream(path.join(folder, 'chromium'), { mode: 0o755 });
  const archives = ['al2023', 'swiftshader', 'fonts'].map((name) => path.join(packed, `${name}.tar.br`));
  await Promise.all([
    pipeline(createReadStream(path.join(packed, 'chromium.br')), createBrotliDecompress(), program),
    ...archives.map((archive) => untar(archive, folder)),
  ]);
  // Its own font and those of the machine, so that other scripts and fixed-width text show where the machine has fonts.
  const folders = [path.join(finalFolder, 'fonts'), '/usr/share/fonts', '/usr/local/share/fonts'];
  await writeFile(
    path.join(folder, 'fonts.conf'),
    `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>\n${folders
      .map((each) => `  <dir>${each}</dir>\n`)
      .join('')}  <cachedir>${path.join(finalFolder, 'font-cache')}</cachedir>\n</fontconfig>\n`,
  );
}

async function untar(archive: string, folder: string): Promise<void> {
  const tar = spawn('tar', ['-x', '-C', folder, '--no-same-owner'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    tar.once('error', reject);
    tar.once('close', resolve);
  });
  // It leaves at the mark that ends an archive, often before the padding after it was written: what it says in the end counts.
  const fed = pipeline(createReadStream(archive), createBrotliDecompress(), tar.stdin).catch((cause: Error) => cause);
  const code = await ended;
  const cause = await fed;
  if (code !== 0)
    throw new Error(`${archive} could not be unpacked. Run \`npm ci\` again, or name a browser with CHROME_PATH.`, {
      cause,
    });
}
