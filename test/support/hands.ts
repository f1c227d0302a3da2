/** Decides how a test plays a worker by hand: it claims, says how each attempt ended, and looks what came of it. */
import { createHash } from 'node:crypto';
import type { AttemptOutcome, OutputArtifact, Work } from '../../runtime/src/execute/executor.ts';
import { type Result, type Ticked, tick } from '../../runtime/src/record/tick.ts';
import type { Playground } from './playground.ts';

export const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

export const made = (port: string, text: string): OutputArtifact => ({
  port,
  kind: 'table',
  sha256: sha(text),
  sizeBytes: text.length,
  mediaType: 'application/vnd.apache.parquet',
  columns: [{ name: 'delay', type: 'BIGINT' }],
  rowCount: 3,
});

/** The result of an attempt; without an outcome it did well. */
export const ended = (work: Work, outcome: Partial<AttemptOutcome> = {}): Result => ({
  run: work.run,
  node: work.node,
  mapIndex: work.mapIndex,
  fence: work.fence,
  retryRules: work.retryRules,
  outcome: { reason: 'ok', outputs: [made('out', `${work.nodeId} ${work.cacheKey}`)], ...outcome },
});

export interface Hands {
  claim(worker: string, want?: number): Promise<Work[]>;
  finish(worker: string, results: Result[], want?: number): Promise<Ticked>;
  /** Works everything off; `outcome` says how each attempt ends. Returns what was handed out, in order. */
  workOff(worker: string, outcome?: (work: Work) => Partial<AttemptOutcome>): Promise<Work[]>;
  statusesOf(run: number): Promise<Record<string, string>>;
  statusOf(run: number): Promise<string>;
}

/** `house` is asked at each call, since a test file has it only once it runs. */
export function handsOf(house: () => Playground): Hands {
  const finish: Hands['finish'] = (worker, results, want = 0) => {
    const { sql, plans } = house();
    return tick(sql, plans, worker, results, want);
  };
  return {
    finish,
    claim: async (worker, want = 100) => (await finish(worker, [], want)).work,
    async workOff(worker, outcome = () => ({})) {
      const all: Work[] = [];
      let results: Result[] = [];
      for (;;) {
        const { work, contended } = await finish(worker, results, 100);
        if (work.length === 0 && !contended) return all;
        all.push(...work);
        results = work.map((one) => ended(one, outcome(one)));
      }
    },
    async statusesOf(run) {
      const rows = await house().sql`
        select p.node_id, n.status from drawloom.node_run n join drawloom.run r on r.id = n.run_id
        join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node where n.run_id = ${run} order by n.node`;
      return Object.fromEntries(rows.map((row) => [row.node_id, row.status]));
    },
    statusOf: async (run) => (await house().sql`select status from drawloom.run where id = ${run}`)[0]!.status,
  };
}
