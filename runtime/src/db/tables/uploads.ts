/** Decides how files that people upload are known: by the name they were given; the bytes are a blob like any other. */
import { bigint, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { projects } from './projects.ts';
import { drawloom } from './schema.ts';

/** Uploading a name again replaces what it stands for; runs that read the old bytes keep them, by digest. */
export const uploads = drawloom.table(
  'upload',
  {
    projectId: uuid()
      .notNull()
      .references(() => projects.id),
    name: text().notNull(),
    sha256: text().notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
    uploadedBy: text().notNull(),
    uploadedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.name] })],
);
