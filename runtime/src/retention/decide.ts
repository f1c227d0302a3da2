/**
 * Decides which runs a policy would take now, and what keeps the others that are beyond its limits. Nothing is changed here: whoever
 * carries it out asks again, run by run, when nobody can come between.
 */
import type { ForgottenWhy, KeptBy, RetentionPolicy } from '@drawloom/shared/api/retention.ts';
import type { Sql } from '../db/connection.ts';

export interface Decision {
  /** Newest first, so that whoever took work over goes before the run that did it. */
  going: { run: number; why: ForgottenWhy }[];
  staying: { run: number; why: ForgottenWhy; by: KeptBy }[];
}

/** Runs by age and by count. */
export async function decideRuns(sql: Sql, project: string, policy: RetentionPolicy): Promise<Decision> {
  const due = await sql<{ run: number; why: ForgottenWhy; by: KeptBy | null }[]>`
    select d.run_id::float8 as run, d.why, drawloom.kept_by(d.run_id) as by
    from drawloom.due_runs(${project}::uuid, ${policy.runDays}::int, ${policy.runsPerPipeline}::int) d order by d.run_id desc`;
  return withTheirSources(sql, due, 'leaving_at');
}

/** Runs that stay, but whose outputs are too old. */
export async function decideOutputs(sql: Sql, project: string, { artifactDays }: RetentionPolicy): Promise<Decision> {
  const due = await sql<{ run: number; why: ForgottenWhy; by: KeptBy | null }[]>`
    select r.id::float8 as run, 'age' as why, drawloom.kept_by(r.id) as by from drawloom.run r
    where r.project_id = ${project}::uuid and r.parent_run is null and r.let_go_at is null
      and r.finished_at < now() - ${artifactDays}::int * interval '1 day' order by r.id desc`;
  return withTheirSources(sql, due, 'let_go_at');
}

/** A run that stays keeps the runs whose work it took over, and these keep theirs. */
async function withTheirSources(
  sql: Sql,
  due: readonly { run: number; why: ForgottenWhy; by: KeptBy | null }[],
  mark: 'leaving_at' | 'let_go_at',
): Promise<Decision> {
  const decision: Decision = { going: [], staying: [] };
  if (due.length === 0) return decision;
  const taken = await sql<{ source: number; user: number }[]>`
    with recursive source as (
      select d::bigint as id, d::bigint as root from jsonb_array_elements_text(${JSON.stringify(due.map(({ run }) => run))}::text::jsonb) d
      union all
      select c.id, s.root from source s join drawloom.run c on c.parent_run = s.id
    ), used as (
      select distinct s.root as source, n.run_id as id from source s join drawloom.node_run n on n.reused_from_run = s.id
    ), up as (
      select u.source, r.id, r.parent_run from used u join drawloom.run r on r.id = u.id and r.${sql(mark)} is null
      union all
      select u.source, p.id, p.parent_run from up u join drawloom.run p on p.id = u.parent_run
    )
    select distinct source::float8 as source, id::float8 as user from up where parent_run is null and id <> source`;
  const users = Map.groupBy(taken, ({ source }) => source);
  const going = new Set(due.filter(({ by }) => by === null).map(({ run }) => run));
  // Whoever takes work over is younger than who did it, so each is decided before what it leans on.
  for (const { run, why, by } of due) {
    const user = by === null ? users.get(run)?.some((one) => !going.has(one.user)) : false;
    if (user) going.delete(run);
    if (by === null && !user) decision.going.push({ run, why });
    else decision.staying.push({ run, why, by: by ?? 'reuse' });
  }
  return decision;
}
