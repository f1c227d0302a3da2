/** Routes about models: registered names, their frozen versions with all that is known of each, and the movable names others load by. */
import * as z from 'zod';
import { Json } from '../json.ts';
import { largestOrdinal, PageQuery, ProjectPath, page, route } from './contract.ts';
import { ArtifactRef } from './runs.ts';

export const ModelStage = z.enum(['None', 'Staging', 'Production', 'Archived']);
export type ModelStage = z.infer<typeof ModelStage>;

/** A number that JSON may not have: what is none is told as text. */
const Measured = z.union([z.number(), z.literal('NaN')]);
const Tags = z.record(z.string(), z.string());
const TagChanges = z.strictObject({
  set: z.record(z.string().min(1).max(250), z.string().max(100_000)).default({}),
  remove: z.array(z.string().max(250)).max(100).default([]),
});

export const ModelVersionSummary = z
  .object({
    model: z.string(),
    version: z.int(),
    stage: ModelStage,
    aliases: z.array(z.string()),
    description: z.string(),
    tags: Tags,
    source: z.string().meta({ description: 'Where it came from, in the words of whoever registered it.' }),
    trackedRun: z
      .object({ id: z.string(), name: z.string(), experiment: z.string() })
      .nullable()
      .meta({ description: 'The run in the memory of experiments that made it.' }),
    run: z
      .object({ id: z.int(), node: z.string().nullable() })
      .nullable()
      .meta({ description: 'Where that was done by a pipeline: its run, and the node in it.' }),
    metrics: z.record(z.string(), Measured),
    sizeBytes: z.int(),
    createdBy: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'ModelVersionSummary' });
export type ModelVersionSummary = z.infer<typeof ModelVersionSummary>;

export const RegisteredModel = z
  .object({
    name: z.string(),
    description: z.string(),
    tags: Tags,
    aliases: z.array(z.object({ alias: z.string(), version: z.int() })),
    versionCount: z.int(),
    latestVersion: z.int().nullable(),
    stages: z
      .array(z.object({ stage: ModelStage, version: z.int() }))
      .meta({ description: 'The newest version in each stage that has one.' }),
    createdBy: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'RegisteredModel' });
export type RegisteredModel = z.infer<typeof RegisteredModel>;

export const SignatureField = z.object({
  name: z.string().nullable(),
  type: z.string(),
  required: z.boolean(),
  default: Json.optional(),
});
export type SignatureField = z.infer<typeof SignatureField>;
export const ModelSignature = z
  .object({
    inputs: z.array(SignatureField),
    outputs: z.array(SignatureField),
    params: z.array(SignatureField),
  })
  .meta({ id: 'ModelSignature' });
export type ModelSignature = z.infer<typeof ModelSignature>;

export const ModelFile = z.object({ path: z.string(), sizeBytes: z.int(), sha256: z.string() });
export type ModelFile = z.infer<typeof ModelFile>;

export const ModelContents = z
  .object({
    flavors: z.array(z.object({ name: z.string(), version: z.string().nullable() })),
    signature: ModelSignature.nullable(),
    environment: z
      .object({ python: z.string().nullable(), packages: z.array(z.string()) })
      .nullable()
      .meta({ description: 'What it needs to be loaded, as its files say.' }),
    inputExample: z.object({ path: z.string(), text: z.string().nullable() }).nullable(),
    problem: z
      .string()
      .nullable()
      .meta({ description: 'Why nothing of this is known, where its MLmodel cannot be read.' }),
  })
  .meta({
    id: 'ModelContents',
    description: 'Read from the texts among its files. Nothing of a model is ever loaded.',
  });
export type ModelContents = z.infer<typeof ModelContents>;

export const ModelOrigin = z
  .object({
    source: z.string().nullable().meta({ description: 'The program or notebook, for a run from outside.' }),
    commit: z.string().nullable(),
    pipeline: z.object({ id: z.uuid(), name: z.string(), version: z.int() }).nullable(),
    node: z.object({ id: z.string(), name: z.string(), type: z.string() }).nullable(),
    language: z.string().nullable(),
    code: z.string().nullable().meta({ description: 'The node’s code as it ran.' }),
    seed: z.int().nullable(),
    environment: z.string().nullable().meta({ description: 'Hash of the lock that the node ran in.' }),
    inputs: z.array(ArtifactRef).meta({ description: 'What the node read.' }),
    dataSets: z.array(
      z.object({
        name: z.string(),
        digest: z.string(),
        source: z.string(),
        context: z.string().nullable(),
        sha256: z.string().nullable().meta({ description: 'Of the artifact, where it is one of ours.' }),
      }),
    ),
    parameters: z.record(z.string(), z.string()),
  })
  .meta({ id: 'ModelOrigin' });
export type ModelOrigin = z.infer<typeof ModelOrigin>;

export const ModelVersion = ModelVersionSummary.extend({
  contents: ModelContents,
  origin: ModelOrigin.nullable().meta({ description: 'What made it; null where no run is known.' }),
  files: z.array(ModelFile).meta({ description: 'The first thousand.' }),
  fileCount: z.int(),
}).meta({ id: 'ModelVersion' });
export type ModelVersion = z.infer<typeof ModelVersion>;

/** What a number of a version has to be before the version is promoted. */
export const PromotionGate = z
  .strictObject({
    metric: z.string().min(1).max(500),
    is: z.enum(['at least', 'at most']),
    bound: z.number().optional().meta({ description: 'A number by itself.' }),
    than: z
      .string()
      .max(255)
      .optional()
      .meta({ description: 'An alias: the number of the version that it names now is the bound.' }),
    by: z.number().min(0).default(0).meta({ description: 'So much worse than that version it may be.' }),
  })
  .refine(({ bound, than }) => (bound === undefined) !== (than === undefined), {
    error: 'A gate has either a bound or an alias whose version it is compared with.',
  });
export type PromotionGate = z.infer<typeof PromotionGate>;
export const JudgedGate = z.object({
  metric: z.string(),
  is: z.enum(['at least', 'at most']),
  than: z.string().nullable(),
  version: z.int().nullable().meta({ description: 'The version that the alias named when this was judged.' }),
  limit: z
    .number()
    .nullable()
    .meta({ description: 'Null where the alias named nothing: there is none to be worse than.' }),
  measured: Measured.nullable(),
  passed: z.boolean(),
});
export type JudgedGate = z.infer<typeof JudgedGate>;
export const Promotion = z
  .object({
    model: z.string(),
    version: z.int(),
    alias: z.string().nullable(),
    stage: ModelStage.nullable(),
    archive: z.boolean(),
    gates: z.array(JudgedGate),
  })
  .meta({ id: 'Promotion' });
export type Promotion = z.infer<typeof Promotion>;

const ModelName = z.string().min(1).max(256);
export const ModelPath = ProjectPath.extend({ model: ModelName });
export const ModelVersionPath = ModelPath.extend({ version: z.coerce.number().int().min(1).max(largestOrdinal) });
export const AliasPath = ModelPath.extend({ alias: z.string().max(255) });
const Description = z.string().max(100_000);

export const listModels = route('get /projects/{project}/models', {
  action: 'project.view',
  scope: 'project',
  summary:
    'Registered models by name; those whose name, description or alias has a text, and whose versions are in a stage',
  params: ProjectPath,
  query: PageQuery.extend({
    text: z.string().max(200).optional(),
    stage: ModelStage.optional(),
    sort: z
      .enum(['name', '-name', 'changed', '-changed'])
      .default('name')
      .meta({ description: 'A minus: the last first.' }),
    filter: z.string().max(20_000).optional().meta({ description: "In MLflow’s grammar, such as tags.team = 'risk'." }),
  }),
  answer: page(RegisteredModel),
});
export const registerModel = route('post /projects/{project}/models', {
  action: 'model.register',
  scope: 'project',
  summary: 'Make a name under which versions are kept',
  params: ProjectPath,
  body: z.strictObject({
    name: ModelName,
    description: Description.default(''),
    tags: z.record(z.string().min(1).max(250), z.string().max(100_000)).default({}),
  }),
  status: 201,
  answer: RegisteredModel,
});
export const getModel = route('get /projects/{project}/models/{model}', {
  action: 'project.view',
  scope: 'project',
  summary: 'A registered model',
  params: ModelPath,
  answer: RegisteredModel,
});
export const changeModel = route('patch /projects/{project}/models/{model}', {
  action: 'model.register',
  scope: 'project',
  summary: 'Rename, describe or tag a model',
  params: ModelPath,
  body: z.strictObject({
    name: ModelName.optional(),
    description: Description.optional(),
    tags: TagChanges.optional(),
  }),
  answer: RegisteredModel,
});
export const deleteModel = route('delete /projects/{project}/models/{model}', {
  action: 'artifact.delete',
  scope: 'project',
  summary: 'Delete a model with all its versions',
  params: ModelPath,
  answer: 'nothing',
});

export const listModelVersions = route('get /projects/{project}/models/{model}/versions', {
  action: 'project.view',
  scope: 'project',
  summary: 'Versions of a model, newest first',
  params: ModelPath,
  query: PageQuery,
  answer: page(ModelVersionSummary),
});
export const registerVersion = route('post /projects/{project}/models/{model}/versions', {
  action: 'model.register',
  scope: 'project',
  summary: 'Register a version: the files that a run, a logged model or another version has now, frozen',
  params: ModelPath,
  body: z.strictObject({
    source: z.string().min(1).max(2000).meta({
      description: 'runs:/<run>/<path>, models:/<model id>, models:/<name>/<version> or models:/<name>@<alias>.',
    }),
    description: Description.default(''),
    tags: z.record(z.string().min(1).max(250), z.string().max(100_000)).default({}),
  }),
  status: 201,
  answer: ModelVersionSummary,
});
export const getModelVersion = route('get /projects/{project}/models/{model}/versions/{version}', {
  action: 'project.view',
  scope: 'project',
  summary: 'Everything known of a version: what it takes and needs, its numbers and files, and what made it',
  params: ModelVersionPath,
  answer: ModelVersion,
});
export const changeModelVersion = route('patch /projects/{project}/models/{model}/versions/{version}', {
  action: 'model.register',
  scope: 'project',
  summary: 'Describe or tag a version',
  params: ModelVersionPath,
  body: z.strictObject({ description: Description.optional(), tags: TagChanges.optional() }),
  answer: ModelVersionSummary,
});
export const deleteModelVersion = route('delete /projects/{project}/models/{model}/versions/{version}', {
  action: 'artifact.delete',
  scope: 'project',
  summary: 'Delete a version; its number is never given again',
  params: ModelVersionPath,
  answer: 'nothing',
});
export const getModelFile = route('get /projects/{project}/models/{model}/versions/{version}/file', {
  action: 'data.read',
  scope: 'project',
  summary: 'The bytes of a file of a version (ranges allowed), as a download',
  params: ModelVersionPath,
  query: z.object({ path: z.string().min(1).max(2000) }),
  answer: 'bytes',
});

export const setModelAlias = route('put /projects/{project}/models/{model}/aliases/{alias}', {
  action: 'model.promote',
  scope: 'project',
  summary: 'Let an alias name a version',
  params: AliasPath,
  body: z.strictObject({ version: z.int().min(1).max(largestOrdinal) }),
  answer: RegisteredModel,
});
export const removeModelAlias = route('delete /projects/{project}/models/{model}/aliases/{alias}', {
  action: 'model.promote',
  scope: 'project',
  summary: 'Take an alias away',
  params: AliasPath,
  answer: 'nothing',
});
export const setModelStage = route('put /projects/{project}/models/{model}/versions/{version}/stage', {
  action: 'model.promote',
  scope: 'project',
  summary: 'Move a version to a stage',
  params: ModelVersionPath,
  body: z.strictObject({
    stage: ModelStage,
    archive: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether whatever else is in that stage goes to the archive.' }),
  }),
  answer: ModelVersionSummary,
});
