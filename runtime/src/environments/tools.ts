/** Decides which tool fills environments: our pinned uv where it can be had, a uv of this machine, else pip. */

import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Ended, run } from './command.ts';
import { exclusively } from './exclusive.ts';
import { environmentsFolder } from './folder.ts';
import { settingsFromPip, toolEnvironment } from './operator.ts';
import { listedWithoutPip } from './pipFiles.ts';
import { EnvironmentProblem, explain } from './problem.ts';
import type { Python } from './python.ts';

export interface Tools {
  /** The uv program, or undefined when there is only pip. */
  uv?: string;
  /** How pip is called, or undefined when there is only uv. */
  pip?: string[];
  /** The environment to call either with. */
  env: Record<string, string>;
}

const lockFile = path.resolve(import.meta.dirname, '../../python/environments/tools/tools.lock');

export async function prepareTools(home: string, python: Python, onProgress: (line: string) => void): Promise<Tools> {
  const env = toolEnvironment(home);
  const folder = path.join(environmentsFolder(home), 'tools');
  const pip = await findPip(folder, home, python, env, onProgress);
  const listed = pip
    ? (await run(python.path, [...pip, 'config', 'list'], { env })).stdout
    : listedWithoutPip(env, python.prefix);
  Object.assign(env, settingsFromPip(listed, env));

  const place = path.join(folder, createHash('sha256').update(readFileSync(lockFile)).digest('hex').slice(0, 16));
  const uv = path.join(place, 'bin', 'uv');
  const ask = pip ? withPip(pip) : withPythonAlone(python, env);
  if (!existsSync(uv) && ask) {
    const wait = () => onProgress('Another program is fetching the package installer; waiting for it.');
    await exclusively(home, 'tools', python.path, wait, async (hold) => {
      if (!existsSync(uv)) await fetchUv(place, home, (half) => run(python.path, ask(half), { env, hold }), onProgress);
    });
  }
  if (existsSync(uv)) return { uv, pip, env };

  const theirs = uvOnPath();
  if (theirs) return { uv: theirs, pip, env };
  if (pip) {
    onProgress('uv is not to be had here; using pip, which takes longer.');
    return { pip, env };
  }
  throw new EnvironmentProblem(
    'installer-missing',
    `Python ${python.version.join('.')} at ${python.path} has neither pip nor the means to make one, and the package index of this ` +
      'machine has no installer for it. Install pip (on Debian and Ubuntu: apt install python3-venv), or put uv on the PATH, or ' +
      'name another package index in UV_DEFAULT_INDEX, and try again. SQL and TypeScript nodes go on working.',
  );
}

/** Leaves no uv behind, and says nothing, where the index has none for us: pip will do. */
async function fetchUv(
  place: string,
  home: string,
  fetch: (folder: string) => Promise<Ended>,
  onProgress: (line: string) => void,
): Promise<void> {
  onProgress('Fetching the package installer');
  const half = `${place}.new`;
  rmSync(half, { recursive: true, force: true });
  const { code, stdout, stderr } = await fetch(half);
  if (code === 0) {
    renameSync(half, place);
    return;
  }
  rmSync(half, { recursive: true, force: true });
  const problem = explain(`${stdout}${stderr}`, {
    what: 'fetching the package installer',
    home: environmentsFolder(home),
  });
  const uvIsNotThere = ['package-unknown', 'package-version-unknown', 'package-without-wheel', 'package-changed'];
  if (!uvIsNotThere.includes(problem.code) && !uvOnPath()) throw problem;
}

function withPip(pip: string[]): (folder: string) => string[] {
  const strictly = ['--no-deps', '--require-hashes', '--only-binary', ':all:', '--no-compile'];
  // Only when very verbose does pip say why an index gave it nothing.
  const said = ['--progress-bar', 'off', '-vv'];
  return (folder) => [...pip, 'install', '--target', folder, ...strictly, ...said, '--requirement', lockFile];
}

/** A Python without pip can still ask the index itself: the operator's, else the one that pip would ask. */
function withPythonAlone(python: Python, env: Record<string, string>): ((folder: string) => string[]) | undefined {
  if (env.UV_NO_INDEX) return undefined;
  const program = path.join(path.dirname(lockFile), 'fetch.py');
  return (folder) => [python.path, '-I', '-S', program, lockFile, path.join(folder, 'bin', 'uv')];
}

/** This Python's own pip; else the one that `ensurepip` carries, in a place of ours. */
async function findPip(
  folder: string,
  home: string,
  python: Python,
  env: Record<string, string>,
  onProgress: (line: string) => void,
): Promise<string[] | undefined> {
  if (python.modules.includes('pip')) return [python.path, '-m', 'pip'];
  if (!python.modules.includes('ensurepip')) return undefined;
  const place = path.join(folder, `pip-${python.version.join('.')}`);
  const pip = [path.join(place, 'bin', 'python'), '-m', 'pip'];
  const ready = path.join(place, 'ready');
  if (existsSync(ready)) return pip;
  const wait = () => onProgress('Another program is preparing pip; waiting for it.');
  return exclusively(home, 'tools', python.path, wait, async (hold) => {
    if (existsSync(ready)) return pip;
    onProgress('Preparing pip');
    const made = await run(python.path, [python.path, '-I', '-m', 'venv', '--clear', place], { env, hold });
    if (made.code !== 0) return undefined;
    writeFileSync(ready, '');
    return pip;
  });
}

function uvOnPath(): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, 'uv');
    try {
      if (path.isAbsolute(file)) accessSync(file, constants.X_OK);
      else continue;
    } catch {
      continue;
    }
    return file;
  }
  return undefined;
}
