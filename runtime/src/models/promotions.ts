/** Decides how a promotion is asked for: as an approval that somebody else gives, who may promote. What it does then is the database's. */
import { type Role, roleActions } from '@drawloom/shared/api/access.ts';
import type { JudgedGate } from '@drawloom/shared/api/models.ts';
import type { Sql } from '../db/connection.ts';
import type { Stage } from '../db/tables/models.ts';
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

const promoters = (Object.keys(roleActions) as Role[]).filter((role) => roleActions[role].includes('model.promote'));

/** Returns the approval's id. `model` is the registered model's id in the database. Ring the bell afterwards. */
export function askPromotion(
  sql: Sql,
  project: string,
  model: number,
  version: ModelVersion,
  { alias, stage, archive, gates, text, by }: Asked,
): Promise<number> {
  const title = `Promote version ${version.version} of ${version.model} to ${alias === null ? stage : `@${alias}`}?`;
  return sql.begin(async (tx) => {
    // The lock under which nothing is asked twice, and no version goes meanwhile.
    await tx`select from drawloom.registered_model where id = ${model} for no key update`;
    const there = await tx`select from drawloom.model_version where id = ${version.id}`;
    if (there.length === 0) throw new ModelProblem('missing', 'The model version was deleted meanwhile.');
    const [open] = await tx<{ id: string }[]>`
      select a.id from drawloom.approval a join drawloom.model_promotion p on p.approval_id = a.id
      where p.version_id = ${version.id} and a.status = 'open'
        and p.alias is not distinct from ${alias} and p.stage is not distinct from ${stage}`;
    if (open)
      throw new ModelProblem('conflict', `This was asked before, and waits for its answer (approval ${open.id}).`);
    const [made] = await tx<{ id: string }[]>`
      insert into drawloom.approval (project_id, kind, title, text, form, needed, roles, people, own_allowed, asked_by, on_expiry)
      values (${project}, 'promotion', ${title}, ${text}, '{}', 1, ${`{${promoters.join(',')}}`}::text::text[], '{}', false, ${by}, 'fail')
      returning id`;
    const id = Number(made!.id);
    await tx`
      insert into drawloom.model_promotion (approval_id, version_id, alias, stage, archive, gates)
      values (${id}, ${version.id}, ${alias}, ${stage}, ${archive}, ${JSON.stringify(gates)}::text::jsonb)`;
    await tx`select drawloom.tell_approvals(array[${id}]::bigint[])`;
    return id;
  });
}
