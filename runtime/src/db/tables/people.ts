/** Decides how people, what they may do, and what they did are kept. No secret stands here in the clear: hashes and envelopes. */
import type { Action, Role } from '@drawloom/shared/api/access.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { projects } from './projects.ts';
import { drawloom } from './schema.ts';

export const people = drawloom.table(
  'person',
  {
    id: uuid().primaryKey().defaultRandom(),
    name: text().notNull(),
    /** In small letters; null for the owner until they set one. */
    email: text(),
    /** `scrypt$…`, with its parameters and salt; null while only links and tokens sign in. */
    passwordHash: text(),
    admin: boolean().notNull().default(false),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** Removed people keep their row, so that what they did still has a name. */
    removedAt: timestamp({ withTimezone: true }),
  },
  (table) => [uniqueIndex('person_email').on(table.email).where(sql`removed_at is null`)],
);

export const roleGrants = drawloom.table(
  'role_grant',
  {
    projectId: uuid()
      .notNull()
      .references(() => projects.id),
    personId: uuid()
      .notNull()
      .references(() => people.id),
    role: text().$type<Role>().notNull(),
    grantedBy: uuid(),
    grantedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.personId] }),
    index('role_grant_person').on(table.personId),
  ],
);

export const sessions = drawloom.table(
  'session',
  {
    id: uuid().primaryKey().defaultRandom(),
    personId: uuid()
      .notNull()
      .references(() => people.id),
    /** SHA-256 of the cookie's value. */
    tokenHash: text().notNull().unique(),
    /** The value before the last rotation, honoured for a minute: answers cross on the way. */
    previousHash: text(),
    csrfToken: text().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    rotatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    seenAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [index('session_person').on(table.personId), index('session_previous').on(table.previousHash)],
);

export const signInLinks = drawloom.table('sign_in_link', {
  /** SHA-256 of the token in the link. */
  tokenHash: text().primaryKey(),
  personId: uuid()
    .notNull()
    .references(() => people.id),
  kind: text().$type<'start' | 'invitation'>().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  expiresAt: timestamp({ withTimezone: true }).notNull(),
  usedAt: timestamp({ withTimezone: true }),
});

export const apiTokens = drawloom.table(
  'api_token',
  {
    id: uuid().primaryKey().defaultRandom(),
    personId: uuid()
      .notNull()
      .references(() => people.id),
    name: text().notNull(),
    /** The first letters, to tell tokens apart. */
    hint: text().notNull(),
    tokenHash: text().notNull().unique(),
    projectId: uuid()
      .notNull()
      .references(() => projects.id),
    /** What it may do at most; its person's own rights bound it as well, at every use. */
    actions: jsonb().$type<Action[]>().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
    lastUsedAt: timestamp({ withTimezone: true }),
    revokedAt: timestamp({ withTimezone: true }),
  },
  (table) => [index('api_token_person').on(table.personId)],
);

/** How often somebody tried something in the current window; one row per name and thing. */
export const rateWindows = drawloom.table(
  'rate_window',
  {
    key: text().primaryKey(),
    startedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    count: integer().notNull(),
  },
  (table) => [index('rate_window_age').on(table.startedAt)],
);

export const secrets = drawloom.table(
  'secret',
  {
    projectId: uuid()
      .notNull()
      .references(() => projects.id),
    name: text().notNull(),
    version: integer().notNull(),
    /** The value under a data key of its own, and that key under the master key, which is a file and never in here. */
    envelope: text().notNull(),
    updatedBy: text().notNull(),
    updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.name] })],
);

/**
 * What was done, by whom. Rows are added and never changed: triggers refuse everything else, and each row's hash covers the
 * hash before it, so that a row taken out or altered by other means is seen.
 */
export const auditEntries = drawloom.table(
  'audit',
  {
    id: bigint({ mode: 'number' }).primaryKey(),
    at: timestamp({ withTimezone: true }).notNull(),
    /** Who: a person's id, or the name of what acted by itself. */
    actor: text().notNull(),
    actorName: text().notNull(),
    via: text().notNull(),
    action: text().notNull(),
    object: text().notNull(),
    projectId: uuid(),
    outcome: text().$type<'allowed' | 'denied' | 'failed'>().notNull(),
    details: jsonb().$type<Record<string, Json>>().notNull(),
    previousHash: text().notNull(),
    hash: text().notNull(),
  },
  (table) => [index('audit_project').on(table.projectId, table.id.desc())],
);
