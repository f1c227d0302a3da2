import postgres from 'postgres';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../test/support/database.ts';
import { migrate, NewerSchemaError } from './migrate.ts';
import { digestOfRoutines, sealedRevision } from './routines.ts';

const fresh = async (work: (url: string, sql: postgres.Sql) => Promise<void>) => {
  const template = await testDatabase();
  const name = `empty_${Date.now().toString(36)}`;
  await template.sql`create database ${template.sql(name)} template template0`;
  const url = new URL(`/${name}`, template.url).href;
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await work(url, sql);
  } finally {
    await sql.end();
    // Without force it waits for whoever is leaving; with it, one that has just said goodbye would be cut off, and complain.
    await template.sql`drop database ${template.sql(name)}`;
    await template.drop();
  }
};

test('three programs that start at once end with one schema, and a later start changes nothing', {
  timeout: 120_000,
}, async () => {
  await fresh(async (url, sql) => {
    await Promise.all([migrate(url), migrate(url), migrate(url)]);
    const applied = await sql`select created_at from drawloom_migrations.applied order by 1`;
    expect(new Set(applied.map((row) => row.created_at)).size).toBe(applied.length);
    await migrate(url);
    expect(await sql`select created_at from drawloom_migrations.applied order by 1`).toEqual(applied);
    expect(
      await sql`select to_regclass('drawloom.run') is not null as ours, to_regnamespace('graphile_worker') is not null as queue`,
    ).toEqual([{ ours: true, queue: true }]);
  });
});

test('a database of a newer program is left alone, in one sentence that says what to do', {
  timeout: 120_000,
}, async () => {
  await fresh(async (url, sql) => {
    await migrate(url);
    await sql`insert into drawloom_migrations.applied (hash, created_at) values ('from the future', 99999999999999)`;
    await expect(migrate(url)).rejects.toThrow(NewerSchemaError);
  });
});

test('a database with newer routines is left alone, and one with older ones gets ours, whatever it had', {
  timeout: 120_000,
}, async () => {
  await fresh(async (url, sql) => {
    await migrate(url);
    await sql`update drawloom_migrations.routines set revision = 999999`;
    await expect(migrate(url)).rejects.toThrow(NewerSchemaError);
    await sql`update drawloom_migrations.routines set revision = 0`;
    await sql`drop function drawloom.reap()`;
    await sql`create function drawloom.reap(old boolean) returns text language sql as 'select 1::text'`;
    await sql`create view drawloom.gone as select * from drawloom.house_event`;
    await migrate(url);
    expect(await sql`select drawloom.reap()`).toEqual([{ reap: 0 }]);
    const routines = await sql`
      select count(*) filter (where to_regprocedure('drawloom.reap(boolean)') is not null)::int as old,
        count(*) filter (where to_regclass('drawloom.gone') is not null)::int as gone,
        (select count(*)::int from pg_trigger where tgrelid = 'drawloom.audit'::regclass) as triggers`;
    expect(routines).toEqual([{ old: 0, gone: 0, triggers: 2 }]);
  });
});

test('the routines are numbered as they stand; after a change, run npm run db:routines', () => {
  expect(sealedRevision().sha256).toBe(digestOfRoutines());
});
