import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { type RunningDrawloom, runDrawloom, startDrawloom } from '../../../test/support/server.ts';

let database: TestDatabase;
let drawloom: RunningDrawloom;
beforeAll(async () => {
  database = await testDatabase();
  drawloom = await startDrawloom({ env: { DATABASE_URL: database.url } });
}, 300_000);
afterAll(async () => {
  await drawloom?.stop();
  await database?.drop();
});

const joins = (env: NodeJS.ProcessEnv) =>
  runDrawloom(['worker'], { DATABASE_URL: database.url, DRAWLOOM_HOME: drawloom.home, ...env });

test('a worker that joins takes what needs its tag, and asked to stop it ends its node first', {
  timeout: 300_000,
}, async () => {
  const worker = joins({ DRAWLOOM_TAGS: 'gpu' });
  await expect.poll(() => worker.output(), { timeout: 120_000 }).toMatch(/Worker ready \(process \d+, has gpu\)/);
  const code = `export default async function run(): Promise<number> {
  console.log('under way');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return 1;
}
`;
  const { id } = await drawloom.ask<{ id: string }>('POST', '/projects/getting-started/pipelines', {
    document: {
      ...emptyPipeline('On a GPU'),
      nodes: { fit: { type: 'typescript', name: 'Fit', parameters: {}, code, execution: { needs: ['gpu'] } } },
    },
  });
  const { run } = await drawloom.ask<{ run: { id: number } }>('POST', `/pipelines/${id}/runs`, {});
  const log = async () => (await drawloom.fetch(`/api/v1/runs/${run.id}/nodes/fit/log`)).text();
  await expect.poll(log, { timeout: 120_000 }).toContain('under way');
  worker.child.kill('SIGTERM');
  expect(await worker.exited).toMatchObject({ code: 0 });
  const { status, nodes } = await drawloom.ask<{ status: string; nodes: { attempts: number }[] }>(
    'GET',
    `/runs/${run.id}`,
  );
  expect([status, nodes[0]!.attempts]).toEqual(['succeeded', 1]);
});

test('a worker that cannot join says why in one sentence, and ends', { timeout: 120_000 }, async () => {
  const empty = mkdtempSync(path.join(tmpdir(), 'drawloom-join-'));
  const [alone, elsewhere, older] = await Promise.all([
    runDrawloom(['worker'], { DRAWLOOM_HOME: empty }).exited,
    joins({ DRAWLOOM_HOME: empty }).exited,
    joins({ DATABASE_URL: database.url.replace(/\/[^/]+$/, '/postgres') }).exited,
  ]);
  rmSync(empty, { recursive: true, force: true });
  expect([alone.code, elsewhere.code, older.code]).toEqual([1, 1, 1]);
  expect(alone.output).toContain('DATABASE_URL is not set');
  expect(elsewhere.output).toContain('is not the home folder of a server');
  expect(older.output).toContain('Start its server first');
  for (const { output } of [alone, elsewhere, older]) expect(output).not.toMatch(/\n\s+at /);
});
