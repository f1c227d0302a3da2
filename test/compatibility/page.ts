/** Decides how the page of what is compatible is written from what a run found. Nothing of it is written by hand. */
import type { Asking, Row } from './routeBook.ts';

export interface Found {
  version: string;
  rows: readonly Row[];
  /** What a route answered below a prefix; undefined when it was not asked. */
  heard(asking: Asking, row: Row, prefix: string): number | undefined;
  features: readonly { name: string; result: string }[];
  /** By the first part of their path, the calls that the client knows and we do not answer. */
  refused: readonly { part: string; calls: number; answer: string }[];
  lineage: {
    routes: readonly { route: string; status: number }[];
    features: readonly { name: string; result: string }[];
  };
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

export function compatibilityPage({ version, rows, heard, features, refused, lineage }: Found): string {
  const status = (asking: Asking, row: Row, prefix: string) =>
    row.prefixes.includes(prefix) ? String(heard(asking, row, prefix) ?? 'not asked') : '';
  return `# What is compatible, as a run found it

This page is written by a test that tries everything on it against a house of its own (\`npm run compatibility\`), and the tests fail when
it says anything else than they find. What the words mean and how to set a client up: \`tracking.md\`, \`models.md\`, \`lineage.md\`.

## MLflow's client ${version}

${table(
  ['what people do', 'result'],
  features.map(({ name, result }) => [name, result]),
)}

## MLflow's routes

Each is asked by a plain request below both prefixes, and most by the client as well in the run above. 501 is what the client
is to go on without.

${table(
  ['route', '`/api`', '`/ajax-api`', 'without a prefix', 'the client'],
  rows.map((row) => [
    `${row.method} \`${row.path}\``,
    status('plain', row, '/api'),
    status('plain', row, '/ajax-api'),
    status('plain', row, ''),
    [...new Set(row.prefixes.map((prefix) => heard('client', row, prefix)).filter((one) => one !== undefined))].join(
      ', ',
    ),
  ]),
)}

## Calls that the client knows and that are refused

${table(
  ['path', 'calls', 'answer'],
  refused.map(({ part, calls, answer }) => [`\`${part}\``, String(calls), answer]),
)}

## OpenLineage's client

${table(
  ['what programs do', 'result'],
  lineage.features.map(({ name, result }) => [name, result]),
)}

${table(
  ['route', 'answer'],
  lineage.routes.map(({ route, status }) => [route, String(status)]),
)}
`;
}
