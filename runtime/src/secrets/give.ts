/**
 * Decides which secrets an attempt is given: those that its node names, of its own project, as they are set now. The worker asks here,
 * once per attempt; each giving is written into the audit.
 */
import { secretsIn } from '@drawloom/shared/pipeline/secrets.ts';
import { sql } from 'drizzle-orm';
import { recordAudit } from '../audit/record.ts';
import type { Tx } from '../db/connection.ts';
import type { Work } from '../execute/executor.ts';
import { resolveSecrets } from './store.ts';

/** The values by name. A name that is not set any more is left out, for the attempt to tell. */
export async function giveSecrets(db: Tx, home: string, work: Work): Promise<Record<string, string>> {
  const names = [...new Set([...secretsIn(work.parameters)].map(({ name }) => name))];
  if (names.length === 0) return {};
  const given = await resolveSecrets(db, home, work.project, names);
  const [run] = await db.execute<{ actor: string; actor_name: string }>(sql`
    select coalesce(r.created_by, 'nobody') as actor, coalesce(p.name, r.created_by, 'nobody') as actor_name
    from drawloom.run r left join drawloom.person p on p.id::text = r.created_by
    where r.id = ${work.run}::bigint`);
  for (const name of given.keys())
    await recordAudit(db, {
      actor: run?.actor ?? 'nobody',
      actorName: run?.actor_name ?? 'nobody',
      via: 'run',
      action: 'secret.use',
      object: `secret ${name}`,
      projectId: work.project,
      outcome: 'allowed',
      details: { run: work.run, node: work.nodeId, attempt: work.attempt },
    });
  return Object.fromEntries(given);
}
