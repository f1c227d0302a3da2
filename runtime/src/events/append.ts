/** Decides how a fact is told to those who watch: appended in the transaction that makes it true. */
import type { HouseEvent } from '@drawloom/shared/run/events.ts';
import type { Tx } from '../db/connection.ts';
import { events } from '../db/tables/events.ts';

/** For what people do. Ring the bell after the commit, or viewers hear of it a poll later. */
export async function appendEvent(tx: Tx, projectId: string, event: HouseEvent): Promise<void> {
  const runId = 'run' in event ? event.run : null;
  await tx.insert(events).values({ projectId, runId, payload: event });
}
