/** `drawloom why`: what a node of a run waits for. */
import { routes } from '@drawloom/shared/api/index.ts';
import { call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, wholeNumber, words } from './command.ts';
import { withServer } from './server.ts';

export const why: Command = {
  name: 'why',
  summary: 'Why a node of a run does not run yet',
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
      const found = await call(connection, routes.whyNodeRun, { params: { run, node }, query: { mapIndex } });
      const told = found.waits.map(({ message }) => message);
      process.stdout.write(
        values.json
          ? `${JSON.stringify(found)}\n`
          : `${[`It is ${found.status}.`, ...told].map((line) => `${line}\n`).join('')}`,
      );
      return 0;
    });
  },
};
