import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { draw, set } from '../../../test/support/draw.ts';
import { planOf, playground } from '../../../test/support/playground.ts';
import { migrate } from '../db/migrate.ts';
import { startPostgres } from '../db/postgres.ts';
import { Bell } from './bell.ts';
import { runClock } from './clock.ts';
import { runWorker } from './worker-loop.ts';

test('the database is stopped and killed in the middle of runs: none is lost, doubled or stuck, and what ran goes on', {
  timeout: 180_000,
}, async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'drawloom-restart-'));
  let server = await startPostgres({ home });
  await migrate(server.url);
  const house = await playground(server.url, { max: 6 });
  const executed: string[] = [];
  let step = Promise.withResolvers<void>();
  /** What runs when the database ends runs until then: its numbers and its result come in the middle of the end, or after it. */
  let ending = Promise.withResolvers<void>();
  const worker = await runWorker({
    sql: house.sql,
    capacity: 4,
    heartbeatMs: 200,
    ttlMs: 10_000,
    executor: {
      async execute(work, { onMetrics }) {
        executed.push(`${work.run} ${work.nodeId}`);
        step.resolve();
        await ending.promise;
        await onMetrics([{ key: 'rows', step: 0, value: 1, at: new Date().toISOString() }]);
        const sha256 = createHash('sha256').update(`${work.cacheKey}`).digest('hex');
        return { reason: 'ok', outputs: [{ port: 'out', kind: 'table', sha256, sizeBytes: 1, mediaType: 'x/y' }] };
      },
    },
  });
  const clock = runClock({ sql: house.sql, bell: new Bell(house.sql), everyMs: 200 });
  const runs: number[] = [];
  for (const end of ['stopped', 'killed', 'stopped', 'killed']) {
    for (let index = 0; index < 3; index++)
      runs.push(
        (
          await insist(() =>
            house.start(planOf(set(draw('a > b > d; a > c > d'), 'a', { rows: 10 * runs.length }), { reuse: false })),
          )
        ).run,
      );
    await step.promise;
    ending.resolve();
    if (end === 'stopped') await server.stop();
    else {
      process.kill(
        Number(readFileSync(path.join(home, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]),
        'SIGKILL',
      );
      await server.ended;
      await server.stop();
    }
    step = Promise.withResolvers<void>();
    if (runs.length < 12) ending = Promise.withResolvers<void>();
    server = await startPostgres({ home });
  }
  const left = () => house.sql`select id from drawloom.run where finished_at is null`;
  await expect.poll(left, { timeout: 90_000 }).toEqual([]);
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
  expect(await house.sql`select status, count(*)::int as n from drawloom.run group by 1`).toEqual([
    { status: 'succeeded', n: runs.length },
  ]);
  const good = await house.sql`select count(*)::int as n from drawloom.attempt where reason = 'ok'`;
  expect(good).toEqual([{ n: runs.length * 4 }]);
  await clock.stop();
  await worker.stop();
  await house.close();
  await server.stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

/** The test's own connections are lost as well; what was never sent is asked again. */
async function insist<T>(ask: () => PromiseLike<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (problem) {
      if (!/^(CONN|ECONN|57P)/.test(String((problem as { code?: string }).code))) throw problem;
    }
  }
}
