/** Decides how secrets are set and used: anybody allowed may write one, only a worker reads it, and no route shows it. */
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { secrets } from '../db/tables/people.ts';
import { seal, unseal } from './envelope.ts';
import { masterKey } from './masterKey.ts';

export type SecretRow = Omit<typeof secrets.$inferSelect, 'envelope' | 'projectId'>;
const shown = {
  name: secrets.name,
  version: secrets.version,
  updatedAt: secrets.updatedAt,
  updatedBy: secrets.updatedBy,
};

export async function setSecret(
  db: Tx,
  home: string,
  secret: { projectId: string; name: string; value: string; by: string },
): Promise<SecretRow> {
  const key = await masterKey(home);
  const { projectId, name, value, by } = secret;
  return db.transaction(async (tx) => {
    // The version is bound into the envelope, so it is settled before the value is sealed: one writer at a time.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`secret ${projectId} ${name}`}, 0))`);
    const [old] = await tx
      .select({ version: secrets.version })
      .from(secrets)
      .where(and(eq(secrets.projectId, projectId), eq(secrets.name, name)));
    const version = (old?.version ?? 0) + 1;
    const row = { version, envelope: seal(key, { projectId, name, version }, value), updatedBy: by };
    const [set] = await tx
      .insert(secrets)
      .values({ projectId, name, ...row })
      .onConflictDoUpdate({ target: [secrets.projectId, secrets.name], set: { ...row, updatedAt: sql`now()` } })
      .returning(shown);
    return set!;
  });
}

export const listSecrets = (db: Tx, projectId: string): Promise<SecretRow[]> =>
  db.select(shown).from(secrets).where(eq(secrets.projectId, projectId)).orderBy(secrets.name);

export async function removeSecret(db: Tx, projectId: string, name: string): Promise<boolean> {
  const gone = await db
    .delete(secrets)
    .where(and(eq(secrets.projectId, projectId), eq(secrets.name, name)))
    .returning({ name: secrets.name });
  return gone.length === 1;
}

/** The project's secrets, each with a mark of when it was set: enough to tell equal work from other, and nothing of the value. */
export async function secretMarks(db: Tx, projectId: string): Promise<Map<string, string>> {
  const rows = await listSecrets(db, projectId);
  return new Map(rows.map(({ name, version, updatedAt }) => [name, `${version} of ${updatedAt.toISOString()}`]));
}

/**
 * The values a node's attempt is to have, for the worker alone. A name that is not set is left out, for the worker to name.
 * throws  SecretUnreadableError when the master key is not the one they were set under
 */
export async function resolveSecrets(
  db: Tx,
  home: string,
  projectId: string,
  names: readonly string[],
): Promise<Map<string, string>> {
  if (names.length === 0) return new Map();
  const rows = await db
    .select()
    .from(secrets)
    .where(and(eq(secrets.projectId, projectId), inArray(secrets.name, [...names])));
  const key = await masterKey(home);
  return new Map(rows.map((row) => [row.name, unseal(key, row, row.envelope)]));
}
