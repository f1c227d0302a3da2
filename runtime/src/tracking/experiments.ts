/** Decides what experiments there are in a project: made, renamed, deleted and brought back, and which one is meant by a number. */
import { and, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { isUniqueViolation } from '../db/errors.ts';
import { experiments, experimentTags } from '../db/tables/tracking.ts';
import { notThere, WireMistake } from './wire/mistake.ts';

export type ExperimentRow = typeof experiments.$inferSelect;
export interface Experiment extends ExperimentRow {
  tags: Record<string, string>;
}

/** What clients call the experiment of a project that runs go to when nothing else is said. */
export const defaultNumber = '0';

/** The number that clients know an experiment by. */
export const numberOf = ({ id, isDefault }: Pick<ExperimentRow, 'id' | 'isDefault'>): string =>
  isDefault ? defaultNumber : String(id);

const withTags = {
  tags: sql<Record<string, string>>`coalesce((select jsonb_object_agg(t.key, t.value) from ${experimentTags} t
    where t.experiment_id = ${experiments.id}), '{}')`,
};

async function some(db: Tx, projectId: string, which: SQL): Promise<Experiment[]> {
  const rows = await db
    .select({ experiment: experiments, ...withTags })
    .from(experiments)
    .where(and(eq(experiments.projectId, projectId), which));
  return rows.map(({ experiment, tags }) => ({ ...experiment, tags }));
}
const one = async (db: Tx, projectId: string, which: SQL): Promise<Experiment | undefined> =>
  (await some(db, projectId, which))[0];

/** In the order of the ids, which are those of the database. */
export async function experimentsWith(db: Tx, projectId: string, ids: readonly number[]): Promise<Experiment[]> {
  if (ids.length === 0) return [];
  const found = new Map((await some(db, projectId, inArray(experiments.id, [...ids]))).map((row) => [row.id, row]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** By the number that a client sends; refused when there is none such in the project. */
export async function experimentNumbered(db: Tx, projectId: string, number: string): Promise<Experiment> {
  if (number === defaultNumber) return defaultExperiment(db, projectId);
  const id = /^[1-9]\d{0,15}$/.test(number) ? Number(number) : 0;
  const found = await one(db, projectId, eq(experiments.id, id));
  // The default has one number outside, whatever it is kept under.
  if (!found || found.isDefault) throw notThere(`No experiment with id ${number} exists.`);
  return found;
}

export async function experimentNamed(db: Tx, projectId: string, name: string): Promise<Experiment> {
  if (name === 'Default') await defaultExperiment(db, projectId);
  const found = await one(db, projectId, eq(experiments.name, name));
  if (!found) throw notThere(`No experiment named '${name}' exists.`);
  return found;
}

export async function defaultExperiment(db: Tx, projectId: string): Promise<Experiment> {
  const is = eq(experiments.isDefault, true);
  const found = await one(db, projectId, is);
  if (found) return found;
  await db.insert(experiments).values({ projectId, name: 'Default', isDefault: true }).onConflictDoNothing();
  const made = await one(db, projectId, is);
  if (!made) throw notThere('The project was deleted meanwhile.');
  return made;
}

export async function createExperiment(
  db: Tx,
  { projectId, name, tags }: { projectId: string; name: string; tags: readonly { key: string; value: string }[] },
): Promise<ExperimentRow> {
  try {
    return await db.transaction(async (tx) => {
      const [made] = await tx.insert(experiments).values({ projectId, name }).returning();
      for (const { key, value } of tags) await setExperimentTag(tx, made!.id, key, value);
      return made!;
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw taken(name);
  }
}

const taken = (name: string) =>
  new WireMistake(
    'RESOURCE_ALREADY_EXISTS',
    `Experiment '${name}' already exists. If it was deleted, restore it, or choose another name.`,
  );

/** Refused when it is deleted: what is in the trash does not change. */
export async function renameExperiment(db: Tx, { id, deletedAt }: ExperimentRow, name: string): Promise<void> {
  if (deletedAt)
    throw new WireMistake('INVALID_PARAMETER_VALUE', 'A deleted experiment cannot be renamed. Restore it first.');
  try {
    await db.update(experiments).set({ name, updatedAt: sql`now()` }).where(eq(experiments.id, id));
  } catch (error) {
    if (isUniqueViolation(error)) throw taken(name);
    throw error;
  }
}

export async function deleteExperiment(db: Tx, { id, isDefault }: ExperimentRow): Promise<void> {
  if (isDefault) throw new WireMistake('INVALID_PARAMETER_VALUE', 'The default experiment cannot be deleted.');
  await db
    .update(experiments)
    .set({ deletedAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(eq(experiments.id, id), isNull(experiments.deletedAt)));
}

export async function restoreExperiment(db: Tx, { id }: ExperimentRow): Promise<void> {
  await db.update(experiments).set({ deletedAt: null, updatedAt: sql`now()` }).where(eq(experiments.id, id));
}

export async function setExperimentTag(db: Tx, experimentId: number, key: string, value: string): Promise<void> {
  await db
    .insert(experimentTags)
    .values({ experimentId, key, value })
    .onConflictDoUpdate({ target: [experimentTags.experimentId, experimentTags.key], set: { value } });
}
