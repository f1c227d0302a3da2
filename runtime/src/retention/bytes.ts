/**
 * Decides which stored bytes are nobody's: those that no row names and nobody has touched for a day, nor since the oldest attempt
 * under way began. An attempt puts its bytes first and its row comes with its result, so until then only the touch speaks for them.
 */

import type { TransactionSql } from 'postgres';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Sql } from '../db/connection.ts';

export interface SweepOptions {
  /** How long untouched bytes without a row are kept in any case. */
  graceMs?: number;
  /** By how much the clocks of the database and of the store may differ. */
  skewMs?: number;
  /** Only counts. */
  dry?: boolean;
}

export interface Swept {
  count: number;
  sizeBytes: number;
}

const atOnce = 500;

/** One sweep at a time; another one that comes meanwhile does nothing and answers null. */
export async function sweepBytes(
  sql: Sql,
  store: ArtifactStore,
  { graceMs = 86_400_000, skewMs = 3_600_000, dry = false }: SweepOptions = {},
): Promise<Swept | null> {
  // It writes nothing and reads each batch anew, so that it keeps no old rows from being tidied up, however long it takes.
  return sql.begin(async (tx) => {
    const [lock] = await tx`select pg_try_advisory_xact_lock(drawloom.bytes_lock()) as held`;
    if (!lock!.held) return null;
    if (!dry) await store.settle();
    // Before the rows are looked at: whose lease is gone by now has its row, and whoever comes later touches later than this.
    const [edge] = await tx`
      select extract(epoch from least(now() - ${graceMs} * interval '1 millisecond',
        (select min(claimed_at) from drawloom.lease) - ${skewMs} * interval '1 millisecond'))::float8 * 1000 as ms`;
    const untouchedSince = new Date(edge!.ms);
    const swept: Swept = { count: 0, sizeBytes: 0 };
    let batch: { sha256: string; sizeBytes: number }[] = [];
    const look = async () => {
      const orphans = new Set(await withoutRow(tx, batch));
      for (const { sha256, sizeBytes } of batch) {
        if (!orphans.has(sha256)) continue;
        const gone = dry ? await store.isUntouched(sha256, untouchedSince) : await store.retire(sha256, untouchedSince);
        if (!gone) continue;
        swept.count++;
        swept.sizeBytes += sizeBytes;
      }
      batch = [];
    };
    for await (const stored of store.list()) {
      batch.push(stored);
      if (batch.length >= atOnce) await look();
    }
    await look();
    return swept;
  });
}

/** A folder's manifest has no row of `blob`; its artifact names it. */
async function withoutRow(tx: TransactionSql, batch: readonly { sha256: string }[]): Promise<string[]> {
  const rows = await tx<{ sha256: string }[]>`
    select s.sha256 from jsonb_array_elements_text(${JSON.stringify(batch.map(({ sha256 }) => sha256))}::text::jsonb) s (sha256)
    where not exists (select from drawloom.blob b where b.sha256 = s.sha256)
      and not exists (select from drawloom.artifact a where a.sha256 = s.sha256 and a.forgotten_at is null)
      and not exists (select from drawloom.artifact_member m where m.sha256 = s.sha256)
      and not exists (select from drawloom.upload u where u.sha256 = s.sha256)
      and not exists (select from drawloom.tracked_file f where f.sha256 = s.sha256)`;
  return rows.map(({ sha256 }) => sha256);
}
