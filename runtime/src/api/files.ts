/** The routes about files that nodes can read: what is there, and bringing more. */
import { routes } from '@drawloom/shared/api/index.ts';
import { eq, sql } from 'drizzle-orm';
import { dataFolders, digestSeen, isFileName, listDataFiles } from '../artifacts/projectFiles.ts';
import { UnfitError } from '../artifacts/store.ts';
import { uploads } from '../db/tables/uploads.ts';
import { recordArtifact } from '../record/observations.ts';
import { arriving } from './arriving.ts';
import { mediaTypeOf, promisedDigest } from './bytes.ts';
import { Refusal } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

/** One upload; what is larger belongs into the data folder. */
const largestUpload = 20 * 2 ** 30;

export const fileHandlers: Handler[] = [
  handle(routes.listFiles, async ({ house, project }) => {
    const folders = dataFolders(house.config.home, project);
    const rows = await house.db.select().from(uploads).where(eq(uploads.projectId, project.id)).orderBy(uploads.name);
    const uploaded = new Set(rows.map((row) => row.name));
    const inFolder = (await listDataFiles(folders)).filter((file) => !uploaded.has(file.name));
    return {
      files: [
        ...rows.map(({ name, sizeBytes, sha256, uploadedAt }) => ({
          name,
          sizeBytes,
          source: 'upload' as const,
          sha256,
          changedAt: uploadedAt.toISOString(),
        })),
        ...(await Promise.all(
          inFolder.map(async ({ name, sizeBytes, changedAt }) => ({
            name,
            sizeBytes,
            source: 'folder' as const,
            sha256: await digestSeen(folders, name),
            changedAt: changedAt.toISOString(),
          })),
        )),
      ],
    };
  }),

  handle(routes.uploadFile, async ({ house, project, params, request, subject, note }) => {
    const { name } = params;
    if (!isFileName(name) || name.includes('/'))
      throw new Refusal(
        422,
        'file_name',
        'A file’s name has no slashes, no control characters, and no dot in front. Rename it.',
        {
          at: '/name',
        },
      );
    const promised = promisedDigest(request.headers.get('content-digest'));
    const length = request.headers.get('content-length');
    const tooBig = () =>
      new Refusal(413, 'too_big', 'An upload has 20 GiB at most. Put the file into the data folder.');
    if (Number(length ?? 0) > largestUpload) throw tooBig();
    if (!request.body) throw new Refusal(400, 'no_body', 'Send the file’s bytes as the body.');
    // The store keeps nothing of a stream that breaks off, or that is not what was said of it.
    const expected = { ...(length !== null && { sizeBytes: Number(length) }), ...(promised && { sha256: promised }) };
    const parts = arriving(request.body, house);
    const stored = await house.store.put(parts, { maxBytes: largestUpload, expected }).catch((error) => {
      if (error instanceof UnfitError && error.code === 'too_big') throw tooBig();
      if (error instanceof UnfitError && error.code === 'cut_off') throw new Refusal(400, 'cut_off', error.message);
      if (request.signal.aborted) throw new Refusal(400, 'cut_off', 'The upload broke off. Send it again.');
      throw error;
    });
    const { sha256, sizeBytes } = stored;
    const uploadedAt = await house.db.transaction(async (tx) => {
      await recordArtifact(tx, project.id, { kind: 'file', sha256, sizeBytes, mediaType: mediaTypeOf(name) });
      const row = { sha256, sizeBytes, uploadedBy: subject.personId };
      const [kept] = await tx
        .insert(uploads)
        .values({ projectId: project.id, name, ...row })
        .onConflictDoUpdate({ target: [uploads.projectId, uploads.name], set: { ...row, uploadedAt: sql`now()` } })
        .returning({ at: uploads.uploadedAt });
      return kept!.at;
    });
    note({ file: name, sha256, sizeBytes });
    return { name, sizeBytes, source: 'upload' as const, sha256, changedAt: uploadedAt.toISOString() };
  }),
];
