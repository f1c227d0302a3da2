/** Decides whether this program and this database fit together, and brings the database up to the program. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import { Logger, runMigrations } from 'graphile-worker';
import postgres from 'postgres';
import { appliedRevision, applyRoutines, sealedRevision } from './routines.ts';

export const migrationsFolder = path.resolve(import.meta.dirname, '../../../migrations');

/** Where drizzle writes down what it applied. */
const history = { migrationsSchema: 'drawloom_migrations', migrationsTable: 'applied' };
const silent = new Logger(() => () => {});
/** Any number will do, as long as it is ours alone. */
const migrationLock = 4_400_001;

export class NewerSchemaError extends Error {
  constructor() {
    super(
      'The database was made by a newer Drawloom than this one. Start that version or a newer one, or point DATABASE_URL (or DRAWLOOM_HOME) at another database.',
    );
    this.name = 'NewerSchemaError';
  }
}

export class OlderSchemaError extends Error {
  constructor() {
    super(
      'The database is not up to this version of Drawloom yet. Start its server first, of the same version, which brings it up to date.',
    );
    this.name = 'OlderSchemaError';
  }
}

/**
 * Changes nothing: for a program that only joins others at their database.
 * throws  NewerSchemaError, OlderSchemaError
 */
export async function requireSchema(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const last = (await lastApplied(sql)) ?? 0;
    const routines = last === 0 ? 0 : await appliedRevision(sql);
    const newest = newestMigration();
    const { revision } = sealedRevision();
    if (last > newest || routines > revision) throw new NewerSchemaError();
    if (last < newest || routines < revision) throw new OlderSchemaError();
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/**
 * Applies what is missing: numbered migrations, then the routines when theirs are older. The queue's tables belong to its library, which brings its own migrations;
 * they are applied here, because a run is put into the queue by the same transaction that records it.
 * Several programs may start at once: the first migrates, the others wait for it and find nothing left to do.
 * throws  NewerSchemaError when the database knows a migration or routines that this program does not have
 */
export async function migrate(url: string): Promise<void> {
  // One connection, so that the lock and the migrations are in one session.
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${migrationLock})`;
    const last = await lastApplied(sql);
    const routines = await appliedRevision(sql);
    const { revision } = sealedRevision();
    if ((last !== undefined && last > newestMigration()) || routines > revision) throw new NewerSchemaError();
    await applyMigrations(drizzle(sql), { migrationsFolder, ...history });
    if (routines < revision) await applyRoutines(sql);
    await runMigrations({ connectionString: url, logger: silent });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function lastApplied(sql: postgres.Sql): Promise<number | undefined> {
  const table = `${history.migrationsSchema}.${history.migrationsTable}`;
  const [known] = await sql`select to_regclass(${table}) is not null as exists`;
  if (!known!.exists) return undefined;
  const [row] = await sql`select max(created_at) as last from ${sql(table)}`;
  return row!.last === null ? undefined : Number(row!.last);
}

function newestMigration(): number {
  const journal = JSON.parse(readFileSync(path.join(migrationsFolder, 'meta/_journal.json'), 'utf8')) as {
    entries: { when: number }[];
  };
  return Math.max(...journal.entries.map((entry) => entry.when));
}
