/** The worker as a program: takes work from the database, carries it out in the sandbox, and leaves without losing any of it. */
import { availableParallelism } from 'node:os';
import pino from 'pino';
import type { ProgramConfig } from './config.ts';
import { tellingOfLoss } from './db/away.ts';
import { connect, type Sql, type Tx } from './db/connection.ts';
import type { Executor, InputArtifact, Work } from './execute/executor.ts';
import { type LocalExecutor, startLocalExecutor } from './execute/index.ts';
import { isAtLeast, SandboxRefusedError } from './execute/sandbox/isolation.ts';
import { withCurrent } from './models/nodes/current.ts';
import { modelWork } from './models/nodes/index.ts';
import { catalog, fileParameters } from './nodes/catalog.ts';
import { loggingAttempts } from './observe/attemptLines.ts';
import { keepTelling, workerMeters } from './observe/workerMeters.ts';
import { Bell } from './queue/bell.ts';
import { runClock } from './queue/clock.ts';
import { dutiesOf } from './queue/duties.ts';
import { runJobs } from './queue/jobs.ts';
import { type RunningWorker, runWorker } from './queue/worker-loop.ts';
import { giveSecrets } from './secrets/give.ts';
import { StartProblem } from './startProblem.ts';
import { trackInside } from './tracking/inside/index.ts';
import { version } from './version.ts';
import { within } from './within.ts';

export interface RunningWorkerProgram {
  stop(): Promise<void>;
  /** Takes nothing new, and resolves when all that it had is done, however long that takes. A stop shortens it. */
  finish(): Promise<void>;
}

/** Attempts that run on are given this long at a stop; what is left then is handed back, for another worker to begin anew. */
const graceMs = 15_000;
/** As long as a timer can wait: an attempt that runs for weeks is not handed back for the sake of memory. */
const unboundedMs = 2 ** 31 - 1;

/** Resolves once it takes work. The database is there and migrated by then. */
export async function startWorker(config: ProgramConfig): Promise<RunningWorkerProgram> {
  const log = pino(
    { name: 'worker', level: process.env.DRAWLOOM_LOG ?? 'warn' },
    pino.destination({ fd: 2, sync: false }),
  );
  const capacity = Math.max(2, availableParallelism());
  const { db, sql, close } = connect(config.databaseUrl, { max: 6, name: 'drawloom worker' });
  const executor = await isolated(config, capacity, db, sql).catch(async (problem) => {
    await close();
    throw problem;
  });
  const onError = tellingOfLoss(sql, log);
  let worker: RunningWorker | undefined;
  try {
    const meters = workerMeters({ capacity, busy: () => worker?.busy ?? 0, parked: () => executor.parked });
    worker = await runWorker({
      sql,
      executor: meters.around(loggingAttempts(withFiles(withCurrent(executor, sql, executor.store), sql), log)),
      track: trackInside({ db, sql, store: executor.store, onError }),
      onTick: meters.ticked,
      capacity,
      tags: config.tags,
      version,
      onError,
    });
    await tellIsolation(sql, worker.id, executor, config);
    const telling = keepTelling(sql, worker.id, meters);
    const jobs = await runJobs({
      url: config.databaseUrl,
      ...dutiesOf({ sql, worker, store: executor.store }),
      onError,
    });
    const clock = runClock({ sql, bell: new Bell(sql), store: executor.store, onError });
    const held = worker;
    return {
      finish: () => held.stop(unboundedMs),
      async stop() {
        await clock.stop();
        await held.stop(graceMs);
        await telling.stop();
        await jobs.stop();
        // An interpreter that is still loading cannot be asked to stop; it ends with this process.
        await within(2000, executor.stop()).catch(() => {});
        await close();
      },
    };
  } catch (problem) {
    await executor.stop();
    await close();
    throw problem;
  }
}

async function isolated(config: ProgramConfig, capacity: number, db: Tx, sql: Sql): Promise<LocalExecutor> {
  try {
    return await startLocalExecutor({
      home: config.home,
      isolation: config.leastIsolation,
      capacity,
      secrets: (work) => giveSecrets(db, config.home, work),
      ownWork: modelWork(db, sql),
    });
  } catch (problem) {
    if (problem instanceof SandboxRefusedError) throw new StartProblem(problem.message, { cause: problem });
    throw problem;
  }
}

async function tellIsolation(sql: Sql, id: string, { isolation }: LocalExecutor, config: ProgramConfig): Promise<void> {
  const { level, missing } = isolation;
  const told = { level, missing, accepted: isAtLeast(level, config.leastIsolation) };
  await sql`update drawloom.worker set isolation = ${JSON.stringify(told)}::text::jsonb where id = ${id}`;
}

/**
 * Hands in what a node reads from outside the pipeline as one more input, at the port that goes with its file parameter, and
 * writes the reading down: lineage begins at the file.
 */
function withFiles(executor: Executor, sql: Sql): Executor {
  return {
    async execute(work, context) {
      const input = work.outside ? await fileInput(sql, work, work.outside) : null;
      return executor.execute(input ? { ...work, inputs: [...work.inputs, input] } : work, context);
    },
  };
}

async function fileInput(sql: Sql, work: Work, sha256: string): Promise<InputArtifact | null> {
  const type = catalog.get(work.type);
  const port = type && fileParameters(type)[0];
  if (!port) return null;
  const [row] = await sql<{ size: string }[]>`
    with file as (
      select id, size_bytes from drawloom.artifact
      where project_id = ${work.project} and sha256 = ${sha256} and kind = 'file'
    ), told as (
      insert into drawloom.artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id)
      select ${work.run}::bigint, ${work.node}::int, ${work.mapIndex}::int, ${work.attempt}::int, 'in', ${port}::text, 0, id
      from file on conflict do nothing
    )
    select size_bytes as size from file`;
  if (!row) return null;
  return {
    port,
    position: 0,
    kind: 'file',
    sha256,
    mediaType: 'application/octet-stream',
    sizeBytes: Number(row.size),
    columns: null,
    rowCount: null,
  };
}
