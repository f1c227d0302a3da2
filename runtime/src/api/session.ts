/** The routes about being signed in: link, password, sign-out, one's own profile. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Session } from '@drawloom/shared/api/people.ts';
import { and, eq, isNull } from 'drizzle-orm';
import { recordAudit } from '../audit/record.ts';
import { hashPassword, verifyPassword } from '../auth/credentials.ts';
import { limits } from '../auth/limiter.ts';
import { removeLinkFile, useLink } from '../auth/links.ts';
import { loadPerson } from '../auth/people.ts';
import { clearCookies, closeOtherSessions, closeSession, cookieFor, openSession, setCookie } from '../auth/sessions.ts';
import type { Subject } from '../auth/subject.ts';
import { isUniqueViolation } from '../db/errors.ts';
import { people } from '../db/tables/people.ts';
import type { House } from './house.ts';
import { projectsOf } from './projects.ts';
import { Refusal } from './refusal.ts';
import { type Call, type Handler, handle } from './wire.ts';

export const sessionHandlers: Handler[] = [
  handle(routes.getSession, ({ house, subject }) => sessionAnswer(house, subject)),

  handle(routes.signInByLink, async (call) => {
    const { house, body, peer } = call;
    await call.limit(limits.signInByAddress, peer);
    const personId = await useLink(house.db, body.token);
    if (!personId) {
      await auditSignIn(call, 'failed', null, 'link');
      throw new Refusal(
        410,
        'link_used',
        'This link was used already, or is more than a day old. Start Drawloom again for a fresh one, or ask who invited you.',
      );
    }
    await removeLinkFile(house.config.home);
    return signedIn(call, personId, 'link');
  }),

  handle(routes.signIn, async (call) => {
    const { house, body, peer } = call;
    const email = body.email.toLowerCase();
    // Counted before the password is looked at, and for addresses that nobody has as well.
    await call.limit(limits.signInByAddress, peer);
    await call.limit(limits.signInByAccount, email);
    const [person] = await house.db
      .select()
      .from(people)
      .where(and(eq(people.email, email), isNull(people.removedAt)));
    if (!(await verifyPassword(body.password, person?.passwordHash ?? null))) {
      await auditSignIn(call, 'failed', person?.id ?? null, 'password');
      throw new Refusal(
        401,
        'wrong_password',
        'E-mail and password do not belong together. Check both, and try again.',
      );
    }
    return signedIn(call, person!.id, 'password');
  }),

  handle(routes.signOut, async ({ house, subject, setHeader }) => {
    if (subject.session) await closeSession(house.db, subject.session.id);
    for (const header of clearCookies(house.port())) setHeader('set-cookie', header);
    return undefined;
  }),

  handle(routes.changeProfile, async (call) => {
    const { house, subject, body } = call;
    if (subject.bounds) throw new Refusal(403, 'not_allowed', 'A token cannot change its person. Sign in to do so.');
    const changesAccess = body.password !== undefined || body.email !== undefined;
    if (changesAccess && subject.hasPassword) {
      await call.limit(limits.signInByAccount, `profile ${subject.personId}`);
      const [row] = await house.db.select().from(people).where(eq(people.id, subject.personId));
      if (!(await verifyPassword(body.currentPassword ?? '', row?.passwordHash ?? null)))
        throw new Refusal(422, 'wrong_password', 'The current password is not right.', { at: '/currentPassword' });
    }
    if (body.password !== undefined && !(body.email ?? subject.email))
      throw new Refusal(422, 'email_missing', 'A password goes with an e-mail. Give one as well.', { at: '/email' });
    const passwordHash = body.password === undefined ? undefined : await hashPassword(body.password);
    try {
      await house.db.transaction(async (tx) => {
        const set = { name: body.name, email: body.email?.toLowerCase(), passwordHash };
        if (Object.values(set).some((value) => value !== undefined))
          await tx.update(people).set(set).where(eq(people.id, subject.personId));
        if (passwordHash) await closeOtherSessions(tx, subject.personId, subject.session?.id);
      });
    } catch (error) {
      if (isUniqueViolation(error))
        throw new Refusal(409, 'email_taken', 'Somebody else has this e-mail. Use another one.', { at: '/email' });
      throw error;
    }
    call.note({ changed: Object.keys(body).filter((key) => key !== 'currentPassword') });
    return sessionAnswer(house, { ...subject, ...(await loadPerson(house.db, subject.personId)) });
  }),
];

async function signedIn(call: Call, personId: string, by: string): Promise<Session> {
  const { house, request, setHeader } = call;
  const person = await loadPerson(house.db, personId);
  if (!person) throw new Refusal(410, 'person_removed', 'This person was removed. Ask an admin.');
  const session = await openSession(house.db, personId);
  setHeader('set-cookie', setCookie(cookieFor(house.port(), request.headers), session.token));
  await auditSignIn(call, 'allowed', personId, by, person.name);
  return sessionAnswer(house, { ...person, via: 'session', session });
}

const auditSignIn = (
  { house, peer }: Call,
  outcome: 'allowed' | 'failed',
  personId: string | null,
  by: string,
  name = 'nobody',
): Promise<void> =>
  recordAudit(house.db, {
    actor: personId ?? 'nobody',
    actorName: name,
    via: by,
    action: 'signIn',
    object: '/session',
    projectId: null,
    outcome,
    details: { peer },
  });

async function sessionAnswer(house: House, subject: Subject): Promise<Session> {
  const { personId: id, name, email, admin, hasPassword } = subject;
  return {
    person: { id, name, email, admin },
    projects: await projectsOf(house.db, subject),
    csrfToken: subject.session?.csrfToken ?? null,
    hasPassword,
  };
}
