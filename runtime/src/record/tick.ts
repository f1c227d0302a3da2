/** Decides nothing itself: one call that takes results in and hands the next work out. The deciding is SQL, in migrations. */
import type { RetryRule } from '@drawloom/shared/pipeline/document.ts';
import { type Verdict, verdictOn } from '@drawloom/shared/run/retry.ts';
import type { Sql } from '../db/connection.ts';
import { storableJson } from '../db/storable.ts';
import type { AttemptOutcome, InputArtifact, ReuseCandidate, Work } from '../execute/executor.ts';
import type { PlanShelf } from './store-plan.ts';

export interface Result {
  run: number;
  node: number;
  mapIndex: number;
  fence: number;
  outcome: AttemptOutcome;
  /** The node's own, as its work brought them. */
  retryRules?: readonly RetryRule[];
}

export interface Ticked {
  work: Work[];
  /** Fences that no longer count; whatever runs under them is to be killed. */
  refused: number[];
  /** Something ready was left to another tick; ask again soon. */
  contended: boolean;
}

interface HandedOut {
  run: number;
  node: number;
  mapIndex: number;
  attempt: number;
  fence: number;
  plan: number;
  project: string;
  cacheKey: string | null;
  inputs: InputArtifact[] | null;
  reuse: ReuseCandidate | null;
}

/** One round trip and one commit, for any number of results and any amount of work wanted. */
export async function tick(
  sql: Sql,
  plans: PlanShelf,
  worker: string,
  results: readonly Result[],
  want: number,
): Promise<Ticked> {
  const outputs = results.flatMap(outputRows);
  const [row] = await sql<{ refused: number[]; work: HandedOut[]; contended: boolean }[]>`
    select to_jsonb(refused) as refused, work, contended from drawloom.tick(${worker}::uuid,
      ${results.length > 0 ? storableJson(results.map(resultRow)) : null}::text::jsonb,
      ${outputs.length > 0 ? storableJson(outputs) : null}::text::jsonb, ${want}::int)`;
  const work: Work[] = [];
  for (const handed of row!.work) {
    const plan = await plans.get(handed.plan);
    work.push(workOf(handed, plan.hash, plan.nodes[handed.node]!));
  }
  return { work, refused: row!.refused, contended: row!.contended };
}

const resultRow = ({ run, node, mapIndex, fence, outcome, retryRules = [] }: Result) => ({
  run,
  node,
  mapIndex,
  fence,
  reason: outcome.reason,
  ...retryOf(verdictOn(outcome, retryRules)),
  exitCode: outcome.exitCode,
  signal: outcome.signal,
  error: outcome.error,
  tier: outcome.tier,
  isolation: outcome.isolation,
  peakMemoryBytes: outcome.peakMemoryBytes && Math.round(outcome.peakMemoryBytes),
  cpuMs: outcome.cpuMs,
  wallMs: outcome.wallMs,
  startMs: outcome.startMs,
  reusedFromRun: outcome.reusedFrom?.run,
  reusedFromNode: outcome.reusedFrom?.node,
  reusedFromMapIndex: outcome.reusedFrom?.mapIndex,
  park: outcome.park,
});

const retryOf = ({ retry, delayMs }: Verdict) => ({ retry, ...(delayMs !== undefined && { retryDelayMs: delayMs }) });

/** What an attempt made, or told as the items that its node is to go through. */
const outputRows = ({ run, node, mapIndex, fence, outcome }: Result) =>
  (outcome.reason === 'ok' && !outcome.reusedFrom) || outcome.park === 'map'
    ? outcome.outputs.map((output) => ({ ...output, run, node, mapIndex, fence }))
    : [];

function workOf(
  handed: HandedOut,
  planHash: string,
  node: Awaited<ReturnType<PlanShelf['get']>>['nodes'][number],
): Work {
  const { run, mapIndex } = handed;
  return {
    run,
    node: handed.node,
    nodeId: node.nodeId,
    mapIndex,
    attempt: handed.attempt,
    fence: handed.fence,
    project: handed.project,
    planHash,
    cacheKey: handed.cacheKey,
    idempotencyKey: `${run}.${node.nodeId}.${mapIndex}`,
    name: node.name,
    type: node.type,
    typeVersion: node.typeVersion,
    language: node.language,
    code: node.code,
    parameters: node.parameters,
    environment: node.environment,
    seed: node.seed,
    outside: node.keyParts.outside,
    tier: node.tier,
    retryRules: node.retryRules,
    timeoutMs: node.timeoutMs,
    memoryBytes: node.memoryBytes,
    diskBytes: node.diskBytes,
    mapOver: node.mapOver,
    mapBy: node.mapBy,
    mapRows: node.mapRows,
    inputPorts: node.inputs,
    outputPorts: node.outputs,
    inputs: handed.inputs ?? [],
    reuse: handed.reuse,
  };
}
