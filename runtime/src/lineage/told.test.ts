import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Json } from '@drawloom/shared/json.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { ended, handsOf, made, sha } from '../../../test/support/hands.ts';
import { type OpenLineageClient, startOpenLineageClient } from '../../../test/support/openLineageClient.ts';
import { nest, noopPlan, type Playground, planOf, playground } from '../../../test/support/playground.ts';
import type { AttemptOutcome } from '../execute/executor.ts';
import { networksIn } from '../outbox/addresses.ts';
import { sealChannel } from '../outbox/channels.ts';
import { type DeliverOptions, deliverDue, mostTries } from '../outbox/deliver.ts';
import type { Plan } from '../plan/plan.ts';
import { cancelRun } from '../record/runs.ts';
import type { OpenLineageEvent } from './events.ts';
import { nodeRunUuid, runUuid } from './names.ts';
import { tellRun } from './tell.ts';

let home: string;
let database: TestDatabase;
let ground: Playground;
let client: OpenLineageClient;
let receiver: http.Server;
let received: { path: string; token: string | undefined; event: OpenLineageEvent }[];
let answer: (response: http.ServerResponse, event: OpenLineageEvent) => void;
let options: DeliverOptions;
const hands = handsOf(() => ground);

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'drawloom-lineage-'));
  client = await startOpenLineageClient();
  receiver = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const event = JSON.parse(body) as OpenLineageEvent;
    received.push({ path: request.url!, token: request.headers.authorization, event });
    answer(response, event);
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  options = { home, internalNetworks: networksIn('127.0.0.0/8')!, origin: () => 'https://drawloom.example' };
  database = await testDatabase();
  ground = await playground(database.url);
}, 600_000);
afterAll(async () => {
  client?.close();
  receiver.closeAllConnections();
  receiver.close();
  await ground.close();
  await database.drop();
  await rm(home, { recursive: true, force: true });
});
beforeEach(async () => {
  received = [];
  answer = (response) => response.end();
  await ground.sql`delete from drawloom.channel`;
  await ground.sql`delete from drawloom.lineage_place`;
});

const address = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;

async function addReceiver(namespace: string | null = null): Promise<void> {
  const settings = JSON.stringify({ kind: 'openlineage', url: address(), namespace });
  const [row] = await ground.sql`
    insert into drawloom.channel (project_id, name, kind, settings, version)
    values (${ground.project}, 'catalog', 'openlineage', ${settings}::text::jsonb, 1) returning id`;
  const envelope = await sealChannel(home, { id: row!.id, projectId: ground.project, version: 1 }, 'a-token');
  await ground.sql`update drawloom.channel set envelope = ${envelope} where id = ${row!.id as string}`;
}

/** What the house does by itself every second, once no commit can come before those that are there. */
async function send(): Promise<void> {
  const [{ xid }] = (await ground.sql`select pg_current_xact_id()::text as xid`) as unknown as [{ xid: string }];
  const settled = () => ground.sql`select pg_snapshot_xmin(pg_current_snapshot()) > ${xid}::text::xid8 as so`;
  await expect.poll(async () => (await settled())[0]!.so, { timeout: 120_000 }).toBe(true);
  while ((await ground.sql`select drawloom.note_lineage() as seen`)[0]!.seen > 0);
  await deliverDue(ground.sql, options);
}

async function work(plan: Plan, outcomes: Record<string, Partial<AttemptOutcome>> = {}): Promise<number> {
  const { run } = await ground.start(plan, { parameters: { month: 3 } });
  await hands.workOff(await ground.worker(), (one) =>
    one.reuse ? { outputs: [], reusedFrom: one.reuse } : (outcomes[one.nodeId] ?? {}),
  );
  return run;
}

const types = () => received.map(({ event }) => `${jobOf(event)} ${event.eventType}`);
const jobOf = (event: OpenLineageEvent) => ((event.job as { name: string }).name ?? '').replace('played', '');
const facet = (event: OpenLineageEvent, of: 'run' | 'job', name: string) =>
  (event[of] as { facets: Record<string, Record<string, Json>> }).facets[name];
async function told(run: number): Promise<OpenLineageEvent[]> {
  const events: OpenLineageEvent[] = [];
  for await (const event of tellRun(ground.sql, run, { origin: 'https://drawloom.example' })) events.push(event);
  return events;
}

test('a receiver hears of a run and its nodes from beginning to end, in order, in events that the published schemas accept', async () => {
  await addReceiver();
  const plan = planOf('load > clean > train', {
    retryAttempts: 1,
    reuse: false,
    code: 'def run(): ...',
    language: 'python',
    environment: 'e'.repeat(64),
  });
  const run = await work(plan);
  await send();
  expect(types()).toEqual([
    ' START',
    '.load START',
    '.load COMPLETE',
    '.clean START',
    '.clean COMPLETE',
    '.train START',
    '.train COMPLETE',
    ' COMPLETE',
  ]);
  expect(new Set(received.map((one) => `${one.path} ${one.token}`))).toEqual(
    new Set(['/api/v1/lineage Bearer a-token']),
  );
  const events = received.map(({ event }) => event);
  const { mistakes, facets } = await client.examine(events);
  expect(mistakes).toEqual([]);
  for (const name of [
    'parent',
    'jobType',
    'sourceCode',
    'schema',
    'version',
    'outputStatistics',
    'executionParameters',
  ])
    expect(facets[name], name).toBeGreaterThan(0);
  const clean = events[4]!;
  expect(clean).toMatchObject({
    run: {
      runId: nodeRunUuid(ground.project, run, 1),
      facets: { parent: { run: { runId: runUuid(ground.project, run) }, job: { name: 'played' } } },
    },
    job: { namespace: `drawloom/${ground.project}`, name: 'played.clean' },
    inputs: [{ name: 'played.load.out', facets: { schema: { fields: [{ name: 'delay', type: 'BIGINT' }] } } }],
    outputs: [{ name: 'played.clean.out', outputFacets: { outputStatistics: { rowCount: 3, fileCount: 1 } } }],
  });
  const made = (clean.outputs as { facets: { version: { datasetVersion: string } } }[])[0]!.facets.version;
  const read = (events[6]!.inputs as { facets: { version: { datasetVersion: string } } }[])[0]!.facets.version;
  expect(read.datasetVersion).toBe(made.datasetVersion);
  const { tags } = facet(clean, 'run', 'tags') as { tags: { key: string; value: string }[] };
  expect(tags).toContainEqual({ key: 'environment', value: 'e'.repeat(64), source: 'DRAWLOOM' });
});

test('a failure, work that never began, and a run that was stopped are told as what they are', async () => {
  await addReceiver('ours');
  const plan = planOf('load > clean > train', { retryAttempts: 1, reuse: false });
  const error = { type: 'KeyError', message: "'dealy' is not there", traceback: 'line 3' };
  await work(plan, { clean: { reason: 'user_error', outputs: [], error } });
  await send();
  expect(types()).toEqual([' START', '.load START', '.load COMPLETE', '.clean START', '.clean FAIL', ' FAIL']);
  expect(facet(received[4]!.event, 'run', 'errorMessage')).toMatchObject({
    message: error.message,
    stackTrace: 'line 3',
  });
  expect(received[4]!.event.job).toMatchObject({ namespace: 'ours' });
  expect(facet(received[5]!.event, 'run', 'errorMessage')).toMatchObject({ message: `clean: ${error.message}` });

  received = [];
  const { run } = await ground.start(plan);
  const worker = await ground.worker();
  const [load] = await hands.claim(worker);
  await ground.db.transaction((tx) => cancelRun(tx, run, null));
  await hands.finish(worker, [ended(load!, { reason: 'cancelled', outputs: [] })]);
  await send();
  expect(types()).toEqual([' START', '.load START', '.load ABORT', ' ABORT']);
  expect((await client.examine(received.map(({ event }) => event))).mistakes).toEqual([]);
});

test('a receiver that is away hears of everything later, each run in its order, and of nothing twice in the record', async () => {
  await addReceiver();
  answer = (response, event) => {
    response.statusCode = event.eventType === 'START' && received.length < 3 ? 503 : 200;
    response.end();
  };
  const run = await work(planOf('load', { retryAttempts: 1, reuse: false }));
  await send();
  expect(types()).toEqual([' START']); // what follows waits for it
  await ground.sql`update drawloom.delivery set due_at = now()`;
  await send();
  await ground.sql`update drawloom.delivery set due_at = now()`;
  await send();
  expect(types()).toEqual([' START', ' START', ' START', '.load START', '.load COMPLETE', ' COMPLETE']);
  expect(received[2]!.event).toEqual(received[0]!.event);
  // Looking again at what was looked at already tells nothing anew.
  await ground.sql`update drawloom.lineage_place set xid = '0', event_id = 0`;
  await send();
  expect(received).toHaveLength(6);
  expect(run).toBeGreaterThan(0);
});

test('what a receiver never takes is given up after its tries, and the rest of the run goes on', async () => {
  await addReceiver();
  answer = (response, event) => {
    response.statusCode = jobOf(event) === '' && event.eventType === 'START' ? 500 : 200;
    response.end();
  };
  await work(planOf('load', { retryAttempts: 1, reuse: false }));
  for (let tries = 0; tries <= mostTries; tries++) {
    await send();
    await ground.sql`update drawloom.delivery set due_at = now() where state = 'waiting'`;
  }
  expect(types().slice(mostTries)).toEqual(['.load START', '.load COMPLETE', ' COMPLETE']);
  expect(
    await ground.sql`select from drawloom.delivery where state = 'given_up' and channel_id in (select id from drawloom.channel)`,
  ).toHaveLength(1);
});

test('without a receiver nothing is noted', async () => {
  await work(planOf('load', { reuse: false }));
  expect(await ground.sql`select drawloom.note_lineage() as seen`).toEqual([{ seen: 0 }]);
});

test('the same is told from the record afterwards, taken over work and child runs among it', async () => {
  const plan = planOf('load > clean');
  const before = await work(plan);
  const again = await work(plan);
  const events = await told(again);
  expect(events.map((event) => `${jobOf(event)} ${event.eventType}`)).toEqual([
    ' START',
    '.load START',
    '.load COMPLETE',
    '.clean START',
    '.clean COMPLETE',
    ' COMPLETE',
  ]);
  const tags = (facet(events[2]!, 'run', 'tags') as { tags: { key: string; value: string }[] }).tags;
  expect(tags.find(({ key }) => key === 'reusedFrom')?.value).toBe(nodeRunUuid(ground.project, before, 0));

  const nested = nest(ground, planOf('sub', { reuse: false }), 'sub', noopPlan([[]]));
  const outer = await work(nested, { sub: { reason: 'parked', park: 'child', outputs: [] } });
  const [child] = await ground.sql`select id from drawloom.run where parent_run = ${outer}`;
  const inner = await told(Number(child!.id));
  expect(facet(inner[0]!, 'run', 'parent')).toMatchObject({
    run: { runId: nodeRunUuid(ground.project, outer, 0) },
    root: { run: { runId: runUuid(ground.project, outer) } },
  });
  expect((await client.examine([...events, ...inner, ...(await told(outer))])).mistakes).toEqual([]);
});

test('a query, a file of the data folder and what a check found are told in their own facets', async () => {
  const plan = planOf('load > check', { reuse: false, retryAttempts: 1 });
  const [load] = plan.nodes;
  Object.assign(load!, {
    language: 'sql',
    code: 'select 1 as delay',
    parameters: { file: 'flights.csv' },
    keyParts: { ...load!.keyParts, outside: sha('flights') },
  });
  const checks = [
    { what: 'delay: no value is missing', holds: true, level: 'fail' },
    { what: 'at most 2 rows', holds: false, level: 'warn' },
  ];
  const run = await work(
    { ...plan, hash: sha('of files') },
    {
      check: {
        outputs: [made('out', 'checked'), { ...made('report', 'report'), kind: 'document', facts: { checks } }],
      },
    },
  );
  const events = await told(run);
  const of = (job: string) => events.find((event) => jobOf(event) === job && event.eventType === 'COMPLETE')!;
  expect(of('.load')).toMatchObject({
    job: { facets: { sql: { query: 'select 1 as delay', dialect: 'duckdb' } } },
    inputs: [{ name: 'data/flights.csv', facets: { version: { datasetVersion: sha('flights') } } }],
  });
  expect(of('.check')).toMatchObject({
    inputs: [
      {
        inputFacets: {
          dataQualityMetrics: { rowCount: 3, columnMetrics: {} },
          dataQualityAssertions: {
            assertions: [
              { assertion: 'delay: no value is missing', success: true, severity: 'error' },
              { assertion: 'at most 2 rows', success: false, severity: 'warn' },
            ],
          },
        },
      },
    ],
  });
  expect(of('')).toMatchObject({ inputs: [{ name: 'data/flights.csv' }] });
  expect((await client.examine(events)).mistakes).toEqual([]);
});
