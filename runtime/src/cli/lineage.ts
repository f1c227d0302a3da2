/** `drawloom lineage`: what a run did, for programs that read OpenLineage. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import { routes } from '@drawloom/shared/api/index.ts';
import { call } from './client.ts';
import { type Command, cannotWrite, parse, serverHelp, UsageProblem, wholeNumber, words } from './command.ts';
import { withServer } from './server.ts';

export const lineage: Command = {
  name: 'lineage',
  summary: 'Print what a run did as OpenLineage events',
  help: `drawloom lineage export RUN [--out FILE]

  RUN                  The number of the run.
  -o, --out FILE       Where the events go, one JSON object a line; without it, standard output.
${serverHelp.slice(serverHelp.indexOf('\n') + 2)}`,
  async run(args) {
    const { values, positionals } = parse(args, { out: { type: 'string', short: 'o' } });
    const [verb, ...rest] = positionals;
    if (verb !== 'export') throw new UsageProblem('Say export and the number of a run. See --help.');
    const [number] = words(rest, 'RUN');
    const run = wholeNumber(number, 'RUN');
    return withServer(async (connection) => {
      const response = await call(connection, routes.exportLineage, { params: { run } });
      const body = Readable.fromWeb(response.body as never);
      if (values.out === undefined) await pipe(body, process.stdout, { end: false });
      else await pipe(body, createWriteStream(values.out)).catch(cannotWrite(values.out));
      return 0;
    });
  },
};
