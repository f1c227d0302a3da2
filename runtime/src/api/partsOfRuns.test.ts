import { createHash } from 'node:crypto';
import type { Comparison, Reproduction } from '@drawloom/shared/api/comparison.ts';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { Run, RunPlan, RunSummary } from '@drawloom/shared/api/runs.ts';
import { emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import type { Executor } from '../execute/executor.ts';
import { type RunningWorker, runWorker } from '../queue/worker-loop.ts';

let api: TestApi;
let maker: Asker;
let worker: RunningWorker;
/** What was carried out, not taken over: run and node. */
const carriedOut: string[] = [];
/** By the name of a node, what makes its output another one. */
const noise = new Map<string, string>();
const failing = new Set<string>();

const executor: Executor = {
  async execute(work, { onMetrics }) {
    if (work.reuse) return { reason: 'ok', outputs: [], reusedFrom: work.reuse };
    carriedOut.push(`${work.run} ${work.nodeId}`);
    if (failing.has(work.name)) return { reason: 'user_error', outputs: [], error: { message: 'it was told to' } };
    const seen = work.inputs.map(({ sha256 }) => sha256).join();
    const text = `${work.name} ${JSON.stringify(work.parameters)} ${seen} ${noise.get(work.name) ?? ''}`;
    const stored = await api.house.store.put([Buffer.from(text)] as never);
    const score = Number.parseInt(createHash('sha256').update(text).digest('hex').slice(0, 6), 16);
    await onMetrics([{ key: 'score', step: 0, value: score, at: new Date().toISOString() }]);
    return {
      reason: 'ok',
      wallMs: 40,
      peakMemoryBytes: 1000,
      outputs: [{ port: 'out', kind: 'table', mediaType: 'text/plain', rowCount: text.length, ...stored }],
    };
  },
};

beforeAll(async () => {
  api = await testApi();
  maker = await api.person({ role: 'data-engineer' });
  worker = await runWorker({ sql: api.house.sql, executor, capacity: 4 });
});
afterAll(async () => {
  await worker.kill();
  await api.close();
});

/** load → clean → fit, and clean → draw beside it. */
const branching = (name: string): PipelineDocument => ({
  ...emptyPipeline(name),
  parameters: { since: { type: 'string', default: `2013 of ${name}` } }, // no work of one test is that of another
  nodes: {
    load: { type: 'source', name: `${name} load`, parameters: { label: { $parameter: 'since' } } },
    clean: { type: 'step', name: `${name} clean`, parameters: { label: `${name} clean` } },
    fit: { type: 'step', name: `${name} fit`, parameters: { label: `${name} fit` } },
    draw: { type: 'step', name: `${name} draw`, parameters: { label: `${name} draw` } },
  },
  edges: Object.fromEntries(
    [
      ['load', 'clean'],
      ['clean', 'fit'],
      ['clean', 'draw'],
    ].map(([from, to]) => [
      `${from}.out>${to}.in`,
      { from: { node: from!, port: 'out' }, to: { node: to!, port: 'in' } },
    ]),
  ),
});

async function saved(document: PipelineDocument): Promise<Pipeline> {
  const made = await maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document });
  expect(made.problems).toEqual([]);
  return made;
}
const plan = (pipeline: string, body: object = {}) =>
  maker.json<RunPlan>('POST', `/api/v1/pipelines/${pipeline}/plan`, body);
const fates = ({ nodes }: RunPlan) => Object.fromEntries(nodes.map(({ node, fate }) => [node, fate]));

async function over(route: string, body: object = {}): Promise<Run> {
  const { run } = await maker.json<{ run: RunSummary }>('POST', `/api/v1${route}`, body);
  await expect.poll(async () => isRunFinal((await see(run.id)).status), { timeout: 60_000 }).toBe(true);
  return see(run.id);
}
const see = (run: number) => maker.json<Run>('GET', `/api/v1/runs/${run}`);
const start = (pipeline: string, body: object = {}) => over(`/pipelines/${pipeline}/runs`, body);
const done = (run: Run) =>
  carriedOut
    .filter((one) => one.startsWith(`${run.id} `))
    .map((one) => one.split(' ')[1]!)
    .sort();
const statuses = (run: Run) => Object.fromEntries(run.nodes.map(({ node, status }) => [node, status]));

test('the plan of a run says what will run, what is reused and why, and that is what then happens', async () => {
  const { id } = await saved(branching('foreseen'));
  const first = await plan(id);
  expect(fates(first)).toEqual({ load: 'run', clean: 'run', fit: 'run', draw: 'run' });
  expect(first).toMatchObject({ counts: { run: 4, reuse: 0, skip: 0 }, expectedMs: null, withoutHistory: 4 });
  expect(first.nodes[0]!.message).toBe('No earlier run of this pipeline has finished this node.');
  expect(first.nodes[1]!).toMatchObject({ certain: false, message: expect.stringContaining('“foreseen load”') });
  expect(await maker.json('GET', `/api/v1/pipelines/${id}/versions`)).toEqual({ versions: [] }); // looking freezes nothing

  const once = await start(id);
  expect(done(once)).toEqual(['clean', 'draw', 'fit', 'load']);

  const again = await plan(id);
  expect(fates(again)).toEqual({ load: 'reuse', clean: 'reuse', fit: 'reuse', draw: 'reuse' });
  expect(again.nodes.find(({ node }) => node === 'fit')).toMatchObject({
    from: { run: once.id, node: 'fit' },
    expected: { wallMs: 40, attempts: 1 },
  });
  expect(again).toMatchObject({ expectedMs: 0, savedMs: 160 });
  expect(done(await start(id))).toEqual([]);

  const changed = await plan(id, { parameters: { since: '2014' } });
  expect(fates(changed)).toEqual({ load: 'run', clean: 'run', fit: 'run', draw: 'run' });
  expect(changed.nodes[0]).toMatchObject({
    certain: true,
    message: expect.stringContaining('parameter label changed'),
    expected: { wallMs: 40, peakMemoryBytes: 1000 },
  });
  expect(changed).toMatchObject({ expectedMs: 120, withoutHistory: 0 }); // three after each other, the fourth beside

  const unused = await plan(id, { reuse: false });
  expect(unused.counts).toEqual({ run: 4, reuse: 0, skip: 0 });
});

test('a run to a node does that node and what it needs, and nothing else is part of it', async () => {
  const document = branching('upTo');
  document.nodes.fit!.type = 'nobody-has-this-type'; // what is not needed may be unfinished
  const { id } = await maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document });
  const scope = { to: ['draw'] };
  expect(fates(await plan(id, { scope }))).toEqual({ load: 'run', clean: 'run', draw: 'run', fit: 'skip' });
  const run = await start(id, { scope });
  expect(run).toMatchObject({ status: 'succeeded', scope });
  expect(done(run)).toEqual(['clean', 'draw', 'load']);
  expect(statuses(run)).toEqual({ load: 'succeeded', clean: 'succeeded', draw: 'succeeded' });
});

test('a run from a node does it and what follows anew, and takes over what they need', async () => {
  const { id } = await saved(branching('onward'));
  await start(id);
  const scope = { from: ['fit'] };
  expect(fates(await plan(id, { scope }))).toEqual({ load: 'reuse', clean: 'reuse', fit: 'run', draw: 'skip' });
  const run = await start(id, { scope });
  expect(done(run)).toEqual(['fit']);
  expect(statuses(run)).toEqual({ load: 'reused', clean: 'reused', fit: 'succeeded' });
  const between = await start(id, { scope: { from: ['clean'], to: ['draw'] } });
  expect(done(between)).toEqual(['clean', 'draw']);
});

test('a scope that names no node, or nothing at all, is refused with its place', async () => {
  const { id } = await saved(branching('nowhere'));
  for (const route of ['runs', 'plan']) {
    const unknown = await maker.ask('POST', `/api/v1/pipelines/${id}/${route}`, { scope: { to: ['draw', 'nobody'] } });
    expect(unknown.status).toBe(422);
    expect(await unknown.json()).toMatchObject({ problems: [{ code: 'node_unknown', at: '/scope/to/1' }] });
    const empty = await maker.ask('POST', `/api/v1/pipelines/${id}/${route}`, {
      scope: { from: ['fit'], to: ['draw'] },
    });
    expect(await empty.json()).toMatchObject({ problems: [{ code: 'scope_empty', at: '/scope/from' }] });
  }
});

test('an old run is done again from a node: what was before it is taken over, what follows runs', async () => {
  const { id } = await saved(branching('backwards'));
  const old = await start(id);
  const rerun = await over(`/runs/${old.id}/rerun`, { from: ['clean'] });
  expect(rerun).toMatchObject({ status: 'succeeded', replayOf: old.id, scope: { from: ['clean'] }, version: 1 });
  expect(done(rerun)).toEqual(['clean', 'draw', 'fit']);
  const unknown = await maker.ask('POST', `/api/v1/runs/${old.id}/rerun`, { from: ['nobody'] });
  expect(unknown.status).toBe(422);
  expect(await unknown.json()).toMatchObject({ problems: [{ code: 'node_unknown', at: '/from/0' }] });
});

test('an old run is done again with another version, or with other parameters', async () => {
  const { id, document, revision } = await saved(branching('moved'));
  const old = await start(id);
  const drawing = document as unknown as PipelineDocument;
  drawing.nodes.fit!.parameters = { label: 'better' };
  await maker.json('PUT', `/api/v1/pipelines/${id}`, { document: drawing, revision });
  const latest = await over(`/runs/${old.id}/rerun`, { version: 'latest', from: ['fit'] });
  expect(latest).toMatchObject({ status: 'succeeded', version: 2 });
  expect(done(latest)).toEqual(['fit']);
  const before = await over(`/runs/${latest.id}/rerun`, { version: 1, from: ['fit'] });
  expect(before.version).toBe(1);
  const other = await over(`/runs/${old.id}/rerun`, { parameters: { since: '2012' } });
  expect(other).toMatchObject({ version: 1, parameters: { since: '2012' } });
  expect(done(other)).toEqual(['clean', 'draw', 'fit', 'load']);
});

test('a run is reproduced, and told identical when the same comes of it', async () => {
  const { id } = await saved(branching('twice'));
  const old = await start(id);
  const again = await over(`/runs/${old.id}/reproduce`);
  expect(again).toMatchObject({ status: 'succeeded', reproduces: old.id });
  expect(done(again)).toEqual(['clean', 'draw', 'fit', 'load']); // nothing is taken over, or it would show nothing
  const told = await maker.json<Reproduction>('GET', `/api/v1/runs/${again.id}/reproduction`);
  expect(told).toMatchObject({ run: again.id, of: old.id, verdict: 'identical' });
  expect(told.artifacts.map(({ node, verdict }) => [node, verdict])).toEqual([
    ['load', 'identical'],
    ['clean', 'identical'],
    ['draw', 'identical'],
    ['fit', 'identical'],
  ]);
  expect(told.numbers.map(({ key, verdict }) => [key, verdict])).toEqual(Array(4).fill(['score', 'identical']));
  expect((await maker.ask('GET', `/api/v1/runs/${old.id}/reproduction`)).status).toBe(404);
});

test('where something else comes of it, the verdict says at which node, and what of it differs', async () => {
  const { id } = await saved(branching('chance'));
  const old = await start(id);
  noise.set('chance clean', 'a draw of the dice');
  const again = await over(`/runs/${old.id}/reproduce`);
  const told = await maker.json<Reproduction>('GET', `/api/v1/runs/${again.id}/reproduction`);
  expect(told.verdict).toBe('different');
  expect(told.artifacts.map(({ node, verdict }) => [node, verdict])).toEqual([
    ['load', 'identical'],
    ['clean', 'different'],
    ['draw', 'different'],
    ['fit', 'different'],
  ]);
  expect(told.artifacts[1]!.differences.map(({ what }) => what)).toContain('rows');
  expect(told.numbers.map(({ node, verdict }) => [node, verdict])).toContainEqual(['clean', 'different']);

  failing.add('chance fit');
  const failed = await over(`/runs/${old.id}/reproduce`);
  const short = await maker.json<Reproduction>('GET', `/api/v1/runs/${failed.id}/reproduction`);
  expect(short.verdict).toBe('failed');
  expect(short.artifacts.find(({ node }) => node === 'fit')!.verdict).toBe('missing');
});

test('who may only look may neither plan nor reproduce', async () => {
  const { id } = await saved(branching('looked at'));
  const run = await start(id);
  const viewer = await api.person({ role: 'business-stakeholder' });
  expect((await viewer.ask('POST', `/api/v1/pipelines/${id}/plan`, {})).status).toBe(403);
  expect((await viewer.ask('POST', `/api/v1/runs/${run.id}/reproduce`, {})).status).toBe(403);
});

test('two runs are compared: of the work which part differs, of what came of it which artifacts and numbers', async () => {
  const { id } = await saved(branching('two'));
  const base = await start(id);
  const comparing = (run: number, other: number, asker = maker) =>
    asker.json<Comparison>('GET', `/api/v1/runs/${run}/comparison/${other}`);
  const same = await comparing(base.id, base.id);
  expect(same.work).toEqual([]);
  expect(new Set([...same.artifacts, ...same.numbers].map(({ verdict }) => verdict))).toEqual(new Set(['identical']));

  const { nodes, edges, ...rest } = branching('two');
  const { draw: _, ...kept } = nodes;
  const changed: PipelineDocument = {
    ...rest,
    name: 'two, changed',
    nodes: {
      ...kept,
      fit: { ...nodes.fit!, parameters: { label: 'two fit, otherwise' } },
      report: { type: 'step', name: 'two report', parameters: { label: 'two report' } },
    },
    edges: {
      ...Object.fromEntries(Object.entries(edges).filter(([, { to }]) => to.node !== 'draw')),
      'fit.out>report.in': { from: { node: 'fit', port: 'out' }, to: { node: 'report', port: 'in' } },
    },
  };
  const other = await start((await saved(changed)).id);
  const told = await comparing(other.id, base.id);
  expect(told).toMatchObject({ base: base.id, run: other.id });
  expect(told.work).toEqual([
    {
      node: 'fit',
      name: 'two fit',
      differences: [{ part: 'parameter label', before: 'two fit', now: 'two fit, otherwise' }],
    },
  ]);
  const verdicts = [
    ['load', 'identical'],
    ['clean', 'identical'],
    ['fit', 'different'],
    ['report', 'new'],
    ['draw', 'missing'],
  ];
  const inOrder = (rows: { node: string; verdict: string }[]) =>
    rows.map(({ node, verdict }) => [node, verdict]).sort();
  expect(inOrder(told.artifacts)).toEqual(verdicts.sort());
  expect(inOrder(told.numbers)).toEqual(verdicts.sort());
  expect(told.artifacts.find(({ node }) => node === 'fit')!.differences.map(({ what }) => what)).toContain('rows');
});

test('a run is compared with none of another project, even by who may see both', async () => {
  const { id } = await saved(branching('apart'));
  const run = await start(id);
  const refused = await maker.ask('GET', `/api/v1/runs/${run.id}/comparison/${run.id + 100_000}`);
  expect(refused.status).toBe(404);
  expect(await refused.text()).toContain(`no run ${run.id + 100_000} in the project of run ${run.id}`);
  const stranger = await api.person({});
  expect((await stranger.ask('GET', `/api/v1/runs/${run.id}/comparison/${run.id}`)).status).toBe(404);
});
