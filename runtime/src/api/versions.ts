/** The routes about frozen versions of a pipeline. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { PipelineVersion } from '@drawloom/shared/api/pipelines.ts';
import { and, count, desc, eq } from 'drizzle-orm';
import { namesOf } from '../auth/people.ts';
import { pipelineVersions } from '../db/tables/pipelines.ts';
import { runs } from '../db/tables/runs.ts';
import { freezeVersion } from '../plan/freeze.ts';
import type { House } from './house.ts';
import {
  changePipeline,
  currentDocument,
  pipelineAnswer,
  pipelineRow,
  requireCodeRight,
  requireSecretRight,
  stale,
} from './pipelines.ts';
import { notThere } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

type VersionRow = typeof pipelineVersions.$inferSelect;

export const versionHandlers: Handler[] = [
  handle(routes.listVersions, async ({ house, params }) => {
    const rows = await house.db
      .select({ version: pipelineVersions, runCount: count(runs.id) })
      .from(pipelineVersions)
      .leftJoin(runs, eq(runs.pipelineVersionId, pipelineVersions.id))
      .where(eq(pipelineVersions.pipelineId, params.pipeline))
      .groupBy(pipelineVersions.id)
      .orderBy(desc(pipelineVersions.number));
    return { versions: await versionAnswers(house, rows) };
  }),

  handle(routes.getVersion, async ({ house, params }) => {
    const found = await oneVersion(house, params.pipeline, params.version);
    const [answer] = await versionAnswers(house, [found]);
    return { ...answer!, document: currentDocument(found.version.document) };
  }),

  handle(routes.createVersion, async ({ house, params, body, subject, note }) => {
    const row = await house.db.transaction((tx) =>
      freezeVersion(tx, params.pipeline, { author: subject.personId, message: body.message }),
    );
    if (!row) throw notThere();
    note({ version: row.number });
    const [answer] = await versionAnswers(house, [await oneVersion(house, params.pipeline, row.number)]);
    return answer!;
  }),

  handle(routes.restoreVersion, async (call) => {
    const { house, project, params } = call;
    const { version } = await oneVersion(house, params.pipeline, params.version);
    const before = await pipelineRow(house.db, params.pipeline);
    const document = { ...currentDocument(version.document), name: before.name };
    requireCodeRight(call, before.document, document);
    requireSecretRight(call, before.document, document);
    // what it replaces is not lost, and can be compared and restored in its turn
    await house.db.transaction((tx) =>
      freezeVersion(tx, params.pipeline, {
        author: call.subject.personId,
        message: `As it was before version ${params.version} was restored`,
        rename: false,
      }),
    );
    const saved = await changePipeline(call, before, { document });
    if (!saved) throw await stale(house, project, await pipelineRow(house.db, params.pipeline));
    return pipelineAnswer(house, project, saved);
  }),
];

async function oneVersion({ db }: House, pipeline: string, number: number) {
  const [found] = await db
    .select({ version: pipelineVersions, runCount: count(runs.id) })
    .from(pipelineVersions)
    .leftJoin(runs, eq(runs.pipelineVersionId, pipelineVersions.id))
    .where(and(eq(pipelineVersions.pipelineId, pipeline), eq(pipelineVersions.number, number)))
    .groupBy(pipelineVersions.id);
  if (!found) throw notThere();
  return found;
}

async function versionAnswers(
  { db }: House,
  rows: readonly { version: VersionRow; runCount: number }[],
): Promise<PipelineVersion[]> {
  const name = await namesOf(
    db,
    rows.map(({ version }) => version.author),
  );
  return rows.map(({ version, runCount }) => ({
    number: version.number,
    contentHash: version.contentHash,
    message: version.message,
    author: name(version.author),
    createdAt: version.createdAt.toISOString(),
    runCount,
  }));
}
