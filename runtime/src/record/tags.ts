/** Decides whether what a plan needs of its workers is something that a worker ever had: else a word is misspelled, or a worker is missing. */
import { unknownTag } from '@drawloom/shared/pipeline/tags.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';

/** What is wrong with the tags that a plan needs, its parts included. One whose worker is away is none: it may come back. */
export async function tagProblems(tx: Tx, planId: number): Promise<Problem[]> {
  const rows = await tx.execute<{ node_id: string; name: string; tag: string; known: string[] }>(sql`
    with recursive had as materialized (
      select distinct t.tag from drawloom.worker w, unnest(w.tags) t (tag)
    ), part as (
      select ${planId}::bigint as plan_id, null::text as at
      union
      select c.child_plan_id, coalesce(p.at, n.node_id) from part p
      join drawloom.plan_child c on c.plan_id = p.plan_id
      join drawloom.plan_node n on n.plan_id = c.plan_id and n.node = c.node
    )
    select coalesce(p.at, n.node_id) as node_id, n.name, t.tag, to_jsonb(array(select tag from had order by 1 limit 20)) as known
    from part p
    join drawloom.plan_node n on n.plan_id = p.plan_id and n.needs <> ''
    cross join unnest(string_to_array(n.needs, ' ')) t (tag)
    where t.tag not in (select tag from had)
    order by 1, 3`);
  return rows.map(({ node_id, name, tag, known }) => unknownTag(node_id, name, tag, known, 'error'));
}

/** Every tag that a worker ever had. */
export async function everyTag(db: Pick<Tx, 'execute'>): Promise<string[]> {
  const rows = await db.execute<{ tag: string }>(
    sql`select distinct t.tag from drawloom.worker w, unnest(w.tags) t (tag) order by 1`,
  );
  return rows.map(({ tag }) => tag);
}

/** The same for an earlier run whose plan is to be carried out again. */
export async function tagProblemsOf(tx: Tx, run: number): Promise<Problem[]> {
  const [row] = await tx.execute<{ plan_id: string }>(sql`select plan_id from drawloom.run where id = ${run}::bigint`);
  return row ? tagProblems(tx, Number(row.plan_id)) : [];
}
