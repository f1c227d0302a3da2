import type { Run } from '@drawloom/shared/api/runs.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { screenshot, screenshotsInBoth } from '../../support/browser.ts';
import { drawing, type EditorPage, editorPage } from '../../support/editorPage.ts';

let editor: EditorPage;
let run: Run;
beforeAll(async () => {
  editor = await editorPage();
  const { ask } = editor.drawloom;
  const { id } = await ask<{ id: string }>('POST', '/projects/getting-started/pipelines', {
    document: drawing(made, [], 'Made'),
  });
  const started = (await ask<{ run: { id: number } }>('POST', `/pipelines/${id}/runs`, {})).run.id;
  const read = () => ask<Run>('GET', `/runs/${started}`);
  await vi.waitUntil(async () => isRunFinal((await read()).status), { timeout: 240_000, interval: 100 });
  run = await read();
  expect(run.status, run.nodes.map(({ node, message }) => `${node}: ${message}`).join('\n')).toBe('succeeded');
}, 900_000);
afterAll(() => editor?.stop());

const typescript = (imports: string, gives: string, body: string) => ({
  type: 'typescript',
  parameters: {},
  code: `import { ${imports} } from 'drawloom';\n\nexport default async function run(): Promise<${gives}> {\n${body}\n}\n`,
});
/** What an attack would do to the page, wherever it comes to run. */
const owns =
  "try { top.document.title = 'owned' } catch {} try { window.owned = true; fetch('/api/v1/session?owned') } catch {}";
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40" onload="${owns}"><script>${owns}</script><rect width="80" height="40" fill="#026e89"/><foreignObject width="9" height="9"><img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="${owns}"/></foreignObject></svg>`;
const html = `<h1>A page</h1><p id="told">nothing ran</p><script>${owns}; document.getElementById('told').textContent = 'a script ran'</script><img src="x" onerror="${owns}"><form action="/api/v1/session" method="post"><button>Send</button></form><iframe src="javascript:parent.owned=true"></iframe>`;
const markdown = `# A report\n\nIt is **good**, see [there](https://example.org/) and [not here](javascript:${encodeURI(owns)}).\n\n<script>${owns}</script>\n\n<img src=x onerror="${owns}">\n\n![told](https://example.org/pixel.png)\n\n| model | auc |\n|---|--:|\n| trees | 0.93 |\n\n- [x] looked at\n`;
const given = (text: string) => JSON.stringify(text);
const made = {
  page: {
    ...typescript('Document', 'Document', `  return Document.html(${given(html)});`),
    at: [0, 0] as [number, number],
  },
  words: {
    ...typescript('Document', 'Document', `  return Document.markdown(${given(markdown)});`),
    at: [0, 150] as [number, number],
  },
  picture: {
    ...typescript('Figure', 'Figure', `  return Figure.svg(${given(svg)});`),
    at: [0, 300] as [number, number],
  },
  tree: {
    type: 'typescript',
    parameters: {},
    code: "export default function run(): Record<string, unknown> {\n  return { name: '<b>bold</b>', list: Array.from({ length: 250 }, (_, n) => n), deep: { er: { est: [null, true] } } };\n}\n",
    at: [0, 450] as [number, number],
  },
  bytes: {
    ...typescript(
      'File',
      'File',
      "  const { writeFileSync } = await import('node:fs');\n  writeFileSync('data.bin', new Uint8Array(12_345));\n  return new File('data.bin');",
    ),
    at: [0, 600] as [number, number],
  },
  files: {
    ...typescript(
      'Folder',
      'Folder',
      `  const { mkdirSync, writeFileSync } = await import('node:fs');
  mkdirSync('made/deep/er', { recursive: true });
  writeFileSync('made/README.md', '# In a folder');
  writeFileSync('made/deep/page.html', ${given(html)});
  writeFileSync('made/deep/er/picture.svg', ${given(svg)});
  writeFileSync('made/deep/er/rows.csv', 'a,b\\n1,2\\n');
  writeFileSync('made/model.pkl', new Uint8Array(2048));
  return new Folder('made');`,
    ),
    at: [0, 750] as [number, number],
  },
};

const show = async (node: string) => {
  await editor.page.goto(
    new URL(`/p/getting-started/runs/${run.id}?node=${node}&tab=outputs`, editor.drawloom.url).href,
  );
  await editor.page.getByRole('heading', { name: node, level: 2 }).waitFor();
};
/** What went wrong, but for what the browser says of each script that it did not let run. */
const unexpected = () => editor.problems.filter((one) => !/sandboxed|Content Security Policy/.test(one));
/** Of the page and of every frame in it. */
const expectNothingRan = async () => {
  const { page } = editor;
  expect(await page.title()).not.toBe('owned');
  expect(await page.evaluate(() => 'owned' in globalThis)).toBe(false);
};

test('28 each kind of result has a viewer, and no script in any of them reaches the page', {
  timeout: 300_000,
}, async () => {
  const { page } = editor;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));

  await show('page');
  const frame = page.frameLocator('iframe[title^="Document"]');
  await frame.getByRole('heading', { name: 'A page' }).waitFor();
  expect(await frame.locator('#told').innerText()).toBe('nothing ran');
  expect(await page.locator('iframe[title^="Document"]').getAttribute('sandbox')).toBe('');
  await expectNothingRan();
  await screenshotsInBoth(page, 'check-28-html');

  await show('words');
  const words = page.getByTestId('markdown');
  await words.getByRole('heading', { name: 'A report' }).waitFor();
  expect(await words.locator('script, img, iframe').count()).toBe(0);
  expect(await words.getByRole('link').evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href))).toEqual(
    ['https://example.org/'],
  );
  await words.getByText('<script>').waitFor(); // there to be read
  await words.getByRole('cell', { name: '0.93' }).waitFor();
  await expectNothingRan();
  await screenshotsInBoth(page, 'check-28-markdown');

  await show('picture');
  const picture = page.getByRole('img', { name: /^Figure/ });
  await picture.waitFor();
  await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(80);
  await expectNothingRan();

  await show('tree');
  const tree = page.getByTestId('json-tree');
  await tree.getByText('"<b>bold</b>"').waitFor();
  expect(await tree.locator('b').count()).toBe(0);
  expect(await tree.locator('li').count()).toBeLessThan(120);
  await tree.getByText('150 more').click();
  await tree.getByText('50 more').waitFor();
  await tree.getByText('one field', { exact: true }).last().click();
  await tree.getByText('[ 2 entries ]').click();
  await tree.getByText('null').waitFor();
  await screenshotsInBoth(page, 'check-28-json');

  await show('bytes');
  const link = page.getByRole('link', { name: /Download .* \(12\.3 kB\)/ });
  await link.waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  expect(download.url()).toMatch(/content/);

  expect(asked.filter((url) => /owned|example\.org/.test(url))).toEqual([]);
  expect(unexpected()).toEqual([]);
});

test('28 a folder is a tree whose files are looked at one by one', { timeout: 300_000 }, async () => {
  const { page } = editor;
  await show('files');
  const files = page.getByRole('region', { name: 'Files' });
  await files.getByText('5 files').waitFor();
  await files.getByRole('button', { name: /README\.md/ }).click();
  await page.getByTestId('markdown').getByRole('heading', { name: 'In a folder' }).waitFor();
  await files.getByRole('button', { name: /page\.html/ }).click();
  await page.frameLocator('iframe[title^="Document"]').getByText('nothing ran').waitFor();
  await files.getByText('er', { exact: true }).click();
  await files.getByRole('button', { name: /picture\.svg/ }).click();
  await expect
    .poll(() =>
      page.getByRole('img', { name: /picture/ }).evaluate((image) => (image as HTMLImageElement).naturalWidth),
    )
    .toBe(80);
  await files.getByRole('button', { name: /rows\.csv/ }).click();
  await page.getByText('a,b').waitFor();
  await files.getByRole('button', { name: /model\.pkl/ }).click();
  await page.getByRole('link', { name: 'Download model.pkl (2 kB)' }).waitFor();
  await expectNothingRan();
  await screenshotsInBoth(page, 'check-28-folder');
  await page.setViewportSize({ width: 390, height: 844 });
  await show('files');
  await files.getByRole('button', { name: /README\.md/ }).click();
  await page.getByTestId('markdown').waitFor();
  await screenshot(page, 'check-28-narrow');
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(unexpected()).toEqual([]);
});

test('28 an SVG or a page that is opened by itself runs nothing either', { timeout: 300_000 }, async () => {
  const { page } = editor;
  for (const node of ['picture', 'page']) {
    const { sha256, kind } = run.nodes.find((one) => one.node === node)!.outputs[0]!;
    const address = `/api/v1/projects/getting-started/artifacts/${sha256}/content?kind=${kind}&preview=true`;
    const answer = await page.goto(new URL(address, editor.drawloom.url).href);
    expect(answer!.headers()['content-security-policy']).toMatch(/^sandbox;/);
    expect(answer!.headers()['x-content-type-options']).toBe('nosniff');
    await expectNothingRan();
  }
});
