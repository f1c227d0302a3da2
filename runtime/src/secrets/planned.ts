/** Decides whether the plan of an earlier run may be carried out again: its secrets must still be there, and be whoever asks's to use. */
import { pointer } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';

export async function secretProblems(db: Tx, run: number, mayUseSecrets: boolean): Promise<Problem[]> {
  const rows = await db.execute<{ node_id: string; node: string; name: string; is_there: boolean }>(sql`
    select p.node_id, p.name as node, s.name, exists (
      select from drawloom.secret k where k.project_id = r.project_id and k.name = s.name
    ) as is_there
    from drawloom.run r
    join drawloom.plan_node p on p.plan_id = r.plan_id
    cross join lateral jsonb_object_keys(p.key_parts -> 'secrets') as s (name)
    where r.id = ${run}::bigint and p.key_parts ? 'secrets'
    order by p.node, s.name`);
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
