/** Decides which program owns a home folder, and how others find it there. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Claim, claimFolder } from '../db/embedded/lock.ts';
import { StartProblem } from '../startProblem.ts';

export interface OwnedHome {
  /** Tells other programs of this machine where the server of this home answers. */
  publish(url: string): void;
  release(): void;
}

const programFolder = (home: string) => path.join(home, 'program');
const addressFile = (home: string) => path.join(programFolder(home), 'address');

export function ownHome(home: string): OwnedHome {
  try {
    makeFolders(home);
    accessSync(home, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new StartProblem(
      `The home folder ${home} cannot be made or written to (${why}). ` +
        'Give this user the right to write there, or choose another folder with DRAWLOOM_HOME.',
    );
  }
  const claim = claimFolder(programFolder(home));
  if ('heldBy' in claim) {
    const url = readAddress(home);
    const who = [claim.heldBy && `process ${claim.heldBy}`, url && `at ${url}`].filter(Boolean).join(', ');
    const state = url ? 'already runs' : 'is being started or stopped';
    throw new StartProblem(
      `Drawloom ${state} on ${home}${who && ` (${who})`}. ` +
        `${url ? 'Use that one' : 'Wait for that one'}, end it, or give this one a folder of its own with DRAWLOOM_HOME.`,
    );
  }
  return owned(home, claim);
}

/** Step by step: Node's own way of making all of them never ends below a folder that answers "not there", as /proc does. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(path.dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause; // another start may be as far
  }
}

/** Where the living server of this home answers; undefined when none runs. */
export function runningServer(home: string): string | undefined {
  const url = readAddress(home);
  if (!url) return undefined;
  const claim = claimFolder(programFolder(home));
  if ('heldBy' in claim) return url;
  claim.release();
  return undefined;
}

function owned(home: string, claim: Claim): OwnedHome {
  rmSync(addressFile(home), { force: true });
  return {
    publish(url) {
      const half = `${addressFile(home)}.new`;
      writeFileSync(half, `${url}\n`, { mode: 0o600 });
      renameSync(half, addressFile(home));
    },
    release() {
      rmSync(addressFile(home), { force: true });
      claim.release();
    },
  };
}

function readAddress(home: string): string | undefined {
  try {
    return readFileSync(addressFile(home), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
