/** The routes about drawings: listing, saving over a revision, checking, importing, exporting. */

import { routes } from '@drawloom/shared/api/index.ts';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { Question } from '@drawloom/shared/columns/flow.ts';
import { canonical, type Json, pointer, pretty } from '@drawloom/shared/json.ts';
import { checkCycles, checkPipeline } from '@drawloom/shared/pipeline/checks.ts';
import { emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { secretsIn } from '@drawloom/shared/pipeline/secrets.ts';
import { unknownTags } from '@drawloom/shared/pipeline/tags.ts';
import { readDocument, upgradeDocument } from '@drawloom/shared/pipeline/upgrade/index.ts';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { actionsIn } from '../auth/authorize.ts';
import { limits } from '../auth/limiter.ts';
import { namesOf } from '../auth/people.ts';
import { answersTo, checkWithQueries } from '../columns/planner.ts';
import { seenTables } from '../columns/seen.ts';
import type { Tx } from '../db/connection.ts';
import { isUniqueViolation } from '../db/errors.ts';
import { pipelines, pipelineVersions } from '../db/tables/pipelines.ts';
import { appendEvent } from '../events/append.ts';
import { hashOf } from '../plan/freeze.ts';
import { everyTag } from '../record/tags.ts';
import { attachment } from './bytes.ts';
import type { House } from './house.ts';
import { listPipelines } from './pipelineList.ts';
import { slugOf } from './projects.ts';
import { invalid, notThere, Refusal } from './refusal.ts';
import { type Call, type Handler, handle, type ProjectRow } from './wire.ts';

export type PipelineRow = typeof pipelines.$inferSelect;

export const pipelineHandlers: Handler[] = [
  handle(routes.listNodeTypes, ({ house }) => ({ nodeTypes: [...house.catalog.values()] })),

  handle(routes.listPipelines, async ({ house, project, query }) => ({
    pipelines: await listPipelines(house.db, project, query),
  })),

  handle(routes.createPipeline, async (call) => {
    const { house, project, body } = call;
    if ('name' in body) {
      const document = { ...emptyPipeline(body.name), name: await freeName(house.db, project.id, body.name) };
      return addPipeline(call, document, { trusted: true });
    }
    const document = documentFrom(body.document);
    requireCodeRight(call, null, document);
    requireSecretRight(call, null, document);
    return addPipeline(call, document, { trusted: true });
  }),

  handle(routes.importPipeline, async (call) => {
    const { house, project, subject, body } = call;
    await call.limit(limits.import, subject.personId);
    const read = readDocument(body.text);
    if ('problems' in read) throw invalid(read.problems);
    refuseUnstorable(read.document);
    const { document } = read;
    const circle = checkCycles(document); // no drawing by hand can hold one, so that none comes in by file either
    if (circle.length > 0) throw invalid(circle);
    const named = { ...document, name: await freeName(house.db, project.id, document.name) };
    // A drawing without code can do nothing that its importer may not do by drawing.
    return addPipeline(call, named, { trusted: !carriesCode(document) && !namesSecrets(document) });
  }),

  handle(routes.getPipeline, async ({ house, project, params }) =>
    pipelineAnswer(house, project, await pipelineRow(house.db, params.pipeline)),
  ),

  handle(routes.savePipeline, async (call) => {
    const { house, project, params, body, subject } = call;
    const document = documentFrom(body.document);
    const before = await pipelineRow(house.db, params.pipeline);
    if (before.archivedAt) throw new Refusal(409, 'archived', 'This pipeline is put away. Bring it back, then save.');
    if (before.revision !== body.revision) throw await stale(house, project, before);
    requireCodeRight(call, before.document, document);
    requireSecretRight(call, before.document, document);
    if (canonical(before.document) === canonical(document)) return pipelineAnswer(house, project, before);
    const saved = await changePipeline(call, before, { document });
    if (!saved) throw await stale(house, project, await pipelineRow(house.db, params.pipeline));
    call.note({ revision: saved.revision, by: subject.name });
    return pipelineAnswer(house, project, saved);
  }),

  handle(routes.archivePipeline, async ({ house, params }) => {
    await house.db
      .update(pipelines)
      .set({ archivedAt: sql`now()` })
      .where(and(eq(pipelines.id, params.pipeline), isNull(pipelines.archivedAt)));
    return undefined;
  }),

  handle(routes.restorePipeline, async ({ house, project, params }) => {
    const [row] = await house.db
      .update(pipelines)
      .set({ archivedAt: null })
      .where(eq(pipelines.id, params.pipeline))
      .returning()
      .catch(nameTaken);
    return pipelineAnswer(house, project, row!);
  }),

  handle(routes.trustPipeline, async (call) => {
    const { house, project, params } = call;
    requireSecretRight(call, null, (await pipelineRow(house.db, params.pipeline)).document);
    const [row] = await house.db
      .update(pipelines)
      .set({ trusted: true })
      .where(eq(pipelines.id, params.pipeline))
      .returning();
    return pipelineAnswer(house, project, row!);
  }),

  handle(routes.checkDocument, async ({ house, project, subject, body }) => {
    const read = upgradeDocument(body.document as Json);
    if ('problems' in read) return { problems: read.problems };
    if (body.pipeline !== undefined && (await pipelineRow(house.db, body.pipeline)).projectId !== project.id)
      throw notThere();
    const maySee = body.pipeline !== undefined && actionsIn(subject, project.id).has('data.read');
    const tables = maySee ? await seenTables(house.db, body.pipeline!) : [];
    const answer = (questions: readonly Question[]) => answersTo(house.reader, project.id, questions);
    const problems = await checkWithQueries(read.document, house.catalog, tables, answer);
    return { problems: [...problems, ...unknownTags(read.document, await everyTag(house.db))] };
  }),

  handle(routes.exportPipeline, async ({ house, params, query }) => {
    const row = await pipelineRow(house.db, params.pipeline);
    let { document } = row;
    if (query.version !== undefined) {
      const [version] = await house.db
        .select({ document: pipelineVersions.document })
        .from(pipelineVersions)
        .where(and(eq(pipelineVersions.pipelineId, row.id), eq(pipelineVersions.number, query.version)));
      if (!version) throw notThere();
      document = version.document;
    }
    return new Response(pretty(document), {
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-disposition': attachment(`${slugOf(row.name)}.drawloom.json`),
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      },
    });
  }),
];

/** A stored document is one of its day; what is answered is always one of today. */
export function currentDocument(stored: PipelineDocument): PipelineDocument {
  const read = upgradeDocument(stored as unknown as Json);
  return 'document' in read ? read.document : stored;
}

export async function pipelineAnswer(house: House, project: ProjectRow, row: PipelineRow): Promise<Pipeline> {
  const name = await namesOf(house.db, [row.changedBy]);
  const document = currentDocument(row.document);
  return {
    id: row.id,
    project: project.slug,
    revision: row.revision,
    document,
    contentHash: hashOf(document),
    problems: checkPipeline(document, house.catalog),
    trusted: row.trusted,
    updatedAt: row.changedAt.toISOString(),
    updatedBy: name(row.changedBy),
  };
}

export async function pipelineRow(db: Tx, id: string): Promise<PipelineRow> {
  const [row] = await db.select().from(pipelines).where(eq(pipelines.id, id));
  if (!row) throw notThere();
  return row;
}

export async function addPipeline(
  { house, project, subject, note }: Call,
  document: PipelineDocument,
  { trusted }: { trusted: boolean },
): Promise<Pipeline> {
  const row = await house.db
    .transaction(async (tx) => {
      const by = subject.personId;
      const [row] = await tx
        .insert(pipelines)
        .values({ projectId: project.id, name: document.name, document, trusted, createdBy: by, changedBy: by })
        .returning();
      await appendEvent(tx, project.id, { kind: 'pipeline', pipeline: row!.id, revision: 1, by: subject.name });
      return row!;
    })
    .catch(nameTaken);
  house.bell.ring('drawloom_event');
  note({ pipeline: row.id, name: row.name, trusted });
  return pipelineAnswer(house, project, row);
}

/** Writes a new revision over the one that was read. Null: somebody was faster. One UPDATE decides it. */
export async function changePipeline(
  { house, project, subject }: Call,
  before: PipelineRow,
  { document }: { document: PipelineDocument },
): Promise<PipelineRow | null> {
  const changed = await house.db
    .transaction(async (tx) => {
      const [row] = await tx
        .update(pipelines)
        .set({
          document,
          name: document.name,
          revision: sql`${pipelines.revision} + 1`,
          changedBy: subject.personId,
          changedAt: sql`now()`,
        })
        .where(and(eq(pipelines.id, before.id), eq(pipelines.revision, before.revision)))
        .returning();
      if (!row) return null;
      const { id: pipeline, revision } = row;
      await appendEvent(tx, project.id, { kind: 'pipeline', pipeline, revision, by: subject.name });
      return row;
    })
    .catch(nameTaken);
  house.bell.ring('drawloom_event');
  return changed;
}

/** Whoever may draw but not program may move, wire and set; new or other code takes the right to program. */
export function requireCodeRight(
  { subject, project }: Pick<Call, 'subject' | 'project'>,
  before: PipelineDocument | null,
  now: PipelineDocument,
): void {
  if (actionsIn(subject, project.id).has('code.edit')) return;
  for (const [id, { code, environment }] of Object.entries(now.nodes)) {
    const old = before?.nodes[id];
    if ((code ?? null) !== (old?.code ?? null) || (environment ?? null) !== (old?.environment ?? null))
      throw new Refusal(
        403,
        'not_allowed',
        `Your role does not allow changing code (code.edit), and ${now.nodes[id]!.name} has other code. Ask somebody who may.`,
        { at: `/document/nodes/${id}/code` },
      );
  }
}

/** Naming a secret hands it to a node in whatever run comes next, so it takes the right to use secrets. */
export function requireSecretRight(
  { subject, project }: Pick<Call, 'subject' | 'project'>,
  before: PipelineDocument | null,
  now: PipelineDocument,
): void {
  if (actionsIn(subject, project.id).has('secret.use')) return;
  for (const [id, { name, parameters }] of Object.entries(now.nodes)) {
    const old = [...secretsIn(before?.nodes[id]?.parameters ?? {})].map(({ name, path }) => pointer(...path, name));
    const added = [...secretsIn(parameters)].find(({ name, path }) => !old.includes(pointer(...path, name)));
    if (added)
      throw new Refusal(
        403,
        'not_allowed',
        `Your role does not allow using secrets (secret.use), and ${name} names ${added.name}. Ask somebody who may.`,
        { at: `/document${pointer('nodes', id, 'parameters', ...added.path)}` },
      );
  }
}

const namesSecrets = (document: PipelineDocument): boolean =>
  Object.values(document.nodes).some(({ parameters }) => !secretsIn(parameters).next().done);

const carriesCode = (document: PipelineDocument): boolean =>
  Object.values(document.nodes).some((node) => node.code !== undefined);

function documentFrom(value: unknown): PipelineDocument {
  const read = upgradeDocument(value as Json);
  if ('problems' in read) throw invalid(read.problems.map((problem) => ({ ...problem, at: `/document${problem.at}` })));
  return read.document;
}

/** An import is JSON within JSON: what the request's own reading refuses has to be looked for once more. */
function refuseUnstorable(document: PipelineDocument): void {
  const text = JSON.stringify(document);
  if (/(?<!\\)(\\\\)*\\u(0000|d[89a-f])/i.test(text))
    throw new Refusal(
      422,
      'json_character',
      'The file holds a NUL character or half of a surrogate pair. Take it out.',
    );
}

/** The name, or the name with the first number after it that is free. */
async function freeName(db: Tx, projectId: string, name: string): Promise<string> {
  const rows = await db
    .select({ name: pipelines.name })
    .from(pipelines)
    .where(
      and(
        eq(pipelines.projectId, projectId),
        isNull(pipelines.archivedAt),
        sql`starts_with(${pipelines.name}, ${name.slice(0, 190)})`,
      ),
    );
  const taken = new Set(rows.map((row) => row.name));
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name.slice(0, 190)} ${number}`)) number++;
  return `${name.slice(0, 190)} ${number}`;
}

function nameTaken(error: unknown): never {
  if (isUniqueViolation(error, 'pipeline_name'))
    throw new Refusal(409, 'name_taken', 'Another pipeline of this project has this name. Choose another one.', {
      at: '/document/name',
    });
  throw error;
}

/** 409 with the drawing as it is now, so that the editor can show both. */
export async function stale(house: House, project: ProjectRow, row: PipelineRow): Promise<Refusal> {
  const current = await pipelineAnswer(house, project, row);
  return new Refusal(
    409,
    'stale_revision',
    `${current.updatedBy} saved revision ${row.revision} meanwhile. Look at it, then save over it or take it.`,
    { at: '/revision', current },
  );
}
