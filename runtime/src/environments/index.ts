/** Decides which packages Python nodes find: requirements become a lock, and a lock becomes a folder that never changes again. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Environment } from './build.ts';
import { exclusively } from './exclusive.ts';
import { environmentsFolder, finishedNote, openFolder } from './folder.ts';
import { EnvironmentProblem } from './problem.ts';
import { findPython, type Python } from './python.ts';
import { isLock } from './requirements.ts';

export type { Environment } from './build.ts';
export { lockRequirements } from './lock.ts';
export { EnvironmentProblem } from './problem.ts';
export { findPython, type Python } from './python.ts';

type OnProgress = (line: string) => void;

export const shippedFolder = path.resolve(import.meta.dirname, '../../python/environments');
/**
 * An environment that comes with Drawloom, from its committed lock: `default`.
 * throws  EnvironmentProblem when this machine cannot have it, with what to do now
 */
export async function prepareEnvironment(home: string, name: string, onProgress: OnProgress): Promise<Environment> {
  return buildEnvironment(home, name, shippedLock(name), onProgress);
}

/** The lock of an environment that comes with Drawloom; part of the cache key of every node that uses it. */
export function shippedLock(name: string): string {
  const file = path.join(shippedFolder, name, `${name}.lock`);
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(file)) throw new Error(`There is no environment named ${name}.`);
  return readFileSync(file, 'utf8');
}

/** The requirements from which `shippedLock` was made. */
export const shippedRequirements = (name: string): string =>
  readFileSync(path.join(shippedFolder, name, 'requirements.txt'), 'utf8');

/** Names the environment that this lock becomes on this machine, built or not. */
export function environmentHash(lock: string, python: Pick<Python, 'platform'>): string {
  return createHash('sha256').update(`${lock}\0${python.platform}`).digest('hex');
}

/** The environment if it is there and whole; nothing is built. */
export async function findEnvironment(home: string, hash: string): Promise<Environment | undefined> {
  if (!/^[0-9a-f]{64}$/.test(hash)) return undefined;
  const folder = path.join(environmentsFolder(home), hash);
  const python = path.join(folder, 'bin', 'python');
  try {
    const { name, prefix, packages } = JSON.parse(readFileSync(path.join(folder, finishedNote), 'utf8')) as Environment;
    // The interpreter is a link to this machine's Python; where that one has been taken away, the folder is of no use.
    return existsSync(python) ? { name, hash, python, folder, prefix, packages } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The environment of a lock, built unless it is there. Safe to call from many programs at once: one builds, the others wait.
 * throws  EnvironmentProblem when it cannot be built; nothing half-built is ever found
 */
export async function buildEnvironment(
  home: string,
  name: string,
  lock: string,
  onProgress: OnProgress,
): Promise<Environment> {
  if (!isLock(lock)) {
    throw new EnvironmentProblem(
      'requirements-malformed',
      `The lock of environment ${name} holds more than packages with versions and hashes. Lock its requirements again.`,
    );
  }
  const python = await findPython();
  const hash = environmentHash(lock, python);
  const ready = async () => {
    const found = await findEnvironment(home, hash);
    return found && { ...found, name };
  };
  const found = await ready();
  if (found) return found;

  openFolder(home);
  const wait = () => onProgress(`Another program is building the environment ${name}; waiting for it.`);
  return exclusively(home, hash, python.path, wait, async (hold) => {
    return (await ready()) ?? (await build({ home, name, lock, hash, python, hold, onProgress }));
  });
}
