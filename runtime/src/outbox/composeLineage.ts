/** Decides what a receiver of lineage is sent: one event of OpenLineage, made of what is on record when it goes. */
import type { Json } from '@drawloom/shared/json.ts';
import type { Sql } from '../db/connection.ts';
import type { EventType, TellOptions } from '../lineage/events.ts';
import { eventSchema, facets, producer } from '../lineage/facets.ts';
import { namespaceOf } from '../lineage/names.ts';
import { tellOne } from '../lineage/tell.ts';

export interface LineageMessage {
  event: { [key: string]: Json };
}

/** Null when the fact, or the run that it is about, is gone. */
export async function composeLineage(sql: Sql, outboxId: number, options: TellOptions): Promise<LineageMessage | null> {
  const [fact] = await sql<
    {
      kind: 'lineage' | 'test';
      run_id: string | null;
      details: { node: number | null; type: EventType; at: string };
      slug: string;
      at: string;
    }[]
  >`
    select o.kind, o.run_id, o.details, p.slug, o.created_at as at
    from drawloom.outbox o join drawloom.project p on p.id = o.project_id where o.id = ${outboxId}`;
  if (!fact) return null;
  if (fact.kind === 'test') return { event: testEvent(fact, options) };
  const event = await tellOne(sql, { run: Number(fact.run_id), ...fact.details }, options);
  return event ? { event } : null;
}

/** Tells of a job that never runs, since the protocol has no message that says nothing. */
const testEvent = (
  { slug, at }: { slug: string; at: string },
  { namespace }: TellOptions,
): { [key: string]: Json } => ({
  eventTime: new Date(at).toISOString(),
  producer,
  schemaURL: `${eventSchema}#/$defs/JobEvent`,
  job: {
    namespace: namespace ?? namespaceOf(slug),
    name: 'test message',
    facets: facets({
      documentation: { description: 'A test message from Drawloom: lineage of this project arrives here.' },
    }),
  },
});
