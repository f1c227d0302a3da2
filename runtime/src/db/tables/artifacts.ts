/** Decides what is known of bytes: which exist, what they mean, and who read and wrote them. The bytes are files. */
import type { Column, PortKind } from '@drawloom/shared/node-type/ports.ts';
import { bigint, index, integer, jsonb, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core';
import { drawloom } from './schema.ts';

/** A file on disk, known by its digest. */
export const blobs = drawloom.table('blob', {
  sha256: text().primaryKey(),
  sizeBytes: bigint({ mode: 'number' }).notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});

/** An immutable output. `sha256` is that of its one blob, or of the manifest that names its members. */
export const artifacts = drawloom.table(
  'artifact',
  {
    /** Short stand-in for the key below, so that the rows that point here stay small. */
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: uuid().notNull(),
    sha256: text().notNull(),
    kind: text().$type<PortKind>().notNull(),
    mediaType: text().notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
    columns: jsonb().$type<Column[]>(),
    rowCount: bigint({ mode: 'number' }),
    profile: jsonb(),
    /** What the maker tells of it: a model's framework and features, a figure's title. */
    facts: jsonb(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** When somebody outside of a run last named it; for a day after that, it needs no use to be kept. */
    seenAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** Since then its bytes may be gone; what it was stays known. Null again once it was made anew. */
    forgottenAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    unique('artifact_content').on(table.projectId, table.sha256, table.kind),
    index('artifact_sha256').on(table.sha256),
  ],
);

/** The files of a folder or model artifact. */
export const artifactMembers = drawloom.table(
  'artifact_member',
  {
    artifactId: bigint({ mode: 'number' })
      .notNull()
      .references(() => artifacts.id, { onDelete: 'cascade' }),
    path: text().notNull(),
    sha256: text().notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.artifactId, table.path] }),
    index('artifact_member_sha256').on(table.sha256),
  ],
);

/** An attempt read or wrote an artifact: this is the edge of lineage; or it told it as an item that the node is to go through. */
export const artifactUses = drawloom.table(
  'artifact_use',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    node: integer().notNull(),
    mapIndex: integer().notNull(),
    attempt: integer().notNull(),
    direction: text().$type<'in' | 'out' | 'item'>().notNull(),
    port: text().notNull(),
    position: integer().notNull(),
    artifactId: bigint({ mode: 'number' }).notNull(),
    /** What the item of a map is called that it is, or comes from. */
    itemName: text(),
  },
  (table) => [
    primaryKey({
      name: 'artifact_use_pk',
      columns: [table.runId, table.node, table.mapIndex, table.attempt, table.direction, table.port, table.position],
    }),
    index('artifact_use_artifact').on(table.artifactId, table.direction),
  ],
);
