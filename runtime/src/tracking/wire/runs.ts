/** MLflow's calls about runs and what they tell. */
import * as z from 'zod';
import { experimentNumbered, numberOf } from '../experiments.ts';
import { metricHistory, sampledHistory } from '../history.ts';
import { linkModels, logModelMetrics, type ModelMetric } from '../loggedModels.ts';
import { drawName } from '../names.ts';
import { catchUp } from '../pipelines.ts';
import {
  createRun,
  deleteTag,
  loadRuns,
  logInputs,
  logToRun,
  type Metric,
  noRun,
  type Pair,
  runNamed,
  setDeleted,
  type TrackedRun,
  updateRun,
} from '../runs.ts';
import { searchRuns } from '../search/runs.ts';
import { tellOfExperiment } from '../told.ts';
import { View } from './experiments.ts';
import { runFilesUri } from './files.ts';
import { checkedCount, checkedKey, checkedLength, limits } from './limits.ts';
import { invalidValue, notThere } from './mistake.ts';
import { double, integer, pair, type Rpc, rpc, text, type WireCall } from './rpc.ts';

/** The run's name under which older clients know it. */
const named = { run_id: text.optional(), run_uuid: text.optional() };

function uuidOf({ run_id, run_uuid }: { run_id?: string | undefined; run_uuid?: string | undefined }): string {
  const uuid = run_id || run_uuid;
  if (!uuid) throw invalidValue("Missing value for required parameter 'run_id'.");
  return uuid;
}

const Status = z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']);
const metric = z.object({
  key: text,
  value: double,
  timestamp: integer,
  step: integer.default(0),
  model_id: text.default(''),
  dataset_name: text.default(''),
  dataset_digest: text.default(''),
});

export function wiredRun(run: TrackedRun) {
  const experiment = numberOf({ id: run.experiment, isDefault: run.isDefault });
  const modelsOf = (direction: 'in' | 'out') => run.models.filter((model) => model.direction === direction);
  return {
    info: {
      run_id: run.uuid,
      run_uuid: run.uuid,
      run_name: run.name,
      experiment_id: experiment,
      user_id: run.userId,
      status: run.status,
      start_time: run.startMs,
      ...(run.endMs !== null && { end_time: run.endMs }),
      artifact_uri: runFilesUri(experiment, run.uuid),
      lifecycle_stage: run.deleted ? 'deleted' : 'active',
    },
    data: { metrics: run.metrics, params: run.parameters, tags: run.tags },
    inputs: {
      dataset_inputs: run.inputs.map(({ tags, sourceType, schema, profile, ...dataset }) => ({
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
        dataset: {
          ...dataset,
          source_type: sourceType,
          ...(schema !== null && { schema }),
          ...(profile !== null && { profile }),
        },
      })),
      model_inputs: modelsOf('in').map(({ uuid }) => ({ model_id: uuid })),
    },
    outputs: { model_outputs: modelsOf('out').map(({ uuid, step }) => ({ model_id: uuid, step })) },
  };
}

async function oneRun({ house, project }: WireCall<unknown>, uuid: string): Promise<TrackedRun> {
  const [run] = await loadRuns(house.sql, [await runNamed(house.sql, project.id, uuid)]);
  if (!run) throw noRun(uuid);
  return run;
}

function checkedTag({ key, value }: Pair): Pair {
  checkedKey('tag', key);
  checkedLength(`value of the tag '${key}'`, value, limits.tagValue);
  return { key, value };
}
function checkedParameter({ key, value }: Pair): Pair {
  checkedKey('parameter', key);
  checkedLength(`value of the parameter '${key}'`, value, limits.parameterValue);
  return { key, value };
}
function checkedMetric({ key, value, timestamp, step }: z.output<typeof metric>): Metric {
  checkedKey('metric', key);
  return { key, value, timestamp, step };
}
/** What of these is told of a model, and not of the run alone. */
export const ofModels = (metrics: readonly z.output<typeof metric>[]): ModelMetric[] =>
  metrics.flatMap(({ model_id: model, dataset_name: datasetName, dataset_digest: datasetDigest, ...told }) =>
    model ? [{ model, datasetName, datasetDigest, ...told }] : [],
  );

/** The numbers in the fields of `runs/log-metric` or `runs/log-batch`, held against the limits. */
export function readMetrics(fields: object): (Metric & z.output<typeof metric>)[] {
  const { metrics = [fields] } = fields as { metrics?: object[] };
  checkedCount('metrics', metrics.length, limits.metricsPerBatch);
  return (metrics as z.output<typeof metric>[]).map((one) => ({ ...one, ...checkedMetric(one) }));
}

const log = (call: WireCall<unknown>, uuid: string, told: { metrics?: Metric[]; parameters?: Pair[]; tags?: Pair[] }) =>
  logToRun(call.house.sql, { projectId: call.project.id, uuid, ...told }).then(() => ({}));

export const runRpcs: Rpc[] = [
  rpc('POST runs/create', {
    action: 'run.execute',
    fields: z.object({
      experiment_id: text.default('0'),
      user_id: text.default(''),
      run_name: text.default(''),
      start_time: integer.optional(),
      tags: z.array(pair).default([]),
    }),
    work: async (call) => {
      const { house, project, subject, fields } = call;
      const experiment = await experimentNumbered(house.db, project.id, fields.experiment_id);
      if (experiment.deletedAt)
        throw invalidValue(`The experiment ${fields.experiment_id} is deleted. Restore it before you log to it.`);
      const tags = fields.tags.map(checkedTag);
      const tagged = tags.find(({ key }) => key === 'mlflow.runName')?.value;
      if (fields.run_name && tagged && fields.run_name !== tagged)
        throw invalidValue(
          `run_name is '${fields.run_name}' and the tag mlflow.runName is '${tagged}'. Give one, or both alike.`,
        );
      const name = fields.run_name || tagged || drawName();
      const uuid = await createRun(house.sql, {
        experiment: experiment.id,
        name,
        userId: fields.user_id || subject.name || 'unknown',
        startMs: fields.start_time ?? Date.now(),
        tags: [...tags, { key: 'mlflow.runName', value: name }],
      });
      tellOfExperiment(house.sql, project.id, String(experiment.id));
      return { run: wiredRun(await oneRun(call, uuid)) };
    },
  }),
  rpc('GET runs/get', {
    action: 'project.view',
    fields: z.object(named),
    work: async (call) => ({ run: wiredRun(await oneRun(call, uuidOf(call.fields))) }),
  }),
  rpc('POST runs/update', {
    action: 'run.execute',
    fields: z.object({ ...named, status: Status.optional(), end_time: integer.optional(), run_name: text.optional() }),
    work: async (call) => {
      const { house, project, fields } = call;
      const uuid = uuidOf(fields);
      const id = await runNamed(house.sql, project.id, uuid);
      const name = fields.run_name;
      if (name) checkedTag({ key: 'mlflow.runName', value: name });
      await updateRun(house.sql, { id, uuid }, { status: fields.status, endMs: fields.end_time, name });
      const run = await oneRun(call, uuid);
      tellOfExperiment(house.sql, project.id, String(run.experiment));
      return { run_info: wiredRun(run).info };
    },
  }),
  rpc('POST runs/delete', {
    audited: true,
    action: 'artifact.delete',
    fields: z.object(named),
    work: async ({ house, project, fields }) => {
      await setDeleted(house.sql, await runNamed(house.sql, project.id, uuidOf(fields)), true);
      return {};
    },
  }),
  rpc('POST runs/restore', {
    audited: true,
    action: 'run.execute',
    fields: z.object(named),
    work: async ({ house, project, fields }) => {
      await setDeleted(house.sql, await runNamed(house.sql, project.id, uuidOf(fields)), false);
      return {};
    },
  }),
  rpc('POST runs/log-metric', {
    action: 'run.execute',
    fields: z.object({ ...named, ...metric.shape }),
    work: async (call) => {
      const { house, project, fields } = call;
      const uuid = uuidOf(fields);
      await log(call, uuid, { metrics: [checkedMetric(fields)] });
      await logModelMetrics(house.sql, project.id, uuid, ofModels([fields]));
      return {};
    },
  }),
  rpc('POST runs/log-parameter', {
    action: 'run.execute',
    fields: z.object({ ...named, key: text, value: text }),
    work: async (call) => log(call, uuidOf(call.fields), { parameters: [checkedParameter(call.fields)] }),
  }),
  rpc('POST runs/set-tag', {
    action: 'run.execute',
    fields: z.object({ ...named, key: text, value: text }),
    work: async (call) => log(call, uuidOf(call.fields), { tags: [checkedTag(call.fields)] }),
  }),
  rpc('POST runs/delete-tag', {
    action: 'run.execute',
    fields: z.object({ ...named, key: text }),
    work: async ({ house, project, fields }) => {
      const uuid = uuidOf(fields);
      if (!(await deleteTag(house.sql, await runNamed(house.sql, project.id, uuid), fields.key)))
        throw notThere(`No tag with name: ${fields.key} in run with id ${uuid}.`);
      return {};
    },
  }),
  rpc('POST runs/log-batch', {
    action: 'run.execute',
    fields: z.object({
      ...named,
      metrics: z.array(metric).default([]),
      params: z.array(pair).default([]),
      tags: z.array(pair).default([]),
    }),
    work: async (call) => {
      const { metrics, params, tags } = call.fields;
      checkedCount('metrics', metrics.length, limits.metricsPerBatch);
      checkedCount('parameters', params.length, limits.parametersPerBatch);
      checkedCount('tags', tags.length, limits.tagsPerBatch);
      checkedCount('metrics, parameters and tags', metrics.length + params.length + tags.length, limits.itemsPerBatch);
      const uuid = uuidOf(call.fields);
      await log(call, uuid, {
        metrics: metrics.map(checkedMetric),
        parameters: distinct(params.map(checkedParameter)),
        tags: tags.map(checkedTag),
      });
      await logModelMetrics(call.house.sql, call.project.id, uuid, ofModels(metrics));
      return {};
    },
  }),
  rpc('POST runs/log-inputs', {
    action: 'run.execute',
    fields: z.object({
      ...named,
      datasets: z
        .array(
          z.object({
            tags: z.array(pair).default([]),
            dataset: z.object({
              name: text,
              digest: text,
              source_type: text,
              source: text,
              schema: text.optional(),
              profile: text.optional(),
            }),
          }),
        )
        .default([]),
      models: z.array(z.object({ model_id: text })).default([]),
    }),
    work: async ({ house, project, fields }) => {
      const id = await runNamed(house.sql, project.id, uuidOf(fields));
      const models = fields.models.map(({ model_id: uuid }) => ({ uuid, step: 0 }));
      if (models.length > 0) await linkModels(house.sql, project.id, id, 'in', models);
      const inputs = fields.datasets.map(({ tags, dataset }) => ({
        name: checkedLength("dataset's name", dataset.name, limits.datasetName),
        digest: checkedLength("dataset's digest", dataset.digest, limits.datasetDigest),
        sourceType: dataset.source_type,
        source: checkedLength("dataset's source", dataset.source, limits.datasetSource),
        schema:
          dataset.schema === undefined ? null : checkedLength("dataset's schema", dataset.schema, limits.datasetSchema),
        profile:
          dataset.profile === undefined
            ? null
            : checkedLength("dataset's profile", dataset.profile, limits.datasetProfile),
        tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
      }));
      await logInputs(house.sql, id, inputs);
      return {};
    },
  }),
  rpc('POST runs/search', {
    action: 'project.view',
    fields: z.object({
      experiment_ids: z.array(text).default([]),
      filter: text.default(''),
      run_view_type: View,
      max_results: integer
        .pipe(z.number().min(1, 'it must be at least 1').max(50_000, 'it must be at most 50000'))
        .default(1000),
      order_by: z.array(text).default([]),
      page_token: text.optional(),
    }),
    work: async ({ house, project, fields }) => {
      const experiments: number[] = [];
      for (const number of new Set(fields.experiment_ids)) {
        // One that is not there has no runs; that is no mistake.
        const found = await experimentNumbered(house.db, project.id, number).catch(() => undefined);
        if (found) experiments.push(found.id);
      }
      await catchUp(house.sql, experiments);
      const { ids, next } = await searchRuns(house.sql, {
        experiments,
        filter: fields.filter,
        orderBy: fields.order_by,
        view: fields.run_view_type,
        limit: fields.max_results,
        after: fields.page_token || undefined,
      });
      return { runs: (await loadRuns(house.sql, ids)).map(wiredRun), ...(next && { next_page_token: next }) };
    },
  }),
  rpc('GET metrics/get-history', {
    action: 'project.view',
    fields: z.object({
      ...named,
      metric_key: text,
      page_token: text.optional(),
      max_results: integer.pipe(z.number().min(1, 'it must be at least 1')).optional(),
    }),
    work: async ({ house, project, fields }) => {
      const id = await runNamed(house.sql, project.id, uuidOf(fields));
      const limit = Math.min(fields.max_results ?? 10_000_000, 10_000_000);
      const metrics = await metricHistory(house.sql, id, fields.metric_key, {
        limit: fields.max_results === undefined ? limit : limit + 1,
        after: fields.page_token ? placeIn(fields.page_token) : undefined,
      });
      const more = fields.max_results !== undefined && metrics.length > limit;
      const page = more ? metrics.slice(0, limit) : metrics;
      const last = page.at(-1);
      return {
        metrics: page.map(told),
        ...(more && last && { next_page_token: tokenOf(last) }),
      };
    },
  }),
  rpc('GET metrics/get-history-bulk-interval', {
    action: 'project.view',
    fields: z.object({
      run_ids: z.array(text).min(1, 'it must name a run').max(100, 'it may name at most 100 runs'),
      metric_key: text,
      start_step: integer.optional(),
      end_step: integer.optional(),
      max_results: integer
        .pipe(z.number().min(1, 'it must be at least 1').max(2500, 'it must be at most 2500'))
        .default(2500),
    }),
    work: async ({ house, project, fields }) => {
      const metrics: object[] = [];
      for (const uuid of fields.run_ids) {
        const id = await runNamed(house.sql, project.id, uuid);
        const points = await sampledHistory(house.sql, id, fields.metric_key, {
          from: fields.start_step,
          to: fields.end_step,
          most: fields.max_results,
        });
        metrics.push(...points.map((one) => ({ ...told(one), run_id: uuid })));
      }
      return { metrics };
    },
  }),
];

const told = (one: Metric) => ({ ...one, value: Number.isNaN(one.value) ? 'NaN' : one.value });

const tokenOf = ({ step, timestamp, value }: Metric): string =>
  Buffer.from(JSON.stringify([step, timestamp, String(value)])).toString('base64url');

function placeIn(token: string): [number, number, number] {
  try {
    const [step, timestamp, value] = JSON.parse(Buffer.from(token, 'base64url').toString()) as [number, number, string];
    if (Number.isInteger(step) && Number.isInteger(timestamp) && typeof value === 'string')
      return [step, timestamp, Number(value)];
  } catch {
    // Told below.
  }
  throw invalidValue('page_token: this is not a token that a history gave.');
}

/** The same twice is one; two values of one parameter in one batch contradict each other. */
function distinct(parameters: readonly Pair[]): Pair[] {
  const values = new Map<string, string>();
  for (const { key, value } of parameters) {
    const before = values.get(key);
    if (before !== undefined && before !== value)
      throw invalidValue(
        `Duplicate parameter keys have been submitted: '${key}' is '${before}' and '${value}' in one batch.`,
      );
    values.set(key, value);
  }
  return [...values].map(([key, value]) => ({ key, value }));
}
