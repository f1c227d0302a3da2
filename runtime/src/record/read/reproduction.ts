/** Decides whether a run that does another one again came to the same. */
import type { Reproduction } from '@drawloom/shared/api/comparison.ts';
import { isRunFinal, type RunStatus } from '@drawloom/shared/run/status.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import { compareArtifacts, compareNumbers } from './comparison.ts';

type Artifact = Reproduction['artifacts'][number];

/** Null: the run does none again. */
export async function readReproduction(tx: Tx, run: number): Promise<Reproduction | null> {
  const [found] = await tx.execute<{ of: string | null; status: RunStatus; known: boolean }>(sql`
    select r.reproduces as of, r.status, exists (select from drawloom.run o where o.id = r.reproduces and o.leaving_at is null) as known
    from drawloom.run r where r.id = ${run}::bigint`);
  if (!found || found.of === null) return null;
  const of = Number(found.of);
  const artifacts = await compareArtifacts(tx, of, run);
  const numbers = await compareNumbers(tx, of, run);
  return {
    run,
    of,
    verdict: verdictOf(
      found.status,
      found.known,
      [...artifacts, ...numbers].map((one) => one.verdict),
    ),
    artifacts,
    numbers,
  };
}

function verdictOf(status: RunStatus, known: boolean, parts: readonly Artifact['verdict'][]): Reproduction['verdict'] {
  if (!known) return 'forgotten';
  if (!isRunFinal(status)) return 'pending';
  if (status !== 'succeeded') return 'failed';
  return parts.every((part) => part === 'identical') ? 'identical' : 'different';
}
