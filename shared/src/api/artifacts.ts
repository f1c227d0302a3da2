/** Routes about data: artifacts and what is in them, uploads. */
import * as z from 'zod';
import { Json } from '../json.ts';
import { Column, PortKind } from '../node-type/ports.ts';
import { ProjectPath, route } from './contract.ts';

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const ArtifactPath = ProjectPath.extend({ sha256: Sha256 });
const KindQuery = z.object({ kind: PortKind.optional() });

export const ColumnProfile = z
  .object({
    name: z.string(),
    type: z.string(),
    nullCount: z.int(),
    distinctCount: z.int().nullable().meta({ description: 'Approximate.' }),
    min: z.union([z.number(), z.string()]).nullable(),
    max: z.union([z.number(), z.string()]).nullable(),
    mean: z.number().nullable(),
    deviation: z.number().nullable(),
    quartiles: z.array(z.number()).nullable(),
    histogram: z.array(z.object({ from: z.number(), to: z.number(), count: z.int() })).nullable(),
    top: z.array(z.object({ value: z.string(), count: z.int() })).nullable(),
  })
  .meta({ id: 'ColumnProfile' });
export type ColumnProfile = z.infer<typeof ColumnProfile>;

export const Artifact = z
  .object({
    sha256: Sha256,
    kind: PortKind,
    mediaType: z.string(),
    sizeBytes: z.int(),
    columns: z.array(Column).nullable(),
    rowCount: z.int().nullable(),
    facts: z.record(z.string(), Json).nullable(),
    members: z.array(z.object({ path: z.string(), sha256: Sha256, sizeBytes: z.int() })).nullable(),
    createdAt: z.iso.datetime(),
    madeBy: z.object({ run: z.int(), node: z.string(), port: z.string() }).nullable(),
    name: z.string().nullable().meta({ description: 'The file name, for an upload or a file of the data folder.' }),
    forgottenAt: z.iso.datetime().nullable().meta({ description: 'Its bytes are not kept any more since then.' }),
  })
  .meta({ id: 'Artifact' });
export type Artifact = z.infer<typeof Artifact>;

export const getArtifact = route('get /projects/{project}/artifacts/{sha256}', {
  summary: 'What an artifact is',
  action: 'data.read',
  scope: 'project',
  params: ArtifactPath,
  query: KindQuery,
  answer: Artifact,
});
export const getContent = route('get /projects/{project}/artifacts/{sha256}/content', {
  summary: 'An artifact’s bytes (ranges allowed); as an attachment unless a safe preview is asked for',
  action: 'data.read',
  scope: 'project',
  params: ArtifactPath,
  query: KindQuery.extend({ member: z.string().max(1000).optional(), preview: z.stringbool().optional() }),
  answer: 'bytes',
});

export const Filter = z.strictObject({
  column: z.string(),
  is: z.enum(['=', '!=', '<', '<=', '>', '>=', 'contains', 'starts', 'null', 'not-null', 'in']),
  value: z
    .union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()])).max(1000)])
    .optional(),
});
export type Filter = z.infer<typeof Filter>;
export const Sort = z.strictObject({ column: z.string(), descending: z.boolean().default(false) });
export type Sort = z.infer<typeof Sort>;
export const TablePage = z
  .object({
    columns: z.array(Column),
    rows: z.array(z.array(Json)).meta({ description: 'Numbers too big for a double come as text.' }),
    rowCount: z.int(),
    filteredCount: z.int(),
  })
  .meta({ id: 'TablePage' });
export type TablePage = z.infer<typeof TablePage>;
export const readTable = route('post /projects/{project}/artifacts/{sha256}/table', {
  summary: 'Rows of a table, sorted and filtered by the server',
  action: 'data.read',
  scope: 'project',
  params: ArtifactPath,
  body: z.strictObject({
    offset: z.int().min(0).default(0),
    limit: z.int().min(0).max(1000).default(100),
    columns: z.array(z.string()).max(5000).optional(),
    sort: z.array(Sort).max(8).default([]),
    filter: z.array(Filter).max(32).default([]),
  }),
  changes: false,
  answer: TablePage,
});
export const profileTable = route('get /projects/{project}/artifacts/{sha256}/profile', {
  summary: 'What each column of a table holds',
  action: 'data.read',
  scope: 'project',
  params: ArtifactPath,
  answer: z.object({ rowCount: z.int(), columns: z.array(ColumnProfile) }),
});

export const DataFile = z
  .object({
    name: z.string().meta({ description: 'Path in the project’s data folder, or the name an upload was given.' }),
    sizeBytes: z.int(),
    source: z.enum(['folder', 'upload']),
    sha256: Sha256.nullable(),
    changedAt: z.iso.datetime(),
  })
  .meta({ id: 'DataFile' });
export type DataFile = z.infer<typeof DataFile>;
export const listFiles = route('get /projects/{project}/files', {
  summary: 'Files that nodes can read',
  action: 'data.read',
  scope: 'project',
  params: ProjectPath,
  answer: z.object({ files: z.array(DataFile) }),
});
export const uploadFile = route('put /projects/{project}/files/{name}', {
  summary: 'Upload a file as the body; the header Content-Digest (sha-256) is checked when given',
  action: 'graph.edit',
  scope: 'project',
  params: ProjectPath.extend({ name: z.string().max(255) }),
  status: 201,
  answer: DataFile,
});
