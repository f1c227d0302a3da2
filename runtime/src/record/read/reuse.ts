/** Decides how it is explained that a node's earlier work was reused or not: part by part of the key, against the nearest earlier work. */
import type { ReuseExplanation } from '@drawloom/shared/api/runs.ts';
import { canonical, type Json } from '@drawloom/shared/json.ts';
import type { NodeRunStatus } from '@drawloom/shared/run/status.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import type { KeyParts } from '../../plan/plan.ts';

/** What names a piece of work, part by part. */
export interface WorkSide {
  run: number | string;
  cache_key: string | null;
  key_parts: KeyParts;
  inputs: Record<string, string>;
}

interface Side extends WorkSide, Record<string, unknown> {
  run: string;
  node_id: string;
  status: NodeRunStatus;
  static_key: string | null;
  node_reuse: boolean;
  run_reuse: boolean;
  reused_run: string | null;
  reused_node: string | null;
}

/** How many earlier runs of the pipeline are looked through for one that did this node's work. */
const horizon = 100;

const side = sql`
  n.run_id as run, p.node_id, n.status, n.cache_key, p.static_key, p.reuse as node_reuse, r.reuse as run_reuse, p.key_parts,
  n.reused_from_run as reused_run,
  (select sp.node_id from drawloom.run sr join drawloom.plan_node sp on sp.plan_id = sr.plan_id and sp.node = n.reused_from_node
    where sr.id = n.reused_from_run) as reused_node,
  (select coalesce(jsonb_object_agg(u.port || case when u.position > 0 then ' ' || u.position + 1 else '' end, a.sha256), '{}')
    from drawloom.artifact_use u join drawloom.artifact a on a.id = u.artifact_id
    where u.run_id = n.run_id and u.node = n.node and u.map_index = n.map_index and u.attempt = n.attempt and u.direction = 'in') as inputs`;

export async function explainReuse(tx: Tx, run: number, nodeId: string, mapIndex = 0): Promise<ReuseExplanation> {
  const [now] = await tx.execute<Side>(sql`
    select ${side} from drawloom.node_run n join drawloom.run r on r.id = n.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
    where n.run_id = ${run}::bigint and p.node_id = ${nodeId} and n.map_index = ${mapIndex}::int`);
  const none = (summary: string): ReuseExplanation => ({ reused: false, summary, comparedWith: null, differences: [] });
  if (!now) return none('There is no such node in this run.');
  if (now.status === 'reused')
    return {
      reused: true,
      summary: `Equal work was done in run ${now.reused_run}; its outputs were found whole and stand in.`,
      comparedWith: { run: Number(now.reused_run), node: now.reused_node ?? now.node_id },
      differences: [],
    };
  if (now.static_key === null) return none('This node makes nothing, so there is nothing to reuse.');
  if (now.cache_key === null) return none('Not known yet: it depends on the inputs, which are not there.');
  const [before] = await tx.execute<Side>(sql`
    select ${side} from (
      select e.* from drawloom.run e join drawloom.run t on t.id = ${run}::bigint and e.pipeline_id = t.pipeline_id
      where e.id < t.id order by e.id desc limit ${horizon}) r
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node_id = ${nodeId}
    join drawloom.node_run n on n.run_id = r.id and n.node = p.node and n.map_index = ${mapIndex}::int
    where n.status in ('succeeded', 'reused') order by (n.cache_key = ${now.cache_key}) desc, r.id desc limit 1`);
  const off = !now.node_reuse
    ? 'This node is set to never reuse earlier work.'
    : !now.run_reuse
      ? 'The run was started without reuse.'
      : null;
  if (!before) return none(off ?? 'No earlier run of this pipeline has finished this node.');
  const comparedWith = { run: Number(before.run), node: before.node_id };
  const differences = before.cache_key === now.cache_key ? [] : differencesOf(before, now);
  const summary =
    off ??
    (differences.length > 0
      ? `Compared with run ${before.run}, ${listOf(differences.map((difference) => difference.part))} differed.`
      : `Run ${before.run} did equal work, but its outputs were not there any more, or not whole; so it was done again.`);
  return { reused: false, summary, comparedWith, differences };
}

type Difference = ReuseExplanation['differences'][number];

type Parts = Pick<WorkSide, 'key_parts' | 'inputs'>;

export function differencesOf(before: Parts, now: Parts): Difference[] {
  const [a, b] = [before.key_parts, now.key_parts];
  return [
    ...differ('the node type', a.type, b.type),
    ...differ('the code', a.code, b.code),
    ...perMember('parameter', a.parameters, b.parameters),
    ...differ('the environment', a.environment, b.environment),
    ...differ('the seed', a.seed, b.seed),
    ...differ('the file it reads', a.outside, b.outside),
    ...perMember('secret', a.secrets ?? {}, b.secrets ?? {}),
    ...perMember('input', before.inputs, now.inputs),
  ];
}

const textOf = (value: Json | undefined): string | null =>
  value === undefined || value === null ? null : typeof value === 'string' ? value : canonical(value);

function differ(part: string, before: Json | undefined, now: Json | undefined): Difference[] {
  const [a, b] = [textOf(before), textOf(now)];
  return a === b ? [] : [{ part, before: a, now: b }];
}

function perMember(word: string, before: Record<string, Json>, now: Record<string, Json>): Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((name) => differ(`${word} ${name}`, before[name], now[name]));
}

export const listOf = (parts: readonly string[]) =>
  parts.length === 1 ? parts[0]! : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
