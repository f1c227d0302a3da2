/** Decides how each route is asked by a program without MLflow's client: one good request each, in an order in which they make sense. */
import type { WireHouse } from '../support/wireHouse.ts';

type Fields = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: answers of sixty calls, of which a field or two is read
type Answer = any;

const addressOf = (prefix: string, version: string, place: string, fields: Fields): [string, string] => {
  const [method, path] = place.split(' ') as [string, string];
  const whole = path.replaceAll(/:(\w+)/g, (_, name: string) => String(fields[name]));
  return [method, `${prefix}/${version}/mlflow/${whole}`];
};

/** Asks for everything below one prefix. `mark` keeps the names of one round from those of another. */
export async function plainCalls(house: WireHouse, prefix: string, mark: string): Promise<void> {
  const call = async (place: string, fields: Fields, version = '2.0'): Promise<Answer> => {
    const [method, path] = addressOf(prefix, version, place, fields);
    if (method !== 'GET') return (await house.json(method, path, fields)).body;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(fields))
      for (const one of [value].flat()) query.append(name, String(one));
    const answer = await house.ask('GET', `${path}?${query}`);
    return answer.json();
  };
  await experimentsAndRuns(call, mark);
  await models(call, mark);
  await traces(call);
  await files(house, prefix, call);
}

type Call = (place: string, fields: Fields, version?: string) => Promise<Answer>;

async function experimentsAndRuns(call: Call, mark: string): Promise<void> {
  const name = `plain ${mark}`;
  const { experiment_id } = await call('POST experiments/create', { name });
  const experiment = { experiment_id };
  await call('GET experiments/get', experiment);
  await call('GET experiments/get-by-name', { experiment_name: name });
  await call('POST experiments/search', { max_results: 5 });
  await call('GET experiments/search', { max_results: 5 });
  await call('POST experiments/set-experiment-tag', { ...experiment, key: 'team', value: 'blue' });
  await call('POST experiments/update', { ...experiment, new_name: `${name} renamed` });
  await call('POST experiments/delete', experiment);
  await call('POST experiments/restore', experiment);
  const { run } = await call('POST runs/create', { ...experiment, start_time: 1 });
  const one = { run_id: run.info.run_id as string };
  const metric = { key: 'loss', value: 0.5, timestamp: 1, step: 1 };
  await call('POST runs/log-metric', { ...one, ...metric });
  await call('POST runs/log-parameter', { ...one, key: 'depth', value: '3' });
  await call('POST runs/set-tag', { ...one, key: 'team', value: 'blue' });
  await call('POST runs/log-batch', { ...one, metrics: [metric], params: [], tags: [] });
  const dataset = { name: 'flights', digest: 'abc', source_type: 'local', source: '{}' };
  await call('POST runs/log-inputs', { ...one, datasets: [{ dataset, tags: [] }] });
  await call('GET runs/get', one);
  await call('POST runs/search', { experiment_ids: [experiment_id] });
  await call('GET metrics/get-history', { ...one, metric_key: 'loss' });
  await call('GET metrics/get-history-bulk-interval', { run_ids: [one.run_id], metric_key: 'loss' });
  await call('POST runs/delete-tag', { ...one, key: 'team' });
  await call('POST runs/log-model', { ...one, model_json: '{"artifact_path":"m"}' });
  await call('POST runs/update', { ...one, status: 'FINISHED', end_time: 2 });
  await call('POST runs/delete', one);
  await call('POST runs/restore', one);
  await call('GET artifacts/list', one);
}

async function models(call: Call, mark: string): Promise<void> {
  const { run } = await call('POST runs/create', { experiment_id: '0' });
  const run_id = run.info.run_id as string;
  const { model } = await call('POST logged-models', { experiment_id: '0', name: 'tree', source_run_id: run_id });
  const one = { model_id: model.info.model_id as string };
  await call('POST logged-models/search', { experiment_ids: ['0'] });
  await call('GET logged-models/:model_id', one);
  await call('POST logged-models/:model_id/params', { ...one, params: [{ key: 'depth', value: '3' }] });
  await call('PATCH logged-models/:model_id/tags', { ...one, tags: [{ key: 'team', value: 'blue' }] });
  await call('DELETE logged-models/:model_id/tags/:tag_key', { ...one, tag_key: 'team' });
  await call('GET logged-models/:model_id/artifacts/directories', one);
  await call('PATCH logged-models/:model_id', { ...one, status: 'LOGGED_MODEL_READY' });
  await call('POST runs/outputs', { run_id, models: [{ ...one, step: 0 }] });

  const name = `plain-${mark}`;
  const named = { name };
  await call('POST registered-models/create', named);
  await call('PATCH registered-models/update', { name, description: 'what it is for' });
  await call('POST registered-models/set-tag', { name, key: 'team', value: 'blue' });
  await call('DELETE registered-models/delete-tag', { name, key: 'team' });
  const source = `models:/${one.model_id}`;
  await call('POST model-versions/create', { name, source, ...one });
  const version = { name, version: '1' };
  await call('PATCH model-versions/update', { ...version, description: 'the first' });
  await call('GET model-versions/get', version);
  await call('GET model-versions/search', { filter: `name = '${name}'` });
  await call('GET model-versions/get-download-uri', version);
  await call('POST model-versions/set-tag', { ...version, key: 'a', value: 'b' });
  await call('DELETE model-versions/delete-tag', { ...version, key: 'a' });
  await call('POST model-versions/transition-stage', { ...version, stage: 'Staging' });
  await call('POST registered-models/get-latest-versions', named);
  await call('GET registered-models/get-latest-versions', named);
  await call('POST registered-models/alias', { ...version, alias: 'best' });
  await call('GET registered-models/alias', { name, alias: 'best' });
  await call('DELETE registered-models/alias', { name, alias: 'best' });
  await call('GET registered-models/get', named);
  await call('GET registered-models/search', { max_results: 5 });
  await call('DELETE model-versions/delete', version);
  await call('POST registered-models/rename', { name, new_name: `${name}-renamed` });
  await call('DELETE registered-models/delete', { name: `${name}-renamed` });
  await call('DELETE logged-models/:model_id', one);
}

async function traces(call: Call): Promise<void> {
  const place = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } };
  const begun = async () => {
    const trace_id = `tr-${crypto.randomUUID().replaceAll('-', '')}`;
    await call('POST traces', { trace: { trace_info: { trace_id, trace_location: place, state: 'OK' } } }, '3.0');
    return trace_id;
  };
  const one = { trace_id: await begun() };
  await call('GET traces/:trace_id', one, '3.0');
  await call('GET traces/get', one, '3.0');
  await call('GET traces/batchGet', { trace_ids: [one.trace_id] }, '3.0');
  await call('POST traces/batchGetInfos', { trace_ids: [one.trace_id] }, '3.0');
  await call('POST traces/search', { locations: [place] }, '3.0');
  for (const version of ['2.0', '3.0']) {
    await call('PATCH traces/:trace_id/tags', { ...one, key: 'team', value: 'blue' }, version);
    await call('DELETE traces/:trace_id/tags', { ...one, key: 'team' }, version);
  }
  const { run } = await call('POST runs/create', { experiment_id: '0' });
  await call('POST traces/link-to-run', { trace_ids: [one.trace_id], run_id: run.info.run_id });
  await call('POST traces/link-prompts', { ...one, prompt_versions: [{ name: 'greeting', version: '1' }] });
  const assessment = { assessment_name: 'good', feedback: { value: true } };
  const made = await call('POST traces/:trace_id/assessments', { ...one, assessment }, '3.0');
  const thought = { ...one, assessment_id: made.assessment.assessment_id };
  await call('GET traces/:trace_id/assessments/:assessment_id', thought, '3.0');
  const change = { assessment: { rationale: 'since it is' }, update_mask: 'rationale' };
  await call('PATCH traces/:trace_id/assessments/:assessment_id', { ...thought, ...change }, '3.0');
  await call('DELETE traces/:trace_id/assessments/:assessment_id', thought, '3.0');
  for (const version of ['2.0', '3.0'])
    await call('POST traces/delete-traces', { experiment_id: '0', request_ids: [await begun()] }, version);
}

/** Files, and what stands beside the calls: these have no list of fields. */
async function files(house: WireHouse, prefix: string, call: Call): Promise<void> {
  const { run } = await call('POST runs/create', { experiment_id: '0' });
  const run_id = run.info.run_id as string;
  const { model } = await call('POST logged-models', { experiment_id: '0', name: 'files', source_run_id: run_id });
  const model_id = model.info.model_id as string;
  const proxy = `${prefix}/2.0/mlflow-artifacts`;
  const folder = `0/${run_id}/artifacts`;
  await house.ask('PUT', `${proxy}/artifacts/${folder}/m/MLmodel`, { body: 'flavors: {}' });
  await house.ask('PUT', `${proxy}/artifacts/0/models/${model_id}/artifacts/MLmodel`, { body: 'flavors: {}' });
  await house.ask('GET', `${proxy}/artifacts/${folder}/m/MLmodel`);
  await house.ask('GET', `${proxy}/artifacts?path=${folder}`);
  await house.ask('DELETE', `${proxy}/artifacts/${folder}/gone.txt`);
  await house.ask('POST', `${proxy}/mpu/create/${folder}/large.bin`);
  await house.ask('GET', `${proxy}/presigned/${folder}/m/MLmodel`);
  const name = `files-${run_id}`;
  await call('POST registered-models/create', { name });
  await call('POST model-versions/create', { name, source: `runs:/${run_id}/m`, run_id });
  for (const address of ['', '/ajax-api/2.0/mlflow']) {
    await house.ask('GET', `${address}/get-artifact?run_id=${run_id}&path=m/MLmodel`);
    await house.ask('GET', `${address}/model-versions/get-artifact?name=${name}&version=1&path=MLmodel`);
  }
  await house.ask('GET', `/ajax-api/2.0/mlflow/logged-models/${model_id}/artifacts/files?artifact_file_path=MLmodel`);
  await house.ask('POST', `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run_id}&path=more.txt`, { body: 'more' });
  await house.ask('GET', '/version');
  await house.ask('GET', `${prefix}/3.0/mlflow/server-info`);
  const ids = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };
  await house.ask('POST', '/v1/traces', {
    headers: { 'content-type': 'application/json', 'x-mlflow-experiment-id': '0' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...ids, name: 'asks' }] }] }] }),
  });
}
