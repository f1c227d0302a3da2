/** Decides what a test gets as its database: a fresh, migrated one that nobody else uses. */
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Answers with the address of the Postgres of this test run, starting it if nobody asked before. */
    postgresDesk: string;
  }
}

export const templateDatabase = 'drawloom_template';

export interface TestDatabase {
  url: string;
  sql: postgres.Sql;
  /** Ends `sql` and drops the database. Forgetting it costs nothing but disk until the run ends. */
  drop(): Promise<void>;
}

/** A database of its own for a test file (in `beforeAll`) or for one test. Takes some 20 ms. */
export async function testDatabase(): Promise<TestDatabase> {
  const serverUrl = await postgresUrl();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withAdmin(
    serverUrl,
    (admin) => admin`create database ${admin(name)} template ${admin(templateDatabase)} strategy file_copy`,
  );
  const url = new URL(`/${name}`, serverUrl).href;
  const sql = postgres(url, { max: 5, onnotice: () => {} });
  const drop = async () => {
    await sql.end({ timeout: 1 });
    await withAdmin(serverUrl, (admin) => admin`drop database if exists ${admin(name)} with (force)`);
  };
  return { url, sql, drop };
}

async function postgresUrl(): Promise<string> {
  const answer = await fetch(inject('postgresDesk'));
  const text = await answer.text();
  if (!answer.ok) throw new Error(`The tests' Postgres did not start: ${text}`);
  return text;
}

async function withAdmin(url: string, work: (admin: postgres.Sql) => Promise<unknown>): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  await work(admin).finally(() => admin.end());
}
