/** Decides how something scarce is shared: a pool of slots, each one row, held by the fence of the attempt that works with it. */
import { sql } from 'drizzle-orm';
import { bigint, index, integer, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

export const pools = drawloom.table(
  'pool',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: uuid().notNull(),
    name: text().notNull(),
    size: integer().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [unique('pool_name').on(table.projectId, table.name)],
);

export const slots = drawloom.table(
  'slot',
  {
    poolId: bigint({ mode: 'number' }).notNull(),
    /** From 1. Those beyond the pool's size are still held from before it was lowered. */
    unit: integer().notNull(),
    fence: bigint({ mode: 'number' }),
  },
  (table) => [
    primaryKey({ columns: [table.poolId, table.unit] }),
    index('slot_holder').on(table.fence).where(sql`fence is not null`),
  ],
);
