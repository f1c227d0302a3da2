/**
 * Decides what the house does itself for nodes about registered models. Nobody's code runs for them and no process is taken: the worker that
 * holds their lease asks the registry, and writes under their fence.
 */
import { promotionType } from '@drawloom/shared/pipeline/approval.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Sql, Tx } from '../../db/connection.ts';
import type { AttemptOutcome, Work } from '../../execute/executor.ts';
import { FencedWrites } from '../../tracking/inside/fence.ts';
import { load } from './load.ts';
import type { ModelNode } from './means.ts';
import { promote } from './promote.ts';
import { register } from './register.ts';
import { told } from './told.ts';

const kinds: Readonly<Record<string, ModelNode>> = {
  'register-model': register,
  'load-model': load,
  [promotionType]: promote,
};

/** For `ownWork` of an executor. */
export function modelWork(db: Tx, sql: Sql): (work: Work, store: ArtifactStore) => Promise<AttemptOutcome> | undefined {
  const fenced = new FencedWrites(sql, { withTicks: true });
  return (work, store) => {
    const kind = kinds[work.type];
    return kind && told(() => kind({ db, sql, store, fenced }, work));
  };
}
