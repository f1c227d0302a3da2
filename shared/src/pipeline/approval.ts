/** Decides what an approval node asks for, what is wrong with one on paper, and which answers fit its form. */
import * as z from 'zod';
import { Role } from '../api/access.ts';
import { pointer } from '../json.ts';
import type { Problem } from '../problem.ts';
import { ParameterName, type PipelineDocument, PipelineParameter } from './document.ts';
import { checkParameterValue } from './parameterValue.ts';

export const approvalType = 'approval';
/** The type of a node that asks for the promotion of a model, which is an approval of its own kind. */
export const promotionType = 'promote-model';

export const OnExpiry = z.enum(['fail', 'reject', 'approve']);
export type OnExpiry = z.infer<typeof OnExpiry>;

/** The fields of a form, written like the parameters of a pipeline. One without a default has to be filled in. */
export type ApprovalForm = Readonly<Record<string, PipelineParameter>>;
const mostFields = 50;
export const mostApprovers = 100;

/** What an approval node is set to; its node type makes the form of it. */
export const ApprovalParameters = {
  title: z.string().max(200).default('').meta({
    title: 'Question',
    description: 'What is to be approved. Empty: the name of the node.',
  }),
  text: z.string().max(10_000).default('').meta({
    title: 'Text',
    description: 'What whoever answers should know and look at.',
    widget: 'text',
  }),
  form: z.record(z.string(), PipelineParameter).default({}).meta({
    title: 'Form',
    description:
      'Fields that whoever approves fills in, written like the parameters of a pipeline: {"threshold": {"type": "number", "default": 0.8}}.',
  }),
  approvals: z.int().min(1).max(mostApprovers).default(1).meta({
    title: 'Approvals',
    description: 'So many people have to approve. One who rejects is enough.',
  }),
  roles: z.array(Role).default([]).meta({
    title: 'Roles',
    description: 'Whoever has one of these may answer. No role and no person: whoever may answer approvals.',
  }),
  people: z.array(z.uuid()).max(mostApprovers).default([]).meta({
    title: 'People',
    description: 'They may answer, whatever their role.',
    widget: 'members',
  }),
  ownAllowed: z.boolean().default(true).meta({ title: 'Whoever started the run may answer' }),
  expiresAfterHours: z.number().gt(0).max(8760).optional().meta({
    title: 'Expires after hours',
    description: 'Empty: never. The time of a pause does not count.',
  }),
  onExpiry: OnExpiry.default('fail').meta({
    title: 'Then',
    choiceTitles: { fail: 'fail', reject: 'reject', approve: 'approve' },
  }),
};

/** What is wrong with the approvals of a drawing that the form of the node type does not tell. */
export function checkApprovals(document: PipelineDocument): Problem[] {
  return Object.entries(document.nodes).flatMap(([id, node]) => {
    if (node.type !== approvalType && node.type !== promotionType) return [];
    const problems: Problem[] = [];
    const tell = (code: string, message: string, ...path: (string | number)[]) =>
      problems.push({ code, message, at: pointer('nodes', id, ...path), severity: 'error', node: id });
    if (node.execution?.pool)
      tell(
        'pool_idle',
        `"${node.name}" does no work of its own, so it cannot hold slots of a pool. Give the pool to the nodes that do the work.`,
        'execution',
        'pool',
      );
    if (node.type === promotionType) return problems;
    const { form, approvals, people, roles } = node.parameters;
    const fields = typeof form === 'object' && form !== null && !Array.isArray(form) ? Object.keys(form) : [];
    for (const name of fields)
      if (!ParameterName.safeParse(name).success)
        tell(
          'field_name',
          `"${name}" cannot be the name of a field. Use English letters, digits and _, 63 at most; its title may be anything.`,
          'parameters',
          'form',
          name,
        );
    for (const name of fields) {
      const field = PipelineParameter.safeParse((form as Record<string, unknown>)[name]);
      const wrong = field.data?.default === undefined ? null : checkParameterValue(field.data, field.data.default);
      if (wrong)
        tell(
          'field_default',
          `The default of the field "${name}" of "${node.name}" ${wrong}.`,
          'parameters',
          'form',
          name,
          'default',
        );
    }
    if (fields.length > mostFields)
      tell(
        'form_large',
        `A form has ${mostFields} fields at most, and this has ${fields.length}. Ask for less.`,
        'parameters',
        'form',
      );
    const named = Array.isArray(people) ? new Set(people).size : 0;
    const byRole = Array.isArray(roles) && roles.length > 0;
    if (typeof approvals === 'number' && named > 0 && !byRole && approvals > named)
      tell(
        'approvers_few',
        `"${node.name}" needs ${approvals} approvals, and only ${named} ${named === 1 ? 'person' : 'people'} may answer. Name more, or ask for fewer.`,
        'parameters',
        'approvals',
      );
    return problems;
  });
}
