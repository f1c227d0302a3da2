/** Decides what a new instance starts with: one project with the example that lies in the checkout, ready to run. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readDocument } from '@drawloom/shared/pipeline/upgrade/index.ts';
import { sql } from 'drizzle-orm';
import { ensureOwner } from '../auth/people.ts';
import { checkout } from '../checkout.ts';
import type { Tx } from '../db/connection.ts';
import { pipelines } from '../db/tables/pipelines.ts';
import { projects } from '../db/tables/projects.ts';

const example = 'examples/flights';

/**
 * Makes the first project, once: where there is any project already, even one put away, nothing is added.
 * Several programs may start at once; they take turns, and the first one seeds. True when it did.
 */
export function seedExample(db: Tx): Promise<boolean> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(4400005)`);
    const [any] = await tx.select({ id: projects.id }).from(projects).limit(1);
    if (any) return false;
    const owner = await ensureOwner(tx);
    const [project] = await tx
      .insert(projects)
      .values({
        slug: 'getting-started',
        name: 'Getting started',
        settings: { dataFolders: [`${example}/data`] },
        createdBy: owner.id,
      })
      .returning();
    const file = path.join(checkout, example, 'pipeline.json');
    if (!existsSync(file)) return true;
    const read = readDocument(await readFile(file, 'utf8'));
    if ('problems' in read) throw new Error(`${example}/pipeline.json: ${read.problems[0]!.message}`);
    const { document } = read;
    await tx.insert(pipelines).values({
      projectId: project!.id,
      name: document.name,
      document,
      createdBy: owner.id,
      changedBy: owner.id,
    });
    return true;
  });
}
