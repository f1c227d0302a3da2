/**
 * Decides which files sandboxed Node processes run: our own TypeScript with the types already taken away. Each of them is
 * a process of its own, and taking types away anew costs it four times what starting costs. The copies lie in the cache of
 * the checkout under a hash of their sources; where none can be written, the sources themselves are run.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const sources = path.resolve(import.meta.dirname, '..');
const cache = path.resolve(sources, '../../node_modules/.cache/drawloom/typeless');
const folders = ['execute/node-host', 'artifacts/reader'];

/** Files that a sandboxed process may load, relative to `sources`. */
export function sandboxedFiles(): string[] {
  const hosts = folders.flatMap((folder) =>
    readdirSync(path.join(sources, folder))
      .filter((name) => name.endsWith('.ts') && name !== 'index.ts' && !/\.(test|testing|d)\.ts$|^testChild/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  const types = readdirSync(path.join(sources, 'nodes'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(sources, 'nodes', entry.name, 'main.ts')))
    .map((entry) => `nodes/${entry.name}/main.ts`);
  return [...hosts, ...types].sort();
}

let found: string | null | undefined;

/** The folder with the copies, to be shown to sandboxed processes; null when there are none. Made once per set of sources. */
export function typelessFolder(): string | null {
  if (found !== undefined) return found;
  const hash = createHash('sha256').update(process.version);
  for (const file of ['typeless/prepare.ts', ...sandboxedFiles()])
    hash.update(`\0${file}\0`).update(readFileSync(path.join(sources, file)));
  const folder = path.join(cache, hash.digest('hex').slice(0, 24));
  if (!existsSync(folder)) {
    // In a process of its own: it is done once, and its warning that this is new to Node is for nobody.
    spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'prepare.ts'), folder],
      { stdio: 'ignore', timeout: 60_000 },
    );
  }
  found = existsSync(folder) ? folder : null;
  return found;
}

/** The copy of one of our files, or the file itself. */
export function typeless(file: string): string {
  const folder = typelessFolder();
  const copy = folder && path.join(folder, path.relative(sources, file).replace(/\.ts$/, '.mjs'));
  return copy && existsSync(copy) ? copy : file;
}
