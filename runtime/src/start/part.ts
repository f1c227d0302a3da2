/** Decides how server or worker live as a process of their own: begun by a supervisor, and ended with it. */
import { type ProgramConfig, readConfig } from '../config.ts';
import { giveBackAtRest } from '../rest.ts';
import { StartProblem } from '../startProblem.ts';

export async function runPart(start: (config: ProgramConfig) => Promise<{ stop(): Promise<void> }>): Promise<void> {
  let ending = false;
  let running: { stop(): Promise<void> } | undefined;
  const end = async () => {
    if (ending) return;
    ending = true;
    await running?.stop();
    process.exit();
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  // Killed supervisors say nothing; the channel to them closes all the same.
  process.on('disconnect', end);
  process.channel?.unref();
  try {
    const config = readConfig();
    if (!config.databaseUrl) {
      throw new StartProblem(
        'DATABASE_URL is not set: a worker of its own needs the database of its server. Use `npm start` to start all of it.',
      );
    }
    running = await start({ ...config, databaseUrl: config.databaseUrl });
    process.send?.('ready');
    giveBackAtRest();
  } catch (problem) {
    console.error(problem instanceof StartProblem ? problem.message : problem);
    process.exit(1);
  }
}
