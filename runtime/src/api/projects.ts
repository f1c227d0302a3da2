/** The routes about projects, and who is a member of one. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Project } from '@drawloom/shared/api/people.ts';
import { and, eq, inArray, isNull } from 'drizzle-orm';
import { actionsIn, visibleProjects } from '../auth/authorize.ts';
import type { Subject } from '../auth/subject.ts';
import type { Tx } from '../db/connection.ts';
import { isUniqueViolation, isUuid } from '../db/errors.ts';
import { people, roleGrants } from '../db/tables/people.ts';
import { projects } from '../db/tables/projects.ts';
import { personAnswer } from './people.ts';
import { notThere, Refusal } from './refusal.ts';
import { type Handler, handle, type ProjectRow } from './wire.ts';

export const projectHandlers: Handler[] = [
  handle(routes.createProject, async ({ house, subject, body, note }) => {
    const slug = slugOf(body.name);
    note({ project: slug });
    try {
      const [made] = await house.db
        .insert(projects)
        .values({ slug, name: body.name, createdBy: subject.personId })
        .returning();
      return projectAnswer(made!, subject);
    } catch (error) {
      if (isUniqueViolation(error))
        throw new Refusal(409, 'project_exists', `There is a project ${slug} already. Choose another name.`, {
          at: '/name',
        });
      throw error;
    }
  }),

  handle(routes.listMembers, async ({ house, project }) => {
    const rows = await house.db
      .select({ person: people, role: roleGrants.role })
      .from(roleGrants)
      .innerJoin(people, eq(people.id, roleGrants.personId))
      .where(and(eq(roleGrants.projectId, project.id), isNull(people.removedAt)))
      .orderBy(people.name, people.id);
    return { members: rows.map(({ person, role }) => ({ person: personAnswer(person), role })) };
  }),

  handle(routes.setMember, async ({ house, project, params, body, subject, note }) => {
    const person = await personById(house.db, params.person);
    const grant = { role: body.role, grantedBy: subject.personId, grantedAt: new Date() };
    await house.db
      .insert(roleGrants)
      .values({ projectId: project.id, personId: person.id, ...grant })
      .onConflictDoUpdate({ target: [roleGrants.projectId, roleGrants.personId], set: grant });
    note({ role: body.role });
    return { person: personAnswer(person), role: body.role };
  }),

  handle(routes.removeMember, async ({ house, project, params }) => {
    const person = await personById(house.db, params.person);
    const gone = await house.db
      .delete(roleGrants)
      .where(and(eq(roleGrants.projectId, project.id), eq(roleGrants.personId, person.id)))
      .returning({ role: roleGrants.role });
    if (gone.length === 0) throw notThere();
    return undefined;
  }),
];

export const projectAnswer = (project: ProjectRow, subject: Subject): Project => ({
  id: project.slug,
  name: project.name,
  createdAt: project.createdAt.toISOString(),
  actions: [...actionsIn(subject, project.id)],
});

/** The projects a subject may see, by name. */
export async function projectsOf(db: Tx, subject: Subject): Promise<Project[]> {
  const visible = visibleProjects(subject);
  const rows = await db
    .select()
    .from(projects)
    .where(and(isNull(projects.archivedAt), visible === null ? undefined : inArray(projects.id, visible)))
    .orderBy(projects.name);
  return rows.map((row) => projectAnswer(row, subject));
}

export async function personById(db: Tx, id: string): Promise<typeof people.$inferSelect> {
  if (!isUuid(id)) throw notThere();
  const [person] = await db
    .select()
    .from(people)
    .where(and(eq(people.id, id), isNull(people.removedAt)));
  if (!person) throw notThere();
  return person;
}

/** A name as it stands in addresses: small letters, digits and hyphens. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60);
  return slug || `project-${Date.now().toString(36)}`;
}
