/** Decides how server or worker live as a process of their own: begun by a supervisor, and ended with it. */
import { type ProgramConfig, readConfig } from '../config.ts';
import { giveBackAtRest } from '../rest.ts';
import { StartProblem } from '../startProblem.ts';
import { homeProblem } from './homeProblem.ts';
import { finish, spent } from './supervise.ts';

/** Longer than a worker gives to what it has at hand. A database that went with the supervisor is not waited for any longer. */
const orphanMs = 25_000;

/** A worker at rest has 120 to 130 MB resident. What is above this is heap that the C library cannot give back. */
const spentBytes = 192 * 2 ** 20;

interface Part {
  stop(): Promise<void>;
  /** Takes nothing new, and resolves when what it had is done. A part that has this can be replaced while it works. */
  finish?(): Promise<void>;
}

export async function runPart(start: (config: ProgramConfig) => Promise<Part>): Promise<void> {
  let ending = false;
  let running: Part | undefined;
  const end = async () => {
    if (ending) return;
    ending = true;
    await running?.stop();
    process.exit();
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  // Killed supervisors say nothing; the channel to them closes all the same. Nobody is left then who would end us by force.
  process.on('disconnect', () => {
    setTimeout(() => process.exit(1), orphanMs).unref();
    void end();
  });
  process.on('message', async (said) => {
    if (said !== finish) return;
    await running?.finish?.();
    await end();
  });
  process.channel?.unref();
  let home = '';
  try {
    const config = readConfig();
    home = config.home;
    if (!config.databaseUrl) {
      throw new StartProblem(
        'DATABASE_URL is not set: a worker of its own needs the database of its server. Use `npm start` to start all of it.',
      );
    }
    running = await start({ ...config, databaseUrl: config.databaseUrl });
    process.send?.('ready');
    giveBackAtRest({ spentBytes, onSpent: () => running?.finish && process.send?.(spent) });
  } catch (cause) {
    const problem = homeProblem(cause, home) ?? cause;
    console.error(problem instanceof StartProblem ? problem.message : problem);
    process.exit(1);
  }
}
