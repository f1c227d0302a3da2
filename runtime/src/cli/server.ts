/** Decides which server a command talks to: the one that is named, the one that runs here, or one brought up for its length. */
import { constants } from 'node:os';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Project } from '@drawloom/shared/api/people.ts';
import { readLocalToken } from '../auth/localToken.ts';
import { type Config, readConfig } from '../config.ts';
import { runningServer } from '../start/home.ts';
import type { Program } from '../start/program.ts';
import { silent } from '../start/progress.ts';
import { type Connection, call } from './client.ts';
import { UsageProblem } from './command.ts';

/** Runs `work` against a server, and ends that server afterwards if it was brought up for it. */
export async function withServer<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
  const config = readConfig();
  if (config.serverUrl !== undefined) {
    if (config.token === undefined)
      throw new UsageProblem(
        'DRAWLOOM_URL is set and DRAWLOOM_TOKEN is not. Make a token in the settings, and set it.',
      );
    return work({ url: config.serverUrl, token: config.token });
  }
  const running = runningServer(config.home);
  if (running !== undefined) return work(await connectionHere(running, config));
  return withOwnServer(config, work);
}

/** The server of this home, which may be started anew while we ask. */
async function connectionHere(url: string, { home, token }: Config): Promise<Connection> {
  const connection: Connection = {
    url,
    token: token ?? (await readLocalToken(home)),
    async renew() {
      connection.url = runningServer(home) ?? connection.url;
      if (token === undefined) connection.token = await readLocalToken(home);
    },
  };
  return connection;
}

/** A server for the length of a command. However the command is ended, its server ends in good order before it. */
async function withOwnServer<T>(config: Config, work: (connection: Connection) => Promise<T>): Promise<T> {
  const { startProgram } = await import('../start/program.ts');
  process.stderr.write('No server runs here; bringing one up for this command\n');
  const givenUp = new AbortController();
  let program: Program | undefined;
  let told: NodeJS.Signals | undefined;
  const end = async (signal: NodeJS.Signals) => {
    // Once the command is at work, Ctrl-C is for it to hear: it cancels its run first.
    if (told || (signal === 'SIGINT' && program && process.listenerCount('SIGINT') > 1)) return;
    told = signal;
    process.stderr.write('Stopping the server of this command\n');
    if (!program) return givenUp.abort();
    await program.stop();
    process.exit(exitAfter(signal));
  };
  for (const signal of signals) process.on(signal, end);
  try {
    program = await startProgram({ ...config, host: '127.0.0.1', port: 0 }, silent, {
      withEditor: false,
      signal: givenUp.signal,
    });
    return await work({ url: program.url, token: await readLocalToken(config.home) });
  } catch (problem) {
    if (told && !program) process.exit(exitAfter(told));
    throw problem;
  } finally {
    await program?.stop();
    for (const signal of signals) process.off(signal, end);
  }
}

const exitAfter = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The project that was named, or the only one. */
export async function projectFor(connection: Connection, named: string | undefined): Promise<Project> {
  const { projects } = await call(connection, routes.getSession);
  if (named !== undefined) {
    const found = projects.find((project) => project.id === named || project.name === named);
    if (!found) throw new UsageProblem(`There is no project ${named} that you may see.`);
    return found;
  }
  if (projects.length === 1) return projects[0]!;
  throw new UsageProblem(
    projects.length === 0
      ? 'There is no project that you may see. Ask whoever manages one for a role in it.'
      : `There are several projects: ${projects.map((project) => project.id).join(', ')}. Name one with --project.`,
  );
}

/** The pipeline of that name or id. */
export async function pipelineNamed(
  connection: Connection,
  project: Project,
  name: string,
): Promise<{ id: string; name: string } | undefined> {
  const { pipelines } = await call(connection, routes.listPipelines, { params: { project: project.id } });
  return pipelines.find((pipeline) => pipeline.id === name) ?? pipelines.find((pipeline) => pipeline.name === name);
}
