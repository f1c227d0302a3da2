import type { Lineage, LineageNode, ToldLineage } from '@drawloom/shared/api/lineage.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../../test/support/api.ts';
import { handsOf, made, sha } from '../../../../test/support/hands.ts';
import { type Playground, planOf, playground } from '../../../../test/support/playground.ts';
import { createModel } from '../../models/registered.ts';
import { createVersion } from '../../models/versions.ts';
import type { Plan } from '../../plan/plan.ts';
import { createExperiment } from '../../tracking/experiments.ts';
import { createLoggedModel, linkModels, loadLoggedModels } from '../../tracking/loggedModels.ts';
import { catchUpRun, nameOutside } from '../../tracking/pipelines.ts';
import { createRun, logInputs, runNamed } from '../../tracking/runs.ts';
import { readEvent } from '../readEvent.ts';
import { receiveEvent } from '../receive.ts';
import { tellRun } from '../tell.ts';

let api: TestApi;
let ground: Playground;
let person: Asker;
let count = 0;
const hands = handsOf(() => ground);
beforeAll(async () => {
  api = await testApi();
  ground = await playground(api.house.config.databaseUrl!);
  person = await api.person({ role: 'data-scientist', project: ground.project });
});
afterAll(async () => {
  await ground.close();
  await api.close();
});

const lock = 'e'.repeat(64);
/** Work that nobody did before; `load` reads a file of the data folder where one is given. */
function plan(drawing: string, file?: { name: string; sha256: string }): Plan {
  const drawn = planOf(drawing, { environment: lock, code: `# ${++count}`, seed: count });
  const nodes = drawn.nodes.map((node) => ({
    ...node,
    staticKey: sha(`${count} ${node.nodeId}`),
    keyParts: { ...node.keyParts, code: sha(`# ${count}`), environment: lock },
    ...(file &&
      node.nodeId === 'load' && {
        parameters: { file: file.name },
        keyParts: { ...node.keyParts, outside: file.sha256 },
      }),
  }));
  return { ...drawn, nodes, hash: sha(`${drawn.hash} ${count}`) };
}
async function run(what: Plan): Promise<number> {
  const started = await ground.start(what);
  await hands.workOff(await ground.worker(), (work) =>
    work.reuse ? { outputs: [], reusedFrom: work.reuse } : { outputs: [made('out', bytesOf(work.run, work.nodeId))] },
  );
  return started.run;
}
const bytesOf = (of: number, node: string) => `what ${node} gave in run ${of}`;
const given = (of: number, node: string) => `artifact:${sha(bytesOf(of, node))}`;
const [day1, day2] = ['1'.repeat(64), '2'.repeat(64)];

const address = (from: string, query: object, project = ground.project) =>
  `/api/v1/projects/${project}/lineage?${new URLSearchParams({ from, ...query })}`;
const ask = (from: string, query: Record<string, string> = {}) => person.json<Lineage>('GET', address(from, query));

/** A node in a word: what a reader of the page would call it. */
function word(node: LineageNode): string {
  switch (node.kind) {
    case 'artifact':
      return `artifact ${node.artifact.sha256.slice(0, 6)}`;
    case 'node-run':
      return `${node.node} of ${node.run}`;
    case 'file':
      return `file ${node.name} ${node.sha256?.[0] ?? 'never read'}`;
    case 'data-set':
    case 'job':
      return `${node.kind} ${node.name}`;
    case 'model-version':
      return `${node.model} ${node.version}`;
    case 'tracked-run':
    case 'tracked-data':
      return `${node.kind} ${node.name}`;
    default:
      return node.kind;
  }
}
const words = ({ nodes }: Lineage) =>
  nodes
    .filter(({ kind }) => kind !== 'artifact')
    .map(word)
    .sort();
const unfinished = ({ nodes }: Lineage) =>
  nodes.filter(({ more }) => more.length > 0).map((node) => `${word(node)}: ${node.more.join(' and ')}`);
function lines({ nodes, edges }: Lineage): string[] {
  const names = new Map(nodes.map((node) => [node.id, word(node)]));
  return edges.map(({ from, to }) => `${names.get(from)} > ${names.get(to)}`).sort();
}

let minute = 0;
interface ToldJob {
  name: string;
  namespace?: string;
  inputs?: [namespace: string, name: string, version?: string][];
  outputs?: [namespace: string, name: string, version?: string][];
}
async function hear({ name, namespace = 'scheduler', inputs = [], outputs = [] }: ToldJob): Promise<void> {
  const facet = { _producer: 'https://example.org/x', _schemaURL: 'https://example.org/facet.json' };
  const set = ([of, called, version]: [string, string, string?]) => ({
    namespace: of,
    name: called,
    facets: (version === undefined ? {} : { version: { ...facet, datasetVersion: version } }) as Record<string, Json>,
  });
  await receive({
    eventType: 'COMPLETE',
    eventTime: new Date(Date.UTC(2026, 0, 1, 0, ++minute)).toISOString(),
    producer: 'https://example.org/x',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    run: { runId: `0190c2f4-8f3a-7bd3-a4cb-${String(minute).padStart(12, '0')}` },
    job: { namespace, name },
    inputs: inputs.map(set),
    outputs: outputs.map(set),
  });
}
async function receive(event: Json): Promise<void> {
  const told = readEvent(event);
  if ('problems' in told) throw new Error(JSON.stringify(told.problems));
  await receiveEvent(ground.sql, ground.project, event, told);
}
const ours = () => `drawloom/${ground.project}`;

async function registered(model: string, run: { id: number }, loggedModelId: number | null = null): Promise<void> {
  const known = await ground.sql`select id from drawloom.registered_model where name = ${model}`;
  if (known.length === 0)
    await createModel(ground.sql, ground.project, { name: model, description: '', tags: [], by: 'me' });
  const [row] = await ground.sql<{ id: string }[]>`select id from drawloom.registered_model where name = ${model}`;
  await createVersion(ground.sql, Number(row!.id), {
    source: 'runs:/x/model',
    trackedId: run.id,
    loggedModelId,
    runLink: '',
    description: '',
    tags: [],
    by: 'me',
    files: null,
  });
}
async function trackedNode(of: number, node: number): Promise<{ id: number }> {
  const uuid = nameOutside({ run: of, node, mapIndex: 0 });
  await catchUpRun(ground.sql, ground.project, uuid);
  return { id: await runNamed(ground.sql, ground.project, uuid) };
}

test('it goes up to the version of the file that something was made of, and down to what came of it, across runs', async () => {
  const file = { name: 'flights.csv', sha256: day1 };
  const first = await run(plan('load > clean > train; clean > chart', file));
  const second = await run(plan('load > look', file));
  const other = await run(plan('load > see', { ...file, sha256: day2 }));
  const model = given(first, 'train');
  expect(words(await ask(model, { direction: 'up' }))).toEqual([
    `clean of ${first}`,
    'file flights.csv 1',
    `load of ${first}`,
    `train of ${first}`,
  ]);
  expect(words(await ask(given(first, 'clean'), { direction: 'down' }))).toEqual([
    `chart of ${first}`,
    `train of ${first}`,
  ]);
  expect(words(await ask(`file:flights.csv:${day1}`, { direction: 'down' }))).toEqual([
    `chart of ${first}`,
    `clean of ${first}`,
    'file flights.csv 1',
    `load of ${first}`,
    `load of ${second}`,
    `look of ${second}`,
    `train of ${first}`,
  ]);
  expect(words(await ask('file:flights.csv', { depth: '1' }))).toEqual([
    'file flights.csv 1',
    'file flights.csv 2',
    `load of ${first}`,
    `load of ${second}`,
    `load of ${other}`,
  ]);
  const whole = await ask(`run:${second}`);
  expect(words(whole)).toEqual(['file flights.csv 1', `load of ${second}`, `look of ${second}`]);
  expect(whole.from).toEqual([`node-run:${second}:load`, `node-run:${second}:look`]);
});

test('work that was taken over stands where it was done, and knows its code, environment and seed', async () => {
  const drawn = plan('one > two');
  const first = await run(drawn);
  const again = await run(drawn);
  const found = await ask(`node-run:${again}:two`, { with: 'code,environment' });
  expect(words(found)).toEqual(['code', 'environment', `one of ${first}`, `two of ${first}`]);
  const two = found.nodes.find((node) => node.kind === 'node-run' && node.node === 'two');
  expect(two).toMatchObject({ code: sha(`# ${count}`), environment: lock, seed: count, forgotten: false, mapIndex: 0 });
  expect(words(await ask(`code:${sha(`# ${count}`)}`, { depth: '1' }))).toEqual([
    'code',
    `one of ${first}`,
    `two of ${first}`,
  ]);
});

test('an answer has a bound, and every card that goes on beyond it says so', async () => {
  const of = await run(plan('a > b > c > d; b > e; b > f'));
  const near = await ask(given(of, 'b'), { depth: '1' });
  expect(lines(near)).toHaveLength(4);
  expect(near.more).toBe(true);
  expect(unfinished(near)).toEqual([`b of ${of}: up`, `c of ${of}: down`, `e of ${of}: down`, `f of ${of}: down`]);
  const thin = await ask(given(of, 'b'), { width: '2' });
  expect(words(thin)).toEqual([`a of ${of}`, `b of ${of}`, `c of ${of}`, `d of ${of}`, `e of ${of}`]);
  expect(unfinished(thin)).toEqual([`artifact ${sha(bytesOf(of, 'b')).slice(0, 6)}: down`]);
  const few = await ask(given(of, 'a'), { limit: '3', direction: 'down' });
  expect(few.nodes).toHaveLength(3);
  expect(unfinished(few)).toEqual([`artifact ${sha(bytesOf(of, 'b')).slice(0, 6)}: down`]);
  const all = await ask(given(of, 'a'));
  expect([all.more, all.nodes.length, all.edges.length]).toEqual([false, 12, 11]);
});

test('a version of a model leads to the node run that made it, and from a file to every model that came of it', async () => {
  const of = await run(plan('load > fit', { name: 'training.csv', sha256: day1 }));
  await registered('delays', await trackedNode(of, 1));
  const back = await ask('model-version:delays:1', { direction: 'up' });
  expect(words(back)).toEqual(['delays 1', 'file training.csv 1', `fit of ${of}`, `load of ${of}`]);
  expect(lines(back)).toContain(`fit of ${of} > delays 1`);
  expect(words(await ask('file:training.csv', { direction: 'down' }))).toContain('delays 1');
  expect(words(await ask('model:delays', { depth: '1' }))).toEqual(['delays 1', `fit of ${of}`]);
});

test('a model of a program outside leads to its run and the data that it logged, and on to who loaded it', async () => {
  const { id: experiment } = await createExperiment(ground.db, {
    projectId: ground.project,
    name: 'outside',
    tags: [],
  });
  const start = async (name: string) => {
    const uuid = await createRun(ground.sql, { experiment, name, userId: 'me', startMs: 1000, tags: [] });
    return { uuid, id: await runNamed(ground.sql, ground.project, uuid) };
  };
  const [training, scoring] = [await start('training'), await start('scoring')];
  const source = await run(plan('table'));
  const data = (name: string, from: string) => ({
    name,
    digest: `d ${name}`,
    sourceType: 'local',
    source: from,
    schema: null,
    profile: null,
    tags: {},
  });
  await logInputs(ground.sql, training.id, [
    data('rows', '{"uri": "rows.csv"}'),
    data('ours', JSON.stringify({ sha256: sha(bytesOf(source, 'table')) })),
  ]);
  const model = await createLoggedModel(ground.sql, {
    experiment,
    name: 'm',
    modelType: '',
    sourceRun: training.id,
    creator: 'me',
    parameters: [],
    tags: [],
  });
  const { uuid } = (await loadLoggedModels(ground.sql, [model]))[0]!;
  await linkModels(ground.sql, ground.project, scoring.id, 'in', [{ uuid, step: 0 }]);
  await registered('outsider', training, model);
  const found = await ask('model-version:outsider:1');
  expect(words(found)).toEqual([
    'outsider 1',
    `table of ${source}`,
    'tracked-data ours',
    'tracked-data rows',
    'tracked-run scoring',
    'tracked-run training',
  ]);
  expect(lines(found)).toContain('outsider 1 > tracked-run scoring');
  const rows = found.nodes.find((node) => node.kind === 'tracked-data' && node.name === 'rows')!;
  expect(words(await ask(rows.id, { direction: 'down', depth: '1' }))).toEqual([
    'tracked-data rows',
    'tracked-run training',
  ]);
});

test('jobs of others join by the names that our files and outputs go by, and what a receiver sends back of ours is left out', async () => {
  const of = await run(plan('load > clean', { name: 'nightly.csv', sha256: day2 }));
  const clean = { set: 'played.clean.out', sha256: sha(bytesOf(of, 'clean')) };
  await hear({
    name: 'extract',
    inputs: [['postgres://db:5432', 'raw.flights']],
    outputs: [[ours(), 'data/nightly.csv']],
  });
  await hear({
    name: 'extract',
    inputs: [['postgres://db:5432', 'raw.flights']],
    outputs: [[ours(), 'data/nightly.csv']],
  });
  await hear({ name: 'publish', inputs: [[ours(), clean.set]], outputs: [['s3://reports', 'daily']] });
  for await (const event of tellRun(ground.sql, of, { origin: 'https://drawloom.example' })) await receive(event);
  const whole = ['data-set daily', 'data-set raw.flights', 'file nightly.csv 2', 'job extract', 'job publish'];
  const nodes = [`clean of ${of}`, `load of ${of}`];
  const raw = 'data-set:postgres%3A%2F%2Fdb%3A5432:raw.flights';
  expect(words(await ask(raw, { direction: 'down' }))).toEqual([`clean of ${of}`, ...whole, `load of ${of}`].sort());
  const up = await ask('data-set:s3%3A//reports:daily', { direction: 'up' });
  expect(words(up)).toEqual([...whole, ...nodes].sort());
  expect(lines(up)).toContain(`artifact ${clean.sha256.slice(0, 6)} > job publish`);
  expect(up.nodes.find((node) => node.kind === 'job' && node.name === 'publish')).toMatchObject({
    namespace: 'scheduler',
    lastRun: { state: 'COMPLETE' },
  });
  expect((await person.ask('GET', address(`job:${encodeURIComponent(ours())}:played.clean`, {}))).status).toBe(404);
  await hear({ name: 'later', outputs: [[ours(), 'data/never.csv']] });
  expect(words(await ask('file:never.csv'))).toEqual(['file never.csv never read', 'job later']);
});

test('what was told of a job and of a data set can be read, facet by facet, with the runs of the job', async () => {
  await hear({ name: 'weekly', outputs: [['s3://weekly', 'table', 'v7']] });
  await hear({ name: 'weekly', outputs: [['s3://weekly', 'table', 'v8']] });
  const read = (of: string) =>
    person.json<ToldLineage>('GET', `/api/v1/projects/${ground.project}/lineage/told?${new URLSearchParams({ of })}`);
  const job = await read('job:scheduler:weekly');
  expect(job.runs.map(({ state, beganAt }) => [state, beganAt])).toEqual([
    ['COMPLETE', null],
    ['COMPLETE', null],
  ]);
  expect(job.runs[0]!.at > job.runs[1]!.at).toBe(true);
  const set = await read('data-set:s3%3A%2F%2Fweekly:table');
  expect(set).toMatchObject({ runs: [], facets: { version: { facet: { datasetVersion: 'v8' } } } });
  const answer = async (of: string) =>
    (await person.ask('GET', `/api/v1/projects/${ground.project}/lineage/told?${new URLSearchParams({ of })}`)).status;
  expect([await answer('job:scheduler:nobody'), await answer('run:1')]).toEqual([404, 400]);
});

test('a file that arrives as an artifact as well is one card, by its name', async () => {
  const sha256 = sha('the very bytes');
  const of = await run(plan('base > load', { name: 'once.csv', sha256 }));
  await ground.sql`
    update drawloom.artifact set sha256 = ${sha256}, kind = 'file'
    where project_id = ${ground.project} and sha256 = ${sha(bytesOf(of, 'base'))}`;
  expect(lines(await ask(given(of, 'load'), { direction: 'up' }))).toEqual([
    `file once.csv ${sha256[0]} > load of ${of}`,
    `load of ${of} > artifact ${sha(bytesOf(of, 'load')).slice(0, 6)}`,
  ]);
});

test('a job read the version that was told of it, else the newest, and a receiver’s own namespace is ours as well', async () => {
  const settings = JSON.stringify({ kind: 'openlineage', url: 'https://catalog.example', namespace: 'house' });
  await ground.sql`insert into drawloom.channel (project_id, name, kind, settings)
    values (${ground.project}, 'catalog', 'openlineage', ${settings}::text::jsonb)`;
  const [old, now] = [await run(plan('base > tidy.up')), await run(plan('base > tidy.up'))];
  await hear({ name: 'latest', inputs: [['house', 'played.tidy.up.out']] });
  expect(words(await ask('job:scheduler:latest', { depth: '2' }))).toEqual(['job latest', `tidy.up of ${now}`]);
  await hear({ name: 'exact', inputs: [['house', 'played.tidy.up.out', sha(bytesOf(old, 'tidy.up'))]] });
  expect(words(await ask('job:scheduler:exact', { depth: '2', direction: 'up' }))).toEqual([
    'job exact',
    `tidy.up of ${old}`,
  ]);
});

test('what is not there, is called by no id or belongs to somebody else is refused as everywhere', async () => {
  const of = await run(plan('mine'));
  for (const from of [
    `artifact:${'0'.repeat(64)}`,
    'run:999999',
    'run:x',
    'model-version:none:1',
    'model-version:none:9999999999',
    'file:%E0',
    'node-run:1',
  ])
    expect([from, (await person.ask('GET', address(from, {}))).status]).toEqual([from, 404]);
  for (const [from, query] of [
    ['nothing:1', {}],
    ['artifact', {}],
    [`run:${of}`, { depth: '0' }],
    [`run:${of}`, { limit: '10001' }],
    [`run:${of}`, { with: 'everything' }],
  ] as const) {
    const answer = await person.ask('GET', address(from, query));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid_query' });
  }
  const elsewhere = await api.addProject('elsewhere');
  const stranger = await api.person({ role: 'data-scientist', project: elsewhere.id });
  expect((await stranger.ask('GET', address(`run:${of}`, {}))).status).toBe(404);
  expect((await stranger.ask('GET', address(`run:${of}`, {}, 'elsewhere'))).status).toBe(404);
  expect((await api.nobody.ask('GET', address(`run:${of}`, {}))).status).toBe(401);
  const viewer = await api.person({ role: 'business-stakeholder', project: ground.project });
  expect((await viewer.ask('GET', address(`run:${of}`, {}))).status).toBe(403);
});
