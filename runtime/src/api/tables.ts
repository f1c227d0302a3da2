/** The routes that look into tables. The bytes are read by a sandboxed process, never by the server itself. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { PortKind } from '@drawloom/shared/node-type/ports.ts';
import { and, eq } from 'drizzle-orm';
import { ReaderError } from '../artifacts/reader/index.ts';
import { artifacts } from '../db/tables/artifacts.ts';
import { artifactRow, withBytes } from './artifacts.ts';
import type { House } from './house.ts';
import { Refusal, type RefusalStatus } from './refusal.ts';
import { type Handler, handle, type ProjectRow } from './wire.ts';

export const tableHandlers: Handler[] = [
  handle(routes.readTable, async ({ house, project, params, body }) => {
    const { sha256 } = await tableOf(house, project, params.sha256);
    return house.reader.page(sha256, body).catch(told);
  }),

  handle(routes.profileTable, async ({ house, project, params }) => {
    const { sha256, kind, profile } = await tableOf(house, project, params.sha256);
    // The same bytes have the same profile for good, so it is made once and kept.
    if (profile !== null && typeof profile === 'object' && 'columns' in profile) return profile as never;
    const made = await house.reader.profile(sha256).catch(told);
    await house.db
      .update(artifacts)
      .set({ profile: made })
      .where(and(eq(artifacts.projectId, project.id), eq(artifacts.sha256, sha256), eq(artifacts.kind, kind)));
    return made;
  }),
];

/** A table, or a file that may be one; the reader says when it is not. */
async function tableOf({ db }: House, project: ProjectRow, sha256: string) {
  const first = withBytes(await artifactRow(db, project.id, sha256));
  if (first.kind === 'table') return first;
  return artifactRow(db, project.id, sha256, 'table' satisfies PortKind).catch(() => first);
}

const statuses: Record<ReaderError['code'], RefusalStatus> = {
  damaged: 422,
  unknown_column: 422,
  bad_value: 422,
  too_big: 422,
  not_a_table: 422,
  timeout: 422,
  busy: 503,
  ended: 503,
};

function told(error: unknown): never {
  if (!(error instanceof ReaderError)) throw error;
  const status = statuses[error.code];
  throw new Refusal(
    status,
    `table_${error.code}`,
    error.message,
    status === 503 ? { headers: { 'retry-after': '2' } } : {},
  );
}
