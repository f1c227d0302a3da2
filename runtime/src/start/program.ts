/** Decides the order in which Drawloom comes up and goes down: what each part needs stands before it. */
import type { Config, ProgramConfig } from '../config.ts';
import { startServer } from '../server.ts';
import { addressProblem } from './address.ts';
import { withEnds } from './ends.ts';
import { prepare } from './prepare.ts';
import type { Progress } from './progress.ts';

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
 * throws  StartProblem with a sentence for the person
 */
export const startProgram = (config: Config, progress: Progress): Promise<Program> =>
  withEnds(async (ends) => {
    const prepared = await prepare(config, progress, ends, { withEditor: true });
    const { url } = await progress.step('starting the server', async () => {
      const server = await startServer(prepared.config).catch((problem) => {
        throw addressProblem(problem, config.host, config.port) ?? problem;
      });
      ends(() => server.stop());
      return { value: server, line: `Server listens at ${server.url}` };
    });
    prepared.home.publish(url);
    return { config: prepared.config, lost: prepared.lost, url };
  });
