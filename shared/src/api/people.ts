/** Routes about who is there: the session, people, roles in a project, API tokens, secrets. */
import * as z from 'zod';
import { SecretName } from '../pipeline/secrets.ts';
import { Action, Role } from './access.ts';
import { PageQuery, ProjectPath, page, route } from './contract.ts';

export const Person = z
  .object({ id: z.string(), name: z.string(), email: z.string().nullable(), admin: z.boolean() })
  .meta({ id: 'Person' });
export type Person = z.infer<typeof Person>;

export const Project = z
  .object({ id: z.string(), name: z.string(), createdAt: z.iso.datetime(), actions: z.array(Action) })
  .meta({ id: 'Project' });
export type Project = z.infer<typeof Project>;

export const Session = z
  .object({ person: Person, projects: z.array(Project), csrfToken: z.string().nullable(), hasPassword: z.boolean() })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof Session>;

export const getSession = route('get /session', {
  summary: 'Who is signed in',
  action: 'session',
  scope: 'none',
  answer: Session,
});
export const signInByLink = route('post /session/link', {
  summary: 'Sign in with a one-time link',
  action: 'public',
  scope: 'none',
  body: z.strictObject({ token: z.string().max(200) }),
  answer: Session,
});
export const signIn = route('post /session', {
  summary: 'Sign in with e-mail and password',
  action: 'public',
  scope: 'none',
  body: z.strictObject({ email: z.email().max(320), password: z.string().max(1000) }),
  answer: Session,
});
export const signOut = route('delete /session', {
  summary: 'Sign out',
  action: 'session',
  scope: 'none',
  answer: 'nothing',
});
export const changeProfile = route('patch /session/person', {
  summary: 'Change one’s own name, e-mail or password',
  action: 'session',
  scope: 'none',
  body: z.strictObject({
    name: z.string().min(1).max(200).optional(),
    email: z.email().max(320).optional(),
    password: z.string().min(12).max(1000).optional(),
    currentPassword: z.string().max(1000).optional(),
  }),
  answer: Session,
});

export const listPeople = route('get /people', {
  summary: 'Everyone on this instance',
  action: 'instance.admin',
  scope: 'instance',
  answer: z.object({ people: z.array(Person) }),
});
export const invitePerson = route('post /people', {
  summary: 'Add a person; answers a one-time sign-in link to hand over',
  action: 'instance.admin',
  scope: 'instance',
  body: z.strictObject({
    name: z.string().min(1).max(200),
    email: z.email().max(320),
    admin: z.boolean().default(false),
  }),
  status: 201,
  answer: z.object({ person: Person, link: z.string() }),
});
export const removePerson = route('delete /people/{person}', {
  summary: 'Remove a person and end their sessions',
  action: 'instance.admin',
  scope: 'instance',
  params: z.object({ person: z.string() }),
  answer: 'nothing',
});

export const createProject = route('post /projects', {
  summary: 'Add a project',
  action: 'instance.admin',
  scope: 'instance',
  body: z.strictObject({ name: z.string().min(1).max(100) }),
  status: 201,
  answer: Project,
});

export const Member = z.object({ person: Person, role: Role }).meta({ id: 'Member' });
export const listMembers = route('get /projects/{project}/members', {
  summary: 'Who may do what in a project',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  answer: z.object({ members: z.array(Member) }),
});
export const setMember = route('put /projects/{project}/members/{person}', {
  summary: 'Give a person a role, or another one',
  action: 'member.manage',
  scope: 'project',
  params: ProjectPath.extend({ person: z.string() }),
  body: z.strictObject({ role: Role }),
  answer: Member,
});
export const removeMember = route('delete /projects/{project}/members/{person}', {
  summary: 'Take a person’s role away',
  action: 'member.manage',
  scope: 'project',
  params: ProjectPath.extend({ person: z.string() }),
  answer: 'nothing',
});

export const Token = z
  .object({
    id: z.string(),
    name: z.string(),
    hint: z.string().meta({ description: 'The first letters, to tell tokens apart.' }),
    project: z.string().nullable(),
    actions: z.array(Action),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Token' });
export type Token = z.infer<typeof Token>;
export const listTokens = route('get /tokens', {
  summary: 'One’s own API tokens',
  action: 'session',
  scope: 'none',
  answer: z.object({ tokens: z.array(Token) }),
});
export const createToken = route('post /tokens', {
  summary: 'Make an API token; its text is shown this once',
  action: 'session',
  scope: 'none',
  body: z.strictObject({
    name: z.string().min(1).max(100),
    project: z.string(),
    actions: z.array(Action).min(1).optional(),
    days: z.int().min(1).max(365).default(90),
  }),
  status: 201,
  answer: z.object({ token: Token, text: z.string() }),
});
export const revokeToken = route('delete /tokens/{token}', {
  summary: 'Revoke a token',
  action: 'session',
  scope: 'none',
  params: z.object({ token: z.string() }),
  answer: 'nothing',
});

export const Secret = z
  .object({ name: z.string(), version: z.int(), updatedAt: z.iso.datetime(), updatedBy: z.string() })
  .meta({ id: 'Secret' });
const SecretPath = ProjectPath.extend({ secret: SecretName });
export const listSecrets = route('get /projects/{project}/secrets', {
  summary: 'Names of secrets; values are never shown',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  answer: z.object({ secrets: z.array(Secret) }),
});
export const setSecret = route('put /projects/{project}/secrets/{secret}', {
  summary: 'Set a secret',
  action: 'secret.write',
  scope: 'project',
  params: SecretPath,
  body: z.strictObject({
    value: z
      .string()
      .min(4, 'A secret has 4 characters at least: a shorter one could not be masked without hitting ordinary text.')
      .max(65_536),
  }),
  answer: Secret,
});
export const removeSecret = route('delete /projects/{project}/secrets/{secret}', {
  summary: 'Remove a secret',
  action: 'secret.write',
  scope: 'project',
  params: SecretPath,
  answer: 'nothing',
});

export const AuditEntry = z
  .object({
    id: z.int(),
    at: z.iso.datetime(),
    actor: z.string(),
    action: z.string(),
    object: z.string(),
    outcome: z.enum(['allowed', 'denied', 'failed']),
    details: z.record(z.string(), z.json()),
  })
  .meta({ id: 'AuditEntry' });
export const listAudit = route('get /projects/{project}/audit', {
  summary: 'What was done, by whom',
  action: 'audit.read',
  scope: 'project',
  params: ProjectPath,
  query: PageQuery,
  answer: page(AuditEntry),
});
