/** Decides how far receivers of lineage were told of what runs did. What they are told stands in the outbox. */
import { bigint, customType, smallint } from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });

/** One row while anybody wants to hear: events up to this place have been noted. */
export const lineagePlace = drawloom.table('lineage_place', {
  id: smallint().primaryKey().default(1),
  xid: xid8().notNull(),
  eventId: bigint({ mode: 'number' }).notNull(),
});
