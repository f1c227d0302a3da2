import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { draw, set } from '../../../test/support/draw.ts';
import { ended, handsOf, made, sha } from '../../../test/support/hands.ts';
import { type Playground, planOf, playground } from '../../../test/support/playground.ts';
import type { Work } from '../execute/executor.ts';
import { recordMetrics } from '../record/observations.ts';
import { rerunRun } from '../record/runs.ts';
import { keepFile } from './files.ts';
import { metricHistory, sampledHistory } from './history.ts';
import { createLoggedModel } from './loggedModels.ts';
import { catchUp } from './pipelines.ts';
import { deleteTag, loadRuns, logToRun, runNamed, setDeleted, type TrackedRun, updateRun } from './runs.ts';
import { searchRuns } from './search/runs.ts';

let database: TestDatabase;
let house: Playground;
let worker: string;
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url);
  worker = await house.worker();
});
afterAll(async () => {
  await house.close();
  await database.drop();
});
const { claim, finish, workOff } = handsOf(() => house);

const experiment = async () => {
  const [row] = await house.sql`select id from drawloom.experiment where pipeline_id = ${house.pipeline}`;
  return Number(row!.id);
};
/** What somebody sees who searches the experiment of the pipeline. */
async function seen(filter = '', orderBy = ['attributes.run_name']): Promise<TrackedRun[]> {
  const experiments = [await experiment()];
  await catchUp(house.sql, experiments);
  const asked = { experiments, filter, orderBy, view: 'ACTIVE_ONLY', limit: 100, after: undefined } as const;
  return loadRuns(house.sql, (await searchRuns(house.sql, asked)).ids);
}
const plain = ({ parameters, metrics, ...run }: TrackedRun) => ({
  name: run.name,
  status: run.status,
  parameters: Object.fromEntries(parameters.map(({ key, value }) => [key, value])),
  metrics: Object.fromEntries(metrics.map(({ key, value }) => [key, value])),
});
const tell = (work: Work, values: readonly number[]) =>
  recordMetrics(
    house.sql,
    work,
    values.map((value, step) => ({ key: 'loss', step, value, at: new Date(1_700_000_000_000 + step).toISOString() })),
  );
const points = (length: number) => Array.from({ length }, (_, step) => 1 / (step + 1));

test('a pipeline’s run is a run with one inside for each node that began, and both tell the same while they go on', async () => {
  const { run } = await house.start(planOf(set(draw('a > b'), 'a', { rows: 5 })), {
    parameters: { day: '2026-01-01' },
  });
  expect((await seen()).map(plain)).toEqual([
    { name: `played ${run}`, status: 'SCHEDULED', parameters: { day: '2026-01-01' }, metrics: {} },
  ]);
  const [a] = await claim(worker);
  expect((await seen("attributes.status = 'RUNNING'")).map(({ name }) => name)).toEqual(['a', `played ${run}`]);
  const [b] = (await finish(worker, [ended(a!)], 10)).work;
  await tell(b!, points(5000));
  const running = await seen('metrics.loss > 0');
  expect(running.map(plain)).toEqual([
    { name: 'b', status: 'RUNNING', parameters: { share: '0.5' }, metrics: { loss: 1 / 5000 } },
  ]);
  await finish(worker, [ended(b!)]);
  const [first, second, whole] = await seen();
  expect(plain(whole!)).toEqual({
    name: `played ${run}`,
    status: 'FINISHED',
    parameters: { day: '2026-01-01', 'a/rows': '5', 'b/share': '0.5' },
    metrics: { 'b/loss': 1 / 5000 },
  });
  expect(plain(first!)).toEqual({ name: 'a', status: 'FINISHED', parameters: { rows: '5' }, metrics: {} });
  expect(second!.tags).toContainEqual({ key: 'mlflow.parentRunId', value: whole!.uuid });
  expect(second!.inputs).toMatchObject([{ name: 'in', digest: made('out', `a ${a!.cacheKey}`).sha256.slice(0, 36) }]);
  expect(await seen(`tags.mlflow.parentRunId = '${whole!.uuid}'`)).toHaveLength(2);

  const all = { limit: 10_000, after: undefined };
  expect((await metricHistory(house.sql, second!.id, 'loss', all)).map(({ value }) => value)).toEqual(points(5000));
  expect(await metricHistory(house.sql, whole!.id, 'b/loss', all)).toHaveLength(5000);
  const sampled = await sampledHistory(house.sql, second!.id, 'loss', { most: 100 });
  expect(sampled).toHaveLength(100);
  expect([sampled[0]!.step, sampled.at(-1)!.step]).toEqual([0, 4999]);
});

test('work that was taken over tells the numbers of the attempt that did it', async () => {
  const { run } = await house.start(planOf('c'));
  const [c] = await claim(worker);
  await tell(c!, [3, 2]);
  await finish(worker, [ended(c!)]);
  const again = await house.db.transaction((tx) => rerunRun(tx, run, { only: 'failed', actor: null }));
  await workOff(worker, (work) => (work.reuse ? { outputs: [], reusedFrom: work.reuse } : {}));
  const whole = await seen(`attributes.run_name = 'played ${again!.run}'`);
  expect(whole.map(plain)).toMatchObject([{ status: 'FINISHED', metrics: { 'c/loss': 2 } }]);
  const [inner] = await seen(`tags.mlflow.parentRunId = '${whole[0]!.uuid}'`);
  expect(
    (await metricHistory(house.sql, inner!.id, 'loss', { limit: 9, after: undefined })).map(({ value }) => value),
  ).toEqual([3, 2]);
});

test('a run is found by its name outside before anybody searched, takes tags and numbers, and keeps its state', async () => {
  const { run } = await house.start(planOf('d'));
  await workOff(worker);
  const uuid = `d1${run.toString(16).padStart(14, '0')}${'0'.repeat(16)}`;
  const id = await runNamed(house.sql, house.project, uuid);
  await logToRun(house.sql, {
    projectId: house.project,
    uuid,
    metrics: [{ key: 'judged', value: 4, timestamp: 1, step: 0 }],
    tags: [{ key: 'mlflow.note.content', value: 'good' }],
  });
  await updateRun(house.sql, { id, uuid }, { status: 'RUNNING', endMs: 5, name: 'the good one' });
  expect((await seen('metrics.judged = 4')).map(plain)).toMatchObject([{ name: 'the good one', status: 'FINISHED' }]);
  expect(await metricHistory(house.sql, id, 'judged', { limit: 9, after: undefined })).toHaveLength(1);
  expect(await deleteTag(house.sql, id, 'mlflow.note.content')).toBe(true);
  await setDeleted(house.sql, id, true);
  expect(await seen('metrics.judged = 4')).toEqual([]);
  await expect(runNamed(house.sql, house.project, `d1${'f'.repeat(30)}`)).rejects.toThrow(/not found/);
});

test('an experiment follows the name of its pipeline, and what is forgotten leaves it', async () => {
  await house.sql`update drawloom.pipeline set name = 'renamed' where id = ${house.pipeline}`;
  const [row] = await house.sql`select name from drawloom.experiment where id = ${await experiment()}`;
  expect(row!.name).toBe('renamed');
  const before = await seen();
  const parents = before.filter(({ did }) => did!.node === null).map(({ did }) => did!.run);
  const inner = before.find(({ did }) => did!.run === parents[0] && did!.node !== null)!;
  const bytes = { sha256: sha('note'), sizeBytes: 4 };
  await keepFile(house.sql, { of: 'run', id: inner.id }, { path: 'note.txt', ...bytes });
  const made = { experiment: await experiment(), name: 'm', modelType: '', creator: 'me', parameters: [], tags: [] };
  const model = await createLoggedModel(house.sql, { ...made, sourceRun: inner.id });
  await keepFile(house.sql, { of: 'model', id: model }, { path: 'MLmodel', ...bytes });
  await house.sql`select drawloom.untrack(${`{${parents[0]}}`}::text::bigint[])`;
  await house.sql`update drawloom.run set leaving_at = now() where id = ${parents[0]!}`;
  const after = await seen();
  expect(after.some(({ did }) => did!.run === parents[0])).toBe(false);
  // Nor do the files and models that its nodes logged keep any bytes.
  expect(await house.sql`select from drawloom.tracked_file where sha256 = ${bytes.sha256}`).toHaveLength(0);
  expect(await house.sql`select from drawloom.logged_model where id = ${model}`).toHaveLength(0);
  expect(after.length).toBeGreaterThan(0);
});
