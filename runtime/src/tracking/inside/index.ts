/**
 * Answers MLflow's client inside of a node: the calls about the run of its own attempt, runs inside that one and the models it logs, as
 * everybody is answered, and no others. Numbers of the attempt's own run go the way of all its numbers; whatever else is written is written under its fence.
 */
import type { Json } from '@drawloom/shared/json.ts';
import { type Context, Hono } from 'hono';
import { longestSilenceMs } from '../../api/arriving.ts';
import type { TrackedAttempt, TrackedMeans, Work } from '../../execute/executor.ts';
import { logModelMetrics } from '../loggedModels.ts';
import { prefixes, rpcs, spokenVersion } from '../wire/app.ts';
import { readLenientJson } from '../wire/lenientJson.ts';
import { wireMistakeFor } from '../wire/mistake.ts';
import { queryFields, type Rpc, readFields } from '../wire/rpc.ts';
import { ofModels, readMetrics } from '../wire/runs.ts';
import { callOf, checkExperiment, type Env, type Fields, type Inside, type InsideParts, type On } from './call.ts';
import { FencedWrites } from './fence.ts';
import { filesInside } from './files.ts';
import { onModels } from './models.ts';
import { denied, Scope } from './scope.ts';

/** Of the calls that name a run: those that change nothing, and those that do. */
const looks = ['runs/get', 'metrics/get-history', 'metrics/get-history-bulk-interval', 'artifacts/list'];
const changes = [
  'runs/update',
  'runs/log-parameter',
  'runs/set-tag',
  'runs/delete-tag',
  'runs/log-inputs',
  'runs/outputs',
  'runs/log-model',
];
const numbers = ['runs/log-metric', 'runs/log-batch'];

/** For `track` of a worker: what answers the client of one attempt. */
export function trackInside(parts: InsideParts): (work: Work) => (means: TrackedMeans) => TrackedAttempt {
  const fenced = new FencedWrites(parts.sql);
  const app = appOf(parts, fenced);
  return (work) => (means) => {
    const scope = new Scope(parts.sql, work);
    const uploaded = { bytes: 0 };
    return {
      run: scope.own,
      answer: async (request, sent) => app.fetch(request, { ...sent, inside: { scope, work, means, uploaded } }),
      close: (status) => endBegun(parts, scope, status),
    };
  };
}

/** The runs that nobody ended end with their attempt. They are its own alone, so that no fence is needed. */
async function endBegun({ sql, onError }: InsideParts, scope: Scope, status: string): Promise<void> {
  if (scope.begun.length === 0) return;
  await sql`
    update drawloom.tracked_run set status = ${status}, end_ms = (extract(epoch from now()) * 1000)::bigint
    where status = 'RUNNING' and uuid in (select jsonb_array_elements_text(${JSON.stringify(scope.begun)}::text::jsonb))`.catch(
    (error) => onError?.(error, 'ending runs that a node left open'),
  );
}

function appOf(parts: InsideParts, fenced: FencedWrites): Hono<Env> {
  const app = new Hono<Env>();
  const on: On = (rpc, work) => {
    for (const place of rpc.places) {
      const [method, path] = place.split(' ') as [string, string];
      for (const prefix of prefixes)
        app.on(method, `${prefix}/${rpc.version}/mlflow/${path}`, (context) => answered(parts, context, rpc, work));
    }
  };
  for (const rpc of rpcs) {
    const name = rpc.places[0]!.split(' ')[1]!;
    if (looks.includes(name)) on(rpc, (inside, { work }, fields) => look(parts, inside, work, fields));
    if (changes.includes(name))
      on(rpc, (inside, { work }, fields) => {
        inside.scope.checkRun(runIn(fields));
        for (const { model_id: model } of (fields.models ?? []) as { model_id: string }[])
          inside.scope.checkModel(model);
        return fenced.write(inside.work, (sql) => work(callOf(parts, inside, sql, fields)));
      });
    if (numbers.includes(name)) on(rpc, (inside, { work }, fields) => logged(parts, fenced, inside, work, fields));
    if (name === 'runs/create') on(rpc, (inside, { work }, fields) => begun(parts, fenced, inside, work, fields));
    if (name.startsWith('logged-models')) onModels(on, parts, fenced, rpc, name);
    if (name === 'experiments/get') on(rpc, (inside, { work }, fields) => ownExperiment(parts, inside, work, fields));
  }
  filesInside(app, parts, fenced);
  app.get('/version', (context) => context.text(spokenVersion));
  app.all('*', (context) =>
    denied(
      `${context.req.method} ${context.req.path} is not for nodes: a node logs to its own run, and reads what it logged. Other runs, experiments and models are reached from outside, with a token.`,
    ).toResponse(),
  );
  return app;
}

async function answered(
  { onError }: InsideParts,
  context: Context<Env>,
  rpc: Rpc,
  work: (inside: Inside, rpc: Rpc, fields: Fields) => Promise<object>,
): Promise<Response> {
  try {
    const request = context.req.raw;
    const { inside } = context.env;
    const given =
      request.method === 'GET'
        ? queryFields(rpc.fields, new URL(request.url).searchParams)
        : masked((await readLenientJson(request, longestSilenceMs)) ?? {}, inside.means.mask);
    const result = await work(inside, rpc, readFields(rpc.fields, given, context.req.param()));
    return Response.json(result, { headers: { 'cache-control': 'no-store' } });
  } catch (error) {
    const mistake = wireMistakeFor(error);
    if (mistake.code === 'INTERNAL_ERROR') onError?.(error, 'answering a node that logs to its run');
    return mistake.toResponse();
  }
}

/** What a node logs is for everybody to see, like its log. */
function masked(value: Json, mask: (text: string) => string): Json {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((item) => masked(item, mask));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item, mask)]));
}

const runIn = ({ run_id, run_uuid }: Fields): string => String(run_id || run_uuid || '');

async function look(parts: InsideParts, inside: Inside, work: Rpc['work'], fields: Fields): Promise<object> {
  for (const uuid of Array.isArray(fields.run_ids) ? fields.run_ids : [runIn(fields)])
    inside.scope.checkRun(String(uuid));
  await inside.scope.home();
  await inside.means.flush();
  return work(callOf(parts, inside, parts.sql, fields));
}

/** Of its own run, numbers are those of the attempt; of runs inside, what every run tells. */
async function logged(
  parts: InsideParts,
  fenced: FencedWrites,
  inside: Inside,
  work: Rpc['work'],
  fields: Fields,
): Promise<object> {
  const { scope, means } = inside;
  const uuid = runIn(fields);
  scope.checkRun(uuid);
  await scope.home();
  const rest = (more: Fields) => fenced.write(inside.work, (sql) => work(callOf(parts, inside, sql, more)));
  const metrics = readMetrics(fields);
  for (const { model } of ofModels(metrics)) scope.checkModel(model);
  if (uuid !== scope.own) return rest(fields);
  if (fields.params || fields.tags) await rest({ ...fields, metrics: [] });
  const measured = ofModels(metrics);
  if (measured.length > 0)
    await fenced.write(inside.work, (sql) => logModelMetrics(sql, inside.work.project, uuid, measured));
  for (const { key, value, step, timestamp } of metrics) await means.log({ key, value, step, time: timestamp });
  return {};
}

/** What a node begins is inside its own run, in the same experiment, whatever the client takes for the default. */
async function begun(
  parts: InsideParts,
  fenced: FencedWrites,
  inside: Inside,
  work: Rpc['work'],
  fields: Fields,
): Promise<object> {
  const { scope } = inside;
  scope.mayBegin();
  const { experiment, user } = await scope.home();
  checkExperiment(fields.experiment_id, experiment);
  const tags = fields.tags as { key: string; value: string }[];
  const parent = tags.find(({ key }) => key === 'mlflow.parentRunId')?.value;
  if (parent !== undefined) scope.checkRun(parent);
  const inner: Fields = {
    ...fields,
    experiment_id: experiment,
    user_id: user,
    tags: parent === undefined ? [...tags, { key: 'mlflow.parentRunId', value: scope.own }] : tags,
  };
  const made = (await fenced.write(inside.work, (sql) => work(callOf(parts, inside, sql, inner)))) as {
    run: { info: { run_id: string } };
  };
  scope.began(made.run.info.run_id);
  return made;
}

async function ownExperiment(parts: InsideParts, inside: Inside, work: Rpc['work'], fields: Fields): Promise<object> {
  const { experiment } = await inside.scope.home();
  checkExperiment(fields.experiment_id, experiment);
  return work(callOf(parts, inside, parts.sql, { ...fields, experiment_id: experiment }));
}
