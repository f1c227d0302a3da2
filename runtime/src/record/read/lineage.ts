/** Decides how lineage is walked: from an artifact to what made it and what was made of it, across runs, step by step. */
import type { Lineage, LineageNode } from '@drawloom/shared/api/lineage.ts';
import type { ArtifactRef } from '@drawloom/shared/api/runs.ts';
import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import { instant } from './instant.ts';

export interface LineageQuestion {
  projectId: string;
  sha256: string;
  kind?: string | undefined;
  direction: 'up' | 'down' | 'both';
  /** Node runs in a row. */
  depth: number;
  /** Nodes in the answer, at most. */
  limit?: number;
}

interface Use extends Record<string, unknown> {
  run_id: string;
  node: number;
  map_index: number;
  attempt: number;
  port: string;
  artifact_id: string;
}

const artifactNode = (id: string | number) => `artifact ${id}`;
const runNode = (use: Pick<Use, 'run_id' | 'node' | 'map_index'>) =>
  `run ${use.run_id} node ${use.node} ${use.map_index}`;

/** Undefined: the project has no such artifact. Only attempts that counted are walked, and work that was taken over is walked where it was done. */
export async function lineageOf(
  tx: Tx,
  { projectId, sha256, kind, direction, depth, limit = 1000 }: LineageQuestion,
): Promise<Lineage | undefined> {
  const roots = await tx.execute<{ id: string }>(sql`
    select id from drawloom.artifact where project_id = ${projectId}::uuid and sha256 = ${sha256} ${kind ? sql`and kind = ${kind}` : sql``}`);
  if (roots.length === 0) return undefined;
  const walk = {
    artifacts: new Map<string, string>(),
    runs: new Map<string, Use>(),
    edges: new Map<string, Lineage['edges'][number]>(),
    truncated: false,
  };
  for (const { id } of roots) walk.artifacts.set(id, '');
  const add = (use: Use, way: 'in' | 'out') => {
    const [artifact, run] = [artifactNode(use.artifact_id), runNode(use)];
    const [from, to] = way === 'in' ? [artifact, run] : [run, artifact];
    walk.edges.set(`${from} > ${to} ${use.port}`, { from, to, port: use.port });
    if (way === 'out' || !walk.artifacts.get(use.artifact_id))
      walk.artifacts.set(use.artifact_id, walk.artifacts.get(use.artifact_id) || use.port);
    walk.runs.set(run, use);
  };
  for (const way of direction === 'both' ? (['up', 'down'] as const) : [direction]) {
    const [near, far] = way === 'up' ? (['out', 'in'] as const) : (['in', 'out'] as const);
    const seen = new Set<string>();
    let frontier = roots.map((root) => root.id);
    for (let step = 0; step < depth && frontier.length > 0; step++) {
      if (walk.artifacts.size + walk.runs.size >= limit) {
        walk.truncated = true;
        break;
      }
      const room = limit - walk.artifacts.size - walk.runs.size;
      const touching = await uses(
        tx,
        sql`u.artifact_id = any(${`{${frontier.join(',')}}`}::text::bigint[]) and u.direction = ${near}`,
        room,
      );
      if (touching.length >= room) walk.truncated = true;
      for (const use of touching) add(use, near);
      const next =
        touching.length === 0
          ? []
          : await uses(tx, sql`(u.run_id, u.node, u.map_index) in ${keys(touching)} and u.direction = ${far}`, room);
      for (const use of next) add(use, far);
      for (const id of frontier) seen.add(id);
      frontier = [...new Set(next.map((use) => use.artifact_id))].filter((id) => !seen.has(id));
    }
  }
  const nodes = [...(await artifactsOf(tx, walk.artifacts)), ...(await runsOf(tx, [...walk.runs.values()]))];
  return { nodes, edges: [...walk.edges.values()], truncated: walk.truncated };
}

const keys = (list: readonly Use[]) =>
  sql`(${sql.join(
    list.map((use) => sql`(${use.run_id}::bigint, ${use.node}::int, ${use.map_index}::int)`),
    sql`, `,
  )})`;

const uses = async (tx: Tx, where: SQL, limit: number): Promise<Use[]> => [
  ...(await tx.execute<Use>(sql`
    select u.run_id, u.node, u.map_index, u.attempt, u.port, u.artifact_id from drawloom.artifact_use u
    join drawloom.node_run n on n.run_id = u.run_id and n.node = u.node and n.map_index = u.map_index and n.attempt = u.attempt
    where n.status = 'succeeded' and ${where} order by u.run_id desc, u.node, u.port limit ${limit}`)),
];

async function artifactsOf(tx: Tx, ports: ReadonlyMap<string, string>): Promise<LineageNode[]> {
  const rows = await tx.execute<{ id: string; artifact: ArtifactRef }>(sql`
    select a.id, jsonb_build_object('position', 0, 'kind', a.kind, 'sha256', a.sha256, 'mediaType', a.media_type, 'sizeBytes', a.size_bytes,
      'rowCount', a.row_count, 'columnCount', jsonb_array_length(a.columns), 'madeBy', null,
      'forgottenAt', ${instant(sql`a.forgotten_at`)}) as artifact
    from drawloom.artifact a where a.id = any(${`{${[...ports.keys()].join(',')}}`}::text::bigint[])`);
  return rows.map(({ id, artifact }) => ({
    kind: 'artifact',
    id: artifactNode(id),
    artifact: { ...artifact, port: ports.get(id) ?? '' },
  }));
}

async function runsOf(tx: Tx, list: readonly Use[]): Promise<LineageNode[]> {
  if (list.length === 0) return [];
  const rows = await tx.execute<{
    run_id: string;
    node: number;
    map_index: number;
    node_id: string;
    name: string;
    type: string;
    pipeline: string;
    pipeline_name: string;
    at: string | null;
  }>(sql`
    select n.run_id, n.node, n.map_index, p.node_id, p.name, p.type, l.id as pipeline, l.name as pipeline_name, ${instant(sql`n.finished_at`)} as at
    from drawloom.node_run n join drawloom.run r on r.id = n.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
    join drawloom.pipeline l on l.id = r.pipeline_id
    where (n.run_id, n.node, n.map_index) in ${keys(list)}`);
  return rows.map((row) => ({
    kind: 'node-run',
    id: runNode(row),
    run: Number(row.run_id),
    node: row.node_id,
    name: row.name,
    type: row.type,
    pipeline: { id: row.pipeline, name: row.pipeline_name },
    at: row.at,
  }));
}
