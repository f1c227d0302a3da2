/** Decides how a node registers the model that arrives: judged first, never twice, and with the node run that made it as its origin. */

import type { Sql } from '../../db/connection.ts';
import type { InputArtifact, Work } from '../../execute/executor.ts';
import { nameOutside } from '../../tracking/pipelines.ts';
import { runNamed } from '../../tracking/runs.ts';
import { gateSentence, judgeGates } from '../gates.ts';
import type { Measured } from '../known.ts';
import { checkedDescription, checkedModelName } from '../names.ts';
import { ModelProblem } from '../problem.ts';
import { createModel, loadVersion, type ModelVersion } from '../registered.ts';
import { createVersion } from '../versions.ts';
import { actorOf, jsonAt, type ModelNode, noteDone, valueAt } from './means.ts';

interface Parameters {
  name: string;
  description: string;
  gates: { metric: string; is: 'at least' | 'at most'; bound: number }[];
  otherwise: 'fail' | 'skip';
}

export const register: ModelNode = async (means, work) => {
  const { name, description, gates, otherwise } = work.parameters as unknown as Parameters;
  const model = checkedModelName(name);
  const metrics = Object.assign({}, ...(await jsonAt(means, work, 'metrics'))) as Record<string, Measured>;
  const failed = judgeGates(
    gates.map((gate) => ({ ...gate, by: 0 })),
    metrics,
    () => undefined,
  ).filter(({ passed }) => !passed);
  if (failed.length > 0 && otherwise === 'skip') return { reason: 'ok', outputs: [] };
  if (failed.length > 0) {
    const sentences = failed.map((gate) =>
      gate.measured === null
        ? `No ${gate.metric} arrives at "metrics". Connect what tells it, or leave the gate out.`
        : gateSentence(gate),
    );
    throw new ModelProblem('invalid', `It is not registered. ${sentences.join(' ')}`);
  }
  const actor = await actorOf(means, work, 'model.register');
  const arrived = work.inputs.find(({ port }) => port === 'model')!;
  const artifact = await artifactOf(means.sql, work, arrived);
  const maker = await makerOf(means.sql, work, artifact);
  const { version, isNew } = await means.fenced.write(work, async (sql) => {
    const id = await heldModel(sql, work.project, model, actor.name);
    const there = await versionWithFiles(sql, id, artifact);
    if (there) return { version: there, isNew: false };
    const made = await createVersion(sql, id, {
      ...maker,
      loggedModelId: null,
      runLink: '',
      description: checkedDescription(description),
      tags: [],
      by: actor.name,
      files: { of: 'artifact', id: artifact, folder: '' },
    });
    return { version: made, isNew: true };
  });
  if (isNew)
    await noteDone(means, work, actor, {
      action: 'model.register',
      object: `model ${model}`,
      details: { model, version: version.version },
    });
  return { reason: 'ok', outputs: [await valueAt(means, 'version', { model, version: version.version })] };
};

async function artifactOf(sql: Sql, { project }: Work, { sha256 }: InputArtifact): Promise<number> {
  const [row] = await sql<{ id: string }[]>`
    select id from drawloom.artifact where project_id = ${project} and sha256 = ${sha256} and kind = 'model' and forgotten_at is null`;
  if (!row)
    throw new ModelProblem('missing', 'The model that arrived was forgotten meanwhile. Run what makes it again.');
  return Number(row.id);
}

/** The node run whose code gave the model first, in this run where it did: what only handed it on comes after it. */
async function makerOf(sql: Sql, work: Work, artifact: number): Promise<{ source: string; trackedId: number | null }> {
  const [maker] = await sql<{ run: string; node: number; port: string }[]>`
    select u.run_id as run, u.node, u.port from drawloom.artifact_use u
    join drawloom.run r on r.id = u.run_id and r.leaving_at is null
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = u.node and p.language is not null
    where u.artifact_id = ${artifact} and u.direction = 'out' and u.map_index = 0
    order by u.run_id <> ${work.run}, u.run_id, u.node, u.port, u.position limit 1`;
  if (!maker) return { source: `artifact ${artifact}`, trackedId: null };
  const uuid = nameOutside({ run: Number(maker.run), node: maker.node, mapIndex: 0 });
  return { source: `runs:/${uuid}/${maker.port}`, trackedId: await runNamed(sql, work.project, uuid) };
}

/** The registered model of that name, made where there is none, held so that no other version comes in between. */
async function heldModel(sql: Sql, project: string, name: string, by: string): Promise<number> {
  const held = async () => {
    const [row] = await sql<{ id: string }[]>`
      select id from drawloom.registered_model where project_id = ${project} and name = ${name} for no key update`;
    return row && Number(row.id);
  };
  const before = await held();
  if (before !== undefined) return before;
  return createModel(sql, project, { name, description: '', tags: [], by }).catch(async (error) => {
    const since = error instanceof ModelProblem && error.kind === 'exists' ? await held() : undefined;
    if (since === undefined) throw error;
    return since;
  });
}

/** The newest version of a model that has exactly the files of this artifact. */
async function versionWithFiles(sql: Sql, model: number, artifact: number): Promise<ModelVersion | null> {
  const [found] = await sql<{ id: string }[]>`
    with wanted as materialized (select path, sha256 from drawloom.artifact_member where artifact_id = ${artifact})
    select v.id from drawloom.model_version v
    where v.model_id = ${model}
      and v.id in (select f.owner_id from drawloom.tracked_file f where f.of = 'version' and f.sha256 in (select sha256 from wanted))
      and not exists (select path, sha256 from wanted
        except select path, sha256 from drawloom.tracked_file where of = 'version' and owner_id = v.id)
      and not exists (select path, sha256 from drawloom.tracked_file where of = 'version' and owner_id = v.id
        except select path, sha256 from wanted)
    order by v.version desc limit 1`;
  return found ? loadVersion(sql, Number(found.id)) : null;
}
