/** The command line client: finds the command, tells problems in a sentence, and ends with the code that the contract promises. */
import { reproduce, rerun } from './cli/again.ts';
import { approvals } from './cli/approvals.ts';
import { backfill } from './cli/backfill.ts';
import { ServerProblem, UnreachableProblem } from './cli/client.ts';
import { type Command, UsageProblem } from './cli/command.ts';
import { compare } from './cli/compare.ts';
import { cancel, pause, resume } from './cli/control.ts';
import { exportCommand, importCommand, validate } from './cli/documents.ts';
import { items } from './cli/items.ts';
import { lineage } from './cli/lineage.ts';
import { models } from './cli/models.ts';
import { notify } from './cli/notify.ts';
import { pool } from './cli/pool.ts';
import { tellProblem } from './cli/problems.ts';
import { resources } from './cli/resources.ts';
import { artifacts, logs } from './cli/results.ts';
import { pin, retention, unpin } from './cli/retention.ts';
import { run } from './cli/run.ts';
import { token } from './cli/token.ts';
import { triggers } from './cli/triggers.ts';
import { why } from './cli/why.ts';
import { StartProblem } from './startProblem.ts';
import { version } from './version.ts';

const commands: readonly Command[] = [
  run,
  rerun,
  reproduce,
  compare,
  cancel,
  pause,
  resume,
  why,
  items,
  resources,
  approvals,
  validate,
  exportCommand,
  importCommand,
  logs,
  artifacts,
  lineage,
  models,
  triggers,
  backfill,
  notify,
  pool,
  retention,
  pin,
  unpin,
  token,
];

const overview = `drawloom ${version}: draw machine-learning pipelines as graphs, and run them

  start                Start server, worker and database, and print a sign-in link
  worker               Start one more worker for a server that runs elsewhere
${commands.map(({ name, summary }) => `  ${name.padEnd(20)} ${summary}`).join('\n')}

drawloom COMMAND --help tells more.
Environment: DRAWLOOM_URL and DRAWLOOM_TOKEN name a server, DRAWLOOM_HOME the home folder of one on this machine.
`;

async function main([name, ...args]: string[]): Promise<number> {
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const asked = name === 'help' ? args[0] : name;
  if (asked === undefined || asked === '--help' || asked === '-h') {
    process.stdout.write(overview);
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((one) => one.name === asked);
  if (!command) {
    process.stderr.write(`There is no command "${asked}".\n\n${overview}`);
    return 2;
  }
  if (name === 'help' || args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${command.help}\n`);
    return 0;
  }
  try {
    return await command.run(args);
  } catch (problem) {
    if (problem instanceof ServerProblem) process.stderr.write(`${tellProblem(problem.body)}\n`);
    else if ((problem as NodeJS.ErrnoException).code === 'EPIPE') return 0;
    else if (isTold(problem)) process.stderr.write(`${problem.message}\n`);
    else throw problem;
    return 2;
  }
}

const isTold = (problem: unknown): problem is Error =>
  problem instanceof UsageProblem || problem instanceof StartProblem || problem instanceof UnreachableProblem;

// Whoever reads along, `head` for one, may have enough before we end: what is left to say is for nobody, and no mistake.
process.stdout.on('error', (problem: NodeJS.ErrnoException) => {
  if (problem.code !== 'EPIPE') throw problem;
});
process.exitCode = await main(process.argv.slice(2));
