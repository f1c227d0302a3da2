import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { Retention, RetentionPreview } from '@drawloom/shared/api/retention.ts';
import type { Run, RunSummary } from '@drawloom/shared/api/runs.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { type RunningWorker, runWorker } from '../queue/worker-loop.ts';
import { forget } from '../retention/forget.ts';

let api: TestApi;
let maker: Asker;
let worker: RunningWorker;
let pipeline: string;
const logText = 'what it wrote\n';

beforeAll(async () => {
  api = await testApi();
  maker = await api.person({ role: 'data-engineer' });
  worker = await runWorker({
    sql: api.house.sql,
    capacity: 2,
    executor: {
      async execute(work, { onLogChunk }) {
        if (work.reuse) return { reason: 'ok', outputs: [], reusedFrom: work.reuse };
        const file = `${work.run}/${work.node}.log`;
        await mkdir(path.join(api.house.logsFolder, String(work.run)), { recursive: true });
        await writeFile(path.join(api.house.logsFolder, file), logText);
        const sizeBytes = logText.length;
        await onLogChunk({ sequence: 0, byteOffset: 0, sizeBytes, lines: 1, file, fileOffset: 0, levels: {} });
        const bytes = Buffer.from(`made of ${JSON.stringify(work.parameters)}`);
        const stored = await api.house.store.put([bytes] as never);
        return { reason: 'ok', outputs: [{ port: 'out', kind: 'table', mediaType: 'text/plain', ...stored }] };
      },
    },
  });
  const made = await maker.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', {
    document: {
      ...emptyPipeline('kept'),
      parameters: { label: { type: 'string', default: '' } },
      nodes: { load: { type: 'source', name: 'load', parameters: { label: { $parameter: 'label' } } } },
    },
  });
  pipeline = made.id;
});
afterAll(async () => {
  await worker.kill();
  await api.close();
});

async function ran(label: string): Promise<Run> {
  const { run } = await maker.json<{ run: RunSummary }>('POST', `/api/v1/pipelines/${pipeline}/runs`, {
    parameters: { label },
  });
  const see = () => maker.json<Run>('GET', `/api/v1/runs/${run.id}`);
  await expect.poll(async () => isRunFinal((await see()).status), { timeout: 60_000 }).toBe(true);
  return see();
}
const daysLater = (run: number, days: number) => api.house.sql`
  with aged as (update drawloom.artifact a set seen_at = a.seen_at - ${days} * interval '1 day' from drawloom.artifact_use u
    where u.artifact_id = a.id and u.run_id = ${run})
  update drawloom.run set finished_at = finished_at - ${days} * interval '1 day' where id = ${run}`;
const pass = () => forget(api.house.sql, api.project.id, api.house.logsFolder);
const preview = (policy?: object) =>
  maker.json<RetentionPreview>('POST', '/api/v1/projects/first/retention/preview', policy ? { policy } : {});
const kind = '/api/v1/projects/first/retention';
const limits = { runDays: 30, runsPerPipeline: null, logDays: 5, artifactDays: 10 };

test('what a preview says would go is what goes, and what it says stays, stays', { timeout: 120_000 }, async () => {
  const [old, pinned] = [await ran('old'), await ran('pinned')];
  await ran('young');
  await maker.ask('PUT', `/api/v1/runs/${pinned.id}/pin`, { note: 'for the audit' });
  for (const run of [old, pinned]) await daysLater(run.id, 40);
  expect((await preview()).runs.count).toBe(0);
  const told = await preview(limits);
  const [output] = old.nodes[0]!.outputs;
  expect(told).toMatchObject({
    runs: { count: 1, byAge: 1, byCount: 0 },
    artifacts: { count: 1, sizeBytes: output!.sizeBytes },
    logs: { runs: 1, sizeBytes: logText.length },
    kept: [{ by: 'pin', runs: 1 }],
    going: [{ run: old.id, why: 'age', pipeline: { id: pipeline, name: 'kept' } }],
    staying: [{ run: pinned.id, keptBy: 'pin' }],
  });
  await maker.json('PUT', kind, limits);
  expect(await pass()).toEqual({ runs: 1, artifacts: 1, artifactBytes: output!.sizeBytes, logBytes: logText.length });
  const { forgotten, kept, policy } = await maker.json<Retention>('GET', kind);
  expect(policy).toEqual(limits);
  expect(forgotten).toMatchObject({ runs: 1, artifacts: { count: 1 }, logBytes: logText.length });
  expect(kept).toMatchObject({ runs: 2, pinned: 1, artifacts: { count: 2 } });

  const { items } = await maker.json<{ items: RunSummary[] }>('GET', '/api/v1/projects/first/runs');
  expect(items.map(({ id }) => id)).not.toContain(old.id);
  for (const what of ['', '/nodes/load', '/nodes/load/log', '/metrics']) {
    const answer = await maker.ask('GET', `/api/v1/runs/${old.id}${what}`);
    expect(answer.status).toBe(410);
    expect(await answer.json()).toMatchObject({
      code: 'run_forgotten',
      forgotten: {
        run: old.id,
        pipeline: { name: 'kept' },
        status: 'succeeded',
        why: 'age',
        bound: 30,
        rootRun: old.id,
      },
    });
  }
  expect((await maker.ask('POST', `/api/v1/runs/${old.id}/rerun`, {})).status).toBe(410);
  const gone = await maker.ask('GET', `/api/v1/projects/first/artifacts/${output!.sha256}`);
  expect(gone.status).toBe(404);
  const stranger = await api.person();
  expect((await stranger.ask('GET', `/api/v1/runs/${old.id}`)).status).toBe(404);
});

test('an output and a log that are forgotten before their run are said to be', { timeout: 120_000 }, async () => {
  await maker.json('PUT', kind, limits);
  const old = await ran('lean');
  await ran('after it');
  await daysLater(old.id, 20);
  await pass();
  const run = await maker.json<Run>('GET', `/api/v1/runs/${old.id}`);
  expect(run.outputsForgottenAt).not.toBeNull();
  expect(run.logsForgottenAt).not.toBeNull();
  const { sha256 } = run.nodes[0]!.outputs[0]!;
  const artifact = await maker.json<{ forgottenAt: string | null }>(
    'GET',
    `/api/v1/projects/first/artifacts/${sha256}`,
  );
  expect(artifact.forgottenAt).not.toBeNull();
  const content = await maker.ask('GET', `/api/v1/projects/first/artifacts/${sha256}/content`);
  expect(content.status).toBe(410);
  expect(await content.json()).toMatchObject({ code: 'artifact_forgotten' });
  const again = await ran('lean');
  expect(again.nodes[0]!.status).toBe('succeeded'); // done again, not taken over
  expect((await maker.ask('GET', `/api/v1/projects/first/artifacts/${sha256}/content`)).status).toBe(200);
});

test('a pin is told with who and why, and a run that is unpinned goes', { timeout: 120_000 }, async () => {
  await maker.json('PUT', kind, limits);
  const old = await ran('to be pinned');
  await ran('after that');
  const [person] = await api.house.sql`select name from drawloom.person where id = ${maker.id}`;
  await maker.ask('PUT', `/api/v1/runs/${old.id}/pin`, { note: 'the one we published' });
  await daysLater(old.id, 40);
  await pass();
  const run = await maker.json<Run>('GET', `/api/v1/runs/${old.id}`);
  expect(run.pin).toMatchObject({ by: person!.name, note: 'the one we published' });
  expect(run.logsForgottenAt).toBeNull();
  expect((await maker.ask('DELETE', `/api/v1/runs/${old.id}/pin`)).status).toBe(204);
  expect(await pass()).toMatchObject({ runs: 1 });
  expect((await maker.ask('PUT', `/api/v1/runs/${old.id}/pin`, {})).status).toBe(410);
});

test('limits that cannot be are refused with their place, and who may not delete sets none', async () => {
  for (const [body, at] of [
    [{ ...limits, runDays: 0 }, '/runDays'],
    [{ ...limits, runsPerPipeline: -1 }, '/runsPerPipeline'],
    [{ ...limits, logDays: 1.5 }, '/logDays'],
    [{ runDays: 1 }, '/runsPerPipeline'],
  ] as const) {
    const answer = await maker.ask('PUT', kind, body);
    expect(answer.status).toBe(422);
    expect(((await answer.json()) as { at: string }).at).toBe(at);
  }
  const viewer = await api.person({ role: 'solution-architect' });
  expect((await viewer.ask('PUT', kind, limits)).status).toBe(403);
  expect((await viewer.ask('GET', kind)).status).toBe(200);
});
