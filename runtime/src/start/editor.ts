/** Decides whether the built editor still matches its sources, and builds it when it does not. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from '../checkout.ts';
import { StartProblem } from '../startProblem.ts';

export const builtEditor = path.join(checkout, 'editor/dist');
const stamp = path.join(builtEditor, '.built-from');

/** True when it had to build. */
export async function buildEditorWhenStale(onProgress: (line: string) => void): Promise<boolean> {
  const wanted = digestOfSources();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === wanted) return false;
  onProgress('building the editor');
  // Built beside its place: a server that runs on this checkout goes on serving the old one, whole, until the change-over.
  const fresh = path.join(checkout, `node_modules/.cache/drawloom/editor-${process.pid}`);
  await rm(fresh, { recursive: true, force: true });
  await mkdir(path.dirname(fresh), { recursive: true });
  try {
    await runVite(['build', '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn']);
    await writeFile(path.join(fresh, path.basename(stamp)), `${wanted}\n`);
    await rm(builtEditor, { recursive: true, force: true });
    await rename(fresh, builtEditor);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return true;
}

/** By content, not by date: a fresh checkout has new dates, and the same editor. */
function digestOfSources(): string {
  const hash = createHash('sha256');
  for (const folder of ['editor', 'shared/src']) {
    for (const file of sourcesIn(path.join(checkout, folder))) {
      hash.update(path.relative(checkout, file)).update('\0').update(readFileSync(file)).update('\0');
    }
  }
  return hash.update(readFileSync(path.join(checkout, 'package-lock.json'))).digest('hex');
}

function sourcesIn(folder: string): string[] {
  const leftOut = /^(node_modules|dist|\..*)$|\.test\.tsx?$/;
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => !leftOut.test(entry.name));
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const at = path.join(folder, entry.name);
      return entry.isDirectory() ? sourcesIn(at) : entry.isFile() ? [at] : [];
    });
}

async function runVite(args: string[]): Promise<void> {
  const vite = path.join(checkout, 'node_modules/vite/bin/vite.js');
  const child = spawn(process.execPath, [vite, ...args], {
    cwd: path.join(checkout, 'editor'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1', FORCE_COLOR: undefined },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(0, 4_000); // the first mistake explains the others
    });
  }
  const endWithUs = () => child.kill();
  process.once('exit', endWithUs);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...how) => resolve(how));
  });
  process.off('exit', endWithUs);
  if (code === 0) return;
  const why = signal ? `ended by ${signal}; it needs about 1.3 GB of memory` : `exit ${code}`;
  throw new StartProblem(
    `${said.trim()}\nThe editor could not be built (${why}). Mend what is named above, then start again.`,
  );
}
