/** Decides the order in which Drawloom comes up and goes down: what each part needs stands before it. */
import type { Config, ProgramConfig } from '../config.ts';
import { type Ends, prepare } from './prepare.ts';
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
 * Brings everything up: what it needs, then server and worker.
 * throws  StartProblem with a sentence for the person
 */
export const startProgram = (config: Config, progress: Progress): Promise<Program> =>
  withEnds(async (ends) => {
    const prepared = await prepare(config, progress, ends, { withEditor: true });
    return { ...prepared, url: '' };
  });

/** Runs `work`; when it fails, what it began before is ended again. Its ends are put in order behind one `stop`. */
export async function withEnds<T>(work: (ends: Ends) => Promise<T>): Promise<T & { stop(): Promise<void> }> {
  const toEnd: (() => unknown)[] = [];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= endAll(toEnd);
    return stopped;
  };
  try {
    return { ...(await work((end) => toEnd.push(end))), stop };
  } catch (problem) {
    await stop();
    throw problem;
  }
}

async function endAll(toEnd: (() => unknown)[]): Promise<void> {
  for (const end of toEnd.reverse()) {
    try {
      await end();
    } catch (problem) {
      // One part that does not end well must not keep the others running.
      console.error(problem);
    }
  }
}
