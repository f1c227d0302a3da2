/** MLflow's own client inside of a node, in the real sandbox, with nothing set: what it logs, and what it does not reach. */
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { NodeRun, RunSummary } from '@drawloom/shared/api/runs.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../../test/support/api.ts';
import { defaultEnvironment } from '../../../python/tests/pythons.ts';
import { type LocalExecutor, startLocalExecutor } from '../../execute/index.ts';
import { workOf } from '../../execute/work.testing.ts';
import { Mask } from '../../logs/mask.ts';
import { catalog } from '../../nodes/catalog.ts';
import { type RunningWorker, runWorker } from '../../queue/worker-loop.ts';
import { giveSecrets } from '../../secrets/give.ts';
import { metricHistory } from '../history.ts';
import { nameOutside } from '../pipelines.ts';
import { loadRuns, runNamed, type TrackedRun } from '../runs.ts';
import { trackInside } from './index.ts';

// A client takes seconds to load, more on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let api: TestApi;
let engineer: Asker;
let home: string;
let executor: LocalExecutor;
let worker: RunningWorker;
let project: string;

beforeAll(async () => {
  const environment = await defaultEnvironment();
  api = await testApi({ catalog, environment: async () => environment.hash });
  engineer = await api.person({ role: 'data-engineer' });
  home = await mkdtemp(path.resolve(import.meta.dirname, '../../../../node_modules/.cache/drawloom-inside-'));
  executor = await startLocalExecutor({
    home,
    environment: async () => environment,
    secrets: (work) => giveSecrets(api.house.db, api.house.config.home, work),
  });
  const { sql, db } = api.house;
  worker = await runWorker({
    sql,
    executor,
    capacity: 2,
    track: trackInside({ sql, db, store: executor.store, onError: (error) => console.error(error) }),
  });
  const [row] = await sql<{ id: string }[]>`select id from drawloom.project where slug = 'first'`;
  project = row!.id;
}, 600_000);
afterAll(async () => {
  await worker?.kill();
  await executor?.stop();
  await api.close();
  await rm(home, { recursive: true, force: true });
});

let drawn = 0;
/** Carries out a node of this code, and comes back with how it ended. */
async function play(code: string, parameters = {}): Promise<{ run: number; node: NodeRun }> {
  const name = `inside ${++drawn}`;
  const document = { ...emptyPipeline(name), nodes: { train: { type: 'python', name: 'Train', code, parameters } } };
  const { id } = await engineer.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document });
  const { run } = await engineer.json<{ run: RunSummary }>('POST', `/api/v1/pipelines/${id}/runs`, {});
  const node = () => engineer.json<NodeRun>('GET', `/api/v1/runs/${run.id}/nodes/train`);
  await expect.poll(async () => (await node()).status, { timeout: 100_000 }).toMatch(/succeeded|failed/);
  return { run: run.id, node: await node() };
}
async function tracked(
  run: number,
): Promise<TrackedRun & { params: Record<string, string>; said: Record<string, string> }> {
  const uuid = nameOutside({ run, node: 0, mapIndex: 0 });
  const [found] = await loadRuns(api.house.sql, [await runNamed(api.house.sql, project, uuid)]);
  const plain = (pairs: readonly { key: string; value: string }[]) =>
    Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
  return { ...found!, params: plain(found!.parameters), said: plain(found!.tags) };
}

test('a node logs with the client to its own run, with nothing set', async () => {
  const { run, node } = await play(`import mlflow

def train(*, depth: int = 3) -> dict:
    mlflow.log_params({"rate": 0.1, "kind": "tree"})
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metrics({"auc": 0.9, "odd": float("nan")})
    mlflow.set_tag("team", "blue")
    with mlflow.start_run(run_name="fold", nested=True):
        mlflow.log_metric("fold", 1)
    me = mlflow.active_run().info.run_id
    kept = mlflow.get_run(me)
    return {"id": me, "loss": kept.data.metrics["loss"], "kind": kept.data.params["kind"],
        "history": [m.value for m in mlflow.MlflowClient().get_metric_history(me, "loss")]}
`);
  expect(node, JSON.stringify(node.history[0])).toMatchObject({ status: 'succeeded' });
  const own = await tracked(run);
  expect(own).toMatchObject({
    status: 'FINISHED',
    params: { rate: '0.1', kind: 'tree' },
    said: { team: 'blue' },
  });
  expect(own.metrics.map(({ key, value, step }) => [key, value, step])).toEqual([
    ['auc', 0.9, 0],
    ['loss', 0.2, 4],
    ['odd', 'NaN', 0],
  ]);
  // The numbers are those of the attempt, written on the way of all its numbers.
  const rows = await api.house
    .sql`select key, count(*)::int as count from drawloom.metric where run_id = ${run} group by key order by key`;
  expect(rows).toEqual([
    { key: 'auc', count: 1 },
    { key: 'loss', count: 5 },
    { key: 'odd', count: 1 },
  ]);
  expect((await metricHistory(api.house.sql, own.id, 'loss', { limit: 9, after: undefined })).length).toBe(5);
  const inner = await api.house.sql`
    select r.name, r.status from drawloom.tracked_run r join drawloom.tracked_tag t on t.tracked_id = r.id
    where t.key = 'mlflow.parentRunId' and t.value = ${own.uuid}`;
  expect(inner).toEqual([{ name: 'fold', status: 'FINISHED' }]);
});

test('runs of others, their experiments and their models are refused by every call, and the node goes on', async () => {
  const other = nameOutside({ run: 1, node: -1, mapIndex: 0 });
  const { run, node } = await play(`import json, os
import mlflow
from mlflow.exceptions import MlflowException
from drawloom import Document

def train() -> Document:
    client = mlflow.MlflowClient()
    own = os.environ["MLFLOW_RUN_ID"]
    other = "${other}"
    tried = {
        "get": lambda: client.get_run(other),
        "log": lambda: client.log_metric(other, "m", 1),
        "batch": lambda: client.log_batch(other, tags=[mlflow.entities.RunTag("a", "b")]),
        "tag": lambda: client.set_tag(other, "k", "v"),
        "history": lambda: client.get_metric_history(other, "m"),
        "end": lambda: client.set_terminated(other),
        "delete": lambda: client.delete_run(own),
        "search": lambda: client.search_runs(["0"]),
        "experiment": lambda: mlflow.set_experiment("elsewhere"),
        "parent": lambda: client.create_run("0", tags={"mlflow.parentRunId": other}),
        "models": lambda: client.search_registered_models(),
        "register": lambda: client.create_registered_model("mine"),
    }
    said = {}
    for name, work in tried.items():
        try:
            work()
            said[name] = "done"
        except MlflowException as error:
            said[name] = error.error_code
    client.set_tag(own, "said", json.dumps(said))
    return Document("done")
`);
  expect(node, JSON.stringify(node.history[0])).toMatchObject({ status: 'succeeded' });
  const said = JSON.parse((await tracked(run)).said.said!) as Record<string, string>;
  expect(Object.keys(said)).toHaveLength(12);
  expect(new Set(Object.values(said)), JSON.stringify(said)).toEqual(new Set(['PERMISSION_DENIED']));
});

test('what comes over the socket without the word of the attempt, or is no request, is turned away and harms nothing', async () => {
  const { node, run } = await play(`import os, socket, threading, urllib.request, urllib.error
# mlflow is not imported: this speaks for itself.
def ask(path, token, body=None, method=None):
    request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + path, data=body, method=method,
        headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    try:
        return urllib.request.urlopen(request, timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0  # it hung up before all was said

def raw(data):
    host, port = os.environ["MLFLOW_TRACKING_URI"][7:].split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        try:
            return line.recv(100).decode("latin-1").split("\\r\\n")[0]
        except OSError:
            return ""

def train() -> dict[str, int]:
    token, own = os.environ["MLFLOW_TRACKING_TOKEN"], os.environ["MLFLOW_RUN_ID"]
    get = "/api/2.0/mlflow/runs/get?run_id="
    assert raw(b"\\0\\xff" * 5000) == ""
    raw(b"GET / HTTP/1.1\\r\\n" + b"A: " + b"x" * 100_000 + b"\\r\\n\\r\\n")
    lines = [threading.Thread(target=lambda: raw(b"POST / HTTP/1.1\\r\\nContent-Length: 99\\r\\n\\r\\n")) for _ in range(100)]
    [line.start() for line in lines]
    [line.join() for line in lines]
    return {
        "wrong word": ask(get + own, "wrong"),
        "no word": ask(get + own, ""),
        "right": ask(get + own, token),
        "both names": ask(get + own + "&run_uuid=" + own[:-1] + "1", token),
        "one of two": ask("/api/2.0/mlflow/metrics/get-history-bulk-interval?metric_key=a&run_ids=" + own + "&run_ids=x", token),
        "no JSON": ask("/api/2.0/mlflow/runs/set-tag", token, b"{"),
        "deep": ask("/api/2.0/mlflow/runs/set-tag", token, b"[" * 100_000),
        "huge": ask("/api/2.0/mlflow/runs/set-tag", token, b"x" * (9 << 20)),
        "ours": ask("/api/v1/projects", token),
        "path that leads out": ask("/api/2.0/mlflow-artifacts/artifacts/1/" + own + "/artifacts/../../../x", token),
    }
`);
  expect(node, JSON.stringify(node.history[0])).toMatchObject({ status: 'succeeded' });
  const output = await api.house.sql`
    select a.sha256 from drawloom.artifact_use u join drawloom.artifact a on a.id = u.artifact_id where u.run_id = ${run} and u.direction = 'out'`;
  const { text } = await import('node:stream/consumers');
  expect(JSON.parse(await text(await executor.store.open(output[0]!.sha256)))).toEqual({
    'wrong word': 401,
    'no word': 401,
    right: 200,
    'both names': 200,
    'one of two': 403,
    'no JSON': 400,
    deep: 400,
    huge: expect.toBeOneOf([0, 400]),
    ours: 403,
    'path that leads out': 400,
  });
});

test('an attempt that is not the one that counts writes nothing, and is told', async () => {
  const { run } = await play(`import mlflow
def train() -> dict:
    mlflow.set_tag("kept", "yes")
    return {"a": 1}
`);
  const { sql, db } = api.house;
  const own = nameOutside({ run, node: 0, mapIndex: 0 });
  const work = { ...workOf({ run, node: 0, mapIndex: 0, fence: 999_999 }), project };
  const logged: string[] = [];
  const late = trackInside({ sql, db, store: executor.store })(work)({
    log: ({ key }) => void logged.push(key),
    flush: async () => {},
    mask: (text) => text,
    maskStream: () => new Mask([]).stream(),
    diskBytes: 1,
  });
  const ask = async (call: string, body: object) => {
    const request = new Request(`http://inside/api/2.0/mlflow/${call}`, { method: 'POST', body: JSON.stringify(body) });
    const answer = await late.answer(request, {} as never);
    return [answer.status, await answer.json()];
  };
  const lost = [403, { error_code: 'PERMISSION_DENIED', message: expect.stringMatching(/Another attempt/) }];
  expect(await ask('runs/set-tag', { run_id: own, key: 'late', value: 'x' })).toEqual(lost);
  expect(await ask('runs/log-parameter', { run_id: own, key: 'late', value: 'x' })).toEqual(lost);
  expect(await ask('runs/create', { tags: [] })).toEqual(lost);
  expect(await ask('runs/update', { run_id: own, run_name: 'late' })).toEqual(lost);
  // Numbers take the way of all numbers, which has a fence of its own.
  expect(await ask('runs/log-metric', { run_id: own, key: 'm', value: 1, timestamp: 1 })).toEqual([200, {}]);
  expect(logged).toEqual(['m']);
  const now = await tracked(run);
  expect(now.said).toMatchObject({ kept: 'yes', 'mlflow.runName': 'Train' });
  expect([now.said.late, now.params.late, now.name]).toEqual([undefined, undefined, 'Train']);
});

test('a secret that a node logs is masked', async () => {
  await engineer.ask('PUT', '/api/v1/projects/first/secrets/API_KEY', { value: 'swordfish_7' });
  const code = `import mlflow
from drawloom import Secret
def train(*, key: Secret) -> dict:
    mlflow.log_param("with", key.encode().decode())
    mlflow.set_tag("note", "it is " + key.encode().decode())
    return {"a": 1}
`;
  const { run } = await play(code, { key: { $secret: 'API_KEY' } });
  const own = await tracked(run);
  expect([own.said.note, own.params.with]).toEqual(['it is ***', '***']);
  expect(JSON.stringify(own)).not.toContain('swordfish');
});
