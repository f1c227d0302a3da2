/** The routes about approvals: what waits for people, and their answers. */
import type { Approval } from '@drawloom/shared/api/approvals.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import { type Json, pointer } from '@drawloom/shared/json.ts';
import { bindPipeline } from '@drawloom/shared/pipeline/checks.ts';
import { authorize, notAsked, notAskedSentence } from '../auth/authorize.ts';
import { namesOf } from '../auth/people.ts';
import type { Subject } from '../auth/subject.ts';
import { answerApproval } from '../record/approvals.ts';
import { type ApprovalRow, listApprovals, readApproval } from '../record/read/approvals.ts';
import type { House } from './house.ts';
import { invalid, notThere, Refusal } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

/** So many open ones are looked through for those that wait for one person. */
const mostOpen = 1000;

export const approvalHandlers: Handler[] = [
  handle(routes.listApprovals, async ({ house, project, query, subject }) => {
    const mine = query.mine === 'true';
    const rows = await listApprovals(house.db, {
      projectId: project.id,
      status: mine ? 'open' : query.status,
      model: query.model,
      before: query.after === undefined ? undefined : placeIn(query.after),
      limit: mine ? mostOpen : query.limit + 1,
    });
    const wanted = mine ? rows.filter((row) => judge(subject, row).mayAnswer) : rows;
    const shown = wanted.slice(0, query.limit);
    return {
      items: await answersFor(house, subject, shown),
      next: wanted.length > shown.length ? String(shown.at(-1)!.id) : null,
    };
  }),

  handle(routes.getApproval, ({ house, params, subject }) => approvalOf(house, subject, params.approval)),

  handle(routes.answerApproval, async ({ house, params, body, subject, note }) => {
    const asked = await readApproval(house.db, params.approval);
    if (!asked) throw notThere();
    const values = body.verdict === 'approve' ? bind(asked, body.values) : {};
    const outcome = await answerApproval(house.sql, asked.run && house.store, params.approval, {
      personId: subject.personId,
      personName: subject.name,
      via: subject.via,
      verdict: body.verdict,
      values,
      comment: body.comment,
    });
    if (outcome === 'gone') throw notThere();
    if (outcome === 'twice')
      throw new Refusal(409, 'answered', 'You have answered this before, and an answer stays. Another person has to.');
    if (outcome === 'over')
      throw new Refusal(409, 'approval_over', 'This was decided before, or its time is up. Look at what came of it.');
    if (outcome === 'stale')
      throw new Refusal(
        409,
        'promotion_stale',
        'What this version was compared with when it was asked for is not there any more: another version has the alias. Reject this, and have it asked anew.',
      );
    note({
      verdict: body.verdict,
      status: outcome,
      ...(asked.run && { run: asked.run.id, node: asked.run.node }),
      ...(asked.promotion && { model: asked.promotion.model, version: asked.promotion.version }),
    });
    house.bell.ring('drawloom_ready');
    house.bell.ring('drawloom_event');
    return approvalOf(house, subject, params.approval);
  }),
];

/** The values as the form binds them: defaults filled in, or each mistake at its field. */
function bind({ form }: ApprovalRow, given: Record<string, Json>): Record<string, Json> {
  const bound = bindPipeline(form, given);
  if ('values' in bound) return bound.values;
  throw invalid(
    bound.problems.map((problem) => {
      const name = problem.at.split('/')[2] ?? '';
      const known = Object.keys(form);
      const message = {
        parameter_unknown: `The form has no field "${name}"${known.length > 0 ? `; it has ${known.join(', ')}` : ', and asks for nothing'}. Leave it out.`,
        parameter_missing: `The form asks for "${form[name]?.title ?? name}". Give it a value.`,
      }[problem.code];
      return {
        ...problem,
        code: problem.code.replace('parameter', 'field'),
        message: message ?? problem.message.replace('The parameter', 'The field'),
        at: pointer('values', name),
      };
    }),
  );
}

function judge(subject: Subject, row: ApprovalRow): Pick<Approval, 'mayAnswer' | 'whyNot'> {
  const no = (whyNot: string | null) => ({ mayAnswer: false, whyNot });
  if (row.status !== 'open') return no(null);
  if (row.answers.some(({ person }) => person.id === subject.personId)) return no('You have answered this.');
  const object = { kind: 'approval' as const, projectId: row.projectId, asked: row };
  if (authorize(subject, 'approval.answer', object) === 'allowed') return { mayAnswer: true, whyNot: null };
  const why = notAsked(subject, object);
  return no(why ? notAskedSentence[why] : 'Your role does not answer approvals.');
}

export async function approvalOf(house: House, subject: Subject, id: number): Promise<Approval> {
  const row = await readApproval(house.db, id);
  if (!row) throw notThere();
  return (await answersFor(house, subject, [row]))[0]!;
}

/** With the names of people, and whether it is for whoever asks. */
async function answersFor({ db }: House, subject: Subject, rows: readonly ApprovalRow[]): Promise<Approval[]> {
  const name = await namesOf(
    db,
    rows.flatMap((row) => [row.askedBy, ...row.people]),
  );
  return rows.map(({ projectId, ...row }) => ({
    ...row,
    askedBy: { id: row.askedBy ?? '', name: name(row.askedBy) },
    people: row.people.map((id) => ({ id, name: name(id) })),
    ...judge(subject, { projectId, ...row }),
  }));
}

function placeIn(after: string): number {
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw new Refusal(400, 'invalid_query', 'This is no place in the list. Take `next` from the page before.', {
    at: '/after',
  });
}
