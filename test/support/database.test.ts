import { expect, test } from 'vitest';
import { testDatabase } from './database.ts';

test('each test database is its own, and dropping it leaves the other', async () => {
  const [one, other] = await Promise.all([testDatabase(), testDatabase()]);
  await one.sql`create table only_here (id int)`;
  const [found] = await other.sql`select to_regclass('only_here') as it`;
  expect(found?.it).toBe(null);
  await one.drop();
  expect(await other.sql`select 1 as one`).toHaveLength(1);
  await expect(one.sql`select 1`).rejects.toThrow();
  await other.drop();
});
