// Finds what a Python interpreter needs to see of the machine: its real binary, its prefixes and the links between them.

import { execFile } from 'node:child_process';
import { access, lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Interpreter {
  /** As it must be called, so that a virtual environment knows itself. Never a shim. */
  executable: string;
  version: string;
  /** Folders to show read-only at the same path. */
  folders: string[];
  /** Symlinks that lead from `executable` to the binary: path and target. */
  links: [string, string][];
}

// Without `site` (-S): an environment's start-up files are code of whoever chose its packages, and here is no sandbox yet.
const question = `import json, sys
print(json.dumps({"executable": sys.executable, "version": sys.version.split()[0], "of": list(sys.version_info[:2]),
  "prefixes": [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]}))`;

const known = new Map<string, Promise<Interpreter>>();

/** Asks each path once: the answer cannot change while the environment is named by its contents. */
export function inspectInterpreter(python: string): Promise<Interpreter> {
  const found = known.get(python) ?? inspect(python);
  known.set(python, found);
  found.catch(() => known.delete(python));
  return found;
}

async function inspect(python: string): Promise<Interpreter> {
  const { HOME, PATH } = process.env; // a shim finds the real interpreter by these; nothing else of ours concerns it
  let answer: string;
  try {
    ({ stdout: answer } = await run(python, ['-I', '-S', '-c', question], { env: { HOME, PATH } }));
  } catch (cause) {
    throw new Error(`${python} does not run as a Python interpreter. Give the path of one, version 3.10 or later.`, {
      cause,
    });
  }
  const { executable, version, of, prefixes } = JSON.parse(answer) as {
    executable: string;
    version: string;
    of: [number, number];
    prefixes: string[];
  };
  if (of[0] !== 3 || of[1] < 10) throw new Error(`${python} is Python ${version}; 3.10 or later is needed.`);
  const environment = dirname(dirname(executable)); // with -S the interpreter itself does not yet know that it has one
  if (await exists(resolve(environment, 'pyvenv.cfg'))) prefixes.unshift(environment);
  const folders = new Set<string>();
  for (const prefix of prefixes) {
    folders.add(prefix);
    folders.add(await realpath(prefix));
  }
  folders.delete('/');
  const links = await linksFrom(executable);
  return { executable, version, folders: [...folders], links };
}

async function linksFrom(path: string): Promise<[string, string][]> {
  const links: [string, string][] = [];
  for (let hop = path; links.length < 40 && (await lstat(hop)).isSymbolicLink(); ) {
    const target = await readlink(hop);
    links.push([hop, target]);
    hop = resolve(dirname(hop), target);
  }
  return links;
}

const exists = (path: string): Promise<boolean> =>
  access(path)
    .then(() => true)
    .catch(() => false);
