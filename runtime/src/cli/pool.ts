/** `drawloom pool`: slots of something scarce that the node runs of a project share. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Pool } from '@drawloom/shared/api/pools.ts';
import { type Connection, call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, UsageProblem, wholeNumber, words } from './command.ts';
import { projectFor, withServer } from './server.ts';
import { table } from './table.ts';

export const pool: Command = {
  name: 'pool',
  summary: 'Slots that node runs share: list them, make, size and remove pools',
  help: `drawloom pool list [--json]
drawloom pool set NAME SLOTS
drawloom pool remove NAME

      --json           Prints JSON instead of a table, with who holds the slots.
${serverHelp}

A node names its pool in the inspector, or as "execution": {"pool": {"name": NAME, "slots": N}}. What holds slots beyond a
smaller size keeps them to its end.`,
  async run(args) {
    const { values, positionals } = parse(args, { ...serverOptions, json: { type: 'boolean' } });
    const [verb, ...rest] = positionals;
    const inProject = (work: (connection: Connection, project: string) => Promise<unknown>) =>
      withServer(async (connection) => {
        await work(connection, (await projectFor(connection, values.project)).id);
        return 0;
      });
    if (verb === 'list') {
      words(rest);
      return inProject(async (connection, project) => {
        const found = await call(connection, routes.listPools, { params: { project } });
        const head = ['name', 'slots', 'held', 'in line', 'held by'];
        process.stdout.write(`${values.json ? JSON.stringify(found) : table(head, found.pools.map(row))}\n`);
      });
    }
    if (verb === 'set') {
      const [name, slots] = words(rest, 'NAME', 'SLOTS');
      const size = wholeNumber(slots, 'SLOTS');
      return inProject((connection, project) =>
        call(connection, routes.setPool, { params: { project, pool: name }, body: { size } }),
      );
    }
    if (verb === 'remove') {
      const [name] = words(rest, 'NAME');
      return inProject((connection, project) =>
        call(connection, routes.removePool, { params: { project, pool: name } }),
      );
    }
    throw new UsageProblem('Say list, set or remove. See --help.');
  },
};

const row = ({ name, size, held, waiting, holders }: Pool): string[] => [
  name,
  String(size),
  String(held),
  String(waiting),
  holders.map((holder) => `${holder.name} of run ${holder.run}`).join(', '),
];
