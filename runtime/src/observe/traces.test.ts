import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { readConfig } from '../config.ts';
import type { AttemptOutcome } from '../execute/executor.ts';
import { tick } from '../record/tick.ts';
import { exportTraces, lookForTraces, wantTraces } from './exportTraces.ts';
import type { Span } from './spans.ts';
import { traceparentOf } from './trace.ts';

let database: TestDatabase;
let ground: Playground;
let collector: http.Server;
let status: number;
let received: { path: string; headers: http.IncomingHttpHeaders; spans: Span[] }[];
beforeAll(async () => {
  database = await testDatabase();
  ground = await playground(database.url);
  collector = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { resourceSpans } = JSON.parse(body);
    received.push({ path: request.url!, headers: request.headers, spans: resourceSpans[0].scopeSpans[0].spans });
    response.statusCode = status;
    response.end('{}');
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
});
afterAll(async () => {
  collector.close();
  await ground.close();
  await database.drop();
});
beforeEach(() => {
  received = [];
  status = 200;
});

const target = () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`;
  return readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b, other=c' }).traces!;
};

/** Two nodes in a row; the second ends as told, each time that it is tried. */
async function run(outcome: AttemptOutcome): Promise<number> {
  const { run: id } = await ground.start(planOf('load > train', { reuse: false, retryAttempts: 2, retryDelayMs: 0 }));
  const worker = await ground.worker();
  const over = async () => (await ground.sql`select finished_at as at from drawloom.run where id = ${id}`)[0]!.at;
  while (!(await over())) {
    const { work } = await tick(ground.sql, ground.plans, worker, [], 5);
    const results = work.map((one) => ({
      ...one,
      outcome: one.nodeId === 'train' ? outcome : { reason: 'ok' as const, outputs: [] },
    }));
    await tick(ground.sql, ground.plans, worker, results, 0);
  }
  return id;
}
const due = () => ground.sql`select run_id from drawloom.trace`;
const textIn = (span: Span, key: string) => {
  const value = span.attributes.find((one) => one.key === key)?.value;
  return value && Object.values(value)[0];
};

test('nothing is noted while nobody wants traces', async () => {
  await run({ reason: 'ok', outputs: [] });
  expect(await due()).toEqual([]);
});

test('a run is a trace: its nodes are below it and their attempts below them, with why they failed', async () => {
  await wantTraces(ground.sql);
  const id = await run({ reason: 'user_error', outputs: [], error: { type: 'ValueError', message: 'no rows' } });
  await lookForTraces(ground.sql);
  const [job] = await ground.sql`select 1 from graphile_worker.jobs where task_identifier = 'export_traces'`;
  expect(job).toBeDefined();
  expect(await exportTraces(ground.sql, target())).toBe(1);
  expect(await due()).toEqual([]);
  expect(received[0]).toMatchObject({ path: '/v1/traces', headers: { 'x-key': 'a b', other: 'c' } });
  const spans = received.flatMap((one) => one.spans);
  expect(spans.map(({ name }) => name)).toEqual(['run played', 'load', 'train', 'attempt 1', 'attempt 1', 'attempt 2']);
  const [root, load, train, loaded, first, second] = spans as [Span, Span, Span, Span, Span, Span];
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  expect(root.parentSpanId).toBeUndefined();
  expect([load, train].map((span) => span.parentSpanId)).toEqual([root.spanId, root.spanId]);
  expect([loaded, first, second].map((span) => span.parentSpanId)).toEqual([load.spanId, train.spanId, train.spanId]);
  expect([root, load, train].map((span) => span.status.code)).toEqual([2, 1, 2]);
  expect(textIn(root, 'drawloom.run')).toBe(String(id));
  expect(textIn(second, 'drawloom.attempt.reason')).toBe('user_error');
  expect(second.events?.[0]).toMatchObject({ name: 'exception' });
  for (const span of spans) {
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
    expect(Math.abs(Number(BigInt(span.startTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(600_000);
  }
  // What the node's code was handed while it ran names the very span that was written after the fact.
  const place = { project: ground.project, run: id, node: 1, mapIndex: 0, attempt: 2 };
  expect(traceparentOf(place)).toBe(`00-${second.traceId}-${second.spanId}-01`);
});

test('what a collector does not take is sent again later, the same', async () => {
  await run({ reason: 'ok', outputs: [] });
  status = 503;
  expect(await exportTraces(ground.sql, target())).toBe(0);
  expect(await due()).toHaveLength(1);
  const [before] = received;
  status = 200;
  received = [];
  expect(await exportTraces(ground.sql, target())).toBe(0); // not before its time
  await ground.sql`update drawloom.trace set due_at = now()`;
  expect(await exportTraces(ground.sql, target())).toBe(1);
  expect(received[0]!.spans).toEqual(before!.spans);
});

test('many senders send each run once', async () => {
  const ids = new Set<string>();
  for (let index = 0; index < 6; index++) ids.add(String(await run({ reason: 'ok', outputs: [] })));
  await Promise.all(Array.from({ length: 4 }, () => exportTraces(ground.sql, target())));
  const roots = received.flatMap((one) => one.spans).filter(({ parentSpanId }) => !parentSpanId);
  expect(roots.map((span) => textIn(span, 'drawloom.run')).sort()).toEqual([...ids].sort());
});

test('a cancelled run is told as well, and a run of many nodes comes in parts', async () => {
  const names = Array.from({ length: 450 }, (_, index) => `n${index}`).join(' ; ');
  const { run: id } = await ground.start(planOf(names, { reuse: false }));
  await ground.sql`select drawloom.cancel(${id}::bigint, null)`;
  expect(await exportTraces(ground.sql, target())).toBe(1);
  expect(received.length).toBe(4);
  const spans = received.flatMap((one) => one.spans);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(451);
  expect(textIn(spans[0]!, 'drawloom.run.status')).toBe('cancelled');
});
