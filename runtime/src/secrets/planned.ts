/** Decides whether the plan of an earlier run may be carried out again: its secrets must still be there, and be whoever asks's to use. */
import { pointer } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';

export async function secretProblems(db: Tx, run: number, mayUseSecrets: boolean): Promise<Problem[]> {
  const rows = await db.execute<{ node_id: string; node: string; name: string; is_there: boolean }>(sql`
    with recursive planned as (
      select r.plan_id, r.project_id, null::text as node_id, 0 as place from drawloom.run r where r.id = ${run}::bigint
      union
      select c.child_plan_id, a.project_id, coalesce(a.node_id, p.node_id), case when a.node_id is null then c.node else a.place end
      from planned a
      join drawloom.plan_child c on c.plan_id = a.plan_id
      join drawloom.plan_node p on p.plan_id = c.plan_id and p.node = c.node
    )
    select coalesce(a.node_id, p.node_id) as node_id, p.name as node, s.name, exists (
      select from drawloom.secret k where k.project_id = a.project_id and k.name = s.name
    ) as is_there
    from planned a
    join drawloom.plan_node p on p.plan_id = a.plan_id
    cross join lateral jsonb_object_keys(p.key_parts -> 'secrets') as s (name)
    where p.key_parts ? 'secrets'
    order by a.place, p.node, s.name`);
  return rows.flatMap(({ node_id, node, name, is_there }) =>
    mayUseSecrets && is_there
      ? []
      : [
          {
            code: mayUseSecrets ? 'secret_missing' : 'secret_not_allowed',
            message: mayUseSecrets
              ? `"${node}" is to be given the secret ${name}, and the project has none of that name any more. Set it under Settings, Secrets.`
              : `"${node}" is given the secret ${name}, and you may not use secrets (secret.use). Ask somebody who may.`,
            at: pointer('nodes', node_id, 'parameters'),
            severity: 'error' as const,
            node: node_id,
          },
        ],
  );
}
