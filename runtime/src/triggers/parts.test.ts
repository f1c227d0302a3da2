import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { NodeRun, Run, RunSummary } from '@drawloom/shared/api/runs.ts';
import { edgeId, emptyPipeline, type PipelineDocument, type PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { interfaceOf } from '@drawloom/shared/pipeline/parts.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { carryOut } from '../execute/attempt.ts';
import type { Executor } from '../execute/executor.ts';
import { catalog } from '../nodes/catalog.ts';
import { type RunningWorker, runWorker } from '../queue/worker-loop.ts';

let api: TestApi;
let maker: Asker;
let worker: RunningWorker;
const executed: string[] = [];

/** What stands for a pipeline is carried out as ever; every other node gives its name without a process. */
const executor: Executor = {
  async execute(work, context) {
    if (work.type === 'subpipeline') return carryOut({ store: api.house.store } as never, work, context);
    if (work.reuse) return { reason: 'ok', outputs: [], reusedFrom: work.reuse };
    executed.push(work.nodeId);
    const stored = await api.house.store.put([Buffer.from(JSON.stringify(work.parameters))] as never);
    const outputs = work.outputPorts.map(({ name }) => ({
      port: name,
      kind: 'value' as const,
      mediaType: 'application/json',
      ...stored,
    }));
    return { reason: 'ok', outputs };
  },
};

beforeAll(async () => {
  api = await testApi({ catalog });
  maker = await api.person({ role: 'data-engineer' });
  worker = await runWorker({ sql: api.house.sql, executor, capacity: 4 });
});
afterAll(async () => {
  await worker.kill();
  await api.close();
});

const node = (
  type: string,
  parameters: PipelineNode['parameters'] = {},
  more: Partial<PipelineNode> = {},
): PipelineNode => ({
  type,
  name: type,
  parameters,
  ...more,
});
const drawing = (name: string, nodes: Record<string, PipelineNode>, wires: string[] = []): PipelineDocument => {
  const document = { ...emptyPipeline(name), nodes };
  for (const wire of wires) {
    const [from, to] = wire.split(' > ').map((end) => {
      const [id, port] = end.split('.');
      return { node: id!, port: port! };
    });
    const edge = { from: from!, to: to! };
    document.edges[edgeId(edge)] = edge;
  }
  return document;
};
const save = async (document: PipelineDocument): Promise<Pipeline> =>
  maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document });
const change = async ({ id, revision }: Pipeline, document: PipelineDocument): Promise<void> => {
  await maker.json('PUT', `/api/v1/pipelines/${id}`, { revision, document });
};
const start = async (
  id: string,
): Promise<{ run?: RunSummary; problems?: { code: string; message: string; at: string }[] }> =>
  (await maker.ask('POST', `/api/v1/pipelines/${id}/runs`, { parameters: {} })).json() as ReturnType<typeof start>;
const codesOf = async (id: string) => (await start(id)).problems?.map(({ code, at }) => `${code} ${at}`);

const input = (name: string, required = true) => node('pipeline-input', { name, kind: 'value', required });
const output = (name: string) => node('pipeline-output', { name, kind: 'value' });
const partDocument = (name: string) =>
  drawing(name, { come: input('score'), judge: node('branch', { is: 'above', than: 0 }), leave: output('better') }, [
    'come.value > judge.judged',
    'judge.yes > leave.value',
  ]);
const wholeDocument = (name: string, part: Pipeline, parameters = {}) =>
  drawing(
    name,
    {
      score: node('value', { value: name }),
      part: node('subpipeline', { pipeline: part.id, ...parameters }, { interface: interfaceOf(part.document) }),
    },
    ['score.value > part.score'],
  );

test('a pipeline runs as a node of another, and its run is linked both ways and kept out of the list', async () => {
  const part = await save(partDocument('Part'));
  expect(part.problems).toEqual([]);
  const whole = await save(wholeDocument('Whole', part));
  expect(whole.problems).toEqual([]);
  const { run } = await start(whole.id);
  let now: Run;
  do now = await maker.json<Run>('GET', `/api/v1/runs/${run!.id}`);
  while (!isRunFinal(now.status));
  expect(now.status).toBe('succeeded');
  const { children } = await maker.json<NodeRun>('GET', `/api/v1/runs/${run!.id}/nodes/part`);
  expect(children).toMatchObject([{ status: 'succeeded', round: 1 }]);
  const child = await maker.json<Run>('GET', `/api/v1/runs/${children[0]!.run}`);
  expect(child).toMatchObject({
    parent: { run: run!.id, node: 'part' },
    pipeline: { name: 'Part' },
    trigger: { kind: 'pipeline' },
  });
  const listed = async (query = '') =>
    (await maker.json<{ items: RunSummary[] }>('GET', `/api/v1/projects/first/runs${query}`)).items.map(
      (one) => one.id,
    );
  expect(await listed()).toEqual([run!.id]);
  expect(await listed(`?parent=${run!.id}`)).toEqual([child.id]);
  const again = await maker.ask('POST', `/api/v1/runs/${child.id}/rerun`, {});
  expect(again.status).toBe(422);
});

test('without a version it is run as it is saved at that moment, with one as it was then', async () => {
  const part = await save(partDocument('Versions'));
  const [pinned, latest] = [
    await save(wholeDocument('Pinned', part, { version: 1 })),
    await save(wholeDocument('Latest', part)),
  ];
  await maker.json('POST', `/api/v1/pipelines/${part.id}/versions`, { message: 'first' });
  const later = structuredClone(part.document);
  later.nodes.more = node('value', { value: 'later' });
  await change(part, later);
  const nodesOf = async (whole: Pipeline) => {
    const { run } = await start(whole.id);
    let now: NodeRun;
    do now = await maker.json<NodeRun>('GET', `/api/v1/runs/${run!.id}/nodes/part`);
    while (now.children.length === 0);
    return Object.keys((await maker.json<Run>('GET', `/api/v1/runs/${now.children[0]!.run}`)).document.nodes);
  };
  expect(await nodesOf(pinned)).not.toContain('more');
  expect(await nodesOf(latest)).toContain('more');
});

test('what cannot work is refused at the node, before anything starts', async () => {
  const before = await api.house.sql`select count(*)::int as n from drawloom.run`;
  const part = await save(partDocument('Wrong'));
  expect(await codesOf(part.id)).toEqual(['inputs_needed /nodes']);

  const nowhere = wholeDocument('Nowhere', { ...part, id: '00000000-0000-4000-8000-000000000000' });
  expect(await codesOf((await save(nowhere)).id)).toEqual(['part_gone /nodes/part/parameters/pipeline']);
  expect(await codesOf((await save(drawing('None', { part: node('subpipeline') }))).id)).toEqual([
    'part_none /nodes/part/parameters/pipeline',
  ]);
  expect(await codesOf((await save(wholeDocument('No version', part, { version: 9 }))).id)).toEqual([
    'no_version /nodes/part/parameters/pipeline',
  ]);
  expect(await codesOf((await save(wholeDocument('Given', part, { parameters: { gone: 1 } }))).id)).toEqual([
    'parameter_unknown /nodes/part/parameters/pipeline',
  ]);
  expect(await codesOf((await save(wholeDocument('Endless', part, { loop: { bound: 3, fails: false } }))).id)).toEqual([
    'loop_end /nodes/part/parameters/loop',
  ]);
  const unbound = await save(wholeDocument('Unbound', part, { loop: { fails: false } }));
  expect(unbound.problems.map(({ code, at }) => `${code} ${at}`)).toContain(
    'parameter_invalid /nodes/part/parameters/loop/bound',
  );

  const circle = await save(drawing('Circle', { a: node('value', { value: 1 }) }));
  const around = await save(
    drawing('Around', {
      back: node('subpipeline', { pipeline: circle.id }, { interface: { inputs: [], outputs: [] } }),
    }),
  );
  await change(
    circle,
    drawing('Circle', {
      forth: node('subpipeline', { pipeline: around.id }, { interface: { inputs: [], outputs: [] } }),
    }),
  );
  expect(await codesOf(circle.id)).toEqual(['part_circle /nodes/forth/parameters/pipeline']);

  const whole = await save(wholeDocument('Changed', part));
  const changed = structuredClone(part.document);
  changed.nodes.other = input('other');
  await change(part, changed);
  expect(await codesOf(whole.id)).toEqual(['interface_changed /nodes/part/interface']);
  expect(await api.house.sql`select count(*)::int as n from drawloom.run`).toEqual(before);
});

test('of another project, a pipeline is no part', async () => {
  const other = await api.addProject('elsewhere');
  const [foreign] = await api.house.sql`insert into drawloom.pipeline (id, project_id, name, document)
    values (gen_random_uuid(), ${other.id}, 'Foreign', ${JSON.stringify(drawing('Foreign', { a: node('value', { value: 1 }) }))}::text::jsonb) returning id`;
  const whole = await save(
    drawing('Borrowed', {
      part: node('subpipeline', { pipeline: foreign!.id }, { interface: { inputs: [], outputs: [] } }),
    }),
  );
  expect(await codesOf(whole.id)).toEqual(['part_gone /nodes/part/parameters/pipeline']);
});

test('names of ends are each there once', async () => {
  const twice = await save(drawing('Twice', { a: input('x', false), b: input('x', false), c: output('x') }));
  expect(twice.problems.map(({ code, node: at }) => `${code} ${at}`)).toContain('part_name b');
});
