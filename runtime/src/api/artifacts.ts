/** The routes about artifacts: what they are, their bytes, their rows. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { PortKind } from '@drawloom/shared/node-type/ports.ts';
import { and, asc, eq, sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { artifactMembers, artifacts, blobs } from '../db/tables/artifacts.ts';
import { uploads } from '../db/tables/uploads.ts';
import { attachment, bytesResponse, endingOf, inert, mediaTypeOf, previewType } from './bytes.ts';
import { notThere, Refusal } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

type ArtifactRow = typeof artifacts.$inferSelect;

export const artifactHandlers: Handler[] = [
  handle(routes.getArtifact, async ({ house, project, params, query }) => {
    const { db } = house;
    const row = await artifactRow(db, project.id, params.sha256, query.kind);
    const members = await db
      .select({ path: artifactMembers.path, sha256: artifactMembers.sha256, sizeBytes: artifactMembers.sizeBytes })
      .from(artifactMembers)
      .where(eq(artifactMembers.artifactId, row.id))
      .orderBy(artifactMembers.path);
    const { sha256, kind, mediaType, sizeBytes, columns, rowCount, facts, createdAt } = row;
    return {
      sha256,
      kind,
      mediaType,
      sizeBytes,
      columns: columns ?? null,
      rowCount,
      facts: (facts ?? null) as never,
      members: members.length > 0 ? members : null,
      createdAt: createdAt.toISOString(),
      madeBy: await makerOf(db, row.id),
      name: await uploadName(db, project.id, sha256),
      forgottenAt: row.forgottenAt?.toISOString() ?? null,
    };
  }),

  handle(routes.getContent, async ({ house, project, params, query, request }) => {
    const row = withBytes(await artifactRow(house.db, project.id, params.sha256, query.kind));
    const part =
      query.member === undefined ? await wholeOf(house.db, row) : await memberOf(house.db, row, query.member);
    const name =
      query.member?.split('/').at(-1) ??
      (await uploadName(house.db, project.id, row.sha256)) ??
      `${row.kind}-${row.sha256.slice(0, 12)}${endingOf(row.mediaType)}`;
    const shown = query.preview ? previewType(part.mediaType) : null;
    return bytesResponse(
      house.store,
      {
        ...part,
        headers: {
          ...inert,
          'content-type': shown ?? 'application/octet-stream',
          'content-disposition': attachment(name, shown ? 'inline' : 'attachment'),
          'cache-control': 'private, max-age=300',
        },
      },
      request,
    );
  }),
];

/** The same bytes may be known as several kinds (a table taken as a file); without a kind, the first that was recorded. */
export async function artifactRow(db: Tx, projectId: string, sha256: string, kind?: PortKind): Promise<ArtifactRow> {
  const [row] = await db
    .select()
    .from(artifacts)
    .where(
      and(
        eq(artifacts.projectId, projectId),
        eq(artifacts.sha256, sha256),
        kind === undefined ? undefined : eq(artifacts.kind, kind),
      ),
    )
    .orderBy(asc(artifacts.id))
    .limit(1);
  if (!row) throw notThere();
  return row;
}

/** Refuses what has no bytes any more. */
export function withBytes(row: ArtifactRow): ArtifactRow {
  if (!row.forgottenAt) return row;
  throw new Refusal(
    410,
    'artifact_forgotten',
    `The bytes of this artifact were forgotten on ${row.forgottenAt.toISOString().slice(0, 10)}, as the project keeps outputs only so long. Run the node that made it again.`,
  );
}

/** Of an artifact with several files the whole is its manifest, which is not as long as what it names. */
async function wholeOf(db: Tx, { sha256, sizeBytes, mediaType }: ArtifactRow) {
  const [blob] = await db.select().from(blobs).where(eq(blobs.sha256, sha256));
  return { sha256, sizeBytes: blob?.sizeBytes ?? sizeBytes, mediaType };
}

async function memberOf(db: Tx, row: ArtifactRow, path: string) {
  const [member] = await db
    .select()
    .from(artifactMembers)
    .where(and(eq(artifactMembers.artifactId, row.id), eq(artifactMembers.path, path)));
  if (!member)
    throw new Refusal(404, 'no_member', 'The artifact holds no file of that name. Ask for one that it lists.');
  return { ...member, mediaType: mediaTypeOf(path) };
}

/** The first attempt that gave it out; null for an upload. */
async function makerOf(db: Tx, artifactId: number) {
  const [row] = await db.execute<{ run: string; node: string; port: string }>(sql`
    select u.run_id as run, p.node_id as node, u.port from drawloom.artifact_use u
    join drawloom.run r on r.id = u.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = u.node
    where u.artifact_id = ${artifactId} and u.direction = 'out' order by u.run_id, u.node limit 1`);
  return row ? { run: Number(row.run), node: row.node, port: row.port } : null;
}

async function uploadName(db: Tx, projectId: string, sha256: string): Promise<string | null> {
  const [row] = await db
    .select({ name: uploads.name })
    .from(uploads)
    .where(and(eq(uploads.projectId, projectId), eq(uploads.sha256, sha256)))
    .limit(1);
  return row?.name ?? null;
}
