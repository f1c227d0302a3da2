import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Overlap } from '@drawloom/shared/api/triggers.ts';
import { NewData } from '@drawloom/shared/trigger/occasion.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { LocalStore } from '../artifacts/localStore.ts';
import type { Work } from '../execute/executor.ts';
import { tick } from '../record/tick.ts';
import { carryOutFire, type LaunchByTrigger } from './carrying.ts';
import { decideFires } from './deciding.ts';
import { fireNewData, lookAtFiles } from './newData.ts';

let database: TestDatabase;
let house: Playground;
let worker: string;
let home: string;
let target: string;
/** What each start was asked with. */
let wanted: Parameters<LaunchByTrigger>[0][] = [];
const launch: LaunchByTrigger = (one) => {
  wanted.push(one);
  const { trigger, cause, idempotencyKey, pipelineId } = one;
  return house.start(planOf('a'), { trigger, cause, idempotencyKey, pipeline: pipelineId, reuse: false });
};
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url, { max: 20 });
  worker = await house.worker(3_600_000);
  home = await mkdtemp(path.join(tmpdir(), 'drawloom-new-data-'));
  target = randomUUID();
  await house.sql`insert into drawloom.pipeline (id, project_id, name, document)
    select ${target}, project_id, 'target', document from drawloom.pipeline where id = ${house.pipeline}`;
});
afterAll(async () => {
  await house.close();
  await database.drop();
  await rm(home, { recursive: true });
});
afterEach(async () => {
  await workOff();
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
  await house.sql`delete from drawloom.trigger`;
  await house.sql`delete from drawloom.trigger_input`;
  await house.sql`delete from graphile_worker._private_jobs`;
  wanted = [];
});

const output = (node: string) => ({ kind: 'output', pipeline: house.pipeline, node, port: 'out' });
async function waitFor(
  inputs: object[],
  { when = 'any', overlap = 'allow', parameters = {} }: { when?: string; overlap?: Overlap; parameters?: object } = {},
): Promise<string> {
  const id = randomUUID();
  const spec = NewData.parse({ kind: 'data', inputs, when });
  await house.sql`insert into drawloom.trigger (id, project_id, pipeline_id, spec, overlap, parameters) values (${id}, ${house.project},
    ${target}, ${JSON.stringify(spec)}::text::jsonb, ${overlap}, ${JSON.stringify(parameters)}::text::jsonb)`;
  return id;
}
const firesOf = (trigger: string) =>
  house.sql`select id, state, why, data, parameters, run_id from drawloom.fire where trigger_id = ${trigger} order by id`;

const digest = (work: Work) => createHash('sha256').update(`${work.run} ${work.nodeId}`).digest('hex');
const resultOf = (work: Work, reason: 'ok' | 'user_error' = 'ok') => ({
  run: work.run,
  node: work.node,
  mapIndex: work.mapIndex,
  fence: work.fence,
  outcome:
    reason === 'ok'
      ? {
          reason,
          ...(work.reuse && { reusedFrom: work.reuse }),
          outputs: work.reuse
            ? []
            : [{ port: 'out', kind: 'table' as const, sha256: digest(work), sizeBytes: 3, mediaType: 'x/y' }],
        }
      : { reason, outputs: [] },
});
const claim = async () => (await tick(house.sql, house.plans, worker, [], 100)).work;
const finish = (work: Work[], reason?: 'user_error') =>
  tick(
    house.sql,
    house.plans,
    worker,
    work.map((one) => resultOf(one, reason)),
    0,
  );
async function workOff(): Promise<void> {
  for (let work = await claim(); work.length > 0; work = await claim()) await finish(work);
}
/** A run of the pipeline that is waited for, to its end. */
async function make(drawing = 'a', more: { reuse?: boolean } = { reuse: false }): Promise<number> {
  const { run } = await house.start(planOf(drawing), more);
  await workOff();
  return run;
}
/** One look as all programs take it, with the queue's part done as well. */
async function look(): Promise<void> {
  await Promise.all(Array.from({ length: 3 }, () => fireNewData(house.sql)));
  await decideFires(house.sql);
  for (const { id } of await house.sql`select id from drawloom.fire where state = 'launching'`)
    await carryOutFire(house.sql, launch, { fire: Number(id) });
}

test('each run that gives a new version starts one, told which it was, whoever looks and however often', async () => {
  const before = await make();
  const trigger = await waitFor([output('a')], {
    parameters: {
      version: { $body: '/changed/sha256' },
      run: { $body: '/inputs/0/run' },
      other: { $body: '/inputs/1/run' },
    },
  });
  const made = [await make(), await make()];
  await look();
  await look();
  made.push(await make());
  await look();
  const fires = await firesOf(trigger);
  expect(fires.map(({ data }) => data[0].run)).toEqual(made);
  expect(made).not.toContain(before);
  expect(wanted.map(({ parameters }) => parameters.run)).toEqual(made);
  expect(wanted[0]!.parameters).toEqual({ version: fires[0]!.data[0].sha256, run: made[0] });
  expect(wanted[0]!.trigger).toBe('data');
});

test('of runs that end out of order and at once none is lost and none counts twice', async () => {
  const trigger = await waitFor([output('a')]);
  const runs: number[] = [];
  for (let index = 0; index < 30; index++) runs.push((await house.start(planOf('a'), { reuse: false })).run);
  const work = await claim();
  const shuffled = work.toSorted((a, b) => digest(a).localeCompare(digest(b)));
  // Ends, looks and decisions all at the same time.
  await Promise.all(shuffled.flatMap((one) => [finish([one]), fireNewData(house.sql)]));
  await look();
  const seen = (await firesOf(trigger)).map(({ data }) => data[0].run as number);
  expect(seen.toSorted((a, b) => a - b)).toEqual(runs);
  expect((await firesOf(trigger)).filter(({ run_id }) => run_id !== null)).toHaveLength(30);
});

test('with `all` it starts once every input has a new version, on the last of each', async () => {
  const trigger = await waitFor([output('a'), { ...output('b') }], { when: 'all' });
  await make('a');
  const last = await make('a');
  await look();
  expect(await firesOf(trigger)).toEqual([]);
  const other = await make('x > b');
  await look();
  const [fire, ...more] = await firesOf(trigger);
  expect(fire!.data.map(({ run, name }: { run: number; name: string }) => [name, run])).toEqual([
    ['a.out', last],
    ['b.out', other],
  ]);
  expect(more).toEqual([]);
  await make('x > b');
  await look();
  expect(await firesOf(trigger)).toHaveLength(1); // a has nothing new since
});

test('work that was taken over, and a run that failed, are no new version', async () => {
  await make('a > b', { reuse: true });
  const trigger = await waitFor([output('a')]);
  await make('a > b', { reuse: true });
  const { run } = await house.start(planOf('a; c'), { reuse: false });
  const work = await claim();
  await finish(work.filter(({ nodeId }) => nodeId === 'a'));
  await finish(
    work.filter(({ nodeId }) => nodeId === 'c'),
    'user_error',
  );
  await look();
  expect(await firesOf(trigger)).toEqual([]);
  const [failed] = await house.sql`select status from drawloom.run where id = ${run}`;
  expect(failed!.status).toBe('failed');
});

test('while it is off nothing counts, and the rule for overlaps decides as for every other trigger', async () => {
  const trigger = await waitFor([output('a')], { overlap: 'skip' });
  await house.sql`update drawloom.trigger set enabled = false where id = ${trigger}`;
  await make();
  await house.sql`update drawloom.trigger set enabled = true where id = ${trigger}`;
  await make();
  await make();
  await look();
  expect((await firesOf(trigger)).map(({ state, why }) => [state, why])).toEqual([
    ['started', null],
    ['skipped', 'running'],
  ]);
});

test('a file is new when its bytes are other ones, also when they are old ones again, and when it comes to be', async () => {
  const folder = path.join(home, 'projects', house.project, 'data');
  await mkdir(folder, { recursive: true });
  const write = (name: string, bytes: string) => writeFile(path.join(folder, name), bytes);
  await write('flights.csv', 'a');
  const trigger = await waitFor([
    { kind: 'file', name: 'flights.csv' },
    { kind: 'file', name: 'later.csv' },
  ]);
  const ground = {
    sql: house.sql,
    db: house.db,
    store: new LocalStore(path.join(home, 'artifacts')),
    config: { home },
  };
  const seen = async () => {
    await Promise.all([lookAtFiles(ground), lookAtFiles(ground)]);
    await look();
    return (await firesOf(trigger)).map(({ data }) => data[0].name);
  };
  expect(await seen()).toEqual([]); // as it is
  await write('flights.csv', 'bb');
  expect(await seen()).toEqual(['flights.csv']);
  expect(await seen()).toEqual(['flights.csv']);
  await write('flights.csv', 'a');
  expect(await seen()).toEqual(['flights.csv', 'flights.csv']);
  await write('later.csv', 'c');
  expect(await seen()).toEqual(['flights.csv', 'flights.csv', 'later.csv']);
  await rm(path.join(folder, 'later.csv'));
  expect(await seen()).toHaveLength(3);
  await write('later.csv', 'c');
  expect(await seen()).toHaveLength(4);
});
