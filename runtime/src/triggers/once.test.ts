import { Clock } from '@drawloom/shared/trigger/when.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { rerunRun } from '../record/runs.ts';
import { keepBackfill, planBackfill } from './backfill.ts';
import { carryOutFire, type LaunchByTrigger } from './carrying.ts';
import { decideFires } from './deciding.ts';

let database: TestDatabase;
let house: Playground;
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url, { max: 30 });
});
afterAll(async () => {
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
  await house.close();
  await database.drop();
});

const fifty = <T>(work: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 50 }, work));
const runCount = async () => (await house.sql`select count(*)::int as n from drawloom.run`)[0]!.n as number;

test('fifty starts at once with one key are one run, and so are fifty reruns', async () => {
  const starts = await fifty(() => house.start(planOf('a > b'), { idempotencyKey: 'once' }));
  expect(new Set(starts.map(({ run }) => run)).size).toBe(1);
  expect(starts.filter(({ existed }) => !existed)).toHaveLength(1);
  expect(await runCount()).toBe(1);
  const { run } = starts[0]!;
  const reruns = await fifty(() =>
    house.db.transaction((tx) => rerunRun(tx, run, { only: 'all', actor: null, idempotencyKey: 'again' })),
  );
  expect(new Set(reruns.map((one) => one!.run)).size).toBe(1);
  expect(await runCount()).toBe(2);
});

test('fifty backfills at once with one key are one run set, and fifty who start each of its times start it once', async () => {
  const wish = {
    name: '',
    on: Clock.parse({ kind: 'cron', cron: '0 6 * * *' }),
    from: '2025-01-01',
    until: '2025-01-03',
    concurrency: 10,
    order: 'oldest-first' as const,
    reuse: true,
    idempotencyKey: 'three days',
  };
  const planned = await planBackfill(house.db, house.pipeline, wish);
  if ('problems' in planned) throw new Error(JSON.stringify(planned.problems));
  const { project: projectId, pipeline: pipelineId } = house;
  const sets = await fifty(() =>
    keepBackfill(house.db, planned, { ...wish, projectId, pipelineId, createdBy: 'somebody' }),
  );
  expect(new Set(sets.map(({ id }) => id)).size).toBe(1);
  expect(sets.filter(({ existed }) => !existed)).toHaveLength(1);
  const fires = await house.sql`select id from drawloom.fire`;
  expect(fires).toHaveLength(3);
  const before = await runCount();
  await decideFires(house.sql);
  const launch: LaunchByTrigger = ({ trigger, cause, idempotencyKey }) =>
    house.start(planOf('a'), { trigger, cause, idempotencyKey });
  await fifty(() => Promise.all(fires.map(({ id }) => carryOutFire(house.sql, launch, { fire: Number(id) }))));
  expect(await runCount()).toBe(before + 3);
});
