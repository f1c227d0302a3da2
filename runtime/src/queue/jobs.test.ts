import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../test/support/database.ts';
import { planOf, playground } from '../../../test/support/playground.ts';
import { dutiesOf } from './duties.ts';
import { runJobs } from './jobs.ts';
import { runWorker } from './worker-loop.ts';

test('a job that died with its process is done by another one in seconds, not in four hours', {
  timeout: 90_000,
}, async () => {
  const database = await testDatabase();
  const script = path.resolve(import.meta.dirname, '../../../test/support/jobsProcess.ts');
  const doomed = spawn(process.execPath, [script, database.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  await database.sql`select graphile_worker.add_job('hold', '{}'::json)`;
  await once(doomed.stdout, 'data');
  doomed.kill('SIGKILL');
  await once(doomed, 'exit');
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const jobs = await runJobs({ url: database.url, tasks: { hold: async () => resolve() } });
  await done;
  await jobs.stop();
  await database.drop();
});

test('the start of a run wakes a worker through the queue, even one that hears and looks for nothing', {
  timeout: 60_000,
}, async () => {
  const database = await testDatabase();
  const house = await playground(database.url);
  const worker = await runWorker({
    sql: house.sql,
    capacity: 2,
    pollMs: 3_600_000,
    executor: { execute: async () => ({ reason: 'ok', outputs: [] }) },
  });
  const jobs = await runJobs({ url: database.url, ...dutiesOf({ sql: house.sql, worker }) });
  const { run } = await house.start(planOf('a > b'));
  const status = async () => (await house.sql`select status from drawloom.run where id = ${run}`)[0]!.status;
  await expect.poll(status).toBe('succeeded');
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
  await jobs.stop();
  await worker.stop();
  await house.close();
  await database.drop();
});
