/** `drawloom lineage`: what made something and what came of it, and what a run did for programs that read OpenLineage. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import { routes } from '@drawloom/shared/api/index.ts';
import { call } from './client.ts';
import {
  type Command,
  cannotWrite,
  parse,
  serverHelp,
  serverOptions,
  UsageProblem,
  wholeNumber,
  words,
} from './command.ts';
import { lineageTree } from './lineageTree.ts';
import { projectFor, withServer } from './server.ts';

const options = {
  ...serverOptions,
  out: { type: 'string', short: 'o' },
  up: { type: 'boolean' },
  down: { type: 'boolean' },
  depth: { type: 'string' },
  limit: { type: 'string' },
  width: { type: 'string' },
  code: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;
type Values = ReturnType<typeof parse<typeof options>>['values'];

export const lineage: Command = {
  name: 'lineage',
  summary: 'What made something and what came of it; what a run did, as OpenLineage events',
  help: `drawloom lineage show FROM [--up | --down] [--depth N] [--limit N] [--width N] [--code] [--json]
drawloom lineage export RUN [--out FILE]

  FROM                 A kind, a colon and what it is called: run:12, node-run:12:train, artifact:SHA256, file:flights.csv,
                       model:NAME, model-version:NAME:3, job:NAMESPACE:NAME, data-set:NAMESPACE:NAME, tracked-run:ID,
                       code:SHA256, environment:HASH. A colon within a name is written %3A.
      --up             Only what made it.
      --down           Only what came of it.
      --depth N        How many edges away, 20 when absent.
      --limit N        How many at most in all, 1000 when absent.
      --width N        How many edges are followed from one of them, the newest, 50 when absent.
      --code           Also the code and the environments that nodes ran with.
      --json           Prints JSON.
  RUN                  The number of the run.
  -o, --out FILE       Where the events go, one JSON object a line; without it, standard output.
${serverHelp}`,
  async run(args) {
    const { values, positionals } = parse(args, options);
    const [verb, ...rest] = positionals;
    if (verb === 'show') return show(values, rest);
    if (verb === 'export') return exportRun(values, rest);
    throw new UsageProblem('Say show and what to begin at, or export and the number of a run. See --help.');
  },
};

function show(values: Values, given: readonly string[]): Promise<number> {
  const [from] = words(given, 'FROM');
  if (values.up && values.down) throw new UsageProblem('Say --up or --down; without either, both are shown.');
  const number = (name: 'depth' | 'limit' | 'width') =>
    values[name] === undefined ? {} : { [name]: wholeNumber(values[name], `--${name}`) };
  const query = {
    from,
    direction: values.up ? ('up' as const) : values.down ? ('down' as const) : ('both' as const),
    ...number('depth'),
    ...number('limit'),
    ...number('width'),
    ...(values.code && { with: 'code,environment' }),
  };
  return withServer(async (connection) => {
    const { id: project } = await projectFor(connection, values.project);
    const found = await call(connection, routes.getLineage, { params: { project }, query });
    process.stdout.write(values.json ? `${JSON.stringify(found)}\n` : lineageTree(found));
    return 0;
  });
}

function exportRun(values: Values, given: readonly string[]): Promise<number> {
  const [number] = words(given, 'RUN');
  const run = wholeNumber(number, 'RUN');
  return withServer(async (connection) => {
    const response = await call(connection, routes.exportLineage, { params: { run } });
    const body = Readable.fromWeb(response.body as never);
    if (values.out === undefined) await pipe(body, process.stdout, { end: false });
    else await pipe(body, createWriteStream(values.out)).catch(cannotWrite(values.out));
    return 0;
  });
}
