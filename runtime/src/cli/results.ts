/** `drawloom logs` and `artifacts`: what a run wrote and made. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Run } from '@drawloom/shared/api/runs.ts';
import { isFinal } from '@drawloom/shared/run/status.ts';
import { type Connection, call, follow } from './client.ts';
import { type Command, cannotWrite, parse, serverHelp, UsageProblem, wholeNumber, words } from './command.ts';
import { withServer } from './server.ts';
import { size, table } from './table.ts';

export const logs: Command = {
  name: 'logs',
  summary: 'Print what a node of a run wrote',
  help: `drawloom logs RUN NODE [--attempt NUMBER] [--follow]

  RUN                  The number of the run.
  NODE                 The id or name of the node.
      --attempt N      An earlier attempt; without it, the last one.
  -f, --follow         Goes on until the node is done.
${serverHelp.slice(serverHelp.indexOf('\n') + 2)}`,
  async run(args) {
    const { values, positionals } = parse(args, {
      attempt: { type: 'string' },
      follow: { type: 'boolean', short: 'f' },
    });
    const [number, name] = words(positionals, 'RUN', 'NODE');
    const run = wholeNumber(number, 'RUN');
    const attempt = values.attempt === undefined ? undefined : wholeNumber(values.attempt, '--attempt');
    return withServer(async (connection) => {
      const facts = await call(connection, routes.getRun, { params: { run } });
      const node = nodeNamed(facts, name);
      let at = 0;
      const print = async () => {
        for (;;) {
          const response = await call(connection, routes.getLog, {
            params: { run, node: node.node },
            query: { from: at, attempt },
          });
          await pipe(Readable.fromWeb(response.body as never), process.stdout, { end: false });
          const next = Number(response.headers.get('log-next'));
          if (next <= at || next >= Number(response.headers.get('log-size'))) {
            at = Math.max(at, next);
            return;
          }
          at = next;
        }
      };
      await print();
      if (values.follow && !isFinal(node.status)) await printAsItComes(connection, facts, node.node, print);
      return 0;
    });
  },
};

async function printAsItComes(connection: Connection, run: Run, node: string, print: () => Promise<void>) {
  const over = new AbortController();
  const stream = { params: { project: run.project }, query: { run: run.id, after: run.lastEvent } };
  for await (const event of follow(connection, routes.streamEvents, stream, over.signal)) {
    if (event === 'reset') await print();
    else if (event.kind === 'log' && event.node === node) await print();
    else if (event.kind === 'nodes' && event.changes.some((change) => change.node === node && isFinal(change.status))) {
      await print();
      over.abort();
    }
  }
}

export const artifacts: Command = {
  name: 'artifacts',
  summary: 'List what a run made, or fetch one artifact',
  help: `drawloom artifacts RUN [NODE] [--port PORT --out FILE] [--json]

  RUN                  The number of the run.
  NODE                 The id or name of one node; without it, all of them.
      --port PORT      The output to fetch; may be left out when the node has one.
  -o, --out FILE       Where its bytes go.
      --json           Prints one JSON object instead of a table.
${serverHelp.slice(serverHelp.indexOf('\n') + 2)}`,
  async run(args) {
    const { values, positionals } = parse(args, {
      port: { type: 'string' },
      out: { type: 'string', short: 'o' },
      json: { type: 'boolean' },
    });
    const [number, name] = positionals.length > 1 ? words(positionals, 'RUN', 'NODE') : words(positionals, 'RUN');
    const run = wholeNumber(number, 'RUN');
    return withServer(async (connection) => {
      const facts = await call(connection, routes.getRun, { params: { run } });
      const nodes = name === undefined ? facts.nodes : [nodeNamed(facts, name)];
      const found = nodes.flatMap((node) => node.outputs.map((output) => ({ node: node.node, ...output })));
      const chosen = values.port === undefined ? found : found.filter((output) => output.port === values.port);
      if (values.out === undefined) {
        const rows = chosen.map((one) => [
          one.node,
          one.port,
          one.kind,
          one.rowCount === null ? '' : String(one.rowCount),
          size(one.sizeBytes),
          one.sha256,
        ]);
        if (values.json) process.stdout.write(`${JSON.stringify({ run, artifacts: chosen })}\n`);
        else process.stdout.write(`${table(['node', 'port', 'kind', 'rows', 'size', 'sha256'], rows)}\n`);
        return 0;
      }
      if (chosen.length !== 1)
        throw new UsageProblem(
          chosen.length === 0
            ? 'There is no such output in this run.'
            : `There are ${chosen.length} outputs. Name one with NODE and --port.`,
        );
      const { sha256, kind } = chosen[0]!;
      const response = await call(connection, routes.getContent, {
        params: { project: facts.project, sha256 },
        query: { kind },
      });
      await pipe(Readable.fromWeb(response.body as never), createWriteStream(values.out)).catch(
        cannotWrite(values.out),
      );
      process.stderr.write(`Wrote ${values.out}\n`);
      return 0;
    });
  },
};

function nodeNamed(run: Run, name: string): Run['nodes'][number] {
  const found = run.nodes.find((node) => node.node === name) ?? run.nodes.find((node) => node.name === name);
  if (!found)
    throw new UsageProblem(
      `Run ${run.id} has no node "${name}". It has: ${run.nodes.map((node) => node.node).join(', ')}.`,
    );
  return found;
}
