/** Decides how programs get in: API tokens, each bound to a person, a project, actions and a time. */
import type { Action } from '@drawloom/shared/api/access.ts';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { apiTokens } from '../db/tables/people.ts';
import { drawToken, hintOf, looksLikeToken, sha256 } from './credentials.ts';

export type TokenRow = typeof apiTokens.$inferSelect;

export async function mintToken(
  tx: Tx,
  token: { personId: string; name: string; projectId: string; actions: Action[]; days: number },
): Promise<{ row: TokenRow; text: string }> {
  const text = drawToken();
  const { days, ...values } = token;
  const [row] = await tx
    .insert(apiTokens)
    .values({
      ...values,
      hint: hintOf(text),
      tokenHash: sha256(text),
      expiresAt: sql`now() + make_interval(days => ${days})`,
    })
    .returning();
  return { row: row!, text };
}

/** The token a text stands for while it is valid. Its last use is noted to the minute, which spares a write per request. */
export async function findToken(db: Tx, text: string): Promise<TokenRow | null> {
  if (!looksLikeToken(text)) return null;
  const [row] = await db
    .select()
    .from(apiTokens)
    .where(
      and(eq(apiTokens.tokenHash, sha256(text)), isNull(apiTokens.revokedAt), sql`${apiTokens.expiresAt} > now()`),
    );
  if (!row) return null;
  if (row.lastUsedAt === null || Date.now() - row.lastUsedAt.getTime() > 60_000)
    await db.update(apiTokens).set({ lastUsedAt: sql`date_trunc('minute', now())` }).where(eq(apiTokens.id, row.id));
  return row;
}

/** False when there is no such token of this person. */
export async function revokeToken(tx: Tx, personId: string, tokenId: string): Promise<boolean> {
  const revoked = await tx
    .update(apiTokens)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiTokens.id, tokenId), eq(apiTokens.personId, personId), isNull(apiTokens.revokedAt)))
    .returning({ id: apiTokens.id });
  return revoked.length === 1;
}
