/** Decides which columns the nodes of a pipeline last gave: of each output, by the newest of its recent good node runs. */
import { namesOfWork, type SeenTable } from '@drawloom/shared/columns/flow.ts';
import type { Column } from '@drawloom/shared/node-type/ports.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';

/** So many runs are looked back; what a node gave before that tells little of what it gives now. */
const runsLookedAt = 20;

export async function seenTables(tx: Tx, pipelineId: string): Promise<SeenTable[]> {
  const rows = await tx.execute<{ run: number; version: string; node: string; port: string; columns: Column[] }>(sql`
    with recent as (
      select r.id, r.plan_id, r.pipeline_version_id from drawloom.run r
      where r.pipeline_id = ${pipelineId}::uuid and r.leaving_at is null order by r.id desc limit ${runsLookedAt})
    select distinct on (p.node_id, u.port) r.id::int as run, r.pipeline_version_id as version, p.node_id as node, u.port, a.columns
    from recent r
    join drawloom.node_run n on n.run_id = r.id and n.status in ('succeeded', 'reused')
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
    join drawloom.artifact_use u on u.run_id = n.run_id and u.node = n.node and u.map_index = n.map_index
      and u.attempt = n.attempt and u.direction = 'out' and u.position = 0
    join drawloom.artifact a on a.id = u.artifact_id and a.columns is not null
    order by p.node_id, u.port, r.id desc, n.map_index`);
  const names = new Map<string, Map<string, string>>();
  const versions = [...new Set(rows.map((row) => row.version))];
  if (versions.length > 0)
    for (const { id, document } of await tx.execute<{ id: string; document: PipelineDocument }>(sql`
      select v.id, v.document from drawloom.pipeline_version v where v.id = any(${`{${versions.join(',')}}`}::text::uuid[])`))
      names.set(id, namesOfWork(document));
  return rows.map(({ run, version, node, port, columns }) => ({
    node,
    port,
    columns,
    run,
    fingerprint: names.get(version)?.get(node) ?? '',
  }));
}
