import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { noopPlan, type Playground, planOf, playground } from '../../../test/support/playground.ts';
import { connect } from '../db/connection.ts';
import { EventStream } from '../events/stream.ts';
import type { AttemptOutcome } from '../execute/executor.ts';
import { runWorker } from '../queue/worker-loop.ts';
import { houseMeters } from './houseMeters.ts';
import { tellMeters, workerMeters } from './workerMeters.ts';

const docs = path.resolve(import.meta.dirname, '../../../docs/observability');

let api: TestApi;
let ground: Playground;
let reader: Asker;
beforeAll(async () => {
  api = await testApi();
  ground = await playground(api.house.config.databaseUrl);
  reader = await api.person({ role: 'devops-engineer' });
});
afterAll(async () => {
  await ground.close();
  await api.close();
});

/** Values by series as it is written: `name{label="value"}`. */
async function scrape(): Promise<Map<string, number>> {
  const token = await reader.token(['project.view']);
  const answer = await api.nobody.ask('GET', '/metrics', undefined, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  const lines = (await answer.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  const values = new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
  expect(values.size).toBe(lines.length); // no series twice
  return values;
}

test('strangers are told nothing', async () => {
  expect((await api.nobody.ask('GET', '/metrics')).status).toBe(401);
});

test('attempts, claims and ticks of all workers are added up, those of workers that left as well; their slots are not', async () => {
  const outcomes: AttemptOutcome[] = [
    { reason: 'ok', outputs: [] },
    { reason: 'user_error', outputs: [], error: { message: 'no' } },
  ];
  for (const outcome of outcomes) {
    const meters = workerMeters({ busy: () => 0, capacity: 3, parked: () => 2 });
    const worker = await runWorker({
      sql: ground.sql,
      capacity: 3,
      executor: meters.around({ execute: async () => outcome }),
      onTick: meters.ticked,
    });
    const { run } = await ground.start(planOf('load', { reuse: false, retryAttempts: 1 }));
    await expect
      .poll(async () => (await ground.sql`select finished_at as at from drawloom.run where id = ${run}`)[0]!.at)
      .not.toBeNull();
    await tellMeters(ground.sql, worker.id, meters);
    if (outcome.reason === 'ok') {
      const now = await scrape();
      expect(now.get('drawloom_slots')).toBe(3);
      expect(now.get('drawloom_parked_children')).toBe(2);
      expect(now.get('drawloom_workers{state="alive"}')).toBe(1);
    }
    await worker.stop();
  }
  const values = await scrape();
  expect(values.get('drawloom_attempts_total{reason="ok"}')).toBe(1);
  expect(values.get('drawloom_attempts_total{reason="user_error"}')).toBe(1);
  expect(values.get('drawloom_claims_total')).toBe(2);
  expect(values.get('drawloom_tick_seconds_count')).toBeGreaterThanOrEqual(4);
  expect(values.get('drawloom_slots')).toBe(0);
});

test('what waits and since when, and what ended since the last look', async () => {
  await scrape(); // counting begins
  const { run } = await ground.start(noopPlan([[], []]));
  const { run: other } = await ground.start(noopPlan([[]]));
  await ground.sql`update drawloom.ready set ready_at = now() - interval '90 seconds' where run_id = ${run} and node = 0`;
  await ground.sql`update drawloom.run set created_at = now() - interval '1 minute'`;
  const waiting = await scrape();
  expect(waiting.get('drawloom_ready_node_runs')).toBe(3);
  expect(waiting.get('drawloom_ready_oldest_seconds')).toBeGreaterThan(89);
  expect(waiting.get('drawloom_active_runs{status="queued"}')).toBe(2);
  const ended = (values: Map<string, number>, status: string) =>
    values.get(`drawloom_runs_ended_total{status="${status}"}`)!;
  await ground.sql`select drawloom.cancel(${run}::bigint, null)`;
  await ground.sql`select drawloom.cancel(${other}::bigint, null)`;
  const after = await scrape();
  expect(ended(after, 'cancelled') - ended(waiting, 'cancelled')).toBe(2);
  expect(ended(await scrape(), 'cancelled')).toBe(ended(after, 'cancelled')); // once each
  expect(after.get('drawloom_active_runs{status="queued"}')).toBe(0);
});

test('requests are told by their route, whatever names stand in the address', async () => {
  for (const project of ['first', 'nonsense', 'first']) await reader.ask('GET', `/api/v1/projects/${project}/runs`);
  await reader.ask('GET', '/api/v1/made/up/by/somebody');
  const series = [...(await scrape()).keys()].filter((name) => name.startsWith('drawloom_request_seconds_count'));
  expect(series.filter((name) => name.includes('/projects/:project/runs'))).toHaveLength(2); // 200 and 404
  expect(series.join()).not.toMatch(/nonsense|somebody/);
});

test('with the database away the rest is still told, and that it is away', async () => {
  const away = connect('postgres://nobody@127.0.0.1:1/nothing', { max: 1 });
  const text = await houseMeters({ sql: away.sql, events: new EventStream(away.sql) }).text();
  await away.close();
  expect(text).toContain('drawloom_database_up 0');
  expect(text).toMatch(/drawloom_nodejs_eventloop_lag_seconds \d/);
});

test('dashboard and alerts ask for series that there are', async () => {
  await reader.ask('GET', '/api/v1/projects/first/runs');
  const told = new Set([...(await scrape()).keys()].map((name) => name.replace(/\{.*/, '')));
  const dashboard = JSON.parse(readFileSync(path.join(docs, 'dashboard.json'), 'utf8')) as {
    panels: { targets: { expr: string }[] }[];
  };
  const alerts = readFileSync(path.join(docs, 'alerts.yml'), 'utf8');
  const asked = [
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...[...alerts.matchAll(/^\s+expr: (.*)$/gm)].map(([, expr]) => expr!),
  ].flatMap((expr) => expr.match(/drawloom_\w+/g) ?? []);
  expect(asked.length).toBeGreaterThan(40);
  expect([...new Set(asked)].filter((name) => !told.has(name))).toEqual([]);
  const named = [...readFileSync(path.join(docs, 'README.md'), 'utf8').matchAll(/`(drawloom_\w+)[`{]/g)].map(
    ([, name]) => name!,
  );
  expect(named.filter((name) => !name.endsWith('_') && !told.has(name) && !told.has(`${name}_count`))).toEqual([]);
});

const promtool = (process.env.PATH ?? '')
  .split(path.delimiter)
  .map((folder) => path.join(folder, 'promtool'))
  .find(existsSync);
test.skipIf(!promtool)('promtool accepts the alert rules and what is told', async () => {
  execFileSync(promtool!, ['check', 'rules', path.join(docs, 'alerts.yml')], { stdio: 'pipe' });
  const token = await reader.token(['project.view']);
  const answer = await api.nobody.ask('GET', '/metrics', undefined, { headers: { authorization: `Bearer ${token}` } });
  execFileSync(promtool!, ['check', 'metrics'], { input: await answer.text(), stdio: 'pipe' });
});
