/** Sensors asked by real Python, in real sandboxes, with what they answered taken in by several programs at once. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Fire, Trigger } from '@drawloom/shared/api/triggers.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { groundOf } from '../api/runs.ts';
import { type Bench, openBench } from '../execute/work.testing.ts';
import { catalog } from '../nodes/catalog.ts';
import { type RunningWorker, runWorker } from '../queue/worker-loop.ts';
import { takeInAnswers } from './answers.ts';
import { askSensors, carryOutAsk, delayAfter } from './asking.ts';
import { carryOutFire, type LaunchByTrigger } from './carrying.ts';
import { decideFires } from './deciding.ts';
import { forgetFires } from './forgetting.ts';
import { launch } from './launch.ts';

// Interpreters take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let api: TestApi;
let bench: Bench;
let worker: RunningWorker;
let maker: Asker;
let pipeline: string;
beforeAll(async () => {
  bench = await openBench();
  api = await testApi({ store: bench.executor.store, catalog, environment: async () => bench.environment });
  maker = await api.person({ role: 'ml-engineer' });
  worker = await runWorker({ sql: api.house.sql, executor: bench.executor, capacity: 2 });
  const document = {
    ...emptyPipeline('Monthly'),
    parameters: { month: { type: 'string', default: '' }, kind: { type: 'string', default: 'none' } },
    nodes: { a: { type: 'value', name: 'a', parameters: { value: 1 } } },
  };
  const made = await maker.json<{ id: string }>('POST', '/api/v1/projects/first/pipelines', {
    document: document as unknown as Json,
  });
  pipeline = made.id;
}, 600_000);
afterAll(async () => {
  await worker?.kill();
  await api?.close();
  await bench?.close();
});
afterEach(async () => {
  await runsOver();
  expect(await api.house.sql`select * from drawloom.violations()`).toEqual([]);
  await api.house.sql`delete from drawloom.trigger`;
  await api.house.sql`delete from graphile_worker._private_jobs`;
});

const byTrigger: LaunchByTrigger = (wanted) => launch(groundOf(api.house), { ...wanted, mayUseSecrets: () => false });

const counting = `
def look(*, cursor=None):
    n = (cursor or {"n": 0})["n"] + 1
    print("asked", n)
    return {"cursor": {"n": n}, "runs": [{"key": f"month-{n}", "parameters": {"month": f"2013-0{n}"}}]}
`;

async function sense(code: string, more: object = {}): Promise<string> {
  const { id } = await maker.json<Trigger>('POST', `/api/v1/pipelines/${pipeline}/triggers`, {
    on: { kind: 'sensor', code, everySeconds: 60 },
    overlap: 'allow',
    ...more,
  });
  return id;
}
const firesOf = async (trigger: string): Promise<Fire[]> =>
  (await maker.json<{ items: Fire[] }>('GET', `/api/v1/triggers/${trigger}/fires`)).items.toReversed();
const rowOf = async (trigger: string) =>
  (
    await api.house.sql`select cursor, enabled, asks::int, ask_run, ask_failures, asked_at is not null as asking,
      extract(epoch from next_at - now())::float8 as due_in from drawloom.trigger where id = ${trigger}`
  )[0]!;

const runsOver = () =>
  expect
    .poll(async () => (await api.house.sql`select id from drawloom.run where finished_at is null`).length, {
      timeout: 90_000,
      interval: 100,
    })
    .toBe(0);
const fallDue = () => api.house.sql`update drawloom.trigger set next_at = now() where next_at is not null`;
/** The jobs that were put into the queue, done by two programs at once. */
async function carryOut(): Promise<void> {
  const jobs = await api.house
    .sql`select id as trigger, asks::int as ask from drawloom.trigger where asked_at is not null and ask_run is null`;
  for (const { trigger, ask } of jobs) {
    const begin = () => carryOutAsk(api.house.sql, api.house.config.home, byTrigger, { trigger, ask });
    await Promise.all([begin(), begin()]);
  }
}
const takeIn = () => Promise.all([1, 2, 3].map(() => takeInAnswers(api.house.sql, api.house.store)));
/** One ask from its beginning to what came of it. */
async function ask(): Promise<void> {
  await fallDue();
  await Promise.all([1, 2, 3].map(() => askSensors(api.house.sql)));
  await carryOut();
  await runsOver();
  await takeIn();
  await decideFires(api.house.sql);
  for (const { id } of await api.house.sql`select id from drawloom.fire where state = 'launching'`)
    await carryOutFire(api.house.sql, byTrigger, { fire: Number(id) });
}

test('each ask goes on from the cursor of the one before, and starts the runs that it wants', async () => {
  const trigger = await sense(counting, { parameters: { kind: { $body: '/key' } } });
  await ask();
  await ask();
  await ask();
  await runsOver();
  await decideFires(api.house.sql);
  const fires = await firesOf(trigger);
  expect(fires.map(({ state, runStatus }) => [state, runStatus])).toEqual(Array(3).fill(['done', 'succeeded']));
  const started = await api.house
    .sql`select parameters, trigger from drawloom.run where trigger_id = ${trigger} and trigger <> 'ask' order by id`;
  expect(started.map((run) => [run.trigger, run.parameters])).toEqual(
    [1, 2, 3].map((n) => ['sensor', { month: `2013-0${n}`, kind: `month-${n}` }]),
  );
  expect(await rowOf(trigger)).toMatchObject({ cursor: { n: 3 }, asks: 3, asking: false, ask_run: null });
  expect((await rowOf(trigger)).due_in).toBeGreaterThan(50);
});

test('an ask is in no list of runs or pipelines, and its log can be read', async () => {
  await sense(counting);
  await ask();
  const [{ id: run }] = (await api.house
    .sql`select id::int from drawloom.run where trigger = 'ask' order by id desc`) as unknown as [{ id: number }];
  const list = async (query = '') =>
    (await maker.json<{ items: { id: number }[] }>('GET', `/api/v1/projects/first/runs${query}`)).items.map(
      ({ id }) => id,
    );
  expect(await list()).not.toContain(run);
  expect(await list('?trigger=ask')).toContain(run);
  const { pipelines } = await maker.json<{ pipelines: { name: string }[] }>('GET', '/api/v1/projects/first/pipelines');
  expect(pipelines.map(({ name }) => name)).toEqual(['Monthly']);
  const log = await maker.ask('GET', `/api/v1/runs/${run}`);
  expect(log.status).toBe(200);
  expect(await api.house.sql`select count(*)::int as n from drawloom.log_chunk where run_id = ${run}`).not.toEqual([
    { n: 0 },
  ]);
});

test('the same key starts nothing twice, in one answer or in two', async () => {
  const trigger = await sense('def look():\n    return {"runs": [{"key": "a"}, {"key": "a"}, {"key": "b"}]}');
  await ask();
  await ask();
  const fires = await firesOf(trigger);
  expect(fires).toHaveLength(2);
  expect(
    (await api.house.sql`select id from drawloom.run where trigger_id = ${trigger} and trigger = 'sensor'`).length,
  ).toBe(2);
});

test('what dies between the beginning of an ask and its end, or before its answer is taken in, loses nothing and asks nothing twice', async () => {
  const trigger = await sense(counting);
  await fallDue();
  await askSensors(api.house.sql);
  // The run is there, and whoever started it died before it said so.
  let died = false;
  const dying: LaunchByTrigger = async (wanted) => {
    await byTrigger(wanted);
    died = true;
    throw new Error('killed');
  };
  await expect(carryOutAsk(api.house.sql, api.house.config.home, dying, { trigger, ask: 1 })).rejects.toThrow('killed');
  expect(died).toBe(true);
  await runsOver();
  expect(await askSensors(api.house.sql)).toBe(0);
  expect(await takeIn()).toEqual([0, 0, 0]);
  // The job was lost with it: it is handed over again, and finds the run.
  await api.house.sql`update drawloom.trigger set asked_at = now() - interval '6 minutes' where id = ${trigger}`;
  expect(await askSensors(api.house.sql)).toBe(1);
  await carryOut();
  // The ask has ended, and nobody has taken its answer in yet: it is not asked again meanwhile.
  expect(await askSensors(api.house.sql)).toBe(0);
  expect((await rowOf(trigger)).cursor).toBe(null);
  // Whoever takes it in dies in the middle.
  const store = { open: () => Promise.reject(new Error('killed')) };
  await expect(takeInAnswers(api.house.sql, store)).rejects.toThrow('killed');
  expect((await takeIn()).toSorted()).toEqual([0, 0, 1]);
  expect(
    (await api.house.sql`select id from drawloom.run where trigger_id = ${trigger} and trigger = 'ask'`).length,
  ).toBe(1);
  expect(await rowOf(trigger)).toMatchObject({ cursor: { n: 1 }, asks: 1, asking: false });
  expect(await firesOf(trigger)).toHaveLength(1);
});

test('a failed ask stands in the history with its run and its reason, comes later and later, and leaves the cursor alone', async () => {
  const trigger = await sense(
    'def look(*, cursor=None):\n    if cursor == 1:\n        raise ValueError("the folder is not there")\n    return {"cursor": 1}',
  );
  await ask();
  const due: number[] = [];
  for (let n = 0; n < 3; n++) {
    await ask();
    due.push(Math.round((await rowOf(trigger)).due_in / 60));
  }
  expect(due).toEqual([2, 4, 8]);
  expect(await rowOf(trigger)).toMatchObject({ cursor: 1, ask_failures: 3 });
  const fires = await firesOf(trigger);
  expect(fires.map(({ state, runStatus }) => [state, runStatus])).toEqual(Array(3).fill(['failed', 'failed']));
  expect(fires[0]!.problems![0]!.message).toContain('the folder is not there');
  const asked = await maker.json<{ trigger: { kind: string } }>('GET', `/api/v1/runs/${fires[0]!.run}`);
  expect(asked.trigger.kind).toBe('ask');
  await maker.json('PATCH', `/api/v1/triggers/${trigger}`, {
    on: { kind: 'sensor', code: 'def look():\n    return {}', everySeconds: 60 },
  });
  await ask();
  expect(await rowOf(trigger)).toMatchObject({ cursor: 1, ask_failures: 0 });
});

test('the delay grows to an hour, and an interval that is longer stays', () => {
  expect([0, 1, 2, 3, 9, 100].map((failures) => delayAfter(10, failures))).toEqual([10, 20, 40, 80, 3600, 3600]);
  expect(delayAfter(7200, 5)).toBe(7200);
});

test.each([
  ['return {"runs": [{"key": "a"}, {"parameters": {}}]}', '/runs/1/key'],
  ['return {"runs": [{"key": ""}]}', '/runs/0/key'],
  ['return {"runs": [{"key": "x" * 201}]}', '/runs/0/key'],
  ['return {"runs": [{"key": "a", "parameters": {"no good": 1}}]}', '/runs/0/parameters/no good'],
  ['return {"runs": [{"key": str(n)} for n in range(101)]}', '/runs'],
  ['return {"cursor": "x" * 10_001}', '/cursor'],
  ['return {"corsor": 1, "runs": []}', ''],
  ['return [1, 2]', ''],
  ['return {"cursor": "a\\0b"}', ''],
])('an answer that is none is told with its place: %s', async (body, at) => {
  const trigger = await sense(`def look():\n    ${body}`);
  await ask();
  const [fire, ...more] = await firesOf(trigger);
  expect([fire?.state, fire?.problems?.[0]?.at, more]).toEqual(['failed', at, []]);
  expect(fire!.problems![0]!.message.length).toBeGreaterThan(40);
  expect((await rowOf(trigger)).cursor).toBe(null);
});

test('while it is off it is not asked, what was under way is passed over, and switched on it is asked at once', async () => {
  const trigger = await sense(counting);
  await fallDue();
  await askSensors(api.house.sql);
  await carryOut();
  await maker.json('PATCH', `/api/v1/triggers/${trigger}`, { enabled: false });
  await ask();
  expect(await rowOf(trigger)).toMatchObject({ cursor: null, asks: 1, asking: false, due_in: null });
  expect(await firesOf(trigger)).toEqual([]);
  await maker.json('PATCH', `/api/v1/triggers/${trigger}`, { enabled: true });
  await ask();
  expect(await rowOf(trigger)).toMatchObject({ cursor: { n: 1 }, asks: 2 });
});

test('it hears of the files of the data folder, and starts one run for each', async () => {
  const folder = path.join(api.house.config.home, 'projects', api.project.id, 'data', 'in');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'a.csv'), 'x');
  const trigger = await sense(
    'def look(*, files: list[dict]):\n    return {"runs": [{"key": f["name"], "parameters": {"month": f["name"]}} for f in files]}',
  );
  await ask();
  await writeFile(path.join(folder, 'b.csv'), 'xy');
  await ask();
  const runs = await api.house
    .sql`select parameters ->> 'month' as name from drawloom.run where trigger_id = ${trigger} and trigger = 'sensor' order by id`;
  expect(runs.map(({ name }) => name)).toEqual(['in/a.csv', 'in/b.csv']);
});

test.each([
  ['def look(:\n    pass', 'syntax'],
  ['def look(table):\n    return {}', 'nothing is connected to a sensor'],
  ['import pandas as pd\ndef look() -> pd.DataFrame:\n    return pd.DataFrame()', 'one answer'],
  ['def look(*, cursor: str) -> dict:\n    return {}', 'first ask has no cursor'],
  ['def look(*, limit: int) -> dict:\n    return {}', 'imit'],
])('code that cannot be asked is refused when it is saved: %s', async (code, words) => {
  const answer = await maker.ask('POST', `/api/v1/pipelines/${pipeline}/triggers`, { on: { kind: 'sensor', code } });
  const problem = (await answer.json()) as { at: string; message: string };
  expect([answer.status, problem.at]).toEqual([422, '/on/code']);
  if (words !== 'syntax') expect(problem.message).toContain(words);
});

test('TypeScript answers as well', async () => {
  const code =
    'export default function look({ cursor = 0 }: { cursor?: number }): any {\n  return { cursor: cursor + 1, runs: [{ key: String(cursor) }] };\n}';
  const trigger = await sense('x', { on: { kind: 'sensor', language: 'typescript', code } });
  await ask();
  await ask();
  expect(await rowOf(trigger)).toMatchObject({ cursor: 2 });
  expect(await firesOf(trigger)).toHaveLength(2);
});

test('a trigger tells where its sensor stands, and goes on from another place when told to', async () => {
  const trigger = await sense(counting, { cursor: { n: 4 } });
  const told = async () =>
    (await maker.json<{ triggers: Trigger[] }>('GET', '/api/v1/projects/first/triggers')).triggers.find(
      ({ id }) => id === trigger,
    )!.sensor!;
  expect(await told()).toMatchObject({ cursor: { n: 4 }, failures: 0, lastAsk: null });
  await ask();
  const after = await told();
  expect(after).toMatchObject({ cursor: { n: 5 }, lastAsk: { status: 'succeeded' } });
  expect(Date.parse(after.nextAskAt!)).toBeGreaterThan(Date.now() + 50_000);
  await maker.json('PATCH', `/api/v1/triggers/${trigger}`, { cursor: { n: 1 } });
  await ask();
  expect((await told()).cursor).toEqual({ n: 2 });
  await maker.json('PATCH', `/api/v1/triggers/${trigger}`, { cursor: null });
  await ask();
  expect((await told()).cursor).toEqual({ n: 1 });
  const long = await maker.ask('PATCH', `/api/v1/triggers/${trigger}`, { cursor: 'x'.repeat(10_001) });
  expect([long.status, ((await long.json()) as { at: string }).at]).toEqual([422, '/cursor']);
  const schedule = await maker.ask('POST', `/api/v1/pipelines/${pipeline}/triggers`, {
    on: { kind: 'cron', cron: '0 6 * * *' },
    cursor: 1,
  });
  expect([schedule.status, ((await schedule.json()) as { at: string }).at]).toEqual([422, '/cursor']);
});

test('nobody starts, changes or repeats what a sensor is asked by, and it goes with its trigger and its last run', async () => {
  const trigger = await sense(counting);
  await ask();
  const [{ id: run, pipeline_id: asked }] = (await api.house
    .sql`select id::int, pipeline_id from drawloom.run where trigger = 'ask' and trigger_id = ${trigger}`) as unknown as [
    { id: number; pipeline_id: string },
  ];
  expect((await maker.ask('GET', `/api/v1/pipelines/${asked}`)).status).toBe(200);
  expect((await maker.ask('POST', `/api/v1/pipelines/${asked}/runs`, {})).status).toBe(404);
  expect((await maker.ask('DELETE', `/api/v1/pipelines/${asked}`)).status).toBe(404);
  const again = await maker.ask('POST', `/api/v1/runs/${run}/rerun`, {});
  expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([422, 'ask_run']);
  await maker.json('DELETE', `/api/v1/triggers/${trigger}`);
  const there = async () => (await api.house.sql`select id from drawloom.pipeline where id = ${asked}`).length;
  await forgetFires(api.house.sql);
  expect(await there()).toBe(1);
  // A day later its asks have left, as runs do.
  await api.house.sql`update drawloom.run set pipeline_id = ${pipeline} where pipeline_id = ${asked}`;
  await forgetFires(api.house.sql);
  expect(await there()).toBe(0);
});

test('asks are forgotten after a day but for the last twenty, whatever the project keeps, and a key is remembered', async () => {
  const trigger = await sense('def look():\n    return {"runs": [{"key": "a"}]}');
  await ask();
  const [first] = await api.house.sql`select * from drawloom.run where trigger = 'ask' and trigger_id = ${trigger}`;
  await api.house.sql`
    insert into drawloom.run (project_id, pipeline_id, pipeline_version_id, plan_id, parameters, trigger, trigger_id, status, remaining, created_at, finished_at)
    select project_id, pipeline_id, pipeline_version_id, plan_id, '{}', 'ask', trigger_id, 'succeeded', 0, t, t
    from drawloom.run, generate_series(1, 30) n, lateral (select now() - n * interval '2 days' as t) at where id = ${first!.id}`;
  const due = await api.house.sql`select run_id from drawloom.due_runs(${api.project.id}, null, null)`;
  expect(due).toHaveLength(10);
  await api.house.sql`delete from drawloom.run where trigger = 'ask' and id > ${first!.id}`;
  await api.house.sql`insert into drawloom.fire (trigger_id, key, nominal_at, due_at, state, ended_at)
    select ${trigger}, 'run ' || n, t, t, 'done', t from generate_series(1, 150) n, lateral (select now() - interval '90 days' as t) at`;
  await forgetFires(api.house.sql);
  expect(await api.house.sql`select id from drawloom.fire where trigger_id = ${trigger}`).toHaveLength(151);
});
