/**
 * Decides which functions, views and triggers the database has: those of `migrations/routines`, all of them, as they stand there.
 *
 * They are code and not data, so they are edited in place and put into the database as a whole, instead of being piled up in
 * numbered migrations of which only the last copy counts. What tells an older set from a newer one is the number in `revision.json`:
 * raised by `npm run db:routines` whenever a file changed, so that a program never puts older functions over newer ones.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type postgres from 'postgres';

export const routinesFolder = path.resolve(import.meta.dirname, '../../../migrations/routines');
const seal = path.join(routinesFolder, 'revision.json');

export interface Revision {
  revision: number;
  /** Of all files with their names, so that a change without a new number is noticed. */
  sha256: string;
}

export const sealedRevision = (): Revision => JSON.parse(readFileSync(seal, 'utf8')) as Revision;

const files = (): { name: string; text: string }[] =>
  readdirSync(routinesFolder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => ({ name, text: readFileSync(path.join(routinesFolder, name), 'utf8') }));

export function digestOfRoutines(): string {
  const hash = createHash('sha256');
  for (const { name, text } of files()) hash.update(`${name} ${text.length}\n${text}`);
  return hash.digest('hex');
}

/** Gives the routines as they stand the next number; does nothing when they are the ones that were numbered last. */
export function sealRoutines(): Revision {
  const sealed = sealedRevision();
  const sha256 = digestOfRoutines();
  if (sealed.sha256 === sha256) return sealed;
  const next = { revision: sealed.revision + 1, sha256 };
  writeFileSync(seal, `${JSON.stringify(next, null, 2)}\n`);
  return next;
}

/** The revision that the database has; 0 when it has none. */
export async function appliedRevision(sql: postgres.Sql): Promise<number> {
  const [known] = await sql`select to_regclass('drawloom_migrations.routines') is not null as exists`;
  if (!known!.exists) return 0;
  const [row] = await sql`select revision from drawloom_migrations.routines`;
  return row?.revision ?? 0;
}

/**
 * Takes all routines out and puts these in, in one transaction: whoever works meanwhile sees the old set or the new one.
 * Nothing but views and triggers may lean on a function; an index or a default that does stops this with an error.
 */
export async function applyRoutines(sql: postgres.Sql): Promise<void> {
  const { revision } = sealedRevision();
  await sql.begin(async (tx) => {
    await tx.unsafe(takeOut);
    // Functions name each other in any order.
    await tx`set local check_function_bodies = off`;
    for (const { text } of files()) await tx.unsafe(text);
    await tx`create table if not exists drawloom_migrations.routines (revision integer not null)`;
    await tx`delete from drawloom_migrations.routines`;
    await tx`insert into drawloom_migrations.routines values (${revision})`;
  });
}

/** Names are turned into text before anything is gone: a view that goes with another one has none any more afterwards. */
const takeOut = `
  do $$
  declare
    one record;
  begin
    for one in
      select t.tgname as name, t.tgrelid::regclass as place from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where c.relnamespace = 'drawloom'::regnamespace and not t.tgisinternal
    loop
      execute format('drop trigger %I on %s', one.name, one.place);
    end loop;
    for one in select c.oid::regclass::text as name from pg_class c where c.relnamespace = 'drawloom'::regnamespace and c.relkind = 'v' loop
      execute format('drop view if exists %s cascade', one.name);
    end loop;
    for one in select p.oid::regprocedure as name from pg_proc p where p.pronamespace = 'drawloom'::regnamespace loop
      execute format('drop function %s', one.name);
    end loop;
  end $$`;
