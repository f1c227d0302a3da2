/** Decides what `npm run dev` runs: everything of `npm start`, with server, worker and editor each following their sources. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { issueSignInLink, linkFor } from '../auth/links.ts';
import { checkout } from '../checkout.ts';
import { readConfig } from '../config.ts';
import { connect } from '../db/connection.ts';
import { StartProblem } from '../startProblem.ts';
import { checkAddress, originOf } from './address.ts';
import { withEnds } from './ends.ts';
import { homeProblem } from './homeProblem.ts';
import { answerOptions } from './options.ts';
import { prepare } from './prepare.ts';
import { showProgress } from './progress.ts';

const help = `npm run dev, or drawloom dev

Starts what npm start starts, with server, worker and editor each following their sources, and prints a sign-in link. Ctrl-C stops
all of it. It takes no options; the environment may set what it may for npm start (see drawloom start --help), of which

  PORT                  where the server listens (default 4400); the editor follows at the next port
`;
answerOptions(help);

let stopping = false;
let stop = async () => {};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
process.on('disconnect', end);
process.channel?.unref();

try {
  const given = readConfig();
  const editorPort = given.port + 1;
  const development = await withEnds(async (ends) => {
    await checkAddress(given.host, editorPort);
    const prepared = await prepare(given, showProgress(process.stdout), ends, { withEditor: false });
    const { databaseUrl, home } = prepared.config;
    const origin = originOf(given.host, given.port);
    const env = {
      ...process.env,
      DATABASE_URL: databaseUrl,
      DRAWLOOM_HOME: home,
      DRAWLOOM_URL: origin,
      EDITOR_PORT: String(editorPort),
    };
    const watched = [
      '--import',
      import.meta.resolve('../../bin/quickResolve.mjs'),
      '--watch',
      '--watch-preserve-output',
    ];
    for (const part of ['serve.ts', 'work.ts'])
      ends(run([...watched, path.join(import.meta.dirname, part)], env, checkout));
    const vite = path.join(checkout, 'node_modules/vite/bin/vite.js');
    ends(
      run([vite, '--host', given.host, '--strictPort', '--clearScreen', 'false'], env, path.join(checkout, 'editor')),
    );
    await untilAnswered(`${origin}/healthz`);
    prepared.home.publish(origin);
    return prepared;
  }).catch((problem) => {
    throw homeProblem(problem, given.home) ?? problem;
  });
  stop = development.stop;
  const { db, close } = connect(development.config.databaseUrl, { max: 1, name: 'drawloom dev' });
  const link = linkFor(originOf(given.host, editorPort), await issueSignInLink(db).finally(close));
  console.log(`\nServer, worker and editor follow their sources.\n\n  Sign in   ${link}\n  Stop      Ctrl-C\n`);
} catch (problem) {
  console.error(problem instanceof StartProblem ? problem.message : problem);
  process.exit(1);
}

/** A link that leads nowhere yet would be tried at once. A server that does not come says so itself, on the same screen. */
async function untilAnswered(url: string): Promise<void> {
  while (!stopping && !(await fetch(url).catch(() => undefined))) await pause(200);
}

async function end(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await stop();
  process.exit();
}

/** Starts a Node program beside us; answers how to end it. */
function run(args: string[], env: NodeJS.ProcessEnv, cwd: string): () => Promise<void> {
  const child: ChildProcess = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
}
