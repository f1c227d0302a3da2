import { randomUUID } from 'node:crypto';
import { Clock } from '@drawloom/shared/trigger/when.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { type Playground, playground } from '../../../test/support/playground.ts';
import { forgetFires, keptDays, keptFires } from './forgetting.ts';
import { noteDueSchedules } from './noting.ts';

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

afterEach(async () => {
  await house.sql`delete from drawloom.trigger`;
});

async function addTrigger(): Promise<string> {
  const id = randomUUID();
  const clock = Clock.parse({ kind: 'cron', cron: '* * * * *' });
  await house.sql`insert into drawloom.trigger (id, project_id, pipeline_id, spec, next_at)
    values (${id}, ${house.project}, ${house.pipeline}, ${JSON.stringify(clock)}::text::jsonb, date_trunc('minute', now()))`;
  return id;
}
/** `count` fires, one every so many minutes, the latest of them now. */
const fill = (trigger: string, count: number, everyMinutes: number, state = 'done') =>
  house.sql`
    insert into drawloom.fire (trigger_id, key, nominal_at, due_at, state, ended_at)
    select ${trigger}, ${state} || n, t, t, ${state}, case when ${state} = 'done' then t end
    from generate_series(0, ${count - 1}) n, lateral (select now() - n * ${everyMinutes} * interval '1 minute' as t) at`;
const left = async (trigger: string) => {
  const [row] = await house.sql`
    select count(*)::int as n, extract(epoch from now() - min(nominal_at)) / 86400 as days
    from drawloom.fire where trigger_id = ${trigger}`;
  return { fires: row!.n as number, days: Math.round(Number(row!.days)) };
};

test('a schedule of every few minutes keeps a month, and one of every quarter keeps its years', async () => {
  const [often, seldom] = [await addTrigger(), await addTrigger()];
  await fill(often, 12_000, 10); // 83 days
  await fill(seldom, 40, 90 * 1440); // ten years
  const month = (keptDays * 1440) / 10;
  expect(await forgetFires(house.sql)).toBeGreaterThanOrEqual(12_000 - month - 2);
  const kept = await left(often);
  expect(kept.days).toBe(keptDays);
  expect(Math.abs(kept.fires - month)).toBeLessThanOrEqual(2);
  expect((await left(seldom)).fires).toBe(40);
  expect(await forgetFires(house.sql)).toBeLessThanOrEqual(1);
});

test('the last hundred are kept however old, and what is not over as well', async () => {
  const old = await addTrigger();
  await fill(old, 3 * keptFires, 2 * 1440);
  await house.sql`update drawloom.fire set nominal_at = nominal_at - interval '1 year', ended_at = ended_at - interval '1 year'
    where trigger_id = ${old}`;
  await house.sql`insert into drawloom.fire (trigger_id, key, nominal_at, due_at, state)
    values (${old}, 'open', now() - interval '9 years', now() - interval '9 years', 'started')`;
  expect(await forgetFires(house.sql)).toBe(2 * keptFires);
  expect((await left(old)).fires).toBe(keptFires + 1);
});

test('what was forgotten is not noted again', async () => {
  const id = await addTrigger();
  const [row] = await house.sql`select next_at from drawloom.trigger where id = ${id}`;
  const now = new Date(Date.parse(row!.next_at) + 1000);
  expect(await noteDueSchedules(house.sql, now)).toBe(1);
  await house.sql`update drawloom.fire set state = 'done', ended_at = now() - interval '99 days' where trigger_id = ${id}`;
  await fill(id, keptFires, 0);
  expect(await forgetFires(house.sql)).toBe(1);
  expect(await noteDueSchedules(house.sql, now)).toBe(0);
  expect((await left(id)).fires).toBe(keptFires);
});

test('fires of a run set are not the sweep’s to take, and signing keys that ran out are', async () => {
  const id = await addTrigger();
  const [set] = await house.sql`
    insert into drawloom.run_set (project_id, pipeline_id, spec, from_at, until_at, concurrency)
    values (${house.project}, ${house.pipeline}, '{}', now(), now(), 1) returning id`;
  await house.sql`insert into drawloom.fire (run_set_id, key, nominal_at, due_at, state, ended_at)
    select ${set!.id}, n::text, t, t, 'done', t from generate_series(1, ${2 * keptFires}) n, lateral (select now() - interval '1 year' as t) at`;
  await house.sql`insert into drawloom.trigger_key (trigger_id, version, envelope, good_until)
    values (${id}, 1, 'old', now() - interval '1 second'), (${id}, 2, 'going', now() + interval '1 day'), (${id}, 3, 'latest', null)`;
  await forgetFires(house.sql);
  expect(await house.sql`select from drawloom.fire where run_set_id = ${set!.id}`).toHaveLength(2 * keptFires);
  const keys = await house.sql`select version from drawloom.trigger_key where trigger_id = ${id} order by 1`;
  expect(keys.map(({ version }) => version)).toEqual([2, 3]);
});
