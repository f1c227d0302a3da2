/** Decides how files are kept that programs outside tell of: by the path they gave, beside the digest of what is in them. */
import { bigint, index, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

/** The bytes lie in the store under their digest; this row is what keeps them there. */
export const trackedFiles = drawloom.table(
  'tracked_file',
  {
    of: text().$type<'run' | 'model' | 'version'>().notNull(),
    /** Of a tracked run, of a logged model or of a version of a registered one. */
    ownerId: bigint({ mode: 'number' }).notNull(),
    path: text().notNull(),
    sha256: text().notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
    keptAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.of, table.ownerId, table.path] }),
    index('tracked_file_sha256').on(table.sha256),
  ],
);
