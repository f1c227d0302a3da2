/** Decides how somebody without a password gets in: a link that works once, within a day. */
import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { signInLinks } from '../db/tables/people.ts';
import { randomText, sha256 } from './credentials.ts';
import { ensureOwner } from './people.ts';

/** The token stands after the `#`, which browsers never send: it is in no server's log and no Referer header. */
export const linkFor = (origin: string, token: string): string => `${origin}/sign-in#${token}`;

/** A fresh link for the owner, as printed at every start. Start links that nobody used before are void from now on. */
export async function issueSignInLink(db: Tx): Promise<string> {
  const owner = await ensureOwner(db);
  return db.transaction(async (tx) => {
    await tx.delete(signInLinks).where(and(eq(signInLinks.kind, 'start'), isNull(signInLinks.usedAt)));
    return drawLink(tx, owner.id, 'start');
  });
}

/** Answers the token; only its hash is kept. */
export async function drawLink(tx: Tx, personId: string, kind: 'start' | 'invitation'): Promise<string> {
  const token = randomText();
  await tx
    .insert(signInLinks)
    .values({ tokenHash: sha256(token), personId, kind, expiresAt: sql`now() + interval '24 hours'` });
  return token;
}

/** The person a link stands for, or null. One UPDATE decides it: of two clicks at once, one gets in. */
export async function useLink(db: Tx, token: string): Promise<string | null> {
  const [used] = await db
    .update(signInLinks)
    .set({ usedAt: sql`now()` })
    .where(
      and(eq(signInLinks.tokenHash, sha256(token)), isNull(signInLinks.usedAt), sql`${signInLinks.expiresAt} > now()`),
    )
    .returning({ personId: signInLinks.personId });
  return used?.personId ?? null;
}

const linkFile = (home: string) => path.join(home, 'sign-in-link');

/** Keeps the link in a file that only this user can read, for whoever does not see what the start prints. */
export async function writeLinkFile(home: string, link: string): Promise<void> {
  await writeFile(linkFile(home), `${link}\n`, { mode: 0o600 });
  await chmod(linkFile(home), 0o600); // the mode above counts only for a file that is new
}

export const removeLinkFile = (home: string): Promise<void> => rm(linkFile(home), { force: true });
