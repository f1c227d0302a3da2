/** `drawloom cancel`, `pause` and `resume`: what becomes of a run that is under way. */
import { routes } from '@drawloom/shared/api/index.ts';
import { call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, wholeNumber, words } from './command.ts';
import { withServer } from './server.ts';

type Control = typeof routes.cancelRun | typeof routes.pauseRun | typeof routes.resumeRun;

const control = (name: string, summary: string, route: Control, more: string): Command => ({
  name,
  summary,
  help: `drawloom ${name} RUN

  RUN                  The number of the run.
${serverHelp.slice(serverHelp.indexOf('\n') + 2)}

${more}`,
  async run(args) {
    const { positionals } = parse(args, serverOptions);
    const [number] = words(positionals, 'RUN');
    const run = wholeNumber(number, 'RUN');
    return withServer(async (connection) => {
      const { status, pausedAt } = await call(connection, route, { params: { run } });
      process.stdout.write(`Run ${run} is ${pausedAt ? 'paused' : status}\n`);
      return 0;
    });
  },
});

export const cancel = control(
  'cancel',
  'Stop a run',
  routes.cancelRun,
  'What does not run yet is cancelled at once; the run is cancelled once every process is gone. Finally-nodes still run; a second\ncancel stops them as well.',
);
export const pause = control(
  'pause',
  'Let nothing new of a run begin',
  routes.pauseRun,
  'What runs goes on to its end. The time until `drawloom resume` counts for none of the limits of the run.',
);
export const resume = control('resume', 'Let a paused run go on', routes.resumeRun, 'What was put aside begins again.');
