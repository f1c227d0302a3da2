/** `drawloom compare`: what differs between two runs, as one table. */

import type { Comparison } from '@drawloom/shared/api/comparison.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Run } from '@drawloom/shared/api/runs.ts';
import { type DocumentDifference, differenceOf } from '@drawloom/shared/pipeline/difference.ts';
import { call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, wholeNumber, words } from './command.ts';
import { withServer } from './server.ts';
import { plain, table } from './table.ts';

const help = serverHelp.slice(serverHelp.indexOf('\n') + 2);

export const compare: Command = {
  name: 'compare',
  summary: 'What differs between two runs: the drawing, the work, the artifacts and the numbers',
  help: `drawloom compare BASE RUN [--all] [--json]

  BASE, RUN            The numbers of two runs of one project; what RUN has is told against BASE.
      --all            Also the artifacts and numbers that are the same.
      --json           Prints JSON: { document, work, artifacts, numbers }.
${help}

Exit code 0: they were compared, whatever differs; 2: the call was wrong.`,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...serverOptions,
      all: { type: 'boolean' },
      json: { type: 'boolean' },
    });
    const [first, second] = words(positionals, 'BASE', 'RUN');
    const base = wholeNumber(first, 'BASE');
    const run = wholeNumber(second, 'RUN');
    return withServer(async (connection) => {
      const told = await call(connection, routes.compareRuns, { params: { run, base } });
      const before = await call(connection, routes.getRun, { params: { run: base } });
      const now = await call(connection, routes.getRun, { params: { run } });
      const document = differenceOf(before.document, now.document);
      process.stdout.write(
        values.json
          ? `${JSON.stringify({ ...told, document })}\n`
          : compared(told, document, inputsOf(before, now), values.all ?? false),
      );
      return 0;
    });
  },
};

/** The parameters that the two runs were started with, where they are not the same. */
const inputsOf = (before: Run, now: Run): string[][] =>
  [...new Set([...Object.keys(before.parameters), ...Object.keys(now.parameters)])].sort().flatMap((name) => {
    const [a, b] = [before.parameters[name], now.parameters[name]].map((value) =>
      value === undefined ? null : JSON.stringify(value),
    );
    return a === b ? [] : [[now.pipeline.name, `parameter ${name}`, 'different', change(a!, b!)]];
  });

function compared(told: Comparison, document: DocumentDifference, given: string[][], all: boolean): string {
  const drawn = [
    ...document.nodes
      .filter(({ change }) => change !== null)
      .map(({ name, change, fields }) => [name, 'node', change!, fields.map(({ path }) => path.join('.')).join(', ')]),
    ...document.edges.map(({ id, change }) => [id, 'edge', change, '']),
    ...document.pipeline.map(({ path }) => ['the pipeline', path.join('.'), 'changed', '']),
  ];
  const work = told.work.flatMap(({ name, differences }) =>
    differences.map(({ part, before, now }) => [name, part, 'different', change(brief(before), brief(now))]),
  );
  const made = madeRows(told).filter(([, , verdict]) => all || verdict !== 'identical');
  const rows = [...drawn, ...given, ...work, ...made];
  if (rows.length === 0) return `Run ${told.run} does not differ from run ${told.base}.\n`;
  return plain(table(['node', 'what', 'verdict', 'difference'], rows));
}

const change = (before: string | null, now: string | null) => `${before ?? 'none'} → ${now ?? 'none'}`;
/** Digests are told by their beginnings. */
const brief = (value: string | null) => (value && /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value);

/** What both of them made, one row each. */
export function madeRows({ artifacts, numbers }: Pick<Comparison, 'artifacts' | 'numbers'>): string[][] {
  return [
    ...artifacts.map(({ name, port, position, verdict, differences }) => [
      name,
      position > 0 ? `${port} ${position + 1}` : port,
      verdict,
      differences
        .map(({ what, before, now }) => (before === null && now === null ? what : `${what}: ${change(before, now)}`))
        .join('; '),
    ]),
    ...numbers.map(({ name, key, verdict, before, now }) => [
      name,
      key,
      verdict,
      verdict === 'identical' ? '' : change(before, now),
    ]),
  ];
}
