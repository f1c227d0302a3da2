/** `drawloom why`: what a node of a run waits for, or why it did not succeed and what to do now. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Failure } from '@drawloom/shared/run/failure/explain.ts';
import { isFinal } from '@drawloom/shared/run/status.ts';
import { call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, wholeNumber, words } from './command.ts';
import { withServer } from './server.ts';
import { plain } from './table.ts';

export const why: Command = {
  name: 'why',
  summary: 'Why a node of a run does not run yet, or failed',
  help: `drawloom why RUN NODE [--item N] [--json]

  RUN                  The number of the run.
  NODE                 The id or the name of the node.
      --item N         Of a map: its item, from 1.
      --json           Prints JSON.
${serverHelp.slice(serverHelp.indexOf('\n') + 2)}`,
  async run(args) {
    const options = { ...serverOptions, item: { type: 'string' }, json: { type: 'boolean' } } as const;
    const { values, positionals } = parse(args, options);
    const [number, named] = words(positionals, 'RUN', 'NODE');
    const run = wholeNumber(number, 'RUN');
    const mapIndex = values.item === undefined ? 0 : wholeNumber(values.item, '--item');
    return withServer(async (connection) => {
      const { nodes } = await call(connection, routes.getRun, { params: { run } });
      const node = (nodes.find((one) => one.node === named) ?? nodes.find((one) => one.name === named))?.node ?? named;
      const query = { mapIndex };
      const found = await call(connection, routes.whyNodeRun, { params: { run, node }, query });
      const { failure, message } = await call(connection, routes.getNodeRun, { params: { run, node }, query });
      const told = [
        `It is ${found.status}.`,
        ...found.waits.map((wait) => wait.message),
        ...(failure ? tellFailure(failure, isFinal(found.status) ? message : null) : []),
      ];
      process.stdout.write(
        values.json ? `${JSON.stringify({ ...found, failure })}\n` : told.map((line) => `${plain(line)}\n`).join(''),
      );
      return 0;
    });
  },
};

const tellFailure = ({ summary, evidence, steps }: Failure, message: string | null): string[] => [
  summary,
  ...(message && message !== summary ? [message] : []),
  ...(evidence.length > 0 ? ['What shows it:', ...evidence.map(({ text }) => `  - ${text}`)] : []),
  ...(steps.length > 0 ? ['What to do now:', ...steps.map(({ text }) => `  - ${text}`)] : []),
];
