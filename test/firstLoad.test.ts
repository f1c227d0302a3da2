/** What a browser must load before it shows the first card: looked up in what was built, from the page's own script along its imports. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { buildEditorWhenStale, builtEditor } from '../runtime/src/start/editor.ts';
import { figures } from './bench/figures.ts';

interface Built {
  file: string;
  imports?: string[];
}
/** The page's own script, and the two that it asks for at once when a pipeline is opened. */
const first = ['index.html', 'src/app/App.tsx', 'src/pages/pipeline/PipelinePage.tsx'];
let built: Record<string, Built>;
beforeAll(async () => {
  await buildEditorWhenStale(() => {});
  built = JSON.parse(readFileSync(path.join(builtEditor, '.vite/manifest.json'), 'utf8')) as typeof built;
});

function withImports(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue;
    expect(built, 'a file of the first load has another name now; name it here').toHaveProperty([name]);
    found.add(name);
    withImports(built[name]!.imports ?? [], found);
  }
  return found;
}

test('the first card comes with no more script than the aim allows', () => {
  const most = figures['editor-first-load-js']!.aim!.most!;
  const chunks = [...withImports(first)]
    .map((name) => built[name]!.file)
    .map((file) => ({ file, kilobytes: gzipSync(readFileSync(path.join(builtEditor, file))).length / 1000 }))
    .sort((a, b) => b.kilobytes - a.kilobytes);
  const sum = chunks.reduce((total, { kilobytes }) => total + kilobytes, 0);
  const largest = chunks.slice(0, 8).map(({ file, kilobytes }) => `${file} ${kilobytes.toFixed(1)} kB`);
  expect(
    sum,
    `The first load is ${sum.toFixed(1)} kB gzipped, ${most} are allowed. Load something when it is first wanted; the largest are ${largest.join(', ')}`,
  ).toBeLessThanOrEqual(most);
});

test.each(['monaco', 'signature/python', 'signature/sql', 'signature/typescript', 'NodeInspector'])(
  'the first card does not wait for %s',
  (part) => {
    expect(Object.keys(built).some((name) => name.includes(part))).toBe(true);
    expect([...withImports(first)].filter((name) => name.includes(part))).toEqual([]);
  },
);
