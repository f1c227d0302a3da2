/** The routes about people on this instance. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Person } from '@drawloom/shared/api/people.ts';
import { and, eq, isNull } from 'drizzle-orm';
import { drawLink, linkFor } from '../auth/links.ts';
import { removePerson } from '../auth/people.ts';
import { isUniqueViolation, isUuid } from '../db/errors.ts';
import { people } from '../db/tables/people.ts';
import { notThere, Refusal } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

export const peopleHandlers: Handler[] = [
  handle(routes.listPeople, async ({ house }) => {
    const rows = await house.db.select().from(people).where(isNull(people.removedAt)).orderBy(people.name, people.id);
    return { people: rows.map(personAnswer) };
  }),

  handle(routes.invitePerson, async ({ house, body, note }) => {
    try {
      return await house.db.transaction(async (tx) => {
        const [person] = await tx
          .insert(people)
          .values({ name: body.name, email: body.email.toLowerCase(), admin: body.admin })
          .returning();
        note({ person: person!.id, admin: body.admin });
        return {
          person: personAnswer(person!),
          link: linkFor(house.origin(), await drawLink(tx, person!.id, 'invitation')),
        };
      });
    } catch (error) {
      if (isUniqueViolation(error))
        throw new Refusal(409, 'email_taken', 'Somebody with this e-mail is here already.', { at: '/email' });
      throw error;
    }
  }),

  handle(routes.removePerson, async ({ house, params, note }) => {
    if (!isUuid(params.person)) throw notThere();
    await house.db.transaction(async (tx) => {
      // Locked, so that two admins who remove each other at once do not both succeed.
      const admins = await tx
        .select({ id: people.id })
        .from(people)
        .where(and(eq(people.admin, true), isNull(people.removedAt)))
        .orderBy(people.id)
        .for('update');
      if (admins.length === 1 && admins[0]!.id === params.person)
        throw new Refusal(409, 'last_admin', 'This is the last admin. Make somebody else one first.');
      if (!(await removePerson(tx, params.person))) throw notThere();
    });
    note({ person: params.person });
    return undefined;
  }),
];

export const personAnswer = ({ id, name, email, admin }: typeof people.$inferSelect): Person => ({
  id,
  name,
  email,
  admin,
});
