/** Decides where environments lie in a home, and who may read them. */
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { EnvironmentProblem } from './problem.ts';

export const environmentsFolder = (home: string): string => path.join(path.resolve(home), 'environments');

/** Written last into an environment: a folder without it is one that somebody began and did not finish. */
export const finishedNote = 'environment.json';

/** Readable for the sandbox's user, whatever the mask we were started with. */
export function openFolder(home: string): void {
  const folder = environmentsFolder(home);
  try {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
  } catch (cause) {
    throw new EnvironmentProblem(
      'folder-unfit',
      `${folder} cannot be made or written to. Give this user the right to write there, or choose another folder with DRAWLOOM_HOME.`,
      String(cause),
    );
  }
}
