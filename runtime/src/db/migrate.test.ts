import postgres from 'postgres';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../test/support/database.ts';
import { migrate, NewerSchemaError } from './migrate.ts';

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
    await template.sql`drop database ${template.sql(name)} with (force)`;
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
