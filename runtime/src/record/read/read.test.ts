import { createHash } from 'node:crypto';
import { NodeRun, Run } from '@drawloom/shared/api/runs.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../../test/support/database.ts';
import { draw, set } from '../../../../test/support/draw.ts';
import { type Playground, planOf, playground } from '../../../../test/support/playground.ts';
import type { AttemptOutcome, Work } from '../../execute/executor.ts';
import { recordMetrics } from '../observations.ts';
import { tick } from '../tick.ts';
import { getMetrics } from './metrics.ts';
import { getNodeRun } from './node-runs.ts';
import { readResources } from './resources.ts';
import { getRun, listRuns } from './runs.ts';

let database: TestDatabase;
let house: Playground;
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url);
});
afterAll(async () => {
  await house.close();
  await database.drop();
});

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const output = (work: Work) => ({
  port: 'out',
  kind: 'table' as const,
  sha256: sha(`${work.cacheKey}`),
  sizeBytes: 10,
  mediaType: 'application/vnd.apache.parquet',
  columns: [{ name: 'delay', type: 'BIGINT' }],
  rowCount: 3,
});

async function run(
  plan: ReturnType<typeof planOf>,
  failing: Record<string, Partial<AttemptOutcome>> = {},
): Promise<number> {
  const started = await house.start(plan);
  const worker = await house.worker();
  let results: Parameters<typeof tick>[3] = [];
  for (;;) {
    const { work } = await tick(house.sql, house.plans, worker, results, 10);
    if (work.length === 0) return started.run;
    for (const one of work)
      if (!one.reuse)
        await recordMetrics(house.sql, one, [{ key: 'rows', step: 0, value: 3, at: new Date().toISOString() }]);
    results = work.map((one) => {
      const outcome: AttemptOutcome = one.reuse
        ? { reason: 'ok', outputs: [], reusedFrom: one.reuse }
        : { reason: 'ok', outputs: [output(one)], wallMs: 120, ...failing[one.nodeId] };
      return { run: one.run, node: one.node, mapIndex: one.mapIndex, fence: one.fence, outcome };
    });
  }
}

test('a run is read as the API promises it, with outputs, numbers and reasons', async () => {
  const id = await run(planOf(set(draw('load > split > train; load > look'), 'look', { share: 0.9 })), {
    split: {
      reason: 'user_error',
      outputs: [],
      exitCode: 1,
      error: { type: 'KeyError', message: "'dealy' is not there", line: 3 },
    },
  });
  const read = Run.parse(await getRun(house.db, id));
  expect(read).toMatchObject({ id, status: 'failed', nodeCounts: { succeeded: 2, failed: 1, skipped: 1 } });
  const nodes = Object.fromEntries(read.nodes.map((node) => [node.node, node]));
  expect(nodes.load).toMatchObject({
    metrics: { rows: 3 },
    outputs: [{ rowCount: 3, columnCount: 1, madeBy: { run: id, node: 'load', port: 'out' } }],
  });
  expect(nodes.split!.message).toBe("'dealy' is not there");
  expect(nodes.train!.message).toBe('Not run, because “split” did not succeed.');
  expect(nodes.train!.failure).toMatchObject({
    reason: 'upstream_failed',
    steps: [{ kind: 'open_node', node: 'split' }],
  });
  expect(nodes.load!.failure).toBeNull();
  const split = NodeRun.parse(await getNodeRun(house.db, id, 'split'));
  expect(split.history).toMatchObject([{ attempt: 1, reason: 'user_error', error: { type: 'KeyError', line: 3 } }]);
  const failure = {
    reason: 'user_error',
    evidence: [
      { kind: 'column', column: 'dealy', known: ['delay'] },
      { kind: 'line', line: 3 },
      { kind: 'exit_code', exitCode: 1 },
    ],
    steps: [
      { kind: 'rename_column', from: 'dealy', to: 'delay' },
      { kind: 'open_code', line: 3 },
      { kind: 'open_log' },
    ],
  };
  expect(split.failure).toMatchObject(failure);
  expect(split.history[0]!.failure).toEqual(split.failure);
  expect(split.inputs).toMatchObject([{ port: 'in', madeBy: { run: id, node: 'load', port: 'out' } }]);
  expect(await getNodeRun(house.db, id, 'nowhere')).toBeUndefined();
});

test('the list goes on where its page ended, and knows its filters', async () => {
  const ids = [];
  for (let index = 0; index < 5; index++) ids.push(await run(planOf('a')));
  ids.reverse();
  const filter = { projectId: house.project, statuses: ['succeeded' as const], limit: 2 };
  const first = await listRuns(house.db, filter);
  expect(first.items.map((item) => item.id)).toEqual(ids.slice(0, 2));
  const second = await listRuns(house.db, { ...filter, after: Number(first.next) });
  expect(second.items.map((item) => item.id)).toEqual(ids.slice(2, 4));
  expect((await listRuns(house.db, { ...filter, statuses: ['queued'] })).items).toEqual([]);
  expect((await listRuns(house.db, { ...filter, until: '2001-01-01T00:00:00Z' })).items).toEqual([]);
});

test('the explanation names the part of the key that differed, and the run it was compared with', async () => {
  const drawing = set(draw('first > second > third'), 'first', { rows: 55 });
  const before = await run(planOf(set(drawing, 'second', { share: 0.1 })));
  const now = await run(planOf(set(drawing, 'second', { share: 0.2 })));
  const explain = async (node: string) => (await getNodeRun(house.db, now, node))!.reuse;
  expect(await explain('first')).toMatchObject({ reused: true, comparedWith: { run: before, node: 'first' } });
  expect(await explain('second')).toMatchObject({
    reused: false,
    comparedWith: { run: before, node: 'second' },
    differences: [{ part: 'parameter share', before: '0.1', now: '0.2' }],
  });
  expect((await explain('third')).differences.map((difference) => difference.part)).toEqual(['input in']);
  const first = (await getNodeRun(house.db, now, 'first'))!;
  expect(first).toMatchObject({ reusedFrom: { run: before, node: 'first', savedMs: 120 }, metrics: { rows: 3 } });
  expect((await getMetrics(house.db, now, { node: 'first' })).map((metric) => metric.value)).toEqual([3]);
});

test('what the attempts of the last runs needed is told for the nodes of the drawing, and none that was taken over counts', async () => {
  const drawing = draw('alone');
  await house.sql`update drawloom.pipeline set document = ${JSON.stringify(drawing)}::text::jsonb where id = ${house.pipeline}`;
  const needs = { peakMemoryBytes: 100 * 2 ** 20, wallMs: 4000, cpuMs: 3900 };
  for (const rows of [1001, 1002, 1003, 1003]) await run(planOf(set(drawing, 'alone', { rows })), { alone: needs });
  const [advice, ...others] = await readResources(house.db, house.pipeline);
  expect(others).toEqual([]);
  expect(advice).toMatchObject({
    node: 'alone',
    attempts: 3,
    memory: { p95Bytes: 100 * 2 ** 20, limitBytes: null, adviseBytes: 128 * 2 ** 20 },
    time: { p95Ms: 4000, adviseMs: 10_000 },
    cpu: { adviseCores: 1 },
  });
  expect(await readResources(house.db, house.pipeline, 'nobody')).toEqual([]);
});
