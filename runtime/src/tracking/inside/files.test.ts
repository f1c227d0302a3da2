/** Files and models that a node logs with MLflow's own client, in the real sandbox: kept with its run, and nobody else's in reach. */
import { readFileSync } from 'node:fs';
import type { PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type PlayedNode, type WorkingHouse, workingHouse } from '../../../../test/support/workingHouse.ts';
import { nameOutside } from '../pipelines.ts';

// A client takes seconds to load, and logs a model in more.
vi.setConfig({ testTimeout: 180_000 });

let house: WorkingHouse;
beforeAll(async () => {
  house = await workingHouse();
}, 900_000);
afterAll(() => house?.close());

async function play(code: string, more: Partial<PipelineNode> = {}): Promise<PlayedNode> {
  const { nodes } = await house.played(await house.drawn({ node: { type: 'python', code, ...more } }));
  return nodes.node!;
}
async function said(node: PlayedNode): Promise<unknown> {
  expect(node, JSON.stringify(node.history[0]!.error)).toMatchObject({ status: 'succeeded' });
  return JSON.parse(readFileSync(await house.executor.store.localFile(node.outputs[0]!.sha256), 'utf8'));
}

test('files, figures, models and what autologging logs are kept with the run, and load in the node and outside', async () => {
  const node = await play(`import mlflow, pandas
from matplotlib.figure import Figure
from sklearn.linear_model import LinearRegression

def work() -> dict:
    with open("note.txt", "w") as file:
        file.write("hello")
    mlflow.log_artifact("note.txt", "notes")
    mlflow.log_dict({"a": 1}, "more/a.json")
    figure = Figure()
    figure.subplots().plot([1, 2])
    mlflow.log_figure(figure, "plot.png")
    rows = pandas.DataFrame({"a": [1.0, 2.0, 3.0]})
    info = mlflow.sklearn.log_model(LinearRegression().fit(rows, [2.0, 4.0, 6.0]), name="line", input_example=rows.head(1))
    back = mlflow.sklearn.load_model(info.model_uri)
    own = mlflow.active_run().info.run_id
    mlflow.sklearn.autolog(silent=True)
    LinearRegression(fit_intercept=False).fit(rows, [3.0, 6.0, 9.0])
    return {
        "back": round(float(back.predict(rows)[0]), 6),
        "run": round(float(mlflow.pyfunc.load_model(f"runs:/{own}/line").predict(rows)[0]), 6),
        "listed": sorted(entry.path for entry in mlflow.artifacts.list_artifacts(run_id=own)),
        "note": open(mlflow.artifacts.download_artifacts(run_id=own, artifact_path="notes/note.txt")).read(),
    }
`);
  expect(await said(node)).toMatchObject({
    back: 2,
    run: 2,
    listed: expect.arrayContaining(['more', 'notes', 'plot.png']),
    note: 'hello',
  });
  expect(await house.calls('kept_by_node', { run: node.uuid })).toMatchObject({
    files: expect.arrayContaining(['more/a.json', 'notes/note.txt', 'plot.png', 'value/value.json']),
    models: [
      ['line', 'READY', true],
      ['model', 'READY', true],
    ],
    predicts: [[expect.closeTo(2, 6)], [expect.closeTo(3, 6)]],
    params: { fit_intercept: 'False' },
  });
});

test('files and models of others, and what an attempt may not write, are refused by every call', async () => {
  const { id: theirs, run: other } = (await house.calls('logged_model', { kind: 'sklearn' })) as {
    id: string;
    run: string;
  };
  const node = await play(
    `import json, os, urllib.error, urllib.request
import mlflow

def ask(method, path, body=None):
    request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + path, data=body, method=method,
        headers={"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return [error.code, json.loads(error.read())["error_code"]]

def work() -> dict:
    client = mlflow.MlflowClient()
    own = os.environ["MLFLOW_RUN_ID"]
    home = client.get_run(own).info.experiment_id
    files = "/api/2.0/mlflow-artifacts/artifacts"
    return {
        "list": ask("GET", f"/api/2.0/mlflow/artifacts/list?run_id=${other}"),
        "list by path": ask("GET", f"{files}?path=0/${other}/artifacts"),
        "read": ask("GET", f"{files}/0/${other}/artifacts/a.txt"),
        "write": ask("PUT", f"{files}/0/${other}/artifacts/a.txt", b"x"),
        "read model": ask("GET", f"{files}/0/models/${theirs}/artifacts/MLmodel"),
        "write model": ask("PUT", f"{files}/0/models/${theirs}/artifacts/MLmodel", b"x"),
        "get model": ask("GET", "/api/2.0/mlflow/logged-models/${theirs}"),
        "end model": ask("PATCH", "/api/2.0/mlflow/logged-models/${theirs}", json.dumps({"status": "LOGGED_MODEL_READY"}).encode()),
        "tag model": ask("PATCH", "/api/2.0/mlflow/logged-models/${theirs}/tags", json.dumps({"tags": [{"key": "a", "value": "b"}]}).encode()),
        "output": ask("POST", "/api/2.0/mlflow/runs/outputs", json.dumps({"run_id": own, "models": [{"model_id": "${theirs}"}]}).encode()),
        "number": ask("POST", "/api/2.0/mlflow/runs/log-metric", json.dumps({"run_id": own, "key": "m", "value": 1, "timestamp": 1, "model_id": "${theirs}"}).encode()),
        "version": ask("GET", f"{files}/versions/1/artifacts/MLmodel"),
        "delete": ask("DELETE", f"{files}/{home}/{own}/artifacts/a.txt"),
        "found": len(client.search_logged_models(["0", home])),
        "up": ask("PUT", f"{files}/{home}/{own}/artifacts/%2e%2e/%2e%2e/x", b"x")[0],
        "port": ask("PUT", f"{files}/{home}/{own}/artifacts/value/x", b"x"),
        "small": ask("PUT", f"{files}/{home}/{own}/artifacts/small", b"x" * 600_000),
        "too much": ask("PUT", f"{files}/{home}/{own}/artifacts/large", b"x" * 600_000),
    }
`,
    { execution: { diskBytes: 1_048_576 } } as Partial<PipelineNode>,
  );
  const denied = [403, 'PERMISSION_DENIED'];
  const invalid = [400, 'INVALID_PARAMETER_VALUE'];
  expect(await said(node)).toEqual({
    list: denied,
    'list by path': denied,
    read: denied,
    write: denied,
    'read model': denied,
    'write model': denied,
    'get model': denied,
    'end model': denied,
    'tag model': denied,
    output: denied,
    number: denied,
    version: denied,
    delete: denied,
    found: 0,
    up: expect.toBeOneOf([400, 403]),
    port: invalid,
    small: 200,
    'too much': invalid,
  });
});

test('a file that holds a secret is not kept', async () => {
  const engineer = await house.api.person({ role: 'data-engineer' });
  await engineer.ask('PUT', '/api/v1/projects/first/secrets/API_KEY', { value: 'swordfish_7' });
  const code = `import mlflow
from drawloom import Secret
def work(*, key: Secret) -> str:
    try:
        mlflow.log_text("it is " + key.encode().decode(), "leaked.txt")
        return "kept"
    except Exception as error:
        return str(error)
`;
  const node = await play(code, { parameters: { key: { $secret: 'API_KEY' } } });
  expect(await said(node)).toMatch(/The file holds a secret/);
  const files = await house.api.house.sql`select from drawloom.tracked_file where path = 'leaked.txt'`;
  expect(files).toHaveLength(0);
});

test('each item of a map logs to a run of its own, inside that of its node', async () => {
  const pipeline = await house.drawn(
    {
      names: { type: 'value', parameters: { value: ['a', 'b'] } },
      each: {
        type: 'python',
        code: `import mlflow
def each(name: str) -> str:
    mlflow.log_param("name", name)
    mlflow.log_metric("length", len(name))
    mlflow.log_text(name, "name.txt")
    return name
`,
        map: { over: 'name' },
      } as Partial<PipelineNode> & { type: string },
    },
    'names.value > each.name',
  );
  const { run, nodes } = await house.played(pipeline);
  expect(nodes.each, JSON.stringify(nodes.each!.history[0]?.error)).toMatchObject({ status: 'succeeded' });
  const [place] = await house.api.house.sql<{ node: number }[]>`
    select p.node from drawloom.plan_node p join drawloom.run r on r.plan_id = p.plan_id where r.id = ${run.id} and p.node_id = 'each'`;
  for (const [index, name] of ['a', 'b'].entries()) {
    const uuid = nameOutside({ run: run.id, node: place!.node, mapIndex: index + 1 });
    const { body } = await house.json('GET', `/api/2.0/mlflow/runs/get?run_id=${uuid}`);
    const { data } = (body as { run: { data: { params: object[]; metrics: object[]; tags: object[] } } }).run;
    expect(data.params).toContainEqual({ key: 'name', value: name });
    expect(data.metrics).toMatchObject([{ key: 'length', value: 1 }]);
    expect(data.tags).toContainEqual({ key: 'mlflow.parentRunId', value: nodes.each!.uuid });
    const file = await house.ask('GET', `/get-artifact?run_id=${uuid}&path=name.txt`);
    expect(await file.text()).toBe(name);
  }
});
