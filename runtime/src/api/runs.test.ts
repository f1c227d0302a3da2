import { createHash } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Lineage } from '@drawloom/shared/api/lineage.ts';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { NodeRun, NodeRunSummary, Run, RunSummary } from '@drawloom/shared/api/runs.ts';
import { namesOfWork, type SeenTable } from '@drawloom/shared/columns/flow.ts';
import { emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { foldRun, type HouseEvent, type LiveRun } from '@drawloom/shared/run/events.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import type { Executor } from '../execute/executor.ts';
import { type RunningWorker, runWorker } from '../queue/worker-loop.ts';
import { endOverdue } from '../record/limits.ts';

let api: TestApi;
let maker: Asker;
let worker: RunningWorker;
/** What an attempt waits for, by the name of its node. */
const gates = new Map<string, Promise<void>>();
const logText = 'first line\nsecond Line\nthird\n';

const executor: Executor = {
  async execute(work, { signal, onLogChunk, onMetrics }) {
    if (work.reuse) return { reason: 'ok', outputs: [], reusedFrom: work.reuse };
    if (work.mapOver !== null && work.mapIndex === 0)
      return { reason: 'parked', park: 'map', outputs: await fiveItems() };
    if (work.mapIndex === 2) return { reason: 'user_error', outputs: [], error: { message: 'the second one fails' } };
    const file = `${work.run}-${work.node}.log`;
    await mkdir(api.house.logsFolder, { recursive: true });
    await appendFile(path.join(api.house.logsFolder, file), logText);
    const sizeBytes = logText.length;
    await onLogChunk({ sequence: 0, byteOffset: 0, sizeBytes, lines: 3, file, fileOffset: 0, levels: {} });
    await onMetrics([{ key: 'loss', step: 0, value: 0.5, at: new Date().toISOString() }]);
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([gates.get(work.name), aborted]);
    if (signal.aborted) return { reason: 'cancelled', outputs: [] };
    const bytes = Buffer.from(`${work.name} ${JSON.stringify(work.parameters)}`);
    const stored = await api.house.store.put([bytes] as never);
    const columns = [{ name: 'label', type: 'VARCHAR', nullable: false }];
    const output = { port: 'out', kind: 'table' as const, mediaType: 'text/plain', rowCount: 1, columns, ...stored };
    return { reason: 'ok', outputs: [output] };
  },
};

const fiveItems = () =>
  Promise.all(
    Array.from({ length: 5 }, async (_, position) => {
      const stored = await api.house.store.put([Buffer.from(String(position))] as never);
      return { port: 'in', position, kind: 'value' as const, mediaType: 'application/json', ...stored };
    }),
  );

beforeAll(async () => {
  api = await testApi();
  maker = await api.person({ role: 'data-engineer' });
  worker = await runWorker({ sql: api.house.sql, executor, capacity: 4 });
});
afterAll(async () => {
  await worker.kill();
  await api.close();
});

async function draw(name: string, parameters: PipelineDocument['parameters'] = {}): Promise<string> {
  const document: PipelineDocument = {
    ...emptyPipeline(name),
    parameters,
    // By the label the work of one test is told from that of another, which would else be reused.
    nodes: { load: { type: 'source', name, parameters: { label: name } } },
  };
  const made = await maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document });
  expect(made.problems).toEqual([]);
  return made.id;
}
interface Started {
  run: RunSummary;
  existed: boolean;
}
const start = (pipeline: string, body: object = {}) =>
  maker.json<Started>('POST', `/api/v1/pipelines/${pipeline}/runs`, body);
const see = (run: number) => maker.json<Run>('GET', `/api/v1/runs/${run}`);
const finished = async (run: number) => {
  await expect.poll(async () => isRunFinal((await see(run)).status), { timeout: 10_000 }).toBe(true);
  return see(run);
};

/** Events of a stream until one of them ends the run. */
async function* events(query: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  const answer = await maker.ask('GET', `/api/v1/projects/first/events${query}`, undefined, {
    headers,
    signal: stop.signal,
  });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  let rest = '';
  try {
    for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const id = /^id: (.*)$/m.exec(block)?.[1] ?? '';
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data) yield { id, event: JSON.parse(data) as HouseEvent };
      }
    }
  } finally {
    stop.abort();
  }
}
const isEnd = (event: HouseEvent) => event.kind === 'run' && isRunFinal(event.status);

test('the columns that a node last gave are told, under a name that changes with it', async () => {
  const pipeline = await draw('Seen');
  const tables = () => maker.json<{ tables: SeenTable[] }>('GET', `/api/v1/pipelines/${pipeline}/tables`);
  expect(await tables()).toEqual({ tables: [] });
  const { run } = await start(pipeline);
  const { document } = await finished(run.id);
  const columns = [{ name: 'label', type: 'VARCHAR', nullable: false }];
  const fingerprint = namesOfWork(document).get('load');
  expect(await tables()).toEqual({ tables: [{ node: 'load', port: 'out', columns, run: run.id, fingerprint }] });
  const other = { ...document, nodes: { load: { ...document.nodes.load!, parameters: { label: 'other' } } } };
  expect(namesOfWork(other).get('load')).not.toBe(fingerprint);
  const moved = { ...document, looks: { positions: { load: { x: 1, y: 2 } } }, name: 'Renamed' };
  expect(namesOfWork(moved).get('load')).toBe(fingerprint);
});

test('a run is told from its start to its end, and its events fold into what the run page answers', async () => {
  const pipeline = await draw('Told');
  // from a place before it starts: it may be over before its first answer is read
  const before = (await see((await start(pipeline)).run.id)).lastEvent;
  const { run } = await start(pipeline, { reuse: false });
  let live: LiveRun = { run: run.id, status: run.status, nodes: {} };
  for await (const { event } of events(`?run=${run.id}&after=${before}`)) {
    live = foldRun(live, event);
    if (isEnd(event)) break;
  }
  const last = await finished(run.id);
  expect(live.status).toBe('succeeded');
  expect(live.nodes.load?.status).toBe('succeeded');
  expect(last).toMatchObject({
    status: 'succeeded',
    trigger: { kind: 'manual', by: expect.stringMatching(/^Person/) },
    nodes: [{ node: 'load', status: 'succeeded', outputs: [{ port: 'out', rowCount: 1 }], metrics: { loss: 0.5 } }],
  });
});

test('a stream that broke off goes on where it was, with nothing lost and nothing told twice', async () => {
  const pipeline = await draw('Broken off');
  const before = (await see((await start(pipeline)).run.id)).lastEvent;
  const second = await start(pipeline, { reuse: false });
  await finished(second.run.id);
  const all: string[] = [];
  for await (const { id, event } of events(`?after=${before}`)) {
    all.push(id);
    if (isEnd(event) && 'run' in event && event.run === second.run.id) break;
  }
  expect(new Set(all).size).toBe(all.length);
  const resumed: string[] = [];
  // The address still names the old place, as a browser's does; the header is newer.
  for await (const { id, event } of events(`?after=${before}`, { 'last-event-id': all[1]! })) {
    resumed.push(id);
    if (isEnd(event) && 'run' in event && event.run === second.run.id) break;
  }
  expect(resumed).toEqual(all.slice(2));
});

test('fifty who start with one idempotency key at once start one run', async () => {
  const pipeline = await draw('Once');
  const answers = await Promise.all(Array.from({ length: 50 }, () => start(pipeline, { idempotencyKey: 'the same' })));
  expect(new Set(answers.map(({ run }) => run.id)).size).toBe(1);
  expect(answers.filter(({ existed }) => !existed)).toHaveLength(1);
  await api.house.sql`delete from drawloom.rate_window`;
});

test('a project starts sixty runs a minute, and is then asked to wait', async () => {
  const pipeline = await draw('Eager');
  const answers = await Promise.all(
    Array.from({ length: 62 }, () => maker.ask('POST', `/api/v1/pipelines/${pipeline}/runs`, { idempotencyKey: 'x' })),
  );
  const refused = answers.filter((answer) => answer.status === 429);
  expect(refused).toHaveLength(2);
  expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
  await api.house.sql`delete from drawloom.rate_window`;
});

test('a parameter that is missing or wrong is told with its place, and no run begins', async () => {
  const pipeline = await draw('Asking', { month: { type: 'integer', minimum: 1, maximum: 12 } });
  for (const parameters of [{}, { month: 13 }, { month: 'May' }, { month: 3, year: 2013 }]) {
    const answer = await maker.ask('POST', `/api/v1/pipelines/${pipeline}/runs`, { parameters });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ at: expect.stringMatching(/^\/parameters/) });
  }
  const list = await maker.json<{ items: unknown[] }>('GET', `/api/v1/projects/first/runs?pipeline=${pipeline}`);
  expect(list.items).toEqual([]);
  expect((await start(pipeline, { parameters: { month: 3 } })).run.parameters).toEqual({ month: 3 });
});

test('a limit on time or a priority that makes no sense is refused with its place, and nothing is saved or begun', async () => {
  const pipeline = await draw('limits');
  const start = await maker.ask('POST', `/api/v1/pipelines/${pipeline}/runs`, { timeoutMs: -1 });
  expect(start.status).toBe(422);
  expect(await start.json()).toMatchObject({ at: '/timeoutMs' });
  const first = await maker.ask('POST', `/api/v1/pipelines/${pipeline}/runs`, { priority: 101 });
  expect([first.status, await first.json()]).toMatchObject([422, { at: '/priority' }]);
  const { document, revision } = await maker.json<Pipeline>('GET', `/api/v1/pipelines/${pipeline}`);
  for (const [execution, at] of [
    [{ queueTimeoutMs: -1 }, '/document/nodes/load/execution/queueTimeoutMs'],
    [{ retry: { attempts: 0, delayMs: 0 } }, '/document/nodes/load/execution/retry/attempts'],
    [{ retry: { attempts: 2, delayMs: 0, rules: [{ do: 'fail' }] } }, '/document/nodes/load/execution/retry/rules/0'],
  ] as const) {
    const nodes = { load: { ...document.nodes.load!, execution } };
    const answer = await maker.ask('PUT', `/api/v1/pipelines/${pipeline}`, {
      revision,
      document: { ...document, nodes },
    });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ problems: [{ at }] });
  }
  expect((await maker.json<Pipeline>('GET', `/api/v1/pipelines/${pipeline}`)).revision).toBe(revision);
});

test('a run that is over its own limit has failed, and says why', async () => {
  const pipeline = await draw('over its limit');
  gates.set('over its limit', new Promise(() => {}));
  const { run } = await maker.json<{ run: RunSummary }>('POST', `/api/v1/pipelines/${pipeline}/runs`, { timeoutMs: 1 });
  const began = async () =>
    (await maker.json<Run>('GET', `/api/v1/runs/${run.id}`)).nodes.some((node) => node.status === 'running');
  while (!(await began())) await new Promise((resolve) => setTimeout(resolve, 20));
  while ((await endOverdue(api.house.sql)) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const over = await finished(run.id);
  expect(over).toMatchObject({ status: 'failed', timeoutMs: 1 });
  expect(over.message).toContain('did not end within its limit');
  expect(over.nodes[0]).toMatchObject({
    status: 'cancelled',
    message: 'Stopped, because the run reached its time limit.',
  });
});

test('a run is paused and goes on, and what is over cannot be paused', async () => {
  let open = () => {};
  gates.set('Resting', new Promise((resolve) => (open = resolve)));
  const { run } = await start(await draw('Resting'));
  await expect.poll(async () => (await see(run.id)).nodes[0]!.status).toBe('running');
  const looker = await api.person({ role: 'business-stakeholder' });
  expect((await looker.ask('POST', `/api/v1/runs/${run.id}/pause`)).status).toBe(403);
  expect((await maker.json<RunSummary>('POST', `/api/v1/runs/${run.id}/pause`)).pausedAt).not.toBeNull();
  expect((await maker.ask('POST', `/api/v1/runs/${run.id}/pause`)).status).toBe(200); // once more changes nothing
  expect((await maker.json<RunSummary>('POST', `/api/v1/runs/${run.id}/resume`)).pausedAt).toBeNull();
  open();
  expect(await finished(run.id)).toMatchObject({ status: 'succeeded', pausedAt: null });
  for (const way of ['pause', 'resume']) {
    const late = await maker.ask('POST', `/api/v1/runs/${run.id}/${way}`);
    expect(late.status).toBe(409);
    expect(await late.json()).toMatchObject({ code: 'run_over' });
  }
});

test('a run is cancelled while a node works, and can be done again', async () => {
  gates.set('Slow', new Promise(() => {}));
  const { run } = await start(await draw('Slow'));
  await expect.poll(async () => (await see(run.id)).nodes[0]!.status).toBe('running');
  const asked = await maker.ask('POST', `/api/v1/runs/${run.id}/cancel`);
  expect(asked.status).toBe(202);
  expect((await finished(run.id)).status).toBe('cancelled');
  gates.delete('Slow');
  const again = await maker.json<Started>('POST', `/api/v1/runs/${run.id}/rerun`, { only: 'failed' });
  expect(again.run).toMatchObject({ replayOf: run.id, trigger: { kind: 'rerun' } });
  expect((await finished(again.run.id)).status).toBe('succeeded');
  const latest = await maker.json<Started>('POST', `/api/v1/runs/${run.id}/rerun`, { version: 'latest' });
  expect(await finished(latest.run.id)).toMatchObject({ status: 'succeeded', nodeCounts: { reused: 1 } });
});

test('a second run takes the work over, and says so', async () => {
  const pipeline = await draw('Twice');
  await finished((await start(pipeline)).run.id);
  const second = await finished((await start(pipeline)).run.id);
  expect(second.nodes[0]).toMatchObject({ status: 'reused' });
  const node = await maker.json<NodeRun>('GET', `/api/v1/runs/${second.id}/nodes/load`);
  expect(node.reuse).toMatchObject({ reused: true });
});

test('a log is read by any range and searched, and its length is told', async () => {
  const run = await finished((await start(await draw('Loud'))).run.id);
  const log = (query: string) => maker.ask('GET', `/api/v1/runs/${run.id}/nodes/load/log${query}`);
  const whole = await log('');
  expect([await whole.text(), whole.headers.get('log-size')]).toEqual([logText, String(logText.length)]);
  const part = await log('?from=6&limit=4');
  expect([await part.text(), part.headers.get('log-from'), part.headers.get('log-next')]).toEqual(['line', '6', '10']);
  expect(await (await log(`?from=${logText.length}`)).text()).toBe('');
  const found = await maker.json('GET', `/api/v1/runs/${run.id}/nodes/load/log/search?text=second%20line`);
  expect(found).toEqual({ count: 1, hits: [{ line: 2, offset: 11, text: 'second Line' }] });
  expect((await maker.ask('GET', `/api/v1/runs/${run.id}/nodes/nobody/log`)).status).toBe(404);
});

test('an artifact tells what it is and where it comes from, in its own project only', async () => {
  const run = await finished((await start(await draw('Traced'))).run.id);
  const { sha256 } = run.nodes[0]!.outputs[0]!;
  const expected = createHash('sha256').update('Traced {"label":"Traced"}').digest('hex');
  expect(sha256).toBe(expected);
  const artifact = await maker.json('GET', `/api/v1/projects/first/artifacts/${sha256}`);
  expect(artifact).toMatchObject({ kind: 'table', madeBy: { run: run.id, node: 'load', port: 'out' } });
  const lineage = await maker.json<Lineage>('GET', `/api/v1/projects/first/lineage?from=artifact:${sha256}`);
  expect(lineage.nodes.map((node) => node.kind).sort()).toEqual(['artifact', 'node-run']);
  const other = await api.addProject('elsewhere');
  const stranger = await api.person({ role: 'data-engineer', project: other.id });
  expect((await stranger.ask('GET', `/api/v1/projects/elsewhere/artifacts/${sha256}`)).status).toBe(404);
  expect((await stranger.ask('GET', `/api/v1/projects/elsewhere/artifacts/${sha256}/content`)).status).toBe(404);
  expect((await stranger.ask('GET', `/api/v1/runs/${run.id}/nodes/load/log`)).status).toBe(404);
});

test('who only looks sees runs and neither logs nor data', async () => {
  const run = await finished((await start(await draw('Shown'))).run.id);
  const reader = await api.person({ role: 'business-stakeholder' });
  expect((await reader.ask('GET', `/api/v1/runs/${run.id}`)).status).toBe(200);
  expect((await reader.ask('GET', `/api/v1/runs/${run.id}/nodes/load/log`)).status).toBe(403);
  expect((await reader.ask('POST', `/api/v1/runs/${run.id}/cancel`)).status).toBe(403);
});

test('runs are listed newest first by pages, and filtered', async () => {
  const pipeline = await draw('Listed');
  for (let i = 0; i < 5; i++) await start(pipeline);
  const page = (query: string) =>
    maker.json<{ items: RunSummary[]; next: string | null }>(
      'GET',
      `/api/v1/projects/first/runs?pipeline=${pipeline}&${query}`,
    );
  const first = await page('limit=3');
  const second = await page(`limit=3&after=${first.next}`);
  const ids = [...first.items, ...second.items].map((run) => run.id);
  expect([ids.length, second.next]).toEqual([5, null]);
  expect(ids).toEqual([...ids].sort((a, b) => b - a));
  expect((await page('trigger=schedule')).items).toEqual([]);
  expect((await maker.ask('GET', '/api/v1/projects/first/runs?status=odd')).status).toBe(400);
});

test('a node that runs once per item tells how far it is, and its items are looked through page by page', async () => {
  const document: PipelineDocument = {
    ...emptyPipeline('once per item'),
    nodes: {
      list: { type: 'source', name: 'List', parameters: { label: 'a list' } },
      each: { type: 'each', name: 'Each', parameters: {}, map: { over: 'in', minSuccessShare: 0.8 } },
    },
    edges: { 'list.out>each.in': { from: { node: 'list', port: 'out' }, to: { node: 'each', port: 'in' } } },
  };
  const made = await maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document });
  expect(made.problems).toEqual([]);
  const { run } = await start(made.id);
  const done = await finished(run.id);
  expect(done.nodes.map(({ node, mapIndex, items }) => [node, mapIndex, items])).toEqual([
    ['list', 0, null],
    ['each', 0, { total: 5, done: 5, good: 4, failed: 1 }],
  ]);
  expect(done.nodeCounts).toEqual({ succeeded: 2 });
  expect(done.nodes[1]!.outputs).toHaveLength(4);
  const items = async (query: string) => {
    const page = await maker.json<{ items: NodeRunSummary[]; next: string | null }>(
      'GET',
      `/api/v1/runs/${run.id}/nodes/each/items?${query}`,
    );
    return [page.items.map((item) => item.mapIndex), page.next];
  };
  expect(await items('limit=2')).toEqual([[1, 2], '2']);
  expect(await items('limit=2&after=2')).toEqual([[3, 4], '4']);
  expect(await items('limit=2&after=4')).toEqual([[5], null]);
  expect(await items('status=failed')).toEqual([[2], null]);
  const second = await maker.json<NodeRun>('GET', `/api/v1/runs/${run.id}/nodes/each?mapIndex=2`);
  expect(second).toMatchObject({ mapIndex: 2, status: 'failed', message: 'the second one fails', items: null });
  const ask = async (route: string) => (await maker.ask('GET', `/api/v1/runs/${run.id}/nodes/${route}`)).status;
  expect(await ask('each/items?status=lost')).toBe(400);
  expect(await ask('each/items?after=-1')).toBe(400);
  expect(await ask('nobody/items')).toBe(404);
  const log = await maker.ask('GET', `/api/v1/runs/${run.id}/nodes/each/log?mapIndex=3`);
  expect(await log.text()).toBe(logText);
});
