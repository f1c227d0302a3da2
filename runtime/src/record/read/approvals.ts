/** Decides how approvals are read: what is asked, by which run, and who said what. Whether somebody may answer is told elsewhere. */
import type { Approval } from '@drawloom/shared/api/approvals.ts';
import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import { instant } from './instant.ts';

/** People by their ids alone; names are put in by whoever knows people. */
export type ApprovalRow = Omit<Approval, 'askedBy' | 'people' | 'mayAnswer' | 'whyNot'> & {
  projectId: string;
  askedBy: string | null;
  people: string[];
};

export interface ApprovalFilter {
  projectId: string;
  status?: Approval['status'] | undefined;
  before?: number | undefined;
  /** Only promotions of this model. */
  model?: string | undefined;
  limit: number;
}

export async function listApprovals(
  tx: Tx,
  { projectId, status, before, model, limit }: ApprovalFilter,
): Promise<ApprovalRow[]> {
  return read(
    tx,
    sql`a.project_id = ${projectId}::uuid
      ${status === undefined ? sql`` : sql`and a.status = ${status}`} ${before === undefined ? sql`` : sql`and a.id < ${before}::bigint`}
      ${model === undefined ? sql`` : sql`and m.name = ${model}`}
      and (r.id is null or r.leaving_at is null)`,
    limit,
  );
}

export async function readApproval(tx: Tx, id: number): Promise<ApprovalRow | undefined> {
  return (await read(tx, sql`a.id = ${id}::bigint`, 1))[0];
}

async function read(tx: Tx, which: SQL, limit: number): Promise<ApprovalRow[]> {
  const rows = await tx.execute<{ approval: ApprovalRow }>(sql`
    select jsonb_build_object('id', a.id, 'projectId', a.project_id, 'kind', a.kind, 'title', a.title, 'text', a.text, 'form', a.form,
      'needed', a.needed, 'roles', a.roles, 'people', a.people, 'ownAllowed', a.own_allowed, 'askedBy', a.asked_by,
      'askedAt', ${instant(sql`a.asked_at`)}, 'expiresAt', ${instant(sql`a.expires_at`)}, 'onExpiry', a.on_expiry, 'status', a.status,
      'byExpiry', a.by_expiry, 'decidedAt', ${instant(sql`a.decided_at`)},
      'run', case when r.id is not null then jsonb_build_object('id', r.id, 'node', p.node_id, 'name', p.name, 'mapIndex', a.map_index,
        'pipeline', jsonb_build_object('id', l.id, 'name', l.name)) end,
      'promotion', case when m.id is not null then jsonb_build_object('model', m.name, 'version', v.version, 'alias', o.alias,
        'stage', o.stage, 'archive', o.archive, 'gates', o.gates) end,
      'answers', coalesce((select jsonb_agg(jsonb_build_object('person', jsonb_build_object('id', w.person_id, 'name', w.person_name),
        'verdict', w.verdict, 'values', w.values, 'comment', w.comment, 'at', ${instant(sql`w.at`)}) order by w.at, w.person_id)
        from drawloom.approval_answer w where w.approval_id = a.id), '[]')) as approval
    from drawloom.approval a
    left join drawloom.run r on r.id = a.run_id
    left join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = a.node
    left join drawloom.pipeline l on l.id = r.pipeline_id
    left join drawloom.model_promotion o on o.approval_id = a.id
    left join drawloom.model_version v on v.id = o.version_id
    left join drawloom.registered_model m on m.id = v.model_id
    where ${which}
    order by a.id desc limit ${limit}`);
  return rows.map(({ approval }) => approval);
}
