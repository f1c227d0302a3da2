/** Decides which models there are to look at: one that was trained twice outside and asked to be promoted, told by MLflow's own calls. */
import type { House } from '../bench/house.ts';

const signature = `inputs: '[{"name": "distance", "type": "long", "required": true}, {"name": "hour", "type": "long", "required": true}]'`;
const mlmodel = `artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.11.7
  sklearn:
    sklearn_version: 1.9.1
signature:
  ${signature}
  outputs: '[{"type": "double", "required": true}]'
`;

export async function registerModels(house: House): Promise<string> {
  const inProject = `/projects/${await house.project()}`;
  const told = async <T>(call: string, body: object): Promise<T> =>
    (await sent(house, 'POST', `mlflow/${call}`, JSON.stringify(body))).json() as T;
  const { experiment_id } = await told<{ experiment_id: string }>('experiments/create', { name: 'Delays by hand' });
  const name = 'delays';
  await house.ask(`${inProject}/models`, {
    name,
    description: 'How late a flight will be, from what is known before it leaves.',
  });
  for (const [depth, auc] of [
    [4, 0.713],
    [8, 0.731],
  ] as const) {
    const { run } = await told<{ run: { info: { run_id: string } } }>('runs/create', {
      experiment_id,
      run_name: `depth ${depth}`,
      start_time: Date.now(),
    });
    const { run_id } = run.info;
    await told('runs/log-batch', {
      run_id,
      metrics: Array.from({ length: 40 }, (_, step) => ({
        key: 'auc',
        value: auc - 0.2 * 0.9 ** step,
        timestamp: Date.now(),
        step,
      })),
      params: [{ key: 'depth', value: String(depth) }],
    });
    for (const [file, text] of [
      ['MLmodel', mlmodel],
      ['model.skops', 'x'.repeat(20_000)],
    ] as const)
      await sent(house, 'PUT', `mlflow-artifacts/artifacts/${experiment_id}/${run_id}/artifacts/model/${file}`, text);
    await told('runs/update', { run_id, status: 'FINISHED', end_time: Date.now() });
    await house.ask(`${inProject}/models/${name}/versions`, { source: `runs:/${run_id}/model` });
  }
  await house.ask(`${inProject}/models/${name}/aliases/champion`, { version: 1 }, 'PUT');
  await house.ask(`${inProject}/models/${name}/versions/2/promotions`, {
    alias: 'champion',
    text: 'Deeper trees, and better for it on every month.',
    gates: [
      { metric: 'auc', is: 'at least', bound: 0.7 },
      { metric: 'auc', is: 'at least', than: 'champion', by: 0.01 },
    ],
  });
  return name;
}

async function sent(house: House, method: string, route: string, body: string): Promise<Response> {
  const answer = await house.program.fetch(`/api/2.0/${route}`, {
    method,
    body,
    headers: { 'content-type': 'application/json' },
  });
  if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  return answer;
}
