/**
 * Decides how the queue's jobs are carried out: wake-ups for the worker of this process, and the house's own small duties. Jobs are
 * never the truth: what a lost job would have done is found by looking, so each may be done twice, late, or by someone else.
 */
import { EventEmitter } from 'node:events';
import { Logger, makeWorkerUtils, type Runner, run, type TaskList, type WorkerEvents } from 'graphile-worker';
import pg from 'pg';

export interface JobsOptions {
  url: string;
  /** By the name of the task; each is called with the job's payload. */
  tasks: Record<string, (payload: unknown) => Promise<unknown>>;
  /** Lines of a crontab, UTC, for duties that have no other clock. */
  crontab?: string;
  onError?: (error: unknown, doing: string) => void;
}

export interface RunningJobs {
  stop(): Promise<void>;
}

/** Named once: with it, whoever holds the lock of a name is alive, and the lock goes with the connection, however that ends. */
const aliveLock = (pool: string) =>
  [`select pg_try_advisory_lock_shared(4400004, hashtext($1)) as held`, [pool]] as const;

/** Jobs of a dead process stay locked for four hours in the library's own hands; here for these seconds. */
const freeEveryMs = 5000;
/** How long the queue rests before it is begun anew. */
const againMs = 500;

export async function runJobs(options: JobsOptions): Promise<RunningJobs> {
  const { url, onError = () => {} } = options;
  const pool = new pg.Pool({ connectionString: url, max: 4, application_name: 'drawloom jobs' });
  pool.on('error', (error) => onError(error, 'holding connections of the queue'));
  pool.on('connect', (client) => client.on('error', (error) => onError(error, 'a connection of the queue')));
  let stopping = false;
  let life = await live(pool, options);
  const freeing = setInterval(() => {
    freeDead(pool).catch((error) => onError(error, 'freeing the jobs of dead processes'));
  }, freeEveryMs).unref();
  // The library gives up when the database stays away for longer than it likes. It is begun anew until it can go on.
  const lasting = (async () => {
    for (;;) {
      await life.ended;
      if (stopping) return;
      await life.stop();
      await new Promise((resolve) => setTimeout(resolve, againMs).unref());
      if (stopping) return;
      await live(pool, options).then(
        (next) => {
          life = next;
        },
        (error) => onError(error, 'beginning the queue anew'),
      );
    }
  })();
  return {
    async stop() {
      stopping = true;
      clearInterval(freeing);
      await life.stop();
      await Promise.race([lasting, new Promise((resolve) => setTimeout(resolve, againMs))]);
      await pool.end().catch(() => {});
    },
  };
}

interface Life {
  /** Resolves when the library takes no more jobs, asked or not. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/** One life of the library's runner, under a name of its own. */
async function live(pool: pg.Pool, { url, tasks, crontab, onError = () => {} }: JobsOptions): Promise<Life> {
  const events = new EventEmitter() as WorkerEvents;
  const named = new Promise<string>((resolve) =>
    events.once('pool:create', ({ workerPool }) => resolve(workerPool.id)),
  );
  const taskList: TaskList = Object.fromEntries(
    Object.entries(tasks).map(([name, work]) => [name, async (payload: unknown) => void (await work(payload))]),
  );
  const logger = new Logger(() => (level, message) => {
    if (level === 'error') onError(new Error(message), 'carrying out a job');
  });
  const runner: Runner = await run({
    pgPool: pool,
    taskList,
    events,
    logger,
    noHandleSignals: true,
    preset: {
      worker: {
        concurrentJobs: 4,
        pollInterval: 1000,
        // Without a delay, were it none, the end of a job is told by a promise that nobody holds: lost with the connection, it would
        // end the process.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
    ...(crontab !== undefined && { crontab }),
  });
  const alive = holdAlive(url, await named, onError);
  return {
    ended: runner.promise.catch((error) => onError(error, 'running the queue')),
    async stop() {
      await runner.stop().catch(() => {}); // it has stopped by itself
      await alive.stop();
    },
  };
}

/** Keeps a connection whose only purpose is a lock that says: the process of this name lives. */
function holdAlive(url: string, name: string, onError: NonNullable<JobsOptions['onError']>) {
  let stopped = false;
  let client: pg.Client | undefined;
  const hold = async (): Promise<void> => {
    while (!stopped) {
      client = new pg.Client({ connectionString: url, application_name: 'drawloom jobs, alive' });
      const ended = new Promise<void>((resolve) => client!.once('end', resolve));
      client.on('error', (error) => onError(error, 'saying that the queue’s process lives'));
      try {
        await client.connect();
        await client.query(...(aliveLock(name) as unknown as [string, unknown[]]));
        await ended;
      } catch (error) {
        onError(error, 'saying that the queue’s process lives');
      }
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, 500).unref());
    }
  };
  const holding = hold();
  return {
    async stop() {
      stopped = true;
      await client?.end().catch(() => {});
      await holding;
    },
  };
}

/** Frees the jobs of processes whose lock nobody holds any more. Returns the names of those processes. */
export async function freeDead(pool: pg.Pool): Promise<string[]> {
  const client = await pool.connect();
  let dead: string[];
  try {
    // A lock of an age below the interval may belong to a process that is just saying its name for the first time.
    const { rows } = await client.query<{ name: string }>(`
      select locked_by as name from graphile_worker._private_jobs where locked_by is not null
      group by 1 having min(locked_at) < now() - interval '3 seconds'`);
    dead = [];
    for (const { name } of rows) {
      const { rows: taken } = await client.query(`select pg_try_advisory_lock(4400004, hashtext($1)) as taken`, [name]);
      if (!taken[0].taken) continue;
      await client.query(`select pg_advisory_unlock(4400004, hashtext($1))`, [name]);
      dead.push(name);
    }
  } finally {
    client.release();
  }
  if (dead.length > 0) {
    const utils = await makeWorkerUtils({ pgPool: pool, logger: new Logger(() => () => {}) });
    await utils.forceUnlockWorkers(dead);
    await utils.release();
  }
  return dead;
}
