/** Decides how roles and actions are called on screen, and what each means in a sentence. */
import { Action, type Role, roleActions } from '@drawloom/shared/api/access.ts';
import { t } from '../../words/index.ts';

export function roleName(role: Role): string {
  const names: Record<Role, string> = {
    'business-stakeholder': t('Business stakeholder'),
    'solution-architect': t('Solution architect'),
    'data-scientist': t('Data scientist'),
    'data-engineer': t('Data engineer'),
    'software-engineer': t('Software engineer'),
    'devops-engineer': t('DevOps engineer'),
    'ml-engineer': t('ML engineer'),
  };
  return names[role];
}

export function roleMeaning(role: Role): string {
  const meanings: Record<Role, string> = {
    'business-stakeholder': t('Looks at pipelines and metrics, and runs what is published.'),
    'solution-architect': t('Draws pipelines, reads data and the audit; runs nothing.'),
    'data-scientist': t('Draws, writes code, runs, reads data, sets secrets; no triggers.'),
    'data-engineer': t('Draws, writes code, runs, reads data, sets secrets and triggers.'),
    'software-engineer': t('Draws, writes code, runs, reads data, sets secrets; deletes nothing.'),
    'devops-engineer': t('Runs, sets triggers, looks after workers, members and the audit; draws nothing.'),
    'ml-engineer': t('Draws, writes code, runs, reads data, sets secrets and triggers.'),
  };
  return meanings[role];
}

export function actionMeaning(action: Action): string {
  const meanings: Record<Action, string> = {
    'project.view': t('See pipelines, runs and metrics'),
    'data.read': t('Read logs, outputs and artifacts'),
    'run.published': t('Run published pipelines'),
    'run.execute': t('Run pipelines'),
    'run.cancel': t('Cancel runs'),
    'approval.answer': t('Answer approvals that ask for them'),
    'graph.edit': t('Edit pipelines and upload files'),
    'code.edit': t('Edit code'),
    'schedule.manage': t('Manage triggers'),
    'secret.write': t('Set and remove secrets'),
    'secret.use': t('Use secrets in pipelines'),
    'secret.grant': t('Grant secrets'),
    'artifact.delete': t('Delete artifacts'),
    'model.register': t('Register models'),
    'model.promote': t('Promote models'),
    'worker.manage': t('Manage workers'),
    'member.manage': t('Manage members'),
    'audit.read': t('Read the audit'),
    'instance.admin': t('Administer everything'),
  };
  return meanings[action];
}

/** In the order of the table of actions, whatever order they came in. */
export const inOrder = (actions: readonly Action[]): Action[] =>
  Action.options.filter((action) => actions.includes(action));
export const actionsOf = (role: Role): string => inOrder(roleActions[role]).map(actionMeaning).join(' · ');
