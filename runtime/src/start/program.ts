/** Decides the order in which Drawloom comes up and goes down: what each part needs stands before it. */
import type { Config, ProgramConfig } from '../config.ts';
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
 * Brings everything up: what it needs, then server and worker.
 * throws  StartProblem with a sentence for the person
 */
export const startProgram = (config: Config, progress: Progress): Promise<Program> =>
  withEnds(async (ends) => {
    const prepared = await prepare(config, progress, ends, { withEditor: true });
    return { ...prepared, url: '' };
  });
