/** Decides who is known: finding people and their roles, the owner of a new instance, and names for what people did. */
import type { Role } from '@drawloom/shared/api/access.ts';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { isUuid } from '../db/errors.ts';
import { apiTokens, people, roleGrants, sessions, signInLinks } from '../db/tables/people.ts';
import type { Subject } from './subject.ts';

type PersonRow = typeof people.$inferSelect;

/** A person with their roles, as the start of a subject; null when they are gone. */
export async function loadPerson(
  db: Tx,
  personId: string,
): Promise<Omit<Subject, 'via' | 'session' | 'bounds'> | null> {
  const rows = await db
    .select({ person: people, projectId: roleGrants.projectId, role: roleGrants.role })
    .from(people)
    .leftJoin(roleGrants, eq(roleGrants.personId, people.id))
    .where(and(eq(people.id, personId), isNull(people.removedAt)));
  const person = rows[0]?.person;
  if (!person) return null;
  const roles = new Map<string, Role>();
  for (const row of rows) if (row.projectId && row.role) roles.set(row.projectId, row.role);
  return { personId: person.id, ...factsOf(person), roles };
}

const factsOf = (person: PersonRow) => ({
  name: person.name,
  email: person.email,
  admin: person.admin,
  hasPassword: person.passwordHash !== null,
});

/** The first admin; made when there is none. Two starts at once agree on one, since they take turns. */
export function ensureOwner(db: Tx): Promise<PersonRow> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(4400003)`);
    const [owner] = await tx
      .select()
      .from(people)
      .where(and(eq(people.admin, true), isNull(people.removedAt)))
      .orderBy(people.createdAt, people.id)
      .limit(1);
    if (owner) return owner;
    const [made] = await tx.insert(people).values({ name: 'Owner', admin: true }).returning();
    return made!;
  });
}

/** Whether some admin can get in by other means than the link that the start prints. */
export async function adminCanSignIn(db: Tx): Promise<boolean> {
  const [row] = await db.execute<{ can: boolean }>(sql`
    select exists (select 1 from drawloom.person p where p.admin and p.removed_at is null and (p.password_hash is not null
      or exists (select 1 from drawloom.api_token t where t.person_id = p.id and t.revoked_at is null and t.expires_at > now()))) as can`);
  return row!.can;
}

/** Ends every way in that a person has. Their row stays, so that what they did keeps its name. */
export async function removePerson(tx: Tx, personId: string): Promise<boolean> {
  const gone = await tx
    .update(people)
    .set({ removedAt: sql`now()`, passwordHash: null, admin: false })
    .where(and(eq(people.id, personId), isNull(people.removedAt)))
    .returning({ id: people.id });
  await tx.delete(sessions).where(eq(sessions.personId, personId));
  await tx.delete(signInLinks).where(eq(signInLinks.personId, personId));
  await tx.delete(roleGrants).where(eq(roleGrants.personId, personId));
  await tx.update(apiTokens).set({ revokedAt: sql`now()` }).where(eq(apiTokens.personId, personId));
  return gone.length === 1;
}

/** Names for ids of people, for lists that tell who did something; what is no such id (a schedule, a program) names itself. */
export async function namesOf(db: Tx, ids: Iterable<string | null>): Promise<(id: string | null) => string> {
  const wanted = [...new Set(ids)].filter((id): id is string => id !== null && isUuid(id));
  const found = wanted.length
    ? await db.select({ id: people.id, name: people.name }).from(people).where(inArray(people.id, wanted))
    : [];
  const names = new Map(found.map((person) => [person.id, person.name]));
  return (id) => (id === null ? 'Drawloom' : (names.get(id) ?? id));
}
