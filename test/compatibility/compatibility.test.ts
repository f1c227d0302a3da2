/** Tries every route and what people do with the released clients, and holds the page in the docs against what came of it. */
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOpenLineageClient } from '../support/openLineageClient.ts';
import { type WireHouse, wireHouse } from '../support/wireHouse.ts';
import { argsOf, type Feature, mlflowFeatures } from './features.ts';
import { compatibilityPage, type Found } from './page.ts';
import { plainCalls } from './plainCalls.ts';
import { type Route, RouteBook, rowsOf } from './routeBook.ts';

const page = path.resolve(import.meta.dirname, '../../docs/compatibility.md');

let house: WireHouse;
let book: RouteBook;
let found: Found;

beforeAll(async () => {
  house = await wireHouse({}, (method, pathname, status) => book?.hear(method, pathname, status));
  book = new RouteBook(house.api.house);
  const features = await tried(mlflowFeatures);
  book.asking = 'plain';
  await plainCalls(house, '/api', 'api');
  await plainCalls(house, '/ajax-api', 'ajax');
  found = {
    version: (await house.calls('version')) as string,
    rows: rowsOf(book.routes),
    heard: (asking, row, prefix) => book.heard(asking, { method: row.method, path: `${prefix}${row.path}` }),
    features,
    refused: await refused(),
    lineage: await lineage(),
  };
}, 1_800_000);
afterAll(() => house?.close());

async function tried(features: readonly Feature[]): Promise<{ name: string; result: string }[]> {
  const answers = new Map<string, unknown>();
  const results: { name: string; result: string }[] = [];
  for (const feature of features)
    results.push({
      name: feature.name,
      result: await resultOf(async () => {
        const answer = await house.calls(feature.scenario, argsOf(feature, answers));
        answers.set(feature.scenario, answer);
        expect(answer).toEqual(feature.holds);
      }),
    });
  return results;
}

async function resultOf(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return 'works';
  } catch (problem) {
    return `fails: ${String((problem as Error).message)
      .trim()
      .split('\n')
      .at(-1)}`.replaceAll('|', '/');
  }
}

/** What the client's own files name and we do not declare, asked all the same. */
async function refused(): Promise<Found['refused'][number][]> {
  const known = (await house.calls('endpoints')) as [method: string, path: string][];
  const parts = new Map<string, { calls: number; answers: Set<string> }>();
  for (const [method, pathname] of known) {
    if (book.routeOf(method, pathname)) continue;
    const answer = await house.ask(method, pathname, method === 'GET' ? {} : { body: '{}' });
    const [, code = ''] = /"error_code":"(\w+)"/.exec(await answer.text()) ?? [];
    const part = pathname.split('/').slice(0, 5).join('/');
    const row = parts.get(part) ?? { calls: 0, answers: new Set() };
    row.calls++;
    row.answers.add(`${answer.status}${code && ` \`${code}\``}`);
    parts.set(part, row);
  }
  return [...parts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([part, { calls, answers }]) => ({ part, calls, answer: [...answers].sort().join(', ') }));
}

async function lineage(): Promise<Found['lineage']> {
  const client = await startOpenLineageClient(house.url);
  try {
    const night = (run: string, gzip: boolean) =>
      resultOf(async () => expect(await client.call(house.token, 'nightly', { run, gzip })).toBeNull());
    const features = [
      {
        name: 'events of runs, jobs and data sets, with facets, by the HTTP transport',
        result: await night('0190c2f4-8f3a-7bd3-a4cb-31ad4a2fa001', false),
      },
      { name: 'the same, packed', result: await night('0190c2f4-8f3a-7bd3-a4cb-31ad4a2fa002', true) },
    ];
    const event = {
      eventType: 'START',
      eventTime: '2026-01-31T02:00:00Z',
      producer: 'https://example.org/scheduler',
      schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
      run: { runId: '0190c2f4-8f3a-7bd3-a4cb-31ad4a2fa003' },
      job: { namespace: 'warehouse', name: 'load' },
    };
    const routes = [
      ['/api/v1/lineage', event],
      ['/api/v1/lineage/batch', [event]],
    ] as const;
    const answered: { route: string; status: number }[] = [];
    for (const [route, body] of routes)
      answered.push({ route: `POST \`${route}\``, status: (await house.json('POST', route, body)).status });
    return { features, routes: answered };
  } finally {
    client.close();
  }
}

test('every route was asked below each of its prefixes, and answered as it should', () => {
  const wrong = (route: Route) => {
    const status = book.heard('plain', route);
    // What is told to go on without is told so by every call.
    const expected = /\/(mpu|presigned)\//.test(route.path) ? 501 : 200;
    return status === expected ? [] : [`${route.method} ${route.path}: ${status ?? 'not asked'}`];
  };
  expect(book.routes.flatMap(wrong)).toEqual([]);
});

test('the client’s other calls are told that there is no such thing here, in the words by which it goes on', () => {
  expect(found.refused.filter(({ answer }) => answer !== '404 `ENDPOINT_NOT_FOUND`')).toEqual([]);
  expect(found.refused.length).toBeGreaterThan(3);
});

test('everything that people do with the clients works', () => {
  expect([...found.features, ...found.lineage.features].filter(({ result }) => result !== 'works')).toEqual([]);
});

test('the page says what was found', async () => {
  // npm run compatibility writes it anew.
  await expect(compatibilityPage(found)).toMatchFileSnapshot(page);
});
