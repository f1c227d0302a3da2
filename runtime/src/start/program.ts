/** Decides the order in which Drawloom comes up and goes down: what each part needs stands before it. */
import path from 'node:path';
import type { Config, ProgramConfig } from '../config.ts';
import { startServer } from '../server.ts';
import { addressProblem } from './address.ts';
import { withEnds } from './ends.ts';
import { homeProblem } from './homeProblem.ts';
import { prepare } from './prepare.ts';
import { type Progress, untilGivenUp } from './progress.ts';
import { supervise } from './supervise.ts';

export interface Program {
  url: string;
  config: ProgramConfig;
  /** Resolves when a part that cannot be brought back has gone: time to end the rest. Never, while all is well. */
  lost: Promise<string>;
  /** Ends everything in the opposite order. Can be called twice. */
  stop(): Promise<void>;
}

/**
 * Brings everything up: what it needs, then server and worker. The server lives in this process, the worker in its own, so
 * that node code which brings a worker down brings down nothing else.
 * signal  gives the start up: what has begun is ended, and the reason is thrown
 * throws  StartProblem with a sentence for the person
 */
export const startProgram = (
  config: Config,
  shown: Progress,
  { withEditor = true, signal }: { withEditor?: boolean; signal?: AbortSignal } = {},
): Promise<Program> =>
  withEnds(async (ends) => {
    const progress = untilGivenUp(shown, signal);
    const prepared = await prepare(config, progress, ends, { withEditor });
    // The worker's process loads and tries its sandbox while the server comes up in this one.
    const coming = supervise({
      file: path.join(import.meta.dirname, 'work.ts'),
      env: { ...process.env, DATABASE_URL: prepared.config.databaseUrl, DRAWLOOM_HOME: config.home },
      onLoss: (line) => progress.warn(line),
    });
    ends(() => coming.then((worker) => worker.stop()).catch(() => {})); // one that did not come was told already
    const { url } = await progress.step('starting the server', async () => {
      const server = await startServer(prepared.config).catch((problem) => {
        throw addressProblem(problem, config.host, config.port) ?? problem;
      });
      ends(() => server.stop());
      return { value: server, line: `Server listens at ${server.url}` };
    });
    await progress.step('starting the worker', async () => {
      const worker = await coming;
      return { value: worker, line: `Worker ready (process ${worker.pid()})` };
    });
    prepared.home.publish(url);
    return { config: prepared.config, lost: prepared.lost, url };
  }, signal).catch((problem) => {
    throw homeProblem(problem, config.home) ?? problem;
  });
