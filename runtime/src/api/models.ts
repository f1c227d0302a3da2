/** The routes about models: registered names, their versions, and the names others load them by. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { ModelVersionSummary, RegisteredModel } from '@drawloom/shared/api/models.ts';
import { readContents } from '../models/contents.ts';
import { filesOf, type Known, knownOf } from '../models/known.ts';
import { checkedAlias, checkedDescription, checkedModelName, checkedTag } from '../models/names.ts';
import { originOf } from '../models/origin.ts';
import {
  createModel,
  deleteModel,
  deleteModelTag,
  describeModel,
  loadModels,
  loadVersions,
  modelNamed,
  oneModel,
  type Pair,
  type RegisteredModel as RegisteredRow,
  renameModel,
  setModelTag,
  type ModelVersion as VersionRow,
} from '../models/registered.ts';
import {
  deleteAlias,
  deleteVersion,
  deleteVersionTag,
  describeVersion,
  moveVersion,
  oneVersion,
  setAlias,
  setVersionTag,
} from '../models/versions.ts';
import { fileAt } from '../tracking/files.ts';
import { registerVersion } from '../tracking/register.ts';
import { searchModels, searchVersions } from '../tracking/search/registry.ts';
import { attachment, bytesResponse, inert } from './bytes.ts';
import type { House } from './house.ts';
import { inOurForm } from './trackedProblem.ts';
import { type Handler, handle } from './wire.ts';

export const modelHandlers: Handler[] = [
  handle(routes.listModels, ({ house, project, query }) =>
    inOurForm(async () => {
      const { ids, next } = await searchModels(house.sql, {
        project: project.id,
        filter: query.filter ?? '',
        text: query.text,
        stage: query.stage,
        orderBy: modelOrders[query.sort],
        limit: query.limit,
        after: query.after,
      });
      return { items: (await loadModels(house.sql, ids)).map(shownModel), next: next ?? null };
    }),
  ),

  handle(routes.registerModel, async ({ house, project, body, subject, note }) => {
    const name = checkedModelName(body.name);
    await createModel(house.sql, project.id, {
      name,
      description: checkedDescription(body.description),
      tags: pairsOf(body.tags),
      by: subject.name,
    });
    note({ model: name });
    return modelShown(house, project.id, name);
  }),

  handle(routes.getModel, ({ house, project, params }) => modelShown(house, project.id, params.model)),

  handle(routes.changeModel, async ({ house, project, params, body, note }) => {
    const id = await modelNamed(house.sql, project.id, params.model);
    if (body.description !== undefined) await describeModel(house.sql, id, checkedDescription(body.description));
    for (const tag of pairsOf(body.tags?.set ?? {})) await setModelTag(house.sql, id, tag);
    for (const key of body.tags?.remove ?? []) await deleteModelTag(house.sql, id, key);
    if (body.name !== undefined && body.name !== params.model)
      await renameModel(house.sql, id, checkedModelName(body.name));
    note({ model: params.model, changed: Object.keys(body), ...(body.name && { name: body.name }) });
    return modelShown(house, project.id, body.name ?? params.model);
  }),

  handle(routes.deleteModel, async ({ house, project, params, note }) => {
    await deleteModel(house.sql, await modelNamed(house.sql, project.id, params.model));
    note({ model: params.model });
    return undefined;
  }),

  handle(routes.listModelVersions, ({ house, project, params, query }) =>
    inOurForm(async () => {
      const { ids, next } = await searchVersions(house.sql, {
        project: project.id,
        model: await modelNamed(house.sql, project.id, params.model),
        filter: '',
        orderBy: ['version_number DESC'],
        limit: query.limit,
        after: query.after,
      });
      return { items: await shownVersions(house, await loadVersions(house.sql, ids)), next: next ?? null };
    }),
  ),

  handle(routes.registerVersion, ({ house, project, params, body, subject, note }) =>
    inOurForm(async () => {
      const model = await modelNamed(house.sql, project.id, params.model);
      const made = await registerVersion(house.sql, project.id, model, {
        source: body.source,
        description: body.description,
        tags: pairsOf(body.tags),
        by: subject.name,
      });
      note({ model: params.model, version: made.version, source: body.source });
      return (await shownVersions(house, [made]))[0]!;
    }, 'invalid_source'),
  ),

  handle(routes.getModelVersion, async ({ house, project, params }) => {
    const row = await oneVersion(house.sql, project.id, params.model, params.version);
    const { files, count } = await filesOf(house.sql, row.id);
    return {
      ...(await shownVersions(house, [row]))[0]!,
      contents: await readContents(house.store, files),
      origin: await originOf(house.sql, row.id),
      files,
      fileCount: count,
    };
  }),

  handle(routes.changeModelVersion, async ({ house, project, params, body, note }) => {
    const row = await oneVersion(house.sql, project.id, params.model, params.version);
    if (body.description !== undefined) await describeVersion(house.sql, row, checkedDescription(body.description));
    for (const tag of pairsOf(body.tags?.set ?? {})) await setVersionTag(house.sql, row, tag);
    for (const key of body.tags?.remove ?? []) await deleteVersionTag(house.sql, row, key);
    note({ model: params.model, version: params.version, changed: Object.keys(body) });
    return versionShown(house, project.id, params.model, params.version);
  }),

  handle(routes.deleteModelVersion, async ({ house, project, params, note }) => {
    const model = await modelNamed(house.sql, project.id, params.model);
    await deleteVersion(house.sql, model, await oneVersion(house.sql, project.id, params.model, params.version));
    note({ model: params.model, version: params.version });
    return undefined;
  }),

  handle(routes.getModelFile, ({ house, project, params, query, request }) =>
    inOurForm(async () => {
      const { id } = await oneVersion(house.sql, project.id, params.model, params.version);
      const file = await fileAt(house.sql, { of: 'version', id }, query.path);
      const headers = {
        ...inert,
        'content-type': 'application/octet-stream',
        'content-disposition': attachment(query.path.split('/').at(-1)!),
        'cache-control': 'private, max-age=300',
      };
      return bytesResponse(house.store, { ...file, headers }, request);
    }),
  ),

  handle(routes.setModelAlias, async ({ house, project, params, body, note }) => {
    const model = await modelNamed(house.sql, project.id, params.model);
    const version = await oneVersion(house.sql, project.id, params.model, body.version);
    await setAlias(house.sql, model, checkedAlias(params.alias), version);
    note({ model: params.model, alias: params.alias, version: body.version });
    return modelShown(house, project.id, params.model);
  }),

  handle(routes.removeModelAlias, async ({ house, project, params, note }) => {
    await deleteAlias(house.sql, await modelNamed(house.sql, project.id, params.model), params.alias);
    note({ model: params.model, alias: params.alias });
    return undefined;
  }),

  handle(routes.setModelStage, async ({ house, project, params, body, note }) => {
    const model = await modelNamed(house.sql, project.id, params.model);
    const version = await oneVersion(house.sql, project.id, params.model, params.version);
    await moveVersion(house.sql, model, version, { to: body.stage, archiving: body.archive });
    note({ model: params.model, version: params.version, stage: body.stage });
    return versionShown(house, project.id, params.model, params.version);
  }),
];

const modelOrders = {
  name: [],
  '-name': ['name DESC'],
  changed: ['last_updated_timestamp ASC'],
  '-changed': ['last_updated_timestamp DESC'],
};

const pairsOf = (tags: Record<string, string>): Pair[] =>
  Object.entries(tags).map(([key, value]) => checkedTag({ key, value }));
const recordOf = (pairs: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
const iso = (ms: number): string => new Date(ms).toISOString();

const modelShown = async ({ sql }: House, project: string, name: string): Promise<RegisteredModel> =>
  shownModel(await oneModel(sql, project, name));

function shownModel(row: RegisteredRow): RegisteredModel {
  const { name, description, createdBy, versionCount, aliases, latest } = row;
  return {
    name,
    description,
    createdBy,
    versionCount,
    aliases,
    tags: recordOf(row.tags),
    latestVersion: latest.at(-1)?.version ?? null,
    stages: latest.map(({ stage, version }) => ({ stage, version })),
    createdAt: iso(row.createdMs),
    updatedAt: iso(row.updatedMs),
  };
}

const versionShown = async (house: House, project: string, name: string, version: number) =>
  (await shownVersions(house, [await oneVersion(house.sql, project, name, version)]))[0]!;

async function shownVersions({ sql }: House, rows: readonly VersionRow[]): Promise<ModelVersionSummary[]> {
  const known = await knownOf(
    sql,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => {
    const { model, version, stage, aliases, description, source, createdBy } = row;
    return {
      model,
      version,
      stage,
      aliases,
      description,
      source,
      createdBy,
      tags: recordOf(row.tags),
      createdAt: iso(row.createdMs),
      updatedAt: iso(row.updatedMs),
      ...(known.get(row.id) ?? unknown),
    };
  });
}

/** Of a version that went while it was looked at. */
const unknown: Known = { metrics: {}, sizeBytes: 0, trackedRun: null, run: null };
