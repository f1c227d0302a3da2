/** Routes about approvals: what waits for people, and their answers. */
import * as z from 'zod';
import { Json } from '../json.ts';
import { OnExpiry } from '../pipeline/approval.ts';
import { PipelineParameter } from '../pipeline/document.ts';
import { Role } from './access.ts';
import { PageQuery, ProjectPath, page, route } from './contract.ts';
import { ModelStage, ModelVersionPath, Promotion, PromotionGate } from './models.ts';

export { OnExpiry } from '../pipeline/approval.ts';

export const ApprovalStatus = z.enum(['open', 'approved', 'rejected', 'expired', 'withdrawn']);
export type ApprovalStatus = z.infer<typeof ApprovalStatus>;
export const Verdict = z.enum(['approve', 'reject']);
export type Verdict = z.infer<typeof Verdict>;

const Who = z.object({ id: z.string(), name: z.string() });
export const Approval = z
  .object({
    id: z.int(),
    kind: z.enum(['node_run', 'promotion']),
    run: z
      .object({
        id: z.int(),
        node: z.string(),
        name: z.string(),
        mapIndex: z.int(),
        pipeline: z.object({ id: z.uuid(), name: z.string() }),
      })
      .nullable()
      .meta({ description: 'The node run that waits for it.' }),
    promotion: Promotion.nullable().meta({ description: 'The version of a model that moves once it is approved.' }),
    title: z.string(),
    text: z.string(),
    form: z.record(z.string(), PipelineParameter).meta({ description: 'What whoever approves fills in.' }),
    needed: z.int().meta({ description: 'So many people have to approve; one who rejects is enough.' }),
    roles: z.array(Role),
    people: z.array(Who),
    ownAllowed: z.boolean().meta({ description: 'Whether whoever asked, or started the run, may answer.' }),
    askedBy: Who,
    askedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    onExpiry: OnExpiry,
    status: ApprovalStatus,
    byExpiry: z.boolean().meta({ description: 'Its time decided it, and no person.' }),
    decidedAt: z.iso.datetime().nullable(),
    answers: z.array(
      z.object({
        person: Who,
        verdict: Verdict,
        values: z.record(z.string(), Json),
        comment: z.string(),
        at: z.iso.datetime(),
      }),
    ),
    mayAnswer: z.boolean().meta({ description: 'Whether whoever asks may answer it now.' }),
    whyNot: z.string().nullable(),
  })
  .meta({ id: 'Approval' });
export type Approval = z.infer<typeof Approval>;

const ApprovalPath = z.object({ approval: z.coerce.number().int().positive() });

export const listApprovals = route('get /projects/{project}/approvals', {
  summary: 'Approvals of a project, newest first; `mine` for those that wait for whoever asks',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  query: PageQuery.extend({
    status: ApprovalStatus.optional(),
    mine: z.enum(['true', 'false']).optional(),
    model: z.string().max(256).optional().meta({ description: 'Only promotions of versions of this model.' }),
  }),
  answer: page(Approval),
});
export const getApproval = route('get /approvals/{approval}', {
  summary: 'An approval: what is asked, who may answer, and who said what',
  action: 'project.view',
  scope: 'approval',
  params: ApprovalPath,
  answer: Approval,
});
export const answerApproval = route('post /approvals/{approval}/answer', {
  summary: 'Approve or reject, with the values of its form',
  action: 'approval.answer',
  scope: 'approval',
  params: ApprovalPath,
  body: z.strictObject({
    verdict: Verdict,
    values: z.record(z.string().max(100), z.union([z.string().max(10_000), z.number(), z.boolean()])).default({}),
    comment: z.string().trim().max(4000).default(''),
  }),
  answer: Approval,
});
export const askPromotion = route('post /projects/{project}/models/{model}/versions/{version}/promotions', {
  summary: 'Ask somebody else to promote a version; refused where a number does not pass its gate',
  action: 'model.register',
  scope: 'project',
  params: ModelVersionPath,
  body: z
    .strictObject({
      alias: z.string().max(255).optional(),
      stage: ModelStage.optional(),
      archive: z.boolean().default(false),
      gates: z.array(PromotionGate).max(50).default([]),
      text: z.string().trim().max(10_000).default('').meta({ description: 'Why, for whoever answers.' }),
    })
    .refine(({ alias, stage }) => (alias === undefined) !== (stage === undefined), {
      error: 'Name either the alias or the stage that the version is to have.',
    }),
  status: 201,
  answer: Approval,
});
