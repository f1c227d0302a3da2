/** Decides where the checkout is, and how the launcher tells that it cannot go on. Plain JavaScript: it runs on Node 18. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The message says what is wrong, where, and what to do now; no stack trace is shown. */
export class LaunchProblem extends Error {}

/** @param {string} version @param {number} major @param {number} minor */
export function atLeast(version, major, minor) {
  const [ours = 0, ourMinor = 0] = version.split('.').map(Number);
  return ours > major || (ours === major && ourMinor >= minor);
}
