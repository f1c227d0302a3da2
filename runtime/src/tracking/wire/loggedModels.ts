/** MLflow's calls about models that runs log. */
import * as z from 'zod';
import { experimentNumbered } from '../experiments.ts';
import {
  createLoggedModel,
  deleteLoggedModel,
  deleteModelTag,
  type LoggedModel,
  linkModels,
  loadLoggedModels,
  loggedModelNamed,
  setModelParameters,
  setModelStatus,
  setModelTags,
} from '../loggedModels.ts';
import { drawName } from '../names.ts';
import { type Pair, recordModelOfRun, runNamed } from '../runs.ts';
import { searchLoggedModels } from '../search/loggedModels.ts';
import { entriesBelow } from './files.ts';
import { lenientJson } from './lenientJson.ts';
import { checkedCount, checkedKey, checkedLength, limits } from './limits.ts';
import { invalidValue, notThere } from './mistake.ts';
import { flag, integer, pair, type Rpc, rpc, text, type WireCall } from './rpc.ts';

/** Where the files of a logged model lie in the proxy. */
export const modelFilesUri = ({ experiment, uuid }: Pick<LoggedModel, 'experiment' | 'uuid'>): string =>
  `mlflow-artifacts:/${experiment}/models/${uuid}/artifacts`;

const Status = z.enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED']);

const wired = (model: LoggedModel) => ({
  info: {
    model_id: model.uuid,
    experiment_id: model.experiment,
    name: model.name,
    creation_timestamp_ms: model.createdMs,
    last_updated_timestamp_ms: model.updatedMs,
    artifact_uri: modelFilesUri(model),
    status: `LOGGED_MODEL_${model.status}`,
    model_type: model.modelType,
    ...(model.sourceRun !== null && { source_run_id: model.sourceRun }),
    tags: model.tags,
    registrations: model.registrations.map(({ name, version }) => ({ name, version: String(version) })),
  },
  data: {
    params: model.parameters,
    metrics: model.metrics.map(({ run, datasetName, datasetDigest, ...metric }) => ({
      ...metric,
      run_id: run,
      model_id: model.uuid,
      ...(datasetName && { dataset_name: datasetName, dataset_digest: datasetDigest }),
    })),
  },
});

const named = { model_id: text };

const answered = async ({ house, project }: WireCall<unknown>, uuid: string) => ({
  model: wired(await loggedModelNamed(house.sql, project.id, uuid, { deletedToo: true })),
});

const checkedParameters = (parameters: readonly Pair[]) =>
  parameters.map(({ key, value }) => {
    checkedLength("parameter's name", key, limits.key);
    return { key, value: checkedLength(`value of the parameter '${key}'`, value, limits.parameterValue) };
  });
const checkedTags = (tags: readonly Pair[]) =>
  tags.map(({ key, value }) => {
    checkedKey('tag', key);
    return { key, value: checkedLength(`value of the tag '${key}'`, value, limits.tagValue) };
  });

function checkedName(name: string): string {
  if (/[/:.%"']/.test(name))
    throw invalidValue(
      `Invalid model name ('${name}') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
    );
  return checkedLength("model's name", name, limits.datasetName);
}

const MeasuredOn = z.object({ dataset_name: text.optional(), dataset_digest: text.optional() });
const measuredOn = ({ dataset_name: name, dataset_digest: digest }: z.output<typeof MeasuredOn>) =>
  name ? { name, digest } : undefined;

export const loggedModelRpcs: Rpc[] = [
  rpc('POST logged-models', {
    action: 'run.execute',
    fields: z.object({
      experiment_id: text,
      name: text.default(''),
      model_type: text.default(''),
      source_run_id: text.default(''),
      params: z.array(pair).default([]),
      tags: z.array(pair).default([]),
    }),
    work: async ({ house, project, subject, fields }) => {
      const experiment = await experimentNumbered(house.db, project.id, fields.experiment_id);
      if (experiment.deletedAt)
        throw invalidValue(`The experiment ${fields.experiment_id} is deleted. Restore it before you log to it.`);
      const id = await createLoggedModel(house.sql, {
        experiment: experiment.id,
        name: checkedName(fields.name || drawName()),
        modelType: checkedLength("model's type", fields.model_type, limits.datasetName),
        sourceRun: fields.source_run_id ? await runNamed(house.sql, project.id, fields.source_run_id) : null,
        creator: subject.name,
        parameters: checkedParameters(fields.params),
        tags: checkedTags(fields.tags),
      });
      const [model] = await loadLoggedModels(house.sql, [id]);
      return { model: wired(model!) };
    },
  }),
  rpc('POST logged-models/search', {
    action: 'project.view',
    fields: z.object({
      experiment_ids: z.array(text).default([]),
      filter: text.default(''),
      datasets: z.array(MeasuredOn).default([]),
      max_results: integer
        .pipe(z.number().min(1, 'it must be at least 1').max(1000, 'it must be at most 1000'))
        .default(50),
      order_by: z.array(MeasuredOn.extend({ field_name: text, ascending: flag.default(true) })).default([]),
      page_token: text.optional(),
    }),
    work: async ({ house, project, fields }) => {
      const experiments: number[] = [];
      for (const number of new Set(fields.experiment_ids)) {
        // One that is not there has no models; that is no mistake.
        const found = await experimentNumbered(house.db, project.id, number).catch(() => undefined);
        if (found) experiments.push(found.id);
      }
      const { ids, next } = await searchLoggedModels(house.sql, {
        experiments,
        filter: fields.filter,
        datasets: fields.datasets.flatMap((one) => measuredOn(one) ?? []),
        orderBy: fields.order_by.map(({ field_name: field, ascending, ...dataset }) => ({
          field,
          ascending,
          dataset: measuredOn(dataset),
        })),
        limit: fields.max_results,
        after: fields.page_token || undefined,
      });
      return { models: (await loadLoggedModels(house.sql, ids)).map(wired), ...(next && { next_page_token: next }) };
    },
  }),
  rpc('GET logged-models/:model_id', {
    action: 'project.view',
    fields: z.object({ ...named, allow_deleted: flag.default(false) }),
    work: async ({ house, project, fields }) => ({
      model: wired(
        await loggedModelNamed(house.sql, project.id, fields.model_id, { deletedToo: fields.allow_deleted }),
      ),
    }),
  }),
  rpc('PATCH logged-models/:model_id', {
    action: 'run.execute',
    fields: z.object({ ...named, status: Status }),
    work: async (call) => {
      const { house, project, fields } = call;
      const { id } = await loggedModelNamed(house.sql, project.id, fields.model_id);
      await setModelStatus(house.sql, id, fields.status.replace('LOGGED_MODEL_', '') as LoggedModel['status']);
      return answered(call, fields.model_id);
    },
  }),
  rpc('DELETE logged-models/:model_id', {
    action: 'artifact.delete',
    audited: true,
    fields: z.object(named),
    work: async ({ house, project, fields }) => {
      await deleteLoggedModel(house.sql, (await loggedModelNamed(house.sql, project.id, fields.model_id)).id);
      return {};
    },
  }),
  rpc('POST logged-models/:model_id/params', {
    action: 'run.execute',
    fields: z.object({ ...named, params: z.array(pair).default([]) }),
    work: async ({ house, project, fields }) => {
      checkedCount('parameters', fields.params.length, limits.parametersPerBatch);
      const model = await loggedModelNamed(house.sql, project.id, fields.model_id);
      await setModelParameters(house.sql, model, checkedParameters(fields.params));
      return {};
    },
  }),
  rpc('PATCH logged-models/:model_id/tags', {
    action: 'run.execute',
    fields: z.object({ ...named, tags: z.array(pair).default([]) }),
    work: async (call) => {
      const { house, project, fields } = call;
      const { id } = await loggedModelNamed(house.sql, project.id, fields.model_id);
      await setModelTags(house.sql, id, checkedTags(fields.tags));
      return answered(call, fields.model_id);
    },
  }),
  rpc('DELETE logged-models/:model_id/tags/:tag_key{.+}', {
    action: 'run.execute',
    fields: z.object({ ...named, tag_key: text }),
    work: async ({ house, project, fields }) => {
      const { id, uuid } = await loggedModelNamed(house.sql, project.id, fields.model_id);
      if (!(await deleteModelTag(house.sql, id, fields.tag_key)))
        throw notThere(`No tag with key '${fields.tag_key}' found for logged model with ID '${uuid}'.`);
      return {};
    },
  }),
  rpc('GET logged-models/:model_id/artifacts/directories', {
    action: 'data.read',
    fields: z.object({ ...named, artifact_directory_path: text.default('') }),
    work: async (call) => {
      const model = await loggedModelNamed(call.house.sql, call.project.id, call.fields.model_id);
      const owner = { of: 'model', id: model.id } as const;
      return {
        root_uri: modelFilesUri(model),
        ...(await entriesBelow(call, owner, call.fields.artifact_directory_path, false)),
      };
    },
  }),
  rpc('POST runs/outputs', {
    action: 'run.execute',
    fields: z.object({
      run_id: text,
      models: z.array(z.object({ model_id: text, step: integer.default(0) })).default([]),
    }),
    work: async ({ house, project, fields }) => {
      const run = await runNamed(house.sql, project.id, fields.run_id);
      const models = fields.models.map(({ model_id: uuid, step }) => ({ uuid, step }));
      await linkModels(house.sql, project.id, run, 'out', models);
      return {};
    },
  }),
  rpc('POST runs/log-model', {
    action: 'run.execute',
    fields: z.object({ run_id: text, model_json: text }),
    work: async ({ house, project, fields }) => {
      const run = await runNamed(house.sql, project.id, fields.run_id);
      const told = lenientJson(fields.model_json);
      if (typeof told !== 'object' || told === null || Array.isArray(told))
        throw invalidValue('Malformed model info: model_json is not a JSON object.');
      await recordModelOfRun(house.sql, run, told);
      return {};
    },
  }),
];
