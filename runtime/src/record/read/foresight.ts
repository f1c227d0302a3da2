/**
 * Decides what is told of a run before it starts: which nodes will run, which take over earlier work, which are left out, and why;
 * and how long that takes, from what the same nodes took before. It goes by the names of work as a claim does, so that it tells no
 * more and no less than will be done; only what depends on bytes that do not exist yet stays open.
 */
import { createHash } from 'node:crypto';
import type { PlannedNode, RunPlan } from '@drawloom/shared/api/runs.ts';
import type { NodeId, PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { outputType, partType } from '@drawloom/shared/pipeline/parts.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import type { Plan, PlanNode } from '../../plan/plan.ts';
import { differencesOf, listOf, type WorkSide } from './reuse.ts';

export interface Outlook {
  project: string;
  pipeline: string;
  plan: Plan;
  /** All that is drawn; what the plan has not is left out. */
  whole: PipelineDocument;
  /** Done whatever was done before. */
  anew: ReadonlySet<NodeId>;
  /** False: nothing is taken over. */
  reuse: boolean;
}

/** What comes out of a port, one after the other. */
type Outputs = ReadonlyMap<string, readonly { kind: string; sha256: string }[]>;

/** How many runs back is looked for times and for work to compare with. */
const horizon = 20;

export async function foreseeRun(tx: Tx, outlook: Outlook): Promise<RunPlan> {
  const { plan, whole, project, pipeline } = outlook;
  const before = await earlierWork(tx, pipeline);
  const known = new Map<number, Outputs>();
  const nodes: PlannedNode[] = [];
  for (const wave of wavesOf(plan)) {
    const keys = new Map<number, string>();
    for (const place of wave) {
      const key = keyOf(plan, place, known);
      if (key !== undefined) keys.set(place, key);
    }
    const asked = wave.filter((place) => keys.has(place) && mayTakeOver(outlook, plan.nodes[place]!));
    const done = await doneWork(tx, project, [...new Set(asked.map((place) => keys.get(place)!))]);
    for (const place of wave) {
      const node = plan.nodes[place]!;
      const found = asked.includes(place) ? done.get(keys.get(place)!) : undefined;
      const history = before.get(node.nodeId);
      const expected = history?.expected ?? null;
      if (found) {
        known.set(place, found.outputs);
        nodes.push({
          node: node.nodeId,
          name: node.name,
          fate: 'reuse',
          certain: true,
          message: `Equal work was done in run ${found.run}.`,
          from: { run: found.run, node: found.node },
          expected,
        });
      } else
        nodes.push({
          node: node.nodeId,
          name: node.name,
          fate: 'run',
          ...whyItRuns(outlook, place, keys.get(place), known, history?.side),
          from: null,
          expected,
        });
    }
  }
  const places = new Map(plan.nodes.map((node, place) => [node.nodeId, place]));
  nodes.sort((a, b) => places.get(a.node)! - places.get(b.node)!);
  const left = Object.entries(whole.nodes).filter(([id]) => !places.has(id));
  for (const [id, { name }] of left)
    nodes.push({
      node: id,
      name,
      fate: 'skip',
      certain: true,
      message: 'It is not needed for what this run is to do.',
      from: null,
      expected: null,
    });
  return { nodes, ...totals(plan, nodes) };
}

const mayTakeOver = ({ reuse, anew }: Outlook, node: PlanNode): boolean =>
  reuse && node.reuse && node.mapOver === null && !anew.has(node.nodeId);

function whyItRuns(
  { plan, anew, reuse }: Outlook,
  place: number,
  key: string | undefined,
  known: ReadonlyMap<number, Outputs>,
  side: WorkSide | undefined,
): Pick<PlannedNode, 'certain' | 'message'> {
  const node = plan.nodes[place]!;
  const sure = (message: string) => ({ certain: true, message });
  if (anew.has(node.nodeId)) return sure('You asked for it to be done anew.');
  if (node.type === partType)
    return { certain: false, message: 'It runs a pipeline, of which each node is reused where nothing changed.' };
  if (node.type === outputType) return sure('It hands on what arrives.');
  if (node.mapOver !== null)
    return { certain: false, message: 'It goes through its items; each is reused where it is the same.' };
  if (node.staticKey === null) return sure('It makes nothing, so there is nothing to reuse.');
  if (!reuse) return sure('Reuse is turned off for this run.');
  if (!node.reuse) return sure('This node is set to never reuse earlier work.');
  if (key === undefined) {
    const open = plan.inputs.filter((input) => input.node === place && !known.has(input.src));
    const names = [...new Set(open.map(({ src }) => `“${plan.nodes[src]!.name}”`))];
    return {
      certain: false,
      message: `It depends on what ${listOf(names)} ${names.length > 1 ? 'give' : 'gives'}; if that is as before, it is reused.`,
    };
  }
  if (!side) return sure('No earlier run of this pipeline has finished this node.');
  if (side.cache_key === key) return sure(`Run ${side.run} did equal work, but its outputs are not kept any more.`);
  const inputs = Object.fromEntries(
    [...arriving(plan, place, known)].map(({ port, position, sha256 }) => [
      position > 0 ? `${port} ${position + 1}` : port,
      sha256,
    ]),
  );
  const parts = differencesOf(side, { key_parts: node.keyParts, inputs }).map((one) => one.part);
  return sure(
    parts.length > 0 ? `Since run ${side.run}, ${listOf(parts)} changed.` : `Run ${side.run} did not do the same work.`,
  );
}

function* arriving(plan: Plan, place: number, known: ReadonlyMap<number, Outputs>) {
  for (const input of plan.inputs)
    if (input.node === place)
      for (const [index, { kind, sha256 }] of (known.get(input.src)?.get(input.srcPort) ?? []).entries())
        yield { port: input.port, position: input.position + index, kind, sha256 };
}

/** As `drawloom.claim` names work; undefined while something that arrives is not known. */
function keyOf(plan: Plan, place: number, known: ReadonlyMap<number, Outputs>): string | undefined {
  const { staticKey } = plan.nodes[place]!;
  if (staticKey === null) return undefined;
  if (plan.inputs.some((input) => input.node === place && !known.has(input.src))) return undefined;
  const lines = [...arriving(plan, place, known)].sort((a, b) =>
    a.port < b.port ? -1 : a.port > b.port ? 1 : a.position - b.position,
  );
  const digests = lines.map(({ port, position, kind, sha256 }) => `${port} ${position} ${kind} ${sha256}`).join('\n');
  return createHash('sha256').update(`${staticKey}\n${digests}`).digest('hex');
}

/** The nodes in the order in which they can be told: each wave needs only those before. */
function wavesOf(plan: Plan): number[][] {
  const depth = new Array<number>(plan.nodes.length).fill(0);
  for (const { src, dst } of plan.edges) depth[dst] = Math.max(depth[dst]!, depth[src]! + 1); // edges come by their source, in order
  const waves: number[][] = [];
  for (const [place, at] of depth.entries()) {
    waves[at] ??= [];
    waves[at].push(place);
  }
  return waves;
}

async function doneWork(
  tx: Tx,
  project: string,
  keys: readonly string[],
): Promise<Map<string, { run: number; node: string; outputs: Outputs }>> {
  if (keys.length === 0) return new Map();
  const rows = await tx.execute<{
    key: string;
    run: string;
    node: string;
    outputs: { port: string; kind: string; sha256: string }[] | null;
  }>(sql`
    select e.key, e.run_id as run, p.node_id as node,
      (select jsonb_agg(jsonb_build_object('port', u.port, 'kind', a.kind, 'sha256', a.sha256) order by u.port, u.position)
        from drawloom.artifact_use u join drawloom.artifact a on a.id = u.artifact_id
        where u.run_id = e.run_id and u.node = e.node and u.map_index = e.map_index and u.attempt = e.attempt and u.direction = 'out') as outputs
    from drawloom.cache_entry e
    join drawloom.run r on r.id = e.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = e.node
    where e.project_id = ${project}::uuid and e.state = 'ready'
      and e.key in (select jsonb_array_elements_text(${JSON.stringify(keys)}::text::jsonb))
      and not exists (
        select from drawloom.artifact_use u join drawloom.artifact a on a.id = u.artifact_id
        where u.run_id = e.run_id and u.node = e.node and u.map_index = e.map_index and u.attempt = e.attempt and u.direction = 'out'
          and a.forgotten_at is not null)`);
  return new Map(
    rows.map((row) => {
      const outputs = new Map<string, { kind: string; sha256: string }[]>();
      for (const { port, kind, sha256 } of row.outputs ?? []) {
        const list = outputs.get(port);
        if (list) list.push({ kind, sha256 });
        else outputs.set(port, [{ kind, sha256 }]);
      }
      return [row.key, { run: Number(row.run), node: row.node, outputs }];
    }),
  );
}

interface Earlier {
  expected: PlannedNode['expected'];
  /** The last time that it did well. */
  side: WorkSide | undefined;
}

/** By node: what it took in the last runs of the pipeline (the middle time, the most memory), and its last work. */
async function earlierWork(tx: Tx, pipeline: string): Promise<Map<NodeId, Earlier>> {
  const rows = await tx.execute<{
    node: string;
    wall_ms: number | null;
    memory: string | null;
    attempts: string;
    side: WorkSide | null;
  }>(sql`
    with recent as (
      select r.id, r.plan_id from drawloom.run r where r.pipeline_id = ${pipeline}::uuid order by r.id desc limit ${horizon}
    ), work as (
      select p.node_id, n.run_id, n.node, n.attempt, n.cache_key, p.key_parts, n.status
      from recent r
      join drawloom.plan_node p on p.plan_id = r.plan_id
      join drawloom.node_run n on n.run_id = r.id and n.node = p.node and n.map_index = 0
      where n.status in ('succeeded', 'reused')
    ), last as (
      select distinct on (w.node_id) w.node_id, jsonb_build_object('run', w.run_id, 'cache_key', w.cache_key, 'key_parts', w.key_parts,
        'inputs', (select coalesce(jsonb_object_agg(u.port || case when u.position > 0 then ' ' || u.position + 1 else '' end, a.sha256), '{}')
          from drawloom.artifact_use u join drawloom.artifact a on a.id = u.artifact_id
          where u.run_id = w.run_id and u.node = w.node and u.map_index = 0 and u.attempt = w.attempt and u.direction = 'in')) as side
      from work w order by w.node_id, w.run_id desc
    )
    select l.node_id as node, l.side, t.wall_ms, t.memory, coalesce(t.attempts, 0) as attempts
    from last l
    left join (
      select w.node_id, percentile_cont(0.5) within group (order by a.wall_ms) as wall_ms, max(a.peak_memory_bytes) as memory, count(*) as attempts
      from work w join drawloom.attempt a on a.run_id = w.run_id and a.node = w.node and a.map_index = 0 and a.attempt = w.attempt
      where w.status = 'succeeded' and a.reason = 'ok' and a.wall_ms is not null
      group by w.node_id
    ) t on t.node_id = l.node_id`);
  return new Map(
    rows.map((row) => [
      row.node,
      {
        side: row.side ?? undefined,
        expected:
          row.wall_ms === null
            ? null
            : {
                wallMs: Math.round(row.wall_ms),
                peakMemoryBytes: row.memory === null ? null : Number(row.memory),
                attempts: Number(row.attempts),
              },
      },
    ]),
  );
}

function totals(plan: Plan, nodes: readonly PlannedNode[]): Omit<RunPlan, 'nodes'> {
  const of = new Map(nodes.map((node) => [node.node, node]));
  const count = (fate: PlannedNode['fate']) => nodes.filter((node) => node.fate === fate).length;
  const ready = new Array<number>(plan.nodes.length).fill(0);
  let expectedMs = 0;
  let savedMs = 0;
  let unknown = 0;
  const after = new Map<number, number[]>();
  for (const { src, dst } of plan.edges) {
    const list = after.get(src);
    if (list) list.push(dst);
    else after.set(src, [dst]);
  }
  for (const [place, { nodeId }] of plan.nodes.entries()) {
    const { fate, expected } = of.get(nodeId)!;
    if (fate === 'reuse') savedMs += expected?.wallMs ?? 0;
    if (fate === 'run' && !expected) unknown += 1;
    const end = ready[place]! + (fate === 'run' ? (expected?.wallMs ?? 0) : 0);
    expectedMs = Math.max(expectedMs, end);
    for (const next of after.get(place) ?? []) ready[next] = Math.max(ready[next]!, end);
  }
  return {
    counts: { run: count('run'), reuse: count('reuse'), skip: count('skip') },
    expectedMs: count('run') > 0 && unknown === count('run') ? null : expectedMs,
    withoutHistory: unknown,
    savedMs,
  };
}
