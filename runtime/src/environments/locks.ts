/** Decides which lock an environment's name stands for right now, on this machine. */
import { environmentHash, findPython, shippedLock } from './index.ts';

/** Names of environments to the hashes of their locks on this machine. Python is looked for once, and again while it is missing. */
export function environmentLocks(): (name: string | undefined) => Promise<string | undefined> {
  let python: ReturnType<typeof findPython> | undefined;
  return async (name = 'default') => {
    try {
      python ??= findPython();
      return environmentHash(shippedLock(name), await python);
    } catch {
      python = undefined;
      return undefined;
    }
  };
}
