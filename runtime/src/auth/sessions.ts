/** Decides how long a browser stays signed in: a row per session, known by the hash of a cookie that changes now and then. */
import { and, eq, or, sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { sessions } from '../db/tables/people.ts';
import { randomText, sha256 } from './credentials.ts';

/** At most this long after the sign-in, and this long after the last use. */
const longestDays = 90;
const idleDays = 14;

export interface SessionCookie {
  name: string;
  secure: boolean;
}

/** Cookies do not know ports: two instances on one machine would sign each other out, were the port not in the name. */
const cookieNamed = (port: number, secure: boolean): SessionCookie => ({
  name: secure ? `__Host-drawloom-${port}` : `drawloom-${port}`,
  secure,
});

/**
 * The cookie to set. Behind a proxy that speaks TLS only the page's origin tells of it; the stricter name is then one that no
 * other site of the domain, and no plain connection, can set.
 */
export const cookieFor = (port: number, headers: Headers): SessionCookie =>
  cookieNamed(port, headers.get('origin')?.startsWith('https://') ?? false);

export const setCookie = ({ name, secure }: SessionCookie, value: string): string =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${longestDays * 86_400}${secure ? '; Secure' : ''}`;

const clearCookie = ({ name, secure }: SessionCookie): string =>
  `${name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0${secure ? '; Secure' : ''}`;

/** The session cookie that a request carries, the stricter one first; null when there is neither. */
export function readCookie(header: string | null, port: number): { cookie: SessionCookie; value: string } | null {
  for (const cookie of [cookieNamed(port, true), cookieNamed(port, false)])
    for (const part of header?.split(';') ?? []) {
      const [key, value] = part.trim().split('=', 2);
      if (key === cookie.name && value) return { cookie, value };
    }
  return null;
}

/** Headers that make a browser forget either cookie. */
export const clearCookies = (port: number): string[] =>
  [cookieNamed(port, true), cookieNamed(port, false)].map(clearCookie);

export interface OpenedSession {
  id: string;
  token: string;
  csrfToken: string;
}

export async function openSession(tx: Tx, personId: string): Promise<OpenedSession> {
  const token = randomText();
  const csrfToken = randomText();
  const [row] = await tx
    .insert(sessions)
    .values({
      personId,
      tokenHash: sha256(token),
      csrfToken,
      expiresAt: sql`now() + make_interval(days => ${longestDays})`,
    })
    .returning({ id: sessions.id });
  return { id: row!.id, token, csrfToken };
}

export interface FoundSession {
  id: string;
  personId: string;
  csrfToken: string;
  /** The cookie's next value, when its time has come. */
  rotatedTo: string | null;
}

/** The session a cookie stands for, or null. Marks its use once a minute, and draws a new cookie value once a day. */
export async function findSession(db: Tx, token: string): Promise<FoundSession | null> {
  const hash = sha256(token);
  const [row] = await db
    .select({
      id: sessions.id,
      personId: sessions.personId,
      csrfToken: sessions.csrfToken,
      current: sql<boolean>`${sessions.tokenHash} = ${hash}`,
      seen: sql<boolean>`${sessions.seenAt} > now() - interval '1 minute'`,
      fresh: sql<boolean>`${sessions.rotatedAt} > now() - interval '1 day'`,
    })
    .from(sessions)
    .where(
      and(
        or(
          eq(sessions.tokenHash, hash),
          and(eq(sessions.previousHash, hash), sql`${sessions.rotatedAt} > now() - interval '1 minute'`),
        ),
        sql`${sessions.expiresAt} > now()`,
        sql`${sessions.seenAt} > now() - make_interval(days => ${idleDays})`,
      ),
    );
  if (!row) return null;
  const { id, personId, csrfToken } = row;
  if (row.current && !row.fresh) return { id, personId, csrfToken, rotatedTo: await rotate(db, id, hash) };
  if (!row.seen) await db.update(sessions).set({ seenAt: sql`now()` }).where(eq(sessions.id, id));
  return { id, personId, csrfToken, rotatedTo: null };
}

/** Null when a request beside this one was faster; its answer carries the new cookie then. */
async function rotate(db: Tx, id: string, hash: string): Promise<string | null> {
  const token = randomText();
  const rotated = await db
    .update(sessions)
    .set({ tokenHash: sha256(token), previousHash: hash, rotatedAt: sql`now()`, seenAt: sql`now()` })
    .where(and(eq(sessions.id, id), eq(sessions.tokenHash, hash)))
    .returning({ id: sessions.id });
  return rotated.length === 1 ? token : null;
}

export async function closeSession(db: Tx, id: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.id, id));
}

/** After a new password: whoever else holds a session of this person is out. */
export async function closeOtherSessions(db: Tx, personId: string, keep: string | undefined): Promise<void> {
  const others = keep === undefined ? undefined : sql`${sessions.id} <> ${keep}`;
  await db.delete(sessions).where(and(eq(sessions.personId, personId), others));
}

export async function forgetOldSessions(db: Tx): Promise<void> {
  await db
    .delete(sessions)
    .where(
      or(sql`${sessions.expiresAt} < now()`, sql`${sessions.seenAt} < now() - make_interval(days => ${idleDays})`),
    );
}
