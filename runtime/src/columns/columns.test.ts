import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { columnFlow, namesOfWork, type Question, type SeenTable } from '@drawloom/shared/columns/flow.ts';
import { shapesOf } from '@drawloom/shared/pipeline/checks.ts';
import { edgeId, emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readerFolders, readerProgram, TableReader } from '../artifacts/reader/index.ts';
import { modes } from '../execute/sandbox/fixtures/hosts.ts';
import { SandboxHost } from '../execute/sandbox/host.ts';
import { catalog } from '../nodes/catalog.ts';
import { answersTo, checkWithQueries } from './planner.ts';

const cache = path.resolve(import.meta.dirname, '../../../node_modules/.cache');
const folder = mkdtempSync(path.join(cache, 'drawloom-columns-'));
let host: SandboxHost;
let reader: TableReader;

beforeAll(async () => {
  const mode = modes[0]!;
  host = await SandboxHost.start(
    { name: 'reader', python: mode.python, preload: [], pythonPath: [], readOnly: readerFolders(), entry: 'none:none' },
    { folder: path.join(folder, 'slots'), ...mode.options },
  );
  reader = new TableReader({
    acquire: async () => {
      const slot = await host.acquire(readerProgram);
      return { slot, inside: host.mode === 'none' ? slot.jobFolder.replace(/job$/, 'in') : '/in' };
    },
    localFile: () => Promise.reject(new Error('A query is planned without a file.')),
    folder: path.join(folder, 'requests'),
    requestTimeoutMs: 120_000,
  });
}, 120_000);
afterAll(async () => {
  await reader.close();
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

/** A file that was read once, a query over it, a query over what that gives, and a condition on what that gives. */
function drawn(first: string, second: string, where = ''): { document: PipelineDocument; tables: SeenTable[] } {
  const document = emptyPipeline('queries');
  document.nodes = {
    load: { type: 'read-file', name: 'Load', parameters: { file: 'flights.csv' } },
    late: { type: 'sql', name: 'Late', parameters: {}, code: first },
    means: { type: 'sql', name: 'Means', parameters: {}, code: second },
    some: { type: 'select', name: 'Some', parameters: { where } },
  };
  for (const [from, to, port] of [
    ['load', 'late', 'flights'],
    ['late', 'means', 'late'],
    ['means', 'some', 'table'],
  ] as const) {
    const edge = { from: { node: from, port: 'table' }, to: { node: to, port } };
    document.edges[edgeId(edge)] = edge;
  }
  const columns = [
    { name: 'carrier', type: 'VARCHAR', nullable: false },
    { name: 'arr_delay', type: 'DOUBLE', nullable: true },
  ];
  return {
    document,
    tables: [{ node: 'load', port: 'table', columns, run: 7, fingerprint: namesOfWork(document).get('load')! }],
  };
}
const answer = (questions: readonly Question[]) => answersTo(reader, 'first', questions);
const check = ({ document, tables }: ReturnType<typeof drawn>) =>
  checkWithQueries(document, catalog, tables, answer).then((problems) =>
    problems.map(({ code, at, severity, line, column, instead }: Problem) =>
      [severity, code, at, line, column, instead].filter((one) => one !== undefined).join(' '),
    ),
  );
const late = 'select carrier, arr_delay > $limit as late\nfrom flights';
const withLimit = (pipeline: ReturnType<typeof drawn>) => {
  pipeline.document.nodes.late!.parameters = { limit: 15 };
  pipeline.tables[0]!.fingerprint = namesOfWork(pipeline.document).get('load')!;
  return pipeline;
};

test('columns flow through one query into the next, and types come as DuckDB has them', {
  timeout: 120_000,
}, async () => {
  const { document, tables } = withLimit(
    drawn(late, 'select carrier, avg(late::int) as share from late group by 1', 'share > 0.2'),
  );
  const asked: Question[] = [];
  const problems = await checkWithQueries(document, catalog, tables, (questions) => {
    asked.push(...questions);
    return answer(questions);
  });
  expect(problems).toEqual([]);
  const given = new Map(
    await Promise.all(asked.map(async (one) => [JSON.stringify(one), (await answer([one]))[0]!] as const)),
  );
  const flow = columnFlow(document, catalog, shapesOf(document, catalog), {
    tables,
    answer: (question) => given.get(JSON.stringify(question)),
  });
  expect(flow.open()).toEqual([]);
  expect(flow.gives('some', 'table')).toEqual({
    columns: [
      { name: 'carrier', type: 'VARCHAR' },
      { name: 'share', type: 'DOUBLE' },
    ],
    seen: { run: 7, node: 'load' },
  });
});

test('a query that names what is not there is told at its place: a warning by a run, an error by the drawing', {
  timeout: 120_000,
}, async () => {
  expect(await check(drawn('select carrier,\n  arr_dealy\nfrom flights', 'from late'))).toEqual([
    'warning column_missing /nodes/late/code 2 3 arr_delay',
  ]);
  const alone = drawn('select 1 as n', 'select n, m from late');
  alone.document.edges = Object.fromEntries(
    Object.entries(alone.document.edges).filter(([, edge]) => edge.to.port !== 'flights'),
  );
  expect(await check(alone)).toEqual(['error column_missing /nodes/means/code 1 11 n']);
});

test('what cannot be parsed is an error, also where nothing is known of its inputs', { timeout: 120_000 }, async () => {
  const { document } = drawn('select carrier frm flights where', 'from late');
  expect(await check({ document, tables: [] })).toContainEqual(
    expect.stringMatching(/^error sql_syntax \/nodes\/late\/code 1 \d+/),
  );
});

test('a condition in a form is looked at like a query', { timeout: 120_000 }, async () => {
  expect(await check(withLimit(drawn(late, 'from late', 'lte and carrier is not null')))).toEqual([
    'warning column_missing /nodes/some/parameters/where late',
  ]);
});
