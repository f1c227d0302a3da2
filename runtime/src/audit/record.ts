/** Decides how what was done is written down. The database chains the rows and refuses to change them. */
import type { Json } from '@drawloom/shared/json.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';

export interface AuditFact {
  actor: string;
  actorName: string;
  via: string;
  action: string;
  object: string;
  projectId: string | null;
  outcome: 'allowed' | 'denied' | 'failed';
  details: Record<string, Json>;
}

/** One row. It takes its turn with all others, so it comes last in a transaction, or stands in one of its own. */
export async function recordAudit(db: Tx, fact: AuditFact): Promise<void> {
  const { actor, actorName, via, action, object, projectId, outcome, details } = fact;
  await db.execute(sql`
    insert into drawloom.audit (actor, actor_name, via, action, object, project_id, outcome, details)
    values (${actor}, ${actorName}, ${via}, ${action}, ${object}, ${projectId}::uuid, ${outcome}, ${JSON.stringify(details)}::text::jsonb)`);
}

/** Ids of the entries at which the chain does not hold; empty when nobody tampered. */
export async function auditBreaks(db: Tx): Promise<number[]> {
  const rows = await db.execute<{ id: string }>(sql`select id from drawloom.audit_breaks()`);
  return rows.map((row) => Number(row.id));
}
