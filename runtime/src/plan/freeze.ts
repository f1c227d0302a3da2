/** Decides when a drawing becomes a version: one per meaning, numbered in the order in which they were first wanted. */
import { createHash } from 'node:crypto';
import { meaningOf, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { and, eq, max } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { pipelines, pipelineVersions } from '../db/tables/pipelines.ts';

export type VersionRow = typeof pipelineVersions.$inferSelect;

/** The name of what a drawing means; looks and title do not count. */
export const hashOf = (document: PipelineDocument): string =>
  createHash('sha256').update(meaningOf(document)).digest('hex');

/**
 * The version of the drawing as it is saved now; made when no version means the same. A message is given to one that was there as
 * well, unless `rename` is false.
 * Null: there is no such pipeline. The pipeline's row is held meanwhile, so that two who freeze at once get one version.
 */
export async function freezeVersion(
  tx: Tx,
  pipelineId: string,
  { author, message = '', rename = true }: { author: string | null; message?: string; rename?: boolean },
): Promise<VersionRow | null> {
  const [pipeline] = await tx.select().from(pipelines).where(eq(pipelines.id, pipelineId)).for('update');
  if (!pipeline) return null;
  const contentHash = hashOf(pipeline.document);
  const same = and(eq(pipelineVersions.pipelineId, pipelineId), eq(pipelineVersions.contentHash, contentHash));
  const [known] = await tx.select().from(pipelineVersions).where(same);
  if (known) {
    if (message === '' || !rename) return known;
    const [renamed] = await tx.update(pipelineVersions).set({ message }).where(same).returning();
    return renamed!;
  }
  const [last] = await tx
    .select({ number: max(pipelineVersions.number) })
    .from(pipelineVersions)
    .where(eq(pipelineVersions.pipelineId, pipelineId));
  const number = (last?.number ?? 0) + 1;
  const { document } = pipeline;
  const [made] = await tx
    .insert(pipelineVersions)
    .values({ pipelineId, number, contentHash, document, author, message })
    .returning();
  return made!;
}
