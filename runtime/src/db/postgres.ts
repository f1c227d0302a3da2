/** Decides where the database comes from when no `DATABASE_URL` is set: a Postgres of our own, kept under the home folder. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { StartProblem } from '../startProblem.ts';
import { startCluster } from './embedded/cluster.ts';
import { claimFolder } from './embedded/lock.ts';

export interface RunningPostgres {
  url: string;
  /** Resolves when Postgres has ended for good, asked or not. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

interface Settings {
  home: string;
  fsync?: boolean;
  /** Told when Postgres ended without being asked to, and that it is started again; without it, it stays down. */
  onLoss?: (line: string) => void;
}

/**
 * Starts Postgres on `<home>/postgres`, making the data on the first start. It ends with this process, however that ends.
 * `fsync: false` is for tests: fast, and a power cut loses the data.
 */
export async function startPostgres({ home, fsync = true, onLoss }: Settings): Promise<RunningPostgres> {
  const folder = path.resolve(home, 'postgres');
  const claim = claimFolder(folder);
  if ('heldBy' in claim) {
    const who = claim.heldBy ? `process ${claim.heldBy}` : 'another process';
    throw new StartProblem(
      `The database in ${folder} is already in use by ${who}. ` +
        'Use the Drawloom that runs, end it, or give this one a folder of its own with DRAWLOOM_HOME.',
    );
  }
  try {
    let cluster = await startCluster(folder, { fsync });
    const { url } = cluster;
    let stopping = false;
    const keepUp = async () => {
      for (let began = Date.now(); ; began = Date.now()) {
        await cluster.ended;
        if (stopping || !onLoss) return;
        onLoss('The embedded Postgres ended unasked; it is started again.');
        if (Date.now() - began < 10_000) await pause(2_000); // what ends it may need a moment to pass
        // Everybody holds the address, so it has to come up on the same port.
        cluster = await startCluster(folder, { fsync, port: Number(new URL(url).port) });
        if (stopping) await cluster.stop();
      }
    };
    const ended = keepUp().catch((problem: Error) => onLoss?.(problem.message));
    const stop = async () => {
      stopping = true;
      await cluster.stop();
      await ended;
      claim.release();
    };
    return { url, ended, stop };
  } catch (cause) {
    claim.release();
    throw cause;
  }
}

/** Whether the database at `url` is the one that is kept under this home: nobody else has its password. */
export function isOurs(home: string, url: string): boolean {
  try {
    const password = readFileSync(path.join(home, 'postgres', 'password'), 'utf8').trim();
    return password !== '' && new URL(url).password === password;
  } catch {
    return false;
  }
}
