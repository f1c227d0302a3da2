/** Decides what a call of a node's client is made with: its attempt, the means of its worker, and the experiment that it may name. */
import type { Json } from '@drawloom/shared/json.ts';
import { longestSilenceMs } from '../../api/arriving.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Sql, Tx } from '../../db/connection.ts';
import type { TrackedMeans, Work } from '../../execute/executor.ts';
import type { Rpc, WireCall } from '../wire/rpc.ts';
import { denied, type Scope } from './scope.ts';

export interface InsideParts {
  db: Tx;
  sql: Sql;
  store: ArtifactStore;
  onError?(error: unknown, doing: string): void;
}

/** All there is of one attempt. */
export interface Inside {
  scope: Scope;
  work: Work;
  means: TrackedMeans;
  /** So many bytes its files have brought so far. */
  uploaded: { bytes: number };
}
export type Env = { Bindings: { inside: Inside } };
export type Fields = Record<string, Json | undefined>;
/** Answers a call with what is done for one attempt. */
export type On = (rpc: Rpc, work: (inside: Inside, rpc: Rpc, fields: Fields) => Promise<object>) => void;

/** A call as others make it who may do this. Only the database may be another: a transaction under the fence. */
export function callOf(parts: InsideParts, { work }: Inside, sql: Sql, fields: Fields): WireCall<never> {
  return {
    house: { db: parts.db, sql, store: parts.store, silenceMs: longestSilenceMs },
    subject: { name: 'node' },
    project: { id: work.project },
    note: () => {},
    fields: fields as never,
  };
}

/** throws  for any experiment but that of its pipeline. `0` is what a client says that was told of none. */
export function checkExperiment(asked: Json | undefined, own: string): void {
  if (asked !== '0' && asked !== own)
    throw denied(
      `A node logs to the experiment of its own pipeline (${own}), and not to '${String(asked).slice(0, 100)}'. Leave out set_experiment.`,
    );
}
