/** Decides what `drawloom worker` is: one more worker for a server that runs elsewhere, at its database and in its home. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type ProgramConfig, readConfig } from '../config.ts';
import { NewerSchemaError, OlderSchemaError, requireSchema } from '../db/migrate.ts';
import { EnvironmentProblem, prepareEnvironment } from '../environments/index.ts';
import { giveBackAtRest } from '../rest.ts';
import { StartProblem } from '../startProblem.ts';
import { type RunningWorkerProgram, startWorker } from '../worker.ts';
import { reachDatabase } from './database.ts';
import { answerOptions } from './options.ts';
import { type Progress, showProgress } from './progress.ts';

const help = `drawloom worker

Takes work from the database of a server that runs elsewhere. SIGTERM or Ctrl-C lets it finish what it has, for 15 seconds, and hand
the rest back. It takes no options; the environment sets:

  DATABASE_URL          the Postgres of the server (needed)
  DRAWLOOM_HOME         the home folder of the server, shared over the network where that is another machine
  DRAWLOOM_TAGS         what this worker has that others do not, separated by commas: gpu, memory-64g
  DRAWLOOM_ISOLATION    the weakest isolation of node code to accept: full (default), partial, none
`;

answerOptions(help);

let worker: RunningWorkerProgram | undefined;
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());
// The launcher holds the other end: when it is gone, killed perhaps, nobody is left to tell us to stop.
process.on('disconnect', () => void end());
process.channel?.unref();

try {
  worker = await join(showProgress(process.stdout));
  if (!stopping) giveBackAtRest();
} catch (problem) {
  console.error(problem instanceof StartProblem ? problem.message : problem);
  process.exit(1);
}

async function join(progress: Progress): Promise<RunningWorkerProgram> {
  const config = readConfig();
  if (!config.databaseUrl)
    throw new StartProblem(
      'DATABASE_URL is not set: a worker of its own needs the database of its server. Use `npm start` to start all of it.',
    );
  const { databaseUrl } = config;
  await progress.step('reaching the database', async () => {
    const version = await reachDatabase(databaseUrl);
    await requireSchema(databaseUrl).catch((problem) => {
      if (problem instanceof NewerSchemaError || problem instanceof OlderSchemaError)
        throw new StartProblem(problem.message, { cause: problem });
      throw problem;
    });
    return { value: version, line: `Database reached (Postgres ${version} at ${new URL(databaseUrl).hostname})` };
  });
  if (!existsSync(path.join(config.home, 'artifacts')))
    throw new StartProblem(
      `${config.home} is not the home folder of a server: there are no artifacts in it. Set DRAWLOOM_HOME to the folder that the server has, shared over the network where it is on another machine.`,
    );
  await environment(config, progress);
  return progress.step('starting the worker', async () => {
    const program: ProgramConfig = { ...config, databaseUrl };
    const tags = config.tags.length > 0 ? `, has ${config.tags.join(', ')}` : '';
    return { value: await startWorker(program), line: `Worker ready (process ${process.pid}${tags})` };
  });
}

/** Only Python nodes need it. */
async function environment({ home }: { home: string }, progress: Progress): Promise<void> {
  try {
    await progress.step('looking at the Python environment', async (tell) => {
      const made = await prepareEnvironment(home, 'default', tell);
      return { value: made, line: `Python environment ready (${made.packages.length} packages)` };
    });
  } catch (problem) {
    if (!(problem instanceof EnvironmentProblem)) throw problem;
    progress.warn(`Python nodes cannot run here yet. ${problem.message}`);
  }
}

async function end(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await worker?.stop();
  process.exit();
}
