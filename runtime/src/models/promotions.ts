/** Decides how a promotion is asked for: as an approval that somebody else gives, who may promote. What it does then is the database's. */
import { type Role, roleActions } from '@drawloom/shared/api/access.ts';
import type { JudgedGate } from '@drawloom/shared/api/models.ts';
import type { Sql } from '../db/connection.ts';
import type { Stage } from '../db/tables/models.ts';
import type { Work } from '../execute/executor.ts';
import { ModelProblem } from './problem.ts';
import type { ModelVersion } from './registered.ts';

export interface Asked {
  alias: string | null;
  stage: Stage | null;
  archive: boolean;
  gates: readonly JudgedGate[];
  text: string;
  /** Id of whoever asks; they never answer it themselves. */
  by: string;
}

export const promoters = (Object.keys(roleActions) as Role[]).filter((role) =>
  roleActions[role].includes('model.promote'),
);

/** Returns the approval's id. `model` is the registered model's id in the database. Ring the bell afterwards. */
export function askPromotion(
  sql: Sql,
  project: string,
  model: number,
  version: ModelVersion,
  { alias, stage, archive, gates, text, by }: Asked,
): Promise<number> {
  return sql.begin(async (tx) => {
    await hold(tx as unknown as Sql, model, version);
    const [open] = await tx<{ id: string }[]>`
      select a.id from drawloom.approval a join drawloom.model_promotion p on p.approval_id = a.id
      where p.version_id = ${version.id} and a.status = 'open'
        and p.alias is not distinct from ${alias} and p.stage is not distinct from ${stage}`;
    if (open)
      throw new ModelProblem('conflict', `This was asked before, and waits for its answer (approval ${open.id}).`);
    const [made] = await tx<{ id: string }[]>`
      insert into drawloom.approval (project_id, kind, title, text, form, needed, roles, people, own_allowed, asked_by, on_expiry)
      values (${project}, 'promotion', ${titleOf(version, { alias, stage })}, ${text}, '{}', 1, ${`{${promoters.join(',')}}`}::text::text[], '{}', false, ${by}, 'fail')
      returning id`;
    const id = Number(made!.id);
    await tx`
      insert into drawloom.model_promotion (approval_id, version_id, alias, stage, archive, gates)
      values (${id}, ${version.id}, ${alias}, ${stage}, ${archive}, ${JSON.stringify(gates)}::text::jsonb)`;
    await tx`select drawloom.tell_approvals(array[${id}]::bigint[])`;
    return id;
  });
}

/**
 * The same for a node, in a transaction that holds its lease. It is not asked yet: that is for the tick that parks the node run. A later
 * attempt finds what an earlier one prepared.
 */
export async function preparePromotion(
  sql: Sql,
  { project, run, node, mapIndex }: Pick<Work, 'project' | 'run' | 'node' | 'mapIndex'>,
  model: number,
  version: ModelVersion,
  { alias, stage, archive, gates, text, by }: Asked,
): Promise<number> {
  await hold(sql, model, version);
  await sql`delete from drawloom.approval where run_id = ${run} and node = ${node} and map_index = ${mapIndex} and status = 'withdrawn'`;
  const [made] = await sql<{ id: string }[]>`
    insert into drawloom.approval (project_id, kind, run_id, node, map_index, pipeline_id, title, text, form, needed, roles, people,
      own_allowed, asked_by, on_expiry, status, decided_at)
    select ${project}, 'promotion', r.id, ${node}::int, ${mapIndex}::int, r.pipeline_id, ${titleOf(version, { alias, stage })}, ${text}, '{}', 1,
      ${`{${promoters.join(',')}}`}::text::text[], '{}', false, ${by}, 'fail', 'withdrawn', now()
    from drawloom.run r where r.id = ${run} returning id`;
  const id = Number(made!.id);
  await sql`
    insert into drawloom.model_promotion (approval_id, version_id, alias, stage, archive, gates)
    values (${id}, ${version.id}, ${alias}, ${stage}, ${archive}, ${JSON.stringify(gates)}::text::jsonb)`;
  return id;
}

/** The lock under which nothing is asked twice, and no version goes meanwhile. */
async function hold(sql: Sql, model: number, version: ModelVersion): Promise<void> {
  await sql`select from drawloom.registered_model where id = ${model} for no key update`;
  const there = await sql`select from drawloom.model_version where id = ${version.id}`;
  if (there.length === 0) throw new ModelProblem('missing', 'The model version was deleted meanwhile.');
}

const titleOf = (version: ModelVersion, { alias, stage }: Pick<Asked, 'alias' | 'stage'>): string =>
  `Promote version ${version.version} of ${version.model} to ${alias === null ? stage : `@${alias}`}?`;
