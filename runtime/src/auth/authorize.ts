/**
 * Decides who may do what. The one place: the router asks it exactly once for every request, and nothing else grants anything.
 * Lists are filtered by `visibleProjects`, which follows from the same facts.
 */
import { Action, type Role, roleActions } from '@drawloom/shared/api/access.ts';
import type { Subject } from './subject.ts';

/** What an action is done to: something in a project, the instance as a whole, or only one's own things. */
export type AuthorizationObject =
  | { kind: 'project'; projectId: string }
  | { kind: 'approval'; projectId: string; asked: Asked }
  | { kind: 'instance' }
  | { kind: 'own' };

/** Whom an approval asks. */
export interface Asked {
  roles: readonly Role[];
  /** Ids of people. */
  people: readonly string[];
  ownAllowed: boolean;
  /** Id of the person whose run it is. */
  askedBy: string | null;
}
export type Verdict = 'allowed' | 'refused' | 'invisible';

/**
 * 'invisible' is answered as if the object were not there, so that nobody learns of projects that are not theirs.
 * Instance admins may act in every project; not even they can read a secret, since no action does that.
 */
export function authorize(subject: Subject, action: Action | 'session', object: AuthorizationObject): Verdict {
  if (object.kind === 'own') return action === 'session' ? 'allowed' : 'refused';
  if (object.kind === 'instance') {
    if (subject.bounds) return 'refused'; // a token belongs to a project, never to the instance
    return action === 'session' || (action === 'instance.admin' && subject.admin) ? 'allowed' : 'refused';
  }
  const actions = actionsIn(subject, object.projectId);
  if (!actions.has('project.view')) return 'invisible';
  if (action !== 'session' && !actions.has(action)) return 'refused';
  if (object.kind === 'approval' && action === 'approval.answer' && notAsked(subject, object)) return 'refused';
  return 'allowed';
}

export const notAskedSentence = {
  started_it: 'You asked for this, or started the run that does, and somebody else has to answer for it.',
  not_named: 'This asks for other roles or people. Ask one of them.',
};

/** Why an approval is not for somebody who may answer approvals; null when it is. An admin stands for every role, not for every person. */
export function notAsked(
  subject: Subject,
  { projectId, asked }: { projectId: string; asked: Asked },
): 'started_it' | 'not_named' | null {
  const { personId, admin, roles } = subject;
  if (!asked.ownAllowed && asked.askedBy === personId) return 'started_it';
  if (asked.people.includes(personId)) return null;
  if (asked.roles.length === 0 && asked.people.length === 0) return null;
  const role = roles.get(projectId);
  const byRole = asked.roles.length > 0 && (admin || (role !== undefined && asked.roles.includes(role)));
  return byRole ? null : 'not_named';
}

/** Everything a subject may do in a project: its person's role, cut down to the token's bounds. */
export function actionsIn(subject: Subject, projectId: string): ReadonlySet<Action> {
  if (subject.bounds && subject.bounds.projectId !== projectId) return nothing;
  const role = subject.roles.get(projectId);
  const own = subject.admin ? everything : role ? new Set(roleActions[role]) : nothing;
  if (!subject.bounds) return own;
  const { actions } = subject.bounds;
  return new Set([...own].filter((action) => actions.has(action)));
}

/** The projects a list may speak of; null stands for all of them. */
export function visibleProjects(subject: Subject): string[] | null {
  if (subject.bounds) return [subject.bounds.projectId];
  return subject.admin ? null : [...subject.roles.keys()];
}

const nothing: ReadonlySet<Action> = new Set();
const everything: ReadonlySet<Action> = new Set(Action.options);
