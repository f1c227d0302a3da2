/** What nodes gave out, seen by MLflow's own client as files of their runs; models load there as they are. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type WorkingHouse, workingHouse } from '../../../test/support/workingHouse.ts';

// A client takes seconds to load, more on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let house: WorkingHouse;
beforeAll(async () => {
  house = await workingHouse();
}, 900_000);
afterAll(() => house?.close());

const flights = `import pandas as pd
def rows() -> pd.DataFrame:
    return pd.DataFrame({"distance": [float(n) for n in range(40)], "stops": [n % 3 for n in range(40)], "late": [n > 19 for n in range(40)]})`;
const trained = (estimator: string, target: string) => ({
  rows: { type: 'python', code: flights },
  fit: { type: 'train', parameters: { target, estimator: { name: estimator } } },
});

test('a node’s outputs are folders of its run, and its model loads in the client as it is', async () => {
  const pipeline = await house.drawn(trained('logistic_regression', 'late'), 'rows.table > fit.table');
  const { nodes } = await house.played(pipeline);
  expect(nodes.fit, JSON.stringify(nodes.fit!.history[0])).toMatchObject({ status: 'succeeded' });
  const rows = [
    { distance: 1, stops: 0 },
    { distance: 39, stops: 2 },
  ].map((row) => ({ ...row, distance: row.distance + 0.5 }));
  const seen = await house.calls('outputs_of', { run: nodes.fit!.uuid, model: 'model', rows });
  expect(seen).toMatchObject({
    listed: [
      ['metrics', true],
      ['model', true],
    ],
    files: expect.arrayContaining([
      'model/MLmodel',
      'model/input_example.json',
      'model/model.pkl',
      'model/python_env.yaml',
    ]),
    flavors: ['python_function', 'sklearn'],
    inputs: [
      { name: 'distance', type: 'double', required: true },
      { name: 'stops', type: 'long', required: true },
    ],
    outputs: [{ type: 'tensor', 'tensor-spec': { dtype: 'bool', shape: [-1] } }],
    example: { distance: [0, 1, 2, 3, 4], stops: [0, 1, 2, 0, 1] },
    sklearn: [false, true],
    pyfunc: [false, true],
    registered: [false, true],
    madeBy: true,
    upload: {
      code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringMatching(/'model' is an output of this node run/),
    },
    beside: null,
    after: ['metrics', 'model', 'notes'],
  });
  const table = await house.ask('GET', `/get-artifact?run_id=${nodes.rows!.uuid}&path=table/table.parquet`);
  expect(
    Buffer.from(await table.arrayBuffer())
      .subarray(0, 4)
      .toString(),
  ).toBe('PAR1');
  const metrics = await house.ask('GET', `/get-artifact?run_id=${nodes.fit!.uuid}&path=metrics/metrics.json`);
  expect(await metrics.json()).toMatchObject({ train_rows: 40 });
});

test('work that was taken over has the files of the attempt that did it, and nobody else’s project sees them', async () => {
  const pipeline = await house.drawn(trained('ridge', 'stops'), 'rows.table > fit.table');
  const first = await house.played(pipeline);
  const again = await house.played(pipeline);
  expect([first.nodes.fit!.status, again.nodes.fit!.status]).toEqual(['succeeded', 'reused']);
  const listed = async (uuid: string) =>
    (await house.json('GET', `/api/2.0/mlflow/artifacts/list?run_id=${uuid}&path=model`)).body as { files: object[] };
  const files = (await listed(first.nodes.fit!.uuid)).files;
  expect(files.length).toBeGreaterThan(3);
  expect((await listed(again.nodes.fit!.uuid)).files).toEqual(files);
  const address = `/api/2.0/mlflow/artifacts/list?run_id=${first.nodes.fit!.uuid}`;
  expect((await house.ask('GET', address, { as: await house.stranger() })).status).toBe(404);
  const gone = await house.ask('DELETE', place(first.nodes.fit!.uuid, await experimentOf(first.nodes.fit!.uuid)));
  expect([gone.status, await gone.text()]).toEqual([400, expect.stringMatching(/is an output of this node run/)]);
});

const place = (uuid: string, experiment: string) =>
  `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${uuid}/artifacts/model/MLmodel`;
async function experimentOf(uuid: string): Promise<string> {
  const { body } = await house.json('GET', `/api/2.0/mlflow/runs/get?run_id=${uuid}`);
  return (body as { run: { info: { experiment_id: string } } }).run.info.experiment_id;
}
