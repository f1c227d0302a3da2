/**
 * Decides what the house does itself for nodes about registered models. Nobody's code runs for them and no process is taken: the worker that
 * holds their lease asks the registry, and writes under their fence.
 */
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Sql, Tx } from '../../db/connection.ts';
import type { AttemptOutcome, Work } from '../../execute/executor.ts';
import { FencedWrites } from '../../tracking/inside/fence.ts';
import { WireMistake } from '../../tracking/wire/mistake.ts';
import { ModelProblem } from '../problem.ts';
import { load } from './load.ts';
import type { ModelNode } from './means.ts';
import { register } from './register.ts';

const kinds: Readonly<Record<string, ModelNode>> = { 'register-model': register, 'load-model': load };

/** For `ownWork` of an executor. */
export function modelWork(db: Tx, sql: Sql): (work: Work, store: ArtifactStore) => Promise<AttemptOutcome> | undefined {
  const fenced = new FencedWrites(sql, { withTicks: true });
  return (work, store) => {
    const kind = kinds[work.type];
    return kind && told(kind({ db, sql, store, fenced }, work));
  };
}

/** What is wrong with a model is for whoever drew the node; all else is ours. */
const told = (work: Promise<AttemptOutcome>): Promise<AttemptOutcome> =>
  work.catch((error) => {
    if (!(error instanceof ModelProblem) && !(error instanceof WireMistake)) throw error;
    return { reason: 'bad_input', outputs: [], error: { message: error.message } };
  });
