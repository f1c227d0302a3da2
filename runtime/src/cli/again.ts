/** `drawloom rerun` and `reproduce`: an earlier run once more, to go on or to see whether the same comes of it. */

import type { Reproduction } from '@drawloom/shared/api/comparison.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import { call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, UsageProblem, wholeNumber, words } from './command.ts';
import { madeRows } from './compare.ts';
import { parametersIn, typed } from './parameters.ts';
import { scopeIn } from './run.ts';
import { withServer } from './server.ts';
import { plain, table } from './table.ts';
import { seeThrough } from './watch.ts';

const help = serverHelp.slice(serverHelp.indexOf('\n') + 2);

export const rerun: Command = {
  name: 'rerun',
  summary: 'Run again what failed, everything, or a node and what follows it',
  help: `drawloom rerun RUN [--all | --from NODE…] [--version latest|NUMBER] [--param NAME=VALUE]… [--json]

  RUN                  The number of the run. Without more, what failed and what follows it runs again.
      --all            Every node, reusing nothing.
      --from NODE      This node, by its id or name, and what follows it; may be given several times. What went well besides is taken over.
      --version V      Another version of the pipeline: "latest" is the drawing as it is saved now.
      --param N=V      In place of the parameter of the run; may be given several times.
      --json           Prints JSON, as \`drawloom run\` does.
${help}

With the same version and parameters, the run goes by what is on record: the data, code and environments of then. With others it is
planned anew, on the data and environments of today.
Exit code 0: all went well; 1: the run failed or was cancelled; 2: the call was wrong.`,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...serverOptions,
      all: { type: 'boolean' },
      from: { type: 'string', multiple: true },
      version: { type: 'string' },
      param: { type: 'string', multiple: true },
      json: { type: 'boolean' },
    });
    const [number] = words(positionals, 'RUN');
    const run = wholeNumber(number, 'RUN');
    if (values.all && values.from) throw new UsageProblem('--all does every node; leave it out, or --from.');
    const given = parametersIn(values.param ?? []);
    const version =
      values.version === undefined || values.version === 'latest'
        ? values.version
        : wholeNumber(values.version, '--version');
    return withServer(async (connection) => {
      const old = await call(connection, routes.getRun, { params: { run } });
      const scope = scopeIn(undefined, values.from, old.document);
      const { run: started } = await call(connection, routes.rerunRun, {
        params: { run },
        body: {
          only: values.all ? 'all' : 'failed',
          version: version ?? 'same',
          ...(scope?.from && { from: scope.from }),
          ...(given.size > 0 && { parameters: typed(given, old.document) }),
        },
      });
      return (await seeThrough(connection, started, values.json)).status === 'succeeded' ? 0 : 1;
    });
  },
};

export const reproduce: Command = {
  name: 'reproduce',
  summary: 'Do a run again as it was, and say of every artifact whether it came out the same',
  help: `drawloom reproduce RUN [--json]

  RUN                  The number of the run.
      --json           Prints JSON: a verdict for the whole, each artifact and each number.
${help}

Everything is done again, from the recorded data, code, parameters, environments and seeds, and nothing is reused.
Exit code 0: all of it is identical; 1: something differs, or the run failed; 2: the call was wrong.`,
  async run(args) {
    const { values, positionals } = parse(args, { ...serverOptions, json: { type: 'boolean' } });
    const [number] = words(positionals, 'RUN');
    const run = wholeNumber(number, 'RUN');
    return withServer(async (connection) => {
      const { run: started } = await call(connection, routes.reproduceRun, { params: { run }, body: {} });
      await seeThrough(connection, started, undefined, process.stderr);
      const told = await call(connection, routes.getReproduction, { params: { run: started.id } });
      process.stdout.write(values.json ? `${JSON.stringify(told)}\n` : verdict(told));
      return told.verdict === 'identical' ? 0 : 1;
    });
  },
};

function verdict(told: Reproduction): string {
  const { of, run } = told;
  const sentence = {
    identical: `Run ${run} came to the same as run ${of}: every artifact and every number.`,
    different: `Run ${run} did not come to the same as run ${of}.`,
    failed: `Run ${run} did not end well, so that not everything of run ${of} was made again.`,
    pending: `Run ${run} is not over yet.`,
    forgotten: `Run ${of} was forgotten meanwhile, and there is nothing to compare with.`,
  }[told.verdict];
  return plain(`${table(['node', 'what', 'verdict', 'difference'], madeRows(told))}\n${sentence}\n`);
}
