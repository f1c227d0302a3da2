/** `drawloom items`: what a node that ran once per item went through, and how each item ended. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { NodeRunSummary } from '@drawloom/shared/api/runs.ts';
import { call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, wholeNumber, words } from './command.ts';
import { withServer } from './server.ts';
import { duration, table } from './table.ts';

const atOnce = 200;

export const items: Command = {
  name: 'items',
  summary: 'The items of a node that ran once per item',
  help: `drawloom items RUN NODE [--failed] [--limit N] [--after N] [--json]

  RUN                  The number of the run.
  NODE                 The id or the name of the node.
      --failed         Only those that failed.
      --limit N        So many at most; 1000 when absent.
      --after N        Those after item N.
      --json           Prints JSON.
${serverHelp.slice(serverHelp.indexOf('\n') + 2)}`,
  async run(args) {
    const options = {
      ...serverOptions,
      failed: { type: 'boolean' },
      limit: { type: 'string' },
      after: { type: 'string' },
      json: { type: 'boolean' },
    } as const;
    const { values, positionals } = parse(args, options);
    const [number, named] = words(positionals, 'RUN', 'NODE');
    const run = wholeNumber(number, 'RUN');
    const most = values.limit === undefined ? 1000 : wholeNumber(values.limit, '--limit');
    let after = values.after === undefined ? undefined : String(wholeNumber(values.after, '--after'));
    return withServer(async (connection) => {
      const { nodes } = await call(connection, routes.getRun, { params: { run } });
      const of = nodes.find((one) => one.node === named) ?? nodes.find((one) => one.name === named);
      const found: NodeRunSummary[] = [];
      for (;;) {
        const page = await call(connection, routes.listItems, {
          params: { run, node: of?.node ?? named },
          query: {
            limit: Math.min(atOnce, most - found.length),
            ...(after !== undefined && { after }),
            ...(values.failed && { status: 'failed' }),
          },
        });
        found.push(...page.items);
        after = page.next ?? undefined;
        if (after === undefined || found.length >= most) break;
      }
      if (values.json) process.stdout.write(`${JSON.stringify({ items: found, next: after ?? null })}\n`);
      else {
        process.stdout.write(`${table(['ITEM', 'NAME', 'STATE', 'TIME', 'WHAT THERE IS TO SAY'], found.map(rowOf))}\n`);
        if (after !== undefined) process.stdout.write(`There are more; go on with --after ${after}.\n`);
        else if (found.length === 0 && of && !of.items) process.stdout.write('The node did not run once per item.\n');
      }
      return 0;
    });
  },
};

const rowOf = ({
  mapIndex,
  itemName,
  status,
  startedAt,
  finishedAt,
  reusedFrom,
  message,
}: NodeRunSummary): string[] => [
  String(mapIndex),
  itemName ?? '',
  status,
  startedAt && finishedAt && !reusedFrom ? duration(Date.parse(finishedAt) - Date.parse(startedAt)) : '',
  reusedFrom ? `from run ${reusedFrom.run}` : (message ?? ''),
];
