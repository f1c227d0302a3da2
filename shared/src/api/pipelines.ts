/** Routes about drawings: pipelines, their versions, node types, checks. */
import * as z from 'zod';
import { NodeType } from '../node-type/definition.ts';
import { PipelineDocument } from '../pipeline/document.ts';
import { Problem } from '../problem.ts';
import { RunStatus } from '../run/status.ts';
import { largestOrdinal, PipelinePath, ProjectPath, route } from './contract.ts';

export const listNodeTypes = route('get /node-types', {
  summary: 'What can be drawn',
  action: 'session',
  scope: 'none',
  answer: z.object({ nodeTypes: z.array(NodeType) }),
});

export const PipelineSummary = z
  .object({
    id: z.uuid(),
    project: z.string(),
    name: z.string(),
    description: z.string(),
    nodeCount: z.int(),
    revision: z.int(),
    updatedAt: z.iso.datetime(),
    updatedBy: z.string(),
    lastRun: z.object({ id: z.int(), status: RunStatus, finishedAt: z.iso.datetime().nullable() }).nullable(),
    nextFireAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'PipelineSummary' });
export type PipelineSummary = z.infer<typeof PipelineSummary>;

export const Pipeline = z
  .object({
    id: z.uuid(),
    project: z.string(),
    revision: z.int().meta({ description: 'Raised by every save; a save names the one it started from.' }),
    document: PipelineDocument,
    contentHash: z.string(),
    problems: z.array(Problem),
    trusted: z
      .boolean()
      .meta({ description: 'False for an import whose code nobody with code.edit has accepted yet; it cannot run.' }),
    updatedAt: z.iso.datetime(),
    updatedBy: z.string(),
  })
  .meta({ id: 'Pipeline' });
export type Pipeline = z.infer<typeof Pipeline>;

export const listPipelines = route('get /projects/{project}/pipelines', {
  summary: 'The pipelines of a project',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  query: z.object({ search: z.string().max(200).optional(), archived: z.stringbool().optional() }),
  answer: z.object({ pipelines: z.array(PipelineSummary) }),
});
export const createPipeline = route('post /projects/{project}/pipelines', {
  summary: 'Add a pipeline, empty or from a document',
  action: 'graph.edit',
  scope: 'project',
  params: ProjectPath,
  body: z.union([z.strictObject({ name: z.string().min(1).max(200) }), z.strictObject({ document: z.json() })]),
  status: 201,
  answer: Pipeline,
});
export const getPipeline = route('get /pipelines/{pipeline}', {
  summary: 'A pipeline as it was last saved',
  action: 'project.view',
  scope: 'pipeline',
  params: PipelinePath,
  answer: Pipeline,
});
export const savePipeline = route('put /pipelines/{pipeline}', {
  summary: 'Save a drawing over the revision it started from (409 with the current one when somebody was faster)',
  action: 'graph.edit',
  scope: 'pipeline',
  params: PipelinePath,
  body: z.strictObject({ revision: z.int().min(0).max(largestOrdinal), document: z.json() }),
  answer: Pipeline,
});
export const archivePipeline = route('delete /pipelines/{pipeline}', {
  summary: 'Put a pipeline away; its runs stay',
  action: 'graph.edit',
  scope: 'pipeline',
  params: PipelinePath,
  answer: 'nothing',
});
export const restorePipeline = route('post /pipelines/{pipeline}/restore', {
  summary: 'Bring an archived pipeline back',
  action: 'graph.edit',
  scope: 'pipeline',
  params: PipelinePath,
  answer: Pipeline,
});
export const trustPipeline = route('post /pipelines/{pipeline}/trust', {
  summary: 'Accept the code of an imported pipeline',
  action: 'code.edit',
  scope: 'pipeline',
  params: PipelinePath,
  answer: Pipeline,
});
export const checkDocument = route('post /projects/{project}/check', {
  summary: 'Check a document without saving it',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  body: z.strictObject({
    document: z.json(),
    pipeline: z
      .uuid()
      .optional()
      .meta({ description: 'The pipeline that it is a drawing of, whose last runs tell columns (data.read).' }),
  }),
  changes: false,
  answer: z.object({ problems: z.array(Problem) }),
});
export const exportPipeline = route('get /pipelines/{pipeline}/export', {
  summary: 'The document as a file',
  action: 'project.view',
  scope: 'pipeline',
  params: PipelinePath,
  query: z.object({ version: z.coerce.number().int().positive().max(largestOrdinal).optional() }),
  answer: 'bytes',
});
export const importPipeline = route('post /projects/{project}/import', {
  summary: 'Add a pipeline from a file; inert until its code is accepted',
  action: 'graph.edit',
  scope: 'project',
  params: ProjectPath,
  body: z.strictObject({ text: z.string() }),
  status: 201,
  answer: Pipeline,
});

export const PipelineVersion = z
  .object({
    number: z.int(),
    contentHash: z.string(),
    message: z.string(),
    author: z.string(),
    createdAt: z.iso.datetime(),
    runCount: z.int(),
  })
  .meta({ id: 'PipelineVersion' });
export type PipelineVersion = z.infer<typeof PipelineVersion>;
export const VersionPath = PipelinePath.extend({ version: z.coerce.number().int().positive().max(largestOrdinal) });
export const listVersions = route('get /pipelines/{pipeline}/versions', {
  summary: 'The frozen versions of a pipeline',
  action: 'project.view',
  scope: 'pipeline',
  params: PipelinePath,
  answer: z.object({ versions: z.array(PipelineVersion) }),
});
export const getVersion = route('get /pipelines/{pipeline}/versions/{version}', {
  summary: 'One version with its document',
  action: 'project.view',
  scope: 'pipeline',
  params: VersionPath,
  answer: PipelineVersion.extend({ document: PipelineDocument }),
});
export const createVersion = route('post /pipelines/{pipeline}/versions', {
  summary: 'Freeze the saved drawing under a message',
  action: 'graph.edit',
  scope: 'pipeline',
  params: PipelinePath,
  body: z.strictObject({ message: z.string().max(2000) }),
  status: 201,
  answer: PipelineVersion,
});
export const restoreVersion = route('post /pipelines/{pipeline}/versions/{version}/restore', {
  summary: 'Make a version the current drawing, as a new revision; what it replaces becomes a version of its own',
  action: 'graph.edit',
  scope: 'pipeline',
  params: VersionPath,
  answer: Pipeline,
});
