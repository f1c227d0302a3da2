/**
 * Decides whether a trigger may still act. It acts with the rights that whoever saved it last has now, cut down to those of the token
 * they saved it with; once they may not manage triggers any more, it stops and says so.
 */
import { Action, Role, roleActions } from '@drawloom/shared/api/access.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import type postgres from 'postgres';
import { actionsIn } from '../auth/authorize.ts';
import { loadPerson } from '../auth/people.ts';
import type { Sql, Tx } from '../db/connection.ts';

export interface Actor {
  projectId: string;
  /** Id of the person; null for nobody. */
  actor: string | null;
  /** The actions of the token that it was saved with; null for all that the person has. */
  within: readonly string[] | null;
}

export async function rightsOf(db: Tx, { projectId, actor, within }: Actor): Promise<ReadonlySet<Action>> {
  const person = actor === null ? null : await loadPerson(db, actor);
  if (!person) return new Set();
  const actions = new Set(Action.options.filter((action) => within?.includes(action)));
  return actionsIn(
    within === null
      ? { ...person, via: 'session' }
      : { ...person, via: 'token', bounds: { tokenId: '', projectId, actions } },
    projectId,
  );
}

export const rightsLost: Problem = {
  code: 'rights_lost',
  message:
    'Whoever this acts for may not manage triggers in the project any more, so nothing is started. Somebody who may can switch the trigger on; it acts for them from then on.',
  at: '',
  severity: 'error',
};

/** Stops triggers that act for somebody who lost the right to have them, before they fall due. Returns how many. */
export async function stopWithoutRights(sql: Sql): Promise<number> {
  const managing = Role.options.filter((role) => roleActions[role].includes('schedule.manage'));
  return sql.begin(async (tx) => {
    const lost = await tx`
      select t.id from drawloom.trigger t
      where t.enabled and not exists (
        select from drawloom.person p
        left join drawloom.role_grant g on g.person_id = p.id and g.project_id = t.project_id
        where p.id::text = t.acts_for and p.removed_at is null
          and (p.admin or g.role in (select r from jsonb_array_elements_text(${JSON.stringify(managing)}::text::jsonb) r)))
      for update of t skip locked`;
    for (const { id } of lost) await stopForRights(tx, id);
    return lost.length;
  });
}

/** Switches one off, and tells whoever wants to hear of it. */
export async function stopForRights(tx: postgres.TransactionSql, trigger: string): Promise<void> {
  const [stopped] = await tx`
    update drawloom.trigger set enabled = false, next_at = null,
      paused = jsonb_build_object('at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'run', null, 'why', 'rights')
    where id = ${trigger} and enabled returning project_id, pipeline_id`;
  if (!stopped) return; // somebody was first
  await tx`
    insert into drawloom.outbox (project_id, kind, pipeline_id, details)
    select ${stopped.project_id}, 'stopped', ${stopped.pipeline_id},
      jsonb_build_object('trigger', ${trigger}::text, 'problems', ${JSON.stringify([rightsLost])}::text::jsonb)
    where exists (select from drawloom.notification_rule r where r.project_id = ${stopped.project_id} and r.enabled)`;
}
