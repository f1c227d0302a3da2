/** Decides which Python of this machine environments are made of. */
import { execFile } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { EnvironmentProblem } from './problem.ts';

export interface Python {
  /** The real binary: no shim that decides anew at every start, no virtual environment that may be gone tomorrow. */
  path: string;
  version: [number, number, number];
  /** Version, system, processor and C library: what decides which wheels fit. */
  platform: string;
  /** Where its standard library lies; a sandbox needs this folder beside the environment's own. */
  prefix: string;
  /** Which of `venv`, `pip` and `ensurepip` can be imported. Debian delivers the three apart from Python. */
  modules: string[];
}

export const oldestPython = [3, 10] as const;
// The default lock has been made for these; a newer Python is taken only where there is no other.
const newestLocked = [3, 14] as const;

// Old enough for any Python 3, so that one that is too old can still say what it is.
const question = `
import importlib.util, json, os, sys, sysconfig
print(json.dumps({
    'path': getattr(sys, '_base_executable', None) or sys.executable,
    'version': list(sys.version_info[:3]),
    'platform': '{}.{} {} {}'.format(
        sys.version_info[0], sys.version_info[1], sysconfig.get_platform(), sysconfig.get_config_var('SOABI')),
    'prefix': os.path.realpath(sys.base_prefix),
    'modules': [name for name in ('venv', 'pip', 'ensurepip') if getattr(importlib.util.find_spec(name), 'origin', None)],
    'ordinary': sys.implementation.name == 'cpython' and not sysconfig.get_config_var('Py_GIL_DISABLED'),
}))
`;

interface Answer extends Python {
  ordinary: boolean;
}

/**
 * The Python to use: the first on the PATH that is new enough and can make environments.
 * throws  EnvironmentProblem `python-missing` or `python-unfit`, naming what was found instead
 */
export async function findPython(): Promise<Python> {
  const unfit: string[] = [];
  let newer: Python | undefined;
  const asked = new Set<string>();
  for (const candidate of candidates()) {
    const answer = await ask(candidate);
    if (!answer || asked.has(answer.path)) continue;
    asked.add(answer.path);
    const { ordinary, ...python } = answer;
    const [major, minor] = python.version;
    const told = `Python ${python.version.join('.')} at ${python.path}`;
    if (major !== 3 || minor < oldestPython[1]) unfit.push(`${told} is too old`);
    else if (!ordinary) unfit.push(`${told} is not the usual build of CPython`);
    else if (!python.modules.includes('venv')) unfit.push(`${told} lacks its venv module`);
    else if (minor > newestLocked[1]) newer ??= python;
    else return python;
  }
  if (newer) return newer;
  const remedy =
    `Install Python ${oldestPython.join('.')} or newer (on Debian and Ubuntu: apt install python3 python3-venv) and start ` +
    'again.';
  if (unfit.length === 0) throw new EnvironmentProblem('python-missing', `No Python was found on the PATH. ${remedy}`);
  throw new EnvironmentProblem(
    'python-unfit',
    `No Python on the PATH can run Python nodes: ${unfit.join('; ')}. ${remedy}`,
  );
}

/** Every program on the PATH that may be a Python, the plain name first: that one the person means. */
function* candidates(): Generator<string> {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const numbered = Array.from({ length: 12 }, (_, n) => `python3.${newestLocked[1] + 4 - n}`).filter(
    (name) => Number(name.slice('python3.'.length)) >= oldestPython[1],
  );
  for (const name of ['python3', 'python', ...numbered]) {
    for (const folder of folders) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
      } catch {
        continue;
      }
      yield file;
    }
  }
}

/** Undefined when it is no Python that answers: a shim of a version that is not installed, a broken link, a stub. */
async function ask(file: string): Promise<Answer | undefined> {
  const { PYTHONHOME: _home, PYTHONPATH: _path, ...env } = process.env;
  try {
    const { stdout } = await promisify(execFile)(file, ['-c', question], { env, cwd: '/', timeout: 20_000 });
    const answer = JSON.parse(stdout) as Answer;
    return { ...answer, path: realpathSync(answer.path) };
  } catch {
    return undefined;
  }
}
