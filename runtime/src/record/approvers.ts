/** Decides whether the approvals of a pipeline can be answered at all: a run that would wait for people who are not there does not start. */
import { pointer } from '@drawloom/shared/json.ts';
import { approvalType, promotionType } from '@drawloom/shared/pipeline/approval.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { sql } from 'drizzle-orm';
import { type Asked, authorize } from '../auth/authorize.ts';
import { loadPerson } from '../auth/people.ts';
import type { Tx } from '../db/connection.ts';
import { promoters } from '../models/promotions.ts';
import type { BoundPipeline } from '../plan/compile.ts';

type Given = Omit<Asked, 'askedBy'> & { approvals: number };
/** Whoever may promote models, beside who asks. */
const ofPromotion: Given = { roles: promoters, people: [], ownAllowed: false, approvals: 1 };

/** `actor` is whoever starts the run. */
export async function approverProblems(
  db: Tx,
  projectId: string,
  { document, values }: BoundPipeline,
  actor: string | null,
): Promise<Problem[]> {
  const asking = Object.entries(document.nodes).filter(
    ([, { type }]) => type === approvalType || type === promotionType,
  );
  if (asking.length === 0) return [];
  const rows = await db.execute<{ id: string }>(sql`
    select p.id from drawloom.person p where p.removed_at is null
      and (p.admin or exists (select from drawloom.role_grant g where g.person_id = p.id and g.project_id = ${projectId}::uuid))`);
  const people = (await Promise.all(rows.map(({ id }) => loadPerson(db, id)))).filter((person) => person !== null);
  return asking.flatMap(([id, node]) => {
    const given = node.type === promotionType ? ofPromotion : (values.get(id)! as unknown as Given);
    const problems: Problem[] = [];
    const tell = (code: string, message: string, ...path: (string | number)[]) =>
      problems.push({ code, message, at: pointer('nodes', id, 'parameters', ...path), severity: 'error', node: id });
    for (const [index, person] of given.people.entries())
      if (!people.some(({ personId }) => personId === person))
        tell(
          'approver_unknown',
          `"${node.name}" asks somebody (${person}) who is no member of the project. Choose one who is.`,
          'people',
          index,
        );
    if (problems.length > 0) return problems;
    const object = { kind: 'approval' as const, projectId, asked: { ...given, askedBy: actor } };
    const may = people.filter(
      (person) => authorize({ ...person, via: 'session' }, 'approval.answer', object) === 'allowed',
    );
    if (may.length < given.approvals)
      tell(
        'approvers_few',
        `"${node.name}" needs ${given.approvals} ${given.approvals === 1 ? 'approval' : 'approvals'}, and ${may.length === 0 ? 'nobody' : may.length === 1 ? 'only one person' : `only ${may.length} people`} may answer${given.ownAllowed ? '' : ' beside whoever starts the run'}. Ask for fewer, or let more people answer.`,
        'approvals',
      );
    return problems;
  });
}
