/** Decides who may do what: the actions, and the seven roles as sets of them. One function on the server asks this table. */
import * as z from 'zod';

export const Action = z.enum([
  'project.view', // graphs, run states, metrics
  'data.read', // logs, outputs, artifacts
  'run.published', // run a published pipeline with its declared parameters
  'run.execute',
  'run.cancel',
  'approval.answer', // of what asks for one's role, or for oneself
  'graph.edit',
  'code.edit',
  'schedule.manage',
  'secret.write',
  'secret.use', // start what is given secrets, and name one in a drawing
  'secret.grant',
  'artifact.delete',
  'model.register', // models, their versions, descriptions and tags
  'model.promote', // stages, and movable names that others load by
  'worker.manage',
  'member.manage',
  'audit.read',
  'instance.admin', // people, keys, backup; never reads a secret
]);
export type Action = z.infer<typeof Action>;

export const Role = z.enum([
  'business-stakeholder',
  'solution-architect',
  'data-scientist',
  'data-engineer',
  'software-engineer',
  'devops-engineer',
  'ml-engineer',
]);
export type Role = z.infer<typeof Role>;

const everyone: Action[] = ['project.view', 'run.published', 'approval.answer'];
const builder: Action[] = [
  ...everyone,
  'data.read',
  'run.execute',
  'run.cancel',
  'graph.edit',
  'code.edit',
  'secret.use',
];

/** The presets. What a role lacks is refused; nothing is implied (reading is not executing, editing is not deleting). */
export const roleActions: Record<Role, readonly Action[]> = {
  'business-stakeholder': everyone,
  'solution-architect': [...everyone, 'data.read', 'graph.edit', 'model.promote', 'audit.read'],
  'data-scientist': [...builder, 'secret.write', 'artifact.delete', 'model.register'],
  'data-engineer': [...builder, 'schedule.manage', 'secret.write', 'artifact.delete'],
  'software-engineer': [...builder, 'secret.write'],
  'devops-engineer': [
    ...everyone,
    'data.read',
    'run.execute',
    'run.cancel',
    'schedule.manage',
    'secret.write',
    'secret.use',
    'secret.grant',
    'artifact.delete',
    'model.promote',
    'worker.manage',
    'member.manage',
    'audit.read',
  ],
  'ml-engineer': [...builder, 'schedule.manage', 'secret.write', 'artifact.delete', 'model.register', 'model.promote'],
};
