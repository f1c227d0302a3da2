/** Decides how a lock becomes a folder: packages put in place, compiled, on the disk, and only then said to be there. */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type Ended, run } from './command.ts';
import { environmentsFolder, finishedNote } from './folder.ts';
import { toolEnvironment } from './operator.ts';
import { explain, interrupted } from './problem.ts';
import type { Python } from './python.ts';
import { prepareTools, type Tools } from './tools.ts';

export interface Environment {
  name: string;
  /** sha256 of the lock's text, the Python's minor version and the platform. */
  hash: string;
  /** The interpreter inside the folder. */
  python: string;
  folder: string;
  /** Where the standard library lies; a sandbox needs this folder beside the environment's own. */
  prefix: string;
  packages: { name: string; version: string }[];
}

export interface Building {
  home: string;
  name: string;
  lock: string;
  hash: string;
  python: Python;
  hold: number;
  onProgress: (line: string) => void;
}

export async function build(building: Building): Promise<Environment> {
  const { home, name, lock, hash, python, hold, onProgress } = building;
  const began = performance.now();
  const version = python.version.slice(0, 2).join('.');
  onProgress(`Building the environment ${name} with Python ${version}; this happens once.`);
  const tools = await prepareTools(home, python, onProgress);
  const folder = path.join(environmentsFolder(home), hash);
  const library = path.join(folder, 'lib', `python${version}`, 'site-packages');
  const doing = { what: `building the environment ${name}`, home: environmentsFolder(home) };
  const succeed = (ended: Ended) => {
    if (ended.code === null) throw interrupted(doing.what, ended.stderr);
    if (ended.code !== 0) throw explain(`${ended.stderr}\n${ended.stdout}`, doing);
  };
  rmSync(folder, { recursive: true, force: true }); // what somebody began and did not finish
  try {
    const bare = [python.path, '-I', '-m', 'venv', '--without-pip', folder];
    succeed(await run(python.path, bare, { env: toolEnvironment(home), hold }));
    const lockFile = path.join(folder, 'requirements.lock');
    writeReadable(lockFile, lock);
    succeed(await install(tools, folder, library, lockFile, building));
    onProgress('Compiling modules, so that the first import is as fast as the next');
    for (const ended of await compile(library, python, hold, home)) {
      // Code 1 tells of files that are no Python, such as templates; they do no harm.
      if (ended.code !== 1 || /No space left/.test(ended.stdout + ended.stderr)) succeed(ended);
    }
    const packages = packagesIn(library);
    const facts: Omit<Environment, 'python' | 'folder'> = { name, hash, prefix: python.prefix, packages };
    await keep(folder, facts, python, hold, home);
    onProgress(`Built the environment ${name}: ${packages.length} packages, ${seconds(began)}.`);
    return { ...facts, python: path.join(folder, 'bin', 'python'), folder };
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw cause;
  }
}

/** Everything is in the lock, so nothing is looked for beyond it; only wheels are taken, so no package's code runs. */
async function install(
  { uv, pip, env }: Tools,
  folder: string,
  library: string,
  lockFile: string,
  { python, hold, onProgress }: Building,
): Promise<Ended> {
  const strictly = ['--no-deps', '--require-hashes', '--only-binary', ':all:', '--requirement', lockFile];
  const said = { env, hold, onLine: (line: string) => tellProgress(line, onProgress) };
  if (!uv) {
    const quiet = ['--no-compile', '--progress-bar', 'off', '--no-warn-script-location', '-vv'];
    return run(python.path, [...pip!, 'install', '--target', library, ...quiet, ...strictly], said);
  }
  const call = [uv, 'pip', 'install', '--python', path.join(folder, 'bin', 'python'), ...strictly];
  const ended = await run(python.path, call, said);
  if (ended.code === 0 || explain(ended.stderr, { what: '', home: '' }).code !== 'index-unreachable') return ended;
  // What was fetched for another environment, or for this one before it was lost, may be all that is needed.
  const offline = await run(python.path, [...call, '--offline'], { env, hold });
  return offline.code === 0 ? offline : ended;
}

/** Of what the installers say, what tells a waiting person that it goes on. */
function tellProgress(line: string, onProgress: (line: string) => void): void {
  const told = line.trim();
  if (/^(Resolved|Downloading|Downloaded|Prepared|Installed|Collecting)\b/.test(told)) onProgress(told);
}

/**
 * Compiles with the Python outside the environment: inside it, a package could run code of its own at start-up.
 * Two processes share the work by size; the packages' own tests stay as they are, since nobody imports them.
 */
async function compile(library: string, python: Python, hold: number, home: string): Promise<Ended[]> {
  const shares: { size: number; entries: string[] }[] = [
    { size: 0, entries: [] },
    { size: 0, entries: [] },
  ];
  const sized = readdirSync(library)
    .map((name) => path.join(library, name))
    .filter((entry) => !entry.endsWith('.dist-info'))
    .map((entry) => ({ entry, size: sourceSize(entry) }))
    .filter(({ size }) => size > 0)
    .sort((a, b) => b.size - a.size);
  for (const { entry, size } of sized) {
    const share = shares[0]!.size <= shares[1]!.size ? shares[0]! : shares[1]!;
    share.entries.push(entry);
    share.size += size;
  }
  // The folder never changes, so that a module need not be compared with its source at each import.
  const call = [python.path, '-I', '-S', '-m', 'compileall', '-q', '--invalidation-mode', 'unchecked-hash'];
  const leftOut = ['-x', 'site-packages/.*/tests?/'];
  return Promise.all(
    shares
      .filter(({ entries }) => entries.length > 0)
      .map(({ entries }) => run(python.path, [...call, ...leftOut, ...entries], { env: toolEnvironment(home), hold })),
  );
}

/** Bytes of Python source below, tests left out. */
function sourceSize(entry: string): number {
  const about = statSync(entry);
  if (!about.isDirectory()) return entry.endsWith('.py') ? about.size : 0;
  return readdirSync(entry)
    .filter((name) => name !== 'tests' && name !== 'test')
    .reduce((sum, name) => sum + sourceSize(path.join(entry, name)), 0);
}

function packagesIn(library: string): Environment['packages'] {
  const header = (text: string, name: string) => text.match(new RegExp(`^${name}: (.+)$`, 'm'))?.[1]?.trim() ?? '';
  return readdirSync(library)
    .filter((name) => name.endsWith('.dist-info'))
    .map((name) => readFileSync(path.join(library, name, 'METADATA'), 'utf8').split('\n\n', 1)[0]!)
    .map((metadata) => ({ name: header(metadata, 'Name'), version: header(metadata, 'Version') }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Brings all files to the disk before the note that says they are there, so that a power cut cannot keep only the note. */
async function keep(folder: string, facts: object, python: Python, hold: number, home: string): Promise<void> {
  await run(python.path, [python.path, '-I', '-S', '-c', 'import os; os.sync()'], { env: toolEnvironment(home), hold });
  chmodSync(folder, 0o755);
  const note = path.join(folder, `${finishedNote}.new`);
  writeReadable(note, `${JSON.stringify(facts, null, 2)}\n`);
  renameSync(note, path.join(folder, finishedNote));
  const opened = openSync(folder, 'r');
  fsyncSync(opened);
  closeSync(opened);
}

function writeReadable(file: string, text: string): void {
  writeFileSync(file, text, { flush: true });
  chmodSync(file, 0o644); // our own mask may be stricter
}

const seconds = (began: number) => `${((performance.now() - began) / 1000).toFixed(1)} s`;
