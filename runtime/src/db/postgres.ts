/** Decides where the database comes from when no `DATABASE_URL` is set: a Postgres of our own, kept under the home folder. */
import path from 'node:path';
import { StartProblem } from '../startProblem.ts';
import { startCluster } from './embedded/cluster.ts';
import { claimFolder } from './embedded/lock.ts';

export interface RunningPostgres {
  url: string;
  /** Resolves when Postgres has ended, asked or not. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts Postgres on `<home>/postgres`, making the data on the first start. It ends with this process, however that ends.
 * `fsync: false` is for tests: fast, and a power cut loses the data.
 */
export async function startPostgres({
  home,
  fsync = true,
}: {
  home: string;
  fsync?: boolean;
}): Promise<RunningPostgres> {
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
    const cluster = await startCluster(folder, { fsync });
    const stop = async () => {
      await cluster.stop();
      claim.release();
    };
    return { url: cluster.url, ended: cluster.ended, stop };
  } catch (cause) {
    claim.release();
    throw cause;
  }
}
