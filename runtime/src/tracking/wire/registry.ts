/** MLflow's calls about registered models, their versions, and movable names for these. */
import * as z from 'zod';
import {
  checkedAlias,
  checkedDescription,
  checkedModelName,
  checkedStage,
  checkedTag,
  checkedVersion,
  stages,
} from '../../models/names.ts';
import {
  createModel,
  deleteModel,
  deleteModelTag,
  describeModel,
  loadModel,
  loadModels,
  loadVersion,
  loadVersions,
  type ModelVersion,
  modelNamed,
  oneModel,
  type RegisteredModel,
  renameModel,
  setModelTag,
} from '../../models/registered.ts';
import {
  deleteAlias,
  deleteVersion,
  deleteVersionTag,
  describeVersion,
  hasFiles,
  latestVersions,
  moveVersion,
  oneVersion,
  setAlias,
  setVersionTag,
  versionByAlias,
} from '../../models/versions.ts';
import { registerVersion } from '../register.ts';
import { searchModels, searchVersions } from '../search/registry.ts';
import { flag, integer, pair, type Rpc, rpc, text, type WireCall } from './rpc.ts';

/** Where the files of a version lie in the proxy. */
const versionFilesUri = ({ id }: Pick<ModelVersion, 'id'>): string => `mlflow-artifacts:/versions/${id}/artifacts`;

const wiredVersion = (version: ModelVersion) => ({
  name: version.model,
  version: String(version.version),
  creation_timestamp: version.createdMs,
  last_updated_timestamp: version.updatedMs,
  user_id: version.createdBy,
  current_stage: version.stage,
  description: version.description,
  source: version.source,
  run_id: version.run ?? '',
  status: 'READY',
  tags: version.tags,
  run_link: version.runLink,
  aliases: version.aliases,
  ...(version.loggedModel && { model_id: version.loggedModel }),
});

const wiredModel = (model: RegisteredModel) => ({
  name: model.name,
  creation_timestamp: model.createdMs,
  last_updated_timestamp: model.updatedMs,
  user_id: model.createdBy,
  description: model.description,
  latest_versions: model.latest.map(wiredVersion),
  tags: model.tags,
  aliases: model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
});

const byName = { name: text };
const byVersion = { name: text, version: text };
const search = (most: number, usual: number) =>
  z.object({
    filter: text.default(''),
    max_results: integer
      .pipe(z.number().min(1, 'it must be at least 1').max(most, `it must be at most ${most}`))
      .default(usual),
    order_by: z.array(text).default([]),
    page_token: text.optional(),
  });

const versionOf = ({ house, project, fields }: WireCall<{ name: string; version: string }>) =>
  oneVersion(house.sql, project.id, checkedModelName(fields.name), checkedVersion(fields.version));
const modelIdOf = ({ house, project, fields }: WireCall<{ name: string }>) =>
  modelNamed(house.sql, project.id, checkedModelName(fields.name));
const answeredModel = async ({ house }: WireCall<unknown>, id: number) => ({
  registered_model: wiredModel(await loadModel(house.sql, id)),
});
const answeredVersion = async ({ house }: WireCall<unknown>, { id }: ModelVersion) => ({
  model_version: wiredVersion(await loadVersion(house.sql, id)),
});

const modelRpcs: Rpc[] = [
  rpc('POST registered-models/create', {
    action: 'model.register',
    audited: true,
    fields: z.object({ ...byName, tags: z.array(pair).default([]), description: text.default('') }),
    work: async (call) => {
      const { house, project, subject, fields } = call;
      const id = await createModel(house.sql, project.id, {
        name: checkedModelName(fields.name),
        description: checkedDescription(fields.description),
        tags: fields.tags.map(checkedTag),
        by: subject.name,
      });
      return answeredModel(call, id);
    },
  }),
  rpc('POST registered-models/rename', {
    action: 'model.register',
    audited: true,
    fields: z.object({ ...byName, new_name: text.default('') }),
    work: async (call) => {
      const id = await modelIdOf(call);
      await renameModel(call.house.sql, id, checkedModelName(call.fields.new_name, 'new_name'));
      return answeredModel(call, id);
    },
  }),
  rpc('PATCH registered-models/update', {
    action: 'model.register',
    fields: z.object({ ...byName, description: text.default('') }),
    work: async (call) => {
      const id = await modelIdOf(call);
      await describeModel(call.house.sql, id, checkedDescription(call.fields.description));
      return answeredModel(call, id);
    },
  }),
  rpc('DELETE registered-models/delete', {
    action: 'artifact.delete',
    audited: true,
    fields: z.object(byName),
    work: async (call) => {
      await deleteModel(call.house.sql, await modelIdOf(call));
      return {};
    },
  }),
  rpc('GET registered-models/get', {
    action: 'project.view',
    fields: z.object(byName),
    work: async ({ house, project, fields }) => ({
      registered_model: wiredModel(await oneModel(house.sql, project.id, checkedModelName(fields.name))),
    }),
  }),
  rpc('GET registered-models/search', {
    action: 'project.view',
    fields: search(1000, 100),
    work: async ({ house, project, fields }) => {
      const { ids, next } = await searchModels(house.sql, {
        project: project.id,
        filter: fields.filter,
        orderBy: fields.order_by,
        limit: fields.max_results,
        after: fields.page_token || undefined,
      });
      return {
        registered_models: (await loadModels(house.sql, ids)).map(wiredModel),
        ...(next && { next_page_token: next }),
      };
    },
  }),
  rpc(['POST registered-models/get-latest-versions', 'GET registered-models/get-latest-versions'], {
    action: 'project.view',
    fields: z.object({ ...byName, stages: z.array(text).default([]) }),
    work: async (call) => {
      const wanted = call.fields.stages.length > 0 ? call.fields.stages.map(checkedStage) : stages;
      return {
        model_versions: (await latestVersions(call.house.sql, await modelIdOf(call), wanted)).map(wiredVersion),
      };
    },
  }),
  rpc('POST registered-models/set-tag', {
    action: 'model.register',
    fields: z.object({ ...byName, ...pair.shape }),
    work: async (call) => {
      await setModelTag(call.house.sql, await modelIdOf(call), checkedTag(call.fields));
      return {};
    },
  }),
  rpc('DELETE registered-models/delete-tag', {
    action: 'model.register',
    fields: z.object({ ...byName, key: text }),
    work: async (call) => {
      await deleteModelTag(call.house.sql, await modelIdOf(call), call.fields.key);
      return {};
    },
  }),
  rpc('POST registered-models/alias', {
    action: 'model.promote',
    audited: true,
    fields: z.object({ ...byVersion, alias: text }),
    work: async (call) => {
      const alias = checkedAlias(call.fields.alias);
      await setAlias(call.house.sql, await modelIdOf(call), alias, await versionOf(call));
      return {};
    },
  }),
  rpc('DELETE registered-models/alias', {
    action: 'model.promote',
    audited: true,
    fields: z.object({ ...byName, alias: text }),
    work: async (call) => {
      await deleteAlias(call.house.sql, await modelIdOf(call), call.fields.alias);
      return {};
    },
  }),
  rpc('GET registered-models/alias', {
    action: 'project.view',
    fields: z.object({ ...byName, alias: text }),
    work: async ({ house, project, fields }) => ({
      model_version: wiredVersion(await versionByAlias(house.sql, project.id, fields.name, fields.alias)),
    }),
  }),
];

const versionRpcs: Rpc[] = [
  rpc('POST model-versions/create', {
    action: 'model.register',
    audited: true,
    fields: z.object({
      ...byName,
      source: text.refine((source) => source !== '', 'it is empty'),
      run_id: text.default(''),
      model_id: text.default(''),
      run_link: text.default(''),
      description: text.default(''),
      tags: z.array(pair).default([]),
    }),
    work: async (call) => {
      const { house, project, subject, fields } = call;
      const model = await modelIdOf(call);
      const version = await registerVersion(house.sql, project.id, model, {
        source: fields.source,
        run: fields.run_id,
        loggedModel: fields.model_id,
        runLink: fields.run_link,
        description: fields.description,
        tags: fields.tags,
        by: subject.name,
      });
      return { model_version: wiredVersion(version) };
    },
  }),
  rpc('GET model-versions/get', {
    action: 'project.view',
    fields: z.object(byVersion),
    work: async (call) => ({ model_version: wiredVersion(await versionOf(call)) }),
  }),
  rpc('PATCH model-versions/update', {
    action: 'model.register',
    fields: z.object({ ...byVersion, description: text.default('') }),
    work: async (call) => {
      const version = await versionOf(call);
      await describeVersion(call.house.sql, version, checkedDescription(call.fields.description));
      return answeredVersion(call, version);
    },
  }),
  rpc('POST model-versions/transition-stage', {
    action: 'model.promote',
    audited: true,
    fields: z.object({ ...byVersion, stage: text, archive_existing_versions: flag.default(false) }),
    work: async (call) => {
      const [model, version] = [await modelIdOf(call), await versionOf(call)];
      await moveVersion(call.house.sql, model, version, {
        to: checkedStage(call.fields.stage),
        archiving: call.fields.archive_existing_versions,
      });
      return answeredVersion(call, version);
    },
  }),
  rpc('DELETE model-versions/delete', {
    action: 'artifact.delete',
    audited: true,
    fields: z.object(byVersion),
    work: async (call) => {
      await deleteVersion(call.house.sql, await modelIdOf(call), await versionOf(call));
      return {};
    },
  }),
  rpc('GET model-versions/search', {
    action: 'project.view',
    fields: search(200_000, 10_000),
    work: async ({ house, project, fields }) => {
      const { ids, next } = await searchVersions(house.sql, {
        project: project.id,
        filter: fields.filter,
        orderBy: fields.order_by,
        limit: fields.max_results,
        after: fields.page_token || undefined,
      });
      return {
        model_versions: (await loadVersions(house.sql, ids)).map(wiredVersion),
        ...(next && { next_page_token: next }),
      };
    },
  }),
  rpc('GET model-versions/get-download-uri', {
    action: 'project.view',
    fields: z.object(byVersion),
    work: async (call) => {
      const version = await versionOf(call);
      return { artifact_uri: (await hasFiles(call.house.sql, version)) ? versionFilesUri(version) : version.source };
    },
  }),
  rpc('POST model-versions/set-tag', {
    action: 'model.register',
    fields: z.object({ ...byVersion, ...pair.shape }),
    work: async (call) => {
      await setVersionTag(call.house.sql, await versionOf(call), checkedTag(call.fields));
      return {};
    },
  }),
  rpc('DELETE model-versions/delete-tag', {
    action: 'model.register',
    fields: z.object({ ...byVersion, key: text }),
    work: async (call) => {
      await deleteVersionTag(call.house.sql, await versionOf(call), call.fields.key);
      return {};
    },
  }),
];

export const registryRpcs: Rpc[] = [...modelRpcs, ...versionRpcs];
