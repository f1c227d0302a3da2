/** Decides what nodes about registered models are given to work with, and for whom they act: whoever started their run. */
import type { Action } from '@drawloom/shared/api/access.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { recordAudit } from '../../audit/record.ts';
import { authorize } from '../../auth/authorize.ts';
import { loadPerson } from '../../auth/people.ts';
import type { Sql, Tx } from '../../db/connection.ts';
import { isUuid } from '../../db/errors.ts';
import type { AttemptOutcome, OutputArtifact, Work } from '../../execute/executor.ts';
import type { FencedWrites } from '../../tracking/inside/fence.ts';
import { ModelProblem } from '../problem.ts';

export interface ModelMeans {
  db: Tx;
  sql: Sql;
  store: ArtifactStore;
  fenced: FencedWrites;
}
export type ModelNode = (means: ModelMeans, work: Work) => Promise<AttemptOutcome>;

export interface Actor {
  id: string;
  name: string;
}

const doing: Partial<Record<Action, string>> = { 'model.register': 'register models' };

/** throws  ModelProblem when whoever started the run may not do it themselves */
export async function actorOf({ db, sql }: ModelMeans, work: Work, action: Action): Promise<Actor> {
  const [run] = await sql<{ by: string | null }[]>`select created_by as by from drawloom.run where id = ${work.run}`;
  const person = run?.by && isUuid(run.by) ? await loadPerson(db, run.by) : null;
  if (!person) throw new ModelProblem('invalid', 'Nobody who is still here started this run. Start it yourself.');
  const project = { kind: 'project' as const, projectId: work.project };
  if (authorize({ ...person, via: 'session' }, action, project) !== 'allowed')
    throw new ModelProblem(
      'invalid',
      `${person.name}, who started this run, may not ${doing[action]} in this project. Let somebody start it who may.`,
    );
  return { id: person.personId, name: person.name };
}

/** What a run did to models stands in the audit beside what people did by themselves. */
export function noteDone(
  { db }: ModelMeans,
  work: Work,
  { id, name }: Actor,
  { action, object, details }: { action: Action; object: string; details: Record<string, Json> },
): Promise<void> {
  return recordAudit(db, {
    actor: id,
    actorName: name,
    via: 'run',
    action,
    object,
    projectId: work.project,
    outcome: 'allowed',
    details: { run: work.run, node: work.nodeId, attempt: work.attempt, ...details },
  });
}

/** A value at an output port. */
export async function valueAt({ store }: ModelMeans, port: string, value: Json): Promise<OutputArtifact> {
  const stored = await store.put(
    (async function* () {
      yield JSON.stringify(value);
    })(),
  );
  return { port, kind: 'value', mediaType: 'application/json', ...stored };
}

const longestRead = 1024 * 1024;

/** What arrived at a port as JSON, in its order. */
export async function jsonAt({ store }: ModelMeans, work: Work, port: string): Promise<Json[]> {
  return Promise.all(
    work.inputs
      .filter((input) => input.port === port)
      .map(async ({ sha256, sizeBytes }) => {
        if (sizeBytes > longestRead)
          throw new ModelProblem(
            'invalid',
            `What arrives at "${port}" is longer than 1 MB. Connect the numbers alone.`,
          );
        const parts: Buffer[] = [];
        for await (const part of await store.open(sha256)) parts.push(part as Buffer);
        return JSON.parse(Buffer.concat(parts).toString('utf8')) as Json;
      }),
  );
}
