/**
 * Decides how the signing keys of a webhook are kept: sealed like secrets, the latest and for a while the one before it, so that a sender
 * can be given the new one without losing a message.
 */
import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { Sql, Tx } from '../db/connection.ts';
import { triggerKeys } from '../db/tables/triggers.ts';
import { seal, unseal } from '../secrets/envelope.ts';
import { masterKey } from '../secrets/masterKey.ts';

interface Owner {
  id: string;
  projectId: string;
}
const placeOf = ({ id, projectId }: Owner, version: number) => ({ projectId, name: `trigger ${id}`, version });

/** Makes a key the latest. The caller holds the trigger's row. Answers until when the one before is taken; null: it is not, or there is none. */
export async function putKey(
  tx: Tx,
  home: string,
  trigger: Owner,
  key: string,
  oldKeyHours: number,
): Promise<Date | null> {
  const own = eq(triggerKeys.triggerId, trigger.id);
  await tx.delete(triggerKeys).where(and(own, isNotNull(triggerKeys.goodUntil)));
  const [before] = await tx
    .update(triggerKeys)
    .set({ goodUntil: sql`now() + ${oldKeyHours}::int * interval '1 hour'` })
    .where(own)
    .returning();
  const version = (before?.version ?? 0) + 1;
  const envelope = seal(await masterKey(home), placeOf(trigger, version), key);
  await tx.insert(triggerKeys).values({ triggerId: trigger.id, version, envelope });
  return before && oldKeyHours > 0 ? before.goodUntil : null;
}

/**
 * The keys that messages may be signed with now.
 * throws  SecretUnreadableError when the master key is not the one that they were sealed under
 */
export async function keysOf(db: Sql, home: string, trigger: Owner): Promise<string[]> {
  const rows = await db`
    select version, envelope from drawloom.trigger_key
    where trigger_id = ${trigger.id} and (good_until is null or good_until > now())`;
  if (rows.length === 0) return [];
  const key = await masterKey(home);
  return rows.map(({ version, envelope }) => unseal(key, placeOf(trigger, version), envelope));
}
