/** Decides what `npm start` shows, and how it ends: one sentence when it cannot go on, everything stopped when it is told to. */

import { issueSignInLink, linkFor, writeLinkFile } from '../auth/links.ts';
import { readConfig } from '../config.ts';
import { connect } from '../db/connection.ts';
import { giveBackAtRest } from '../rest.ts';
import { StartProblem } from '../startProblem.ts';
import { answerOptions } from './options.ts';
import { type Program, startProgram } from './program.ts';
import { showProgress } from './progress.ts';

const help = `npm start, or drawloom start

Starts the database, the server and a worker, and prints a sign-in link. Ctrl-C stops all of it. It takes no options; the
environment may set:

  PORT                  where the server listens (default 4400; 0 for any free port)
  HOST                  on which address (default 127.0.0.1: this machine only)
  DRAWLOOM_HOME         where data is kept (default .drawloom in the checkout)
  DATABASE_URL          a Postgres of your own instead of the embedded one
  DRAWLOOM_ADMIN_TOKEN  a preset token with all rights, 32 characters or more
  DRAWLOOM_HOSTS        further names under which this server is reached, separated by commas
  DRAWLOOM_ISOLATION    the weakest isolation of node code to accept: full (default), partial, none
`;

const screen = process.stdout;
answerOptions(help);

let program: Program | undefined;
let stopping: number | undefined;
const givenUp = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(signal));
// The launcher holds the other end: when it is gone, killed perhaps, nobody is left to tell us to stop.
process.on('disconnect', () => end('SIGTERM'));
process.channel?.unref();

try {
  const began = performance.now();
  program = await startProgram(readConfig(), showProgress(screen), { signal: givenUp.signal });
  program.lost.then((why) => {
    console.error(why);
    process.exitCode = 1;
    end('SIGTERM');
  });
  if (stopping === undefined) await welcome(program, performance.now() - began);
  giveBackAtRest();
} catch (problem) {
  if (givenUp.signal.aborted) process.exit(130);
  console.error(problem instanceof StartProblem ? problem.message : problem);
  process.exit(1);
}

/** Ctrl-C arrives once or several times, as terminal, npm and launcher pass it on; only one that comes later is impatience. */
async function end(signal: NodeJS.Signals): Promise<void> {
  if (stopping !== undefined) {
    if (Date.now() - stopping > 2_000 && signal === 'SIGINT') process.exit(130);
    return;
  }
  stopping = Date.now();
  screen.write('\nStopping; Ctrl-C again to stop at once\n');
  if (!program) return givenUp.abort();
  await program.stop();
  process.exit();
}

async function welcome({ url, config }: Program, tookMs: number): Promise<void> {
  const { db, close } = connect(config.databaseUrl, { max: 1, name: 'drawloom start' });
  const link = linkFor(url, await issueSignInLink(db).finally(close));
  await writeLinkFile(config.home, link);
  screen.write(`
Drawloom is ready at ${url} (${(tookMs / 1000).toFixed(1)} s)

  Sign in   ${link}
            works once, within a day; every start prints a new one
  Then      open the example pipeline and press Run
            or, in a second terminal: npx drawloom run examples/flights
  Data      ${config.home}
  Stop      Ctrl-C
`);
}
