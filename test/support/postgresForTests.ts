/** Decides when the tests' Postgres starts: at the first test that asks for a database, once for the whole run, fsync off. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { type RunningPostgres, startPostgres } from '../../runtime/src/db/postgres.ts';
import { templateDatabase } from './database.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<RunningPostgres> | undefined;

  // The test files run in processes of their own, and Postgres is to end with this one: so they ask here.
  const desk = createServer(async (_request, answer) => {
    try {
      started ??= startWithTemplate();
      answer.end((await started).url);
    } catch (cause) {
      answer.writeHead(500).end(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
    }
  });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  desk.unref();
  project.provide('postgresDesk', `http://127.0.0.1:${(desk.address() as AddressInfo).port}`);

  return async () => {
    desk.close();
    await started?.then((running) => running.stop()).catch(() => {}); // a start that failed was told to the test that asked
  };
}

/** A database with every migration applied, which Postgres copies in a few milliseconds for each test file. */
async function startWithTemplate(): Promise<RunningPostgres> {
  const home = await mkdtemp(path.join(tmpdir(), 'drawloom-test-'));
  const running = await startPostgres({ home, fsync: false });
  const admin = postgres(running.url, { max: 1, onnotice: () => {} });
  await admin`create database ${admin(templateDatabase)}`.finally(() => admin.end());
  const migrations = path.resolve(import.meta.dirname, '../../runtime/src/db/migrate.ts');
  if (existsSync(migrations)) {
    const { migrate } = (await import(migrations)) as { migrate(url: string): Promise<unknown> };
    await migrate(new URL(`/${templateDatabase}`, running.url).href);
  }
  const stop = async () => {
    await running.stop();
    await rm(home, { recursive: true, force: true });
  };
  return { ...running, stop };
}
