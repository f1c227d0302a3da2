/**
 * Decides how a node gives a registered model: the version that the name leads to now, as a model like any other. What follows is reused by
 * the digest of its files, so that an alias that moved is done anew.
 */
import { Readable } from 'node:stream';
import { checkMemberPath, manifestOf } from '../../artifacts/manifest.ts';
import { type ArtifactStore, type FolderMember, UnfitError } from '../../artifacts/store.ts';
import type { Sql } from '../../db/connection.ts';
import type { OutputArtifact } from '../../execute/executor.ts';
import { checkedAlias, checkedModelName, checkedStage, checkedVersion } from '../names.ts';
import { ModelProblem } from '../problem.ts';
import { type ModelVersion, modelNamed } from '../registered.ts';
import { latestVersions, oneVersion, versionByAlias } from '../versions.ts';
import { type ModelNode, valueAt } from './means.ts';

interface Parameters {
  name: string;
  which: string;
  otherwise: 'fail' | 'skip';
}

export const load: ModelNode = async (means, work) => {
  const { name, which, otherwise } = work.parameters as unknown as Parameters;
  const version = await versionNamed(means.sql, work.project, checkedModelName(name), which.trim());
  if (!version && otherwise === 'skip') return { reason: 'ok', outputs: [] };
  if (!version)
    throw new ModelProblem(
      'missing',
      `There is no version ${which} of a model "${name}". Register one, or let this node go on without.`,
    );
  return {
    reason: 'ok',
    outputs: [
      await modelOf(means.sql, means.store, work.project, version),
      await valueAt(means, 'version', { model: version.model, version: version.version }),
    ],
  };
};

/** `@alias`, a number, a stage, or the newest of all; null when nothing goes by that name. */
export async function versionNamed(
  sql: Sql,
  project: string,
  name: string,
  which: string,
): Promise<ModelVersion | null> {
  const find = async (): Promise<ModelVersion | undefined> => {
    if (which.startsWith('@')) return versionByAlias(sql, project, name, checkedAlias(which.slice(1)));
    if (/^\d+$/.test(which)) return oneVersion(sql, project, name, checkedVersion(which));
    const model = await modelNamed(sql, project, name);
    if (which !== 'latest') return (await latestVersions(sql, model, [checkedStage(which)]))[0];
    const [newest] = await sql<{ version: number }[]>`
      select max(version) as version from drawloom.model_version where model_id = ${model} having count(*) > 0`;
    return newest && oneVersion(sql, project, name, newest.version);
  };
  if (which.startsWith('@')) checkedAlias(which.slice(1));
  else if (!/^\d+$/.test(which) && which !== 'latest') checkedStage(which);
  return (
    (await find().catch((error) => {
      if (error instanceof ModelProblem && (error.kind === 'missing' || which.startsWith('@'))) return undefined;
      throw error;
    })) ?? null
  );
}

/** Its files as one model; the manifest that names them is written where it is not there yet. */
export async function modelOf(
  sql: Sql,
  store: ArtifactStore,
  project: string,
  version: ModelVersion,
): Promise<OutputArtifact> {
  const rows = await sql<{ path: string; sha256: string; size: string }[]>`
    select path, sha256, size_bytes as size from drawloom.tracked_file where of = 'version' and owner_id = ${version.id}`;
  const named = `Version ${version.version} of ${version.model}`;
  if (rows.length === 0)
    throw new ModelProblem(
      'missing',
      `${named} has no files here, so that it cannot be loaded. Choose another version.`,
    );
  const members: FolderMember[] = rows.map(({ path, sha256, size }) => ({ path, sha256, sizeBytes: Number(size) }));
  for (const { path, sha256, sizeBytes } of members) {
    try {
      checkMemberPath(path);
    } catch (error) {
      throw error instanceof UnfitError
        ? new ModelProblem('invalid', `${named} cannot be loaded. ${error.message}`)
        : error;
    }
    if (!(await store.touch(sha256, sizeBytes)))
      throw new ModelProblem('missing', `${named} lost its file ${path}. Choose another version.`);
  }
  members.sort((a, b) => (a.path < b.path ? -1 : 1));
  const { sha256 } = await store.put(Readable.from([Buffer.from(manifestOf(members))]));
  const [known] = await sql<{ facts: OutputArtifact['facts'] }[]>`
    select facts from drawloom.artifact where project_id = ${project} and sha256 = ${sha256} and kind = 'model'`;
  return {
    port: 'model',
    kind: 'model',
    mediaType: 'application/vnd.mlflow.model',
    sha256,
    sizeBytes: members.reduce((sum, member) => sum + member.sizeBytes, 0),
    members,
    facts: known?.facts ?? { registered: `${version.model} ${version.version}` },
  };
}
