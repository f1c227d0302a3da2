import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pretty } from '@drawloom/shared/json.ts';
import { edgeId, emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { connect, type Database } from '../db/connection.ts';
import { seedExample } from '../examples/seed.ts';
import { signed } from '../outbox/sign.ts';
import { type RunningWorker, runWorker } from '../queue/worker-loop.ts';
import { forgetAll } from '../retention/forget.ts';
import { type RunningServer, startServer } from '../server.ts';
import { keepFile } from '../tracking/files.ts';
import { createRun, logToRun, runNamed } from '../tracking/runs.ts';

// Each call is a process of its own, which takes its second on a quiet machine and many on a busy one.
vi.setConfig({ testTimeout: 180_000 });

const program = path.resolve(import.meta.dirname, '../cli.ts');
const compileCache = path.resolve(import.meta.dirname, '../../../node_modules/.cache/drawloom/compiled');
const adminToken = 't'.repeat(40);
let folder: string;
let database: TestDatabase;
let connection: Database;
let server: RunningServer;
let worker: RunningWorker;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drawloom-cli-'));
  database = await testDatabase();
  connection = connect(database.url, { max: 5 });
  await seedExample(connection.db);
  const { url: databaseUrl } = database;
  const home = path.join(folder, 'home');
  const unset = { publicUrl: undefined, traces: undefined, serverUrl: undefined, token: undefined };
  const rest = { ...unset, hosts: [], tags: [], leastIsolation: 'full' as const, internalNetworks: [] };
  server = await startServer({ port: 0, host: '127.0.0.1', home, databaseUrl, adminToken, ...rest });
  // In place of the sandbox: a node whose code speaks of failing fails, every other one gives a value, by chance another one each time.
  worker = await runWorker({
    sql: connection.sql,
    capacity: 4,
    executor: {
      async execute({ type, code, inputs, outputPorts, reuse, mapOver, mapIndex }) {
        if (reuse) return { reason: 'ok', outputs: [], reusedFrom: reuse };
        if (type === 'approval') return { reason: 'parked', park: 'approval', outputs: [] };
        if (mapOver !== null && mapIndex === 0) return { reason: 'parked', park: 'map', outputs: carriers(mapOver) };
        if (code?.includes('fail') && mapIndex !== 2)
          return { reason: 'user_error', outputs: [], error: { message: 'It failed.', line: 7 } };
        const sha256 = code?.includes('random') ? randomBytes(32).toString('hex') : 'c'.repeat(64);
        const output = { kind: 'value' as const, sha256, sizeBytes: inputs.length, mediaType: 'application/json' };
        const needs = { peakMemoryBytes: 100 * 2 ** 20, wallMs: 1500, cpuMs: 1350 };
        return { reason: 'ok', outputs: outputPorts.map(({ name }) => ({ ...output, port: name })), ...needs };
      },
    },
  });
});
afterAll(async () => {
  await worker.kill();
  await server.stop();
  await connection.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** What every list holds here, however it is written. */
const carriers = (port: string) =>
  ['UA', 'AA', 'DL'].map((itemName, position) => ({
    ...{ port, position, itemName, kind: 'value' as const, sizeBytes: 4, mediaType: 'application/json' },
    sha256: createHash('sha256').update(itemName).digest('hex'),
  }));

async function drawloom(...args: string[]) {
  const { DRAWLOOM_HOME: _, ...env } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...env, DRAWLOOM_URL: server.url, DRAWLOOM_TOKEN: adminToken, NODE_COMPILE_CACHE: compileCache },
    cwd: folder,
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out, err };
}

const node = (name: string, body: string) => ({
  type: 'typescript',
  name,
  parameters: {},
  code: `export default function run(): number { ${body} }\n`,
});
async function file(name: string, nodes: PipelineDocument['nodes'], more: Partial<PipelineDocument> = {}) {
  const at = path.join(folder, `${name}.json`);
  await writeFile(at, pretty({ ...emptyPipeline(name), nodes, ...more }));
  return at;
}

test('a wrong call ends with 2 and says what to do; help ends with 0', async () => {
  const good = await file('of-a-version', { one: node('One', 'return 1;') });
  const wrong = await Promise.all([
    drawloom('dance'),
    drawloom('help', 'dance'),
    drawloom('run'),
    drawloom('run', 'no-such-pipeline'),
    drawloom('run', './missing.json'),
    drawloom('logs', 'seven', 'x', '--colour', 'red'),
    drawloom('logs', '999', 'x'),
    drawloom('token', 'forge'),
    drawloom('run', good, '--version', 'latest'),
    drawloom('export', 'Late flights', '--out', 'no/such/folder/flights.json'),
  ]);
  for (const { code, out, err } of wrong) {
    expect([code, out]).toEqual([2, '']);
    expect(err.trim()).not.toBe('');
    expect(err).not.toMatch(/\n\s+at /);
  }
  const helps = await Promise.all([
    drawloom('--help'),
    drawloom('run', '--help'),
    drawloom('help', 'run'),
    drawloom('help'),
  ]);
  expect(helps.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(helps[2]!.out).toBe(helps[1]!.out);
  expect(helps[1]!.out).toContain('--param');
});

test('validate tells what is wrong with a file, with its place', async () => {
  const good = await file('good', { one: node('One', 'return 1;') });
  const bad = await file('bad', { one: { ...node('One', ''), type: 'no-such-type' } });
  await writeFile(path.join(folder, 'broken.json'), '{"schemaVersion": 1,');
  const [fine, unfit, broken] = await Promise.all([
    drawloom('validate', good),
    drawloom('validate', bad, '--json'),
    drawloom('validate', 'broken.json'),
  ]);
  expect(fine).toMatchObject({ code: 0 });
  expect(unfit.code).toBe(1);
  expect(JSON.parse(unfit.out)).toMatchObject({
    valid: false,
    problems: [{ at: expect.stringMatching(/^\/nodes\/one/) }],
  });
  expect(broken).toMatchObject({ code: 2, err: expect.stringContaining('broken.json is no pipeline') });
});

test('run shows the nodes as a table, ends with 0 when all went well and with 1 when a node failed', async () => {
  const good = await drawloom('run', await file('runs well', { one: node('First node', 'return 1;') }));
  expect(good.err).toContain('[1/1] First node: succeeded');
  expect(good.out).toMatch(/^node +state +time +reuse +outputs\nFirst node +succeeded +\d/);
  expect(good.code).toBe(0);
  const bad = await drawloom('run', await file('fails', { one: node('First node', 'fail();') }));
  expect(bad.out).toContain('It failed.');
  expect(bad.code).toBe(1);
});

test('what a pipeline calls its nodes does nothing to the terminal', async () => {
  const name = '\u001b[2J\u001b]0;owned\u0007First\r\u0008';
  const loud = await drawloom('run', await file('loud', { one: node(name, 'fail();') }));
  expect(loud.code).toBe(1);
  expect(loud.err).toContain('First');
  expect(loud.out).toContain('First');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  expect(loud.err + loud.out).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
});

test('run --json prints one object with the run and its nodes, and a parameter as it is declared', async () => {
  const at = await file(
    'with parameters',
    { one: node('One', 'return 2;') },
    { parameters: { rows: { type: 'integer' }, on: { type: 'boolean', default: false } } },
  );
  const { out, code } = await drawloom('run', at, '--json', '--param', 'rows=5', '--param', 'on=true');
  expect(code).toBe(0);
  const { run, nodes } = JSON.parse(out);
  expect(run).toMatchObject({ status: 'succeeded', parameters: { rows: 5, on: true } });
  expect(nodes).toEqual([
    {
      node: 'one',
      status: 'succeeded',
      reason: 'ok',
      startedAt: expect.any(String),
      finishedAt: expect.any(String),
      outputs: [expect.objectContaining({ kind: 'value' })],
      metrics: {},
    },
  ]);
  const again = JSON.parse((await drawloom('run', 'with parameters', '--json', '--param', 'rows=5')).out);
  expect(again.run.pipeline.name).toBe('with parameters');
  const wrong = await drawloom('run', at, '--param', 'rows=many');
  expect([wrong.code, wrong.out]).toEqual([2, '']);
  expect(wrong.err).toContain('rows');
});

test('lineage is shown as trees from whatever has a name, or as JSON, and what has none is refused', async () => {
  const at = await file('made', { one: node('First node', 'return 1; // random') });
  const { run, nodes } = JSON.parse((await drawloom('run', at, '--json')).out);
  const artifact = `artifact:${nodes[0].outputs[0].sha256}:value`;
  const shown = await drawloom('lineage', 'show', `run:${run.id}`);
  expect(shown.code).toBe(0);
  expect(shown.out).toMatch(
    new RegExp(
      `^First node \\(made, run ${run.id}\\)  node-run:${run.id}:one\nled to\n└─ \\w+ \\(value, 0 B\\)  ${artifact}\n`,
    ),
  );
  const found = JSON.parse((await drawloom('lineage', 'show', artifact, '--up', '--code', '--json')).out);
  expect(found).toMatchObject({ from: [artifact], more: false });
  expect(found.nodes.map(({ kind }: { kind: string }) => kind)).toEqual(expect.arrayContaining(['node-run', 'code']));
  expect(await drawloom('lineage', 'show', 'run:99999')).toMatchObject({ code: 2, out: '' });
  expect((await drawloom('lineage', 'show', 'something')).err).toContain('Say a kind, a colon and what it is called');
  expect((await drawloom('lineage', 'show', artifact, '--up', '--down')).err).toContain('--up or --down');
});

test('a file that differs from the drawing of its name is run, and the drawing is kept as a version', async () => {
  await drawloom('run', await file('kept', { one: node('One', 'return 3;') }));
  await drawloom('run', await file('kept', { two: node('Two', 'return 4;') }));
  const versions = await database.sql`
    select v.number, v.message from drawloom.pipeline_version v join drawloom.pipeline p on p.id = v.pipeline_id
    where p.name = 'kept' order by v.number`;
  expect(versions.map((version) => version.number)).toEqual([1, 2]);
});

test('export and import give a pipeline on, byte for byte', async () => {
  const at = await file('given on', { one: node('One', 'return 5;') });
  await drawloom('run', at);
  const out = path.join(folder, 'exported.json');
  expect((await drawloom('export', 'given on', '--out', out)).code).toBe(0);
  expect(await readFile(out, 'utf8')).toBe(await readFile(at, 'utf8'));
  await mkdir(path.join(folder, 'a folder'));
  await copyFile(out, path.join(folder, 'a folder/pipeline.json'));
  const added = await drawloom('import', 'a folder');
  expect(added).toMatchObject({ code: 0, out: expect.stringContaining('given on 2') });
  expect(added.err).toContain('cannot run until somebody accepts it');
  expect((await drawloom('run', 'given on 2')).code).toBe(2);
});

test('whoever reads along may leave before the end', async () => {
  const at = await file(
    'long',
    Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`n${n}`, { ...node('N', ''), type: `no-such-${n}` }])),
  );
  const child = spawn(process.execPath, [program, 'validate', at], {
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  child.stdout.destroy();
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1);
  expect(err).toBe('');
});

test('a token is made, works, is listed without its text, and is revoked', async () => {
  const made = await drawloom('token', 'create', 'for ci', '--action', 'project.view', '--days', '7');
  const text = made.out.trim();
  expect(text).toMatch(/^dlm_/);
  const asked = await fetch(`${server.url}/api/v1/session`, { headers: { authorization: `Bearer ${text}` } });
  expect(asked.status).toBe(200);
  const listed = await drawloom('token', 'list');
  expect(listed.out).toContain('for ci');
  expect(listed.out).not.toContain(text);
  const id = listed.out
    .split('\n')
    .find((line) => line.includes('for ci'))!
    .split(' ')[0]!;
  expect((await drawloom('token', 'revoke', id)).code).toBe(0);
  const after = await fetch(`${server.url}/api/v1/session`, { headers: { authorization: `Bearer ${text}` } });
  expect(after.status).toBe(401);
});

test('a pool is made, listed with its slots, refused without sense, and removed', async () => {
  expect(await drawloom('pool', 'set', 'gpu', '2')).toMatchObject({ code: 0 });
  expect((await drawloom('pool', 'list')).out).toMatch(/^gpu +2 +0 +0$/m);
  expect(await drawloom('pool', 'set', 'gpu', 'many')).toMatchObject({
    code: 2,
    err: expect.stringContaining('SLOTS'),
  });
  expect(await drawloom('pool', 'set', 'gpu', '5000')).toMatchObject({ code: 2, err: expect.stringContaining('size') });
  expect(await drawloom('pool', 'remove', 'gpu')).toMatchObject({ code: 0 });
  expect(JSON.parse((await drawloom('pool', 'list', '--json')).out)).toEqual({ pools: [] });
});

test('a run is given a priority, and a node of it is asked why it does not run', async () => {
  const at = await file('urgent', { one: node('One', 'return 6;') });
  const { run } = JSON.parse((await drawloom('run', at, '--json', '--priority=-5')).out);
  expect(run.priority).toBe(-5);
  expect(await drawloom('why', String(run.id), 'One')).toMatchObject({ code: 0, out: 'It is succeeded.\n' });
  expect(await drawloom('why', String(run.id), 'nobody')).toMatchObject({ code: 2 });
  expect(await drawloom('run', at, '--priority', '900')).toMatchObject({
    code: 2,
    err: expect.stringContaining('from -100 to 100'),
  });
});

test('what failed is told with what shows it and what to do now, at the end of a run and when asked', async () => {
  const at = await file('in vain', { one: node('One', 'return fail();') });
  const ran = await drawloom('run', at);
  expect(ran).toMatchObject({
    code: 1,
    out: expect.stringContaining('One: It failed.\n  - Look at line 7 of its code.'),
  });
  const run = /Run (\d+) failed/.exec(ran.out)![1]!;
  expect(await drawloom('why', run, 'One')).toMatchObject({
    code: 0,
    out: [
      'It is failed.',
      'Its code raised an error.',
      'It failed.',
      'What shows it:',
      '  - Line 7 of its code',
      'What to do now:',
      '  - Look at line 7 of its code.\n',
    ].join('\n'),
  });
  const { failure } = JSON.parse((await drawloom('why', run, 'One', '--json')).out);
  expect(failure).toMatchObject({ reason: 'user_error', steps: [{ kind: 'open_code', line: 7 }] });
});

test('the items of a node are listed by their names, all or those that failed, as many as are wanted', async () => {
  const code = 'export default function run(carrier: string): number { return fail(); }\n';
  const map = { over: 'carrier', minSuccessShare: 0 };
  const edge = { from: { node: 'list', port: 'value' }, to: { node: 'each', port: 'carrier' } };
  const at = await file(
    'per carrier',
    {
      list: { type: 'value', name: 'List', parameters: { value: ['UA', 'AA', 'DL'] } },
      each: { type: 'typescript', name: 'Each', parameters: {}, code, map },
    },
    { edges: { [edgeId(edge)]: edge } },
  );
  const { run } = JSON.parse((await drawloom('run', at, '--json')).out);
  const listed = await drawloom('items', String(run.id), 'Each');
  expect(listed.out).toMatch(/^1 +UA +failed .*\n2 +AA +succeeded .*\n3 +DL +failed /m);
  expect(listed.code).toBe(0);
  const failed = await drawloom('items', String(run.id), 'each', '--failed', '--limit', '1');
  expect(failed.out).toMatch(/^1 +UA +failed .*\nThere are more; go on with --after 1\.\n$/m);
  const rest = await drawloom('items', String(run.id), 'each', '--failed', '--after', '1', '--json');
  expect(JSON.parse(rest.out)).toMatchObject({ items: [{ mapIndex: 3, itemName: 'DL' }], next: null });
  expect(await drawloom('items', String(run.id), 'list')).toMatchObject({
    code: 0,
    out: expect.stringContaining('did not run once per item'),
  });
  expect(await drawloom('items', String(run.id), 'nobody')).toMatchObject({ code: 2 });
});

test('what nodes needed is told, set in the drawing when wished, and refused for one that is not there', async () => {
  const at = await file('measured', { one: node('One', 'return 12345;') });
  for (const _ of [1, 2, 3]) await drawloom('run', at, '--no-reuse');
  expect((await drawloom('resources', 'measured')).out).toMatch(/one +3 +100 MB +128 MB +1.5 s +10 s +0.9\n/);
  const told = await drawloom('resources', 'measured', 'one', '--apply', '--json');
  expect(told).toMatchObject({ code: 0, err: 'Set for 1 node.\n' });
  const [advice] = JSON.parse(told.out).nodes;
  const { nodes } = JSON.parse((await drawloom('export', 'measured')).out);
  expect(nodes.one.execution).toEqual({ memoryBytes: advice.memory.adviseBytes, timeoutMs: advice.time.adviseMs });
  expect(await drawloom('resources', 'measured', 'two')).toMatchObject({
    code: 2,
    err: expect.stringContaining('two'),
  });
});

test('a sensor is added from a file and asked by the server, and its history says why an ask came to nothing', async () => {
  await drawloom('run', await file('sensed', { one: node('One', 'return 3;') }));
  const code = path.join(folder, 'look.ts');
  await writeFile(
    code,
    'export default function look({ cursor = 0 }: { cursor?: number }): any {\n  return { cursor };\n}\n',
  );
  const how = ['triggers', 'add', 'sensed', '--json', '--sensor', code, '--every', '5s', '--cursor', '7'];
  const made = JSON.parse((await drawloom(...how)).out);
  expect(made).toMatchObject({
    on: { kind: 'sensor', language: 'typescript', everySeconds: 5 },
    sensor: { cursor: 7 },
  });
  // What stands in for the sandbox here gives bytes that no store holds.
  await expect
    .poll(async () => (await drawloom('triggers', 'history', made.id)).out, { timeout: 120_000, interval: 500 })
    .toMatch(/ask failed +\d+ +The bytes of the sensor’s answer are gone/);
  expect((await drawloom('triggers', 'list')).out).toMatch(
    /sensed +sensor, every 5 s +skip +what it finds +ask failed/,
  );
  expect(await drawloom('triggers', 'cursor', made.id, '8')).toMatchObject({ code: 0 });
  const [row] = await connection.sql`select cursor from drawloom.trigger where id = ${made.id}`;
  expect(row).toEqual({ cursor: 8 });
  expect(await drawloom('triggers', 'cursor', made.id, '{')).toMatchObject({
    code: 2,
    err: expect.stringContaining('JSON'),
  });
  expect(await drawloom('triggers', 'add', 'sensed', '--sensor', code, '--cron', '0 6 * * *')).toMatchObject({
    code: 2,
  });
  expect(await drawloom('triggers', 'remove', made.id)).toMatchObject({ code: 0 });
});

test('a trigger is added, starts the pipeline when it is due, is looked back at, and switched off', async () => {
  const at = await file(
    'by itself',
    { one: node('One', 'return 3;') },
    { parameters: { day: { type: 'date' }, rows: { type: 'integer', default: 1 } } },
  );
  await drawloom('run', at, '--param', 'day=2026-01-01');
  const added = await drawloom(
    ...['triggers', 'add', 'by itself', '--every', '10s', '--json', '--name', 'Often', '--overlap', 'buffer-one'],
    ...['--param', 'day={"$nominal": "date"}', '--param', 'rows=5'],
  );
  expect(added).toMatchObject({ code: 0 });
  const made = JSON.parse(added.out);
  expect(made).toMatchObject({ on: { everySeconds: 10 }, parameters: { day: { $nominal: 'date' }, rows: 5 } });
  const fires = async () => JSON.parse((await drawloom('triggers', 'history', made.id, '--json')).out).fires;
  await expect
    .poll(fires, { timeout: 120_000, interval: 500 })
    .toContainEqual(expect.objectContaining({ state: 'done', runStatus: 'succeeded', run: expect.any(Number) }));
  const [first] = (await fires()).slice(-1);
  const [run] = await connection.sql`select parameters, trigger from drawloom.run where id = ${first.run}`;
  expect(run).toEqual({ trigger: 'schedule', parameters: { day: first.nominalAt.slice(0, 10), rows: 5 } });
  expect((await drawloom('triggers', 'list')).out).toMatch(/by itself \(Often\) +every 10 s +buffer-one/);
  expect(await drawloom('triggers', 'disable', made.id)).toMatchObject({ code: 0 });
  expect((await drawloom('triggers', 'list')).out).toMatch(/every 10 s +buffer-one +off/);
  const never = await drawloom('triggers', 'add', 'by itself', '--cron', '0 0 30 2 *', '--param', 'day=2026-01-01');
  expect(never).toMatchObject({ code: 2, err: expect.stringContaining('never falls due') });
  expect(await drawloom('triggers', 'remove', made.id)).toMatchObject({ code: 0 });
});

test('a webhook is added with its key, starts the pipeline on a signed message, and is given another key', async () => {
  const at = await file('when told', { one: node('One', 'return 3;') }, { parameters: { day: { type: 'date' } } });
  await drawloom('run', at, '--param', 'day=2026-01-01');
  const added = await drawloom('triggers', 'add', 'when told', '--webhook', '--param', 'day={"$body": "/data/day"}');
  expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/^whsec_\S+\n$/) });
  const address = /to (http\S+)/.exec(added.err)![1]!;
  const id = address.split('/').at(-1)!;
  const body = JSON.stringify({ data: { day: '2013-02-01' } });
  const post = (key: string, message: string, at = new Date()) =>
    fetch(address, { method: 'POST', headers: signed(key.trim(), message, at, body), body });
  expect((await post(added.out, 'msg_1', new Date(Date.now() - 60_000))).status).toBe(202);
  const fires = async () => JSON.parse((await drawloom('triggers', 'history', id, '--json')).out).fires;
  await expect
    .poll(fires, { timeout: 120_000, interval: 500 })
    .toEqual([expect.objectContaining({ state: 'done', runStatus: 'succeeded' })]);
  const again = await post(added.out, 'msg_1');
  expect([again.status, await again.json()]).toMatchObject([200, { runStatus: 'succeeded', run: expect.any(Number) }]);
  const changed = await drawloom('triggers', 'key', id, '--old-key-for', '0s');
  expect(changed).toMatchObject({ code: 0, err: expect.stringContaining('not taken any more') });
  expect([(await post(added.out, 'msg_2')).status, (await post(changed.out, 'msg_2')).status]).toEqual([401, 202]);
  expect((await drawloom('triggers', 'list')).out).toMatch(/when told +webhook +skip +a message/);
  const both = await drawloom('triggers', 'add', 'when told', '--webhook', '--every', '10s');
  expect(both).toMatchObject({ code: 2, err: expect.stringContaining('knows no times') });
  expect(await drawloom('triggers', 'remove', id)).toMatchObject({ code: 0 });
});

test('a run waits for an approval, which is listed, shown and given with the values of its form', async () => {
  const gate = {
    type: 'approval',
    name: 'Sign off',
    parameters: { title: 'Publish?', form: { rows: { type: 'integer' } } },
  };
  const use = { ...node('Use', ''), code: 'export default function run(values: unknown): number { return 1; }\n' };
  const edge = { from: { node: 'gate', port: 'values' }, to: { node: 'use', port: 'values' } };
  const at = await file('signed off', { gate, use }, { edges: { 'gate.values>use.values': edge } });
  const under = drawloom('run', at, '--json');
  const open = async () => JSON.parse((await drawloom('approvals', 'list', '--json')).out).approvals;
  await expect.poll(open, { timeout: 120_000, interval: 500 }).toHaveLength(1);
  const [{ id, run }] = await open();
  expect((await drawloom('approvals', 'list')).out).toMatch(/Publish\? +\d+ \(signed off\).*0 of 1 approved/);
  expect((await drawloom('approvals', 'show', String(id))).out).toContain('rows: integer');
  expect((await drawloom('why', String(run.id), 'gate')).out).toContain('0 of 1 has approved');
  expect(await drawloom('approvals', 'approve', String(id))).toMatchObject({
    code: 2,
    err: expect.stringContaining('rows'),
  });
  expect(await drawloom('approvals', 'approve', String(id), '--param', 'cows=3')).toMatchObject({ code: 2 });
  const done = await drawloom('approvals', 'approve', String(id), '--param', 'rows=41', '--comment', 'seen');
  expect(done).toMatchObject({ code: 0, err: 'Publish?: approved.\n' });
  const ended = await under;
  expect(ended.code).toBe(0);
  const made = JSON.parse(ended.out).nodes.find((one: { node: string }) => one.node === 'gate').outputs;
  const sha256 = createHash('sha256').update('{"rows":41}').digest('hex');
  expect(made).toContainEqual(expect.objectContaining({ port: 'values', sha256 }));
});

test('a run is planned before it starts, done up to a node, done again from one, and reproduced with a verdict', async () => {
  const use = {
    ...node('Use', ''),
    code: 'export default function run(input: number): number { return input + 1; }\n',
  };
  const at = await file(
    'in parts',
    { one: node('One', 'return 41;'), use, chance: node('Chance', 'return Math.random();') },
    { edges: { 'one.value>use.input': { from: { node: 'one', port: 'value' }, to: { node: 'use', port: 'input' } } } },
  );
  const told = await drawloom('run', at, '--plan', '--to', 'Use');
  expect(told).toMatchObject({ code: 0, err: '' });
  expect(told.out).toMatch(/One +runs +No earlier run of this pipeline has finished this node\./);
  expect(told.out).toMatch(/Chance +is left out/);
  expect(told.out).toContain('2 to run, 0 reused, 1 left out');

  const upTo = await drawloom('run', at, '--to', 'Use', '--json');
  expect(JSON.parse(upTo.out).nodes.map((one: { node: string }) => one.node)).toEqual(['one', 'use']);
  const whole = await drawloom('run', at, '--json');
  const { run, nodes } = JSON.parse(whole.out);
  expect(nodes.map((one: { status: string }) => one.status).sort()).toEqual(['reused', 'reused', 'succeeded']);

  const again = await drawloom('rerun', String(run.id), '--from', 'use', '--json');
  const statuses = JSON.parse(again.out).nodes.map(({ node, status }: { node: string; status: string }) => [
    node,
    status,
  ]);
  expect(Object.fromEntries(statuses)).toEqual({ one: 'reused', use: 'succeeded', chance: 'reused' });

  const same = await drawloom('reproduce', String(JSON.parse(upTo.out).run.id));
  expect(same.out).toMatch(/Use +value +identical/);
  expect(same.out).toContain('came to the same as run');
  expect(same.code).toBe(0);
  const other = await drawloom('reproduce', String(run.id));
  expect(other.out).toMatch(/Chance +value +different/);
  expect(other.out).toMatch(/One +value +identical/);
  expect(other.code).toBe(1);

  const compared = await drawloom('compare', String(JSON.parse(upTo.out).run.id), String(run.id));
  expect(compared).toMatchObject({ code: 0, err: '' });
  expect(compared.out).toMatch(/Chance +value +new/);
  expect(compared.out).not.toMatch(/identical/);
  expect((await drawloom('compare', String(run.id), String(run.id), '--all')).out).toMatch(/One +value +identical/);
  expect(await drawloom('compare', '999999', String(run.id))).toMatchObject({
    code: 2,
    err: expect.stringContaining('run 999999'),
  });
  expect(await drawloom('rerun', String(run.id), '--from', 'Nobody')).toMatchObject({
    code: 2,
    err: expect.stringContaining('There is no node "Nobody"'),
  });
});

test('a backfill is looked at, run to its end, and listed', async () => {
  const at = await file(
    'made up for',
    { one: node('One', 'return 4;') },
    { parameters: { month: { type: 'integer' } } },
  );
  await drawloom('run', at, '--param', 'month=1');
  const range = ['--cron', '0 6 1 * *', '--from', '2013-01-01', '--until', '2013-12-31', '--limit', '3'];
  const month = ['--param', 'month={"$nominal": "month"}'];
  const dry = await drawloom('backfill', 'start', 'made up for', ...range, ...month, '--dry-run');
  expect(dry).toMatchObject({ code: 0, out: '12 runs, 2013-01-01T06:00:00.000Z to 2013-12-01T06:00:00.000Z\n' });
  const done = await drawloom('backfill', 'start', 'made up for', ...range, ...month, '--wait', '--json');
  expect(done.code).toBe(0);
  const set = JSON.parse(done.out);
  expect(set).toMatchObject({ status: 'finished', counts: { succeeded: 12, planned: 0 } });
  const runs = await connection.sql`
    select parameters, priority from drawloom.run where run_set_id = ${set.id} order by nominal_at`;
  expect(new Set(runs.map(({ priority }) => priority))).toEqual(new Set([-10])); // after people's own
  expect(runs.map(({ parameters }) => parameters.month)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const key = ['--key', 'all of it', '--json'];
  const twice = [];
  for (let n = 0; n < 2; n++)
    twice.push(JSON.parse((await drawloom('backfill', 'start', 'made up for', ...range, ...month, ...key)).out).id);
  expect(new Set(twice).size).toBe(1);
  expect((await drawloom('backfill', 'list')).out).toMatch(/made up for +finished +12 succeeded/);
  const million = ['--cron', '* * * * *', '--from', '2010-01-01', '--until', '2013-12-31'];
  const refused = await drawloom('backfill', 'start', 'made up for', ...million, ...month);
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('End it by 2010-01-07') });
  expect(await drawloom('backfill', 'stop', set.id)).toMatchObject({
    code: 2,
    err: expect.stringContaining('finished'),
  });
});

test('how long things are kept is shown, tried out and set, and a run is pinned', async () => {
  await drawloom('run', await file('kept long', { one: node('One', 'return 5;') }));
  const [old] = await connection.sql`
    update drawloom.run set finished_at = now() - interval '40 days'
    where pipeline_id = (select id from drawloom.pipeline where name = 'kept long') returning id`;
  await drawloom('run', 'kept long', '--no-reuse');
  const shown = await drawloom('retention');
  expect(shown.code).toBe(0);
  expect(shown.out).toMatch(/run-days +365\n/);
  const tried = await drawloom('retention', 'preview', '--run-days', '30');
  expect(tried.out).toMatch(/runs +1 +1 by age, 0 by count/);
  expect((await drawloom('pin', String(old!.id), '--note', 'published')).code).toBe(0);
  const after = await drawloom('retention', 'preview', '--run-days', '30');
  expect(after.out).toMatch(/runs +0 /);
  expect(after.out).toMatch(/pin +1\n/);
  expect((await drawloom('unpin', String(old!.id))).code).toBe(0);
  const set = await drawloom('retention', 'set', '--log-days', 'none', '--run-days', '30', '--json');
  expect(JSON.parse(set.out).policy).toMatchObject({ runDays: 30, logDays: null, artifactDays: 180 });
  await forgetAll(connection.sql, path.join(folder, 'home', 'logs'));
  expect(await drawloom('pin', String(old!.id))).toMatchObject({
    code: 2,
    err: expect.stringContaining('was forgotten'),
  });
  expect((await drawloom('retention', 'set', '--run-days', '0')).code).toBe(2);
});

test('a model is registered, named, moved between stages, looked at and taken away', async () => {
  const [experiment] = await connection.sql`
    insert into drawloom.experiment (project_id, name) select id, 'by hand' from drawloom.project limit 1 returning id`;
  const run = await createRun(connection.sql, {
    experiment: Number(experiment!.id),
    name: 'a try',
    userId: 'me',
    startMs: 1000,
    tags: [],
  });
  const [project] = await connection.sql`select id from drawloom.project limit 1`;
  const metrics = [{ key: 'auc', value: 0.8, timestamp: 1, step: 0 }];
  await logToRun(connection.sql, { projectId: project!.id, uuid: run, metrics });
  const id = await runNamed(connection.sql, project!.id, run);
  await keepFile(
    connection.sql,
    { of: 'run', id },
    { path: 'model/model.pkl', sha256: 'a'.repeat(64), sizeBytes: 2048 },
  );

  const source = `runs:/${run}/model`;
  const first = await drawloom('models', 'register', 'delays', source, '--description', 'The first', '--json');
  expect(first.code).toBe(0);
  expect(JSON.parse(first.out)).toMatchObject({ model: 'delays', version: 1, description: 'The first' });
  const again = await drawloom('models', 'register', 'delays', source);
  expect(again).toMatchObject({ code: 0, out: '', err: 'Version 2 of delays is registered, 2.0 KiB.\n' });
  const outside = await drawloom('models', 'register', 'delays', 's3://bucket/model');
  expect(outside).toMatchObject({ code: 2, err: expect.stringContaining('outside of this server') });

  expect((await drawloom('models', 'alias', 'delays', 'champion', '2')).err).toBe(
    'delays@champion is version 2 now.\n',
  );
  expect((await drawloom('models', 'stage', 'delays', '1', 'production')).code).toBe(0);
  expect((await drawloom('models', 'stage', 'delays', '@champion', 'Production', '--archive')).code).toBe(0);
  const listed = await drawloom('models');
  expect(listed.out).toMatch(/delays +2 +2 +@champion=2 +Archived=1 Production=2/);
  expect((await drawloom('models', 'list', '--stage', 'Staging', '--json')).out).toBe('{"models":[]}\n');
  const shown = await drawloom('models', 'show', 'delays');
  expect(shown.out).toMatch(/2 +@champion Production +a try +auc=0.8 +2.0 KiB/);
  const version = await drawloom('models', 'show', 'delays', '@champion');
  expect(version.out).toMatch(/^delays, version 2\n/);
  expect(version.out).toMatch(/aaaaaaaaaaaa +2.0 KiB +model.pkl\n/);

  const asked = await drawloom(
    'models',
    'promote',
    'delays',
    '1',
    '@champion',
    '--why',
    'Better',
    '--gate',
    'auc >= @champion - 0.1',
  );
  expect(asked).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^Approval \d+ waits for somebody .*Promote version 1 of delays to @champion\?\n$/),
  });
  expect(await drawloom('models', 'promote', 'delays', '1', 'Staging', '--gate', 'auc >= 0.9')).toMatchObject({
    code: 2,
    err: expect.stringContaining('auc is 0.8, and has to be at least 0.9.'),
  });

  for (const call of [
    ['delete', 'delays'],
    ['promote', 'delays', '1'],
    ['promote', 'delays', '1', '@champion', '--gate', 'auc'],
    ['stage', 'delays', '1', 'Live'],
    ['show', 'delays', '@nobody'],
    ['show', 'delays', '99'],
    ['dance'],
  ])
    expect(await drawloom('models', ...call)).toMatchObject({ code: 2, out: '' });
  expect((await drawloom('models', 'alias', 'delays', '@champion', '--remove')).code).toBe(0);
  expect((await drawloom('models', 'delete', 'delays', '1')).code).toBe(0);
  const left = JSON.parse((await drawloom('models', 'show', 'delays', '--json')).out);
  expect([left.aliases, left.versions.map((one: { version: number }) => one.version)]).toEqual([[], [2]]);
  expect((await drawloom('models', 'delete', 'delays', '--all')).err).toBe('delays is gone, with all its versions.\n');
  expect((await drawloom('models')).out).toBe('model  latest  versions  aliases  stages  changed\n');
});
