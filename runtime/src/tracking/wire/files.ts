/**
 * Puts files on the wire as MLflow's clients ask for them: through the artifact proxy by a path that begins with the experiment and the
 * run, and by the older addresses that name a run. Bytes go through in parts both ways, whatever their size.
 */
import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { arriving } from '../../api/arriving.ts';
import { attachment, bytesResponse, inert, mediaTypeOf, previewType, promisedDigest } from '../../api/bytes.ts';
import type { House } from '../../api/house.ts';
import { UnfitError } from '../../artifacts/store.ts';
import { checkedModelName, checkedVersion } from '../../models/names.ts';
import { oneVersion, versionWith } from '../../models/versions.ts';
import { deleteFiles, type FileOwner, fileAt, type KeptFile, keepFile, listFolder } from '../files.ts';
import { loggedModelNamed } from '../loggedModels.ts';
import { checkedFolder } from '../paths.ts';
import { ownerOfRun } from '../runs.ts';
import { type Admitted, admit } from './gate.ts';
import { invalidValue, notThere, WireMistake } from './mistake.ts';
import { type Rpc, rpc, text } from './rpc.ts';

/** Where the files of a run lie in the proxy. */
export const runFilesUri = (experiment: string, uuid: string): string =>
  `mlflow-artifacts:/${experiment}/${uuid}/artifacts`;

export interface Place {
  owner: FileOwner;
  /** Within what the owner has; empty for all of it. */
  path: string;
  /** Why nothing of it changes; null where it may. */
  kept: string | null;
}

export interface NamedPlace {
  of: 'run' | 'model' | 'version';
  /** Of the run or the model, or the id of the version. */
  name: string;
  experiment: string;
  path: string;
}

/** `experiment/run/artifacts/path`, `experiment/models/model/artifacts/path` or `versions/id/artifacts/path`. */
export function readPlace(full: string): NamedPlace {
  const [experiment, ...below] = checkedFolder(full).split('/');
  const isModel = below[0] === 'models';
  const [name, artifacts, ...rest] = isModel ? below.slice(1) : below;
  if (!experiment || !name || artifacts !== 'artifacts')
    throw notThere(
      `'${full.slice(0, 200)}' is not below the artifacts of a run. Paths begin with experiment/run/artifacts.`,
    );
  const of = experiment === 'versions' ? 'version' : isModel ? 'model' : 'run';
  return { of, name, experiment, path: checkedFolder(rest.join('/')) };
}

/** The place in the database, of the project's own. */
export async function placeOf(
  { house, project }: Admitted,
  { of, name, experiment, path }: NamedPlace,
): Promise<Place> {
  if (of === 'version')
    return {
      owner: { of, id: await versionWith(house.sql, project.id, name) },
      path,
      kept: 'A model version is frozen.',
    };
  if (of === 'model') {
    const { id, deleted } = await loggedModelNamed(house.sql, project.id, name, { deletedToo: true, experiment });
    return { owner: { of: 'model', id }, path, kept: inTrash(deleted) };
  }
  const { id, deleted } = await ownerOfRun(house.sql, project.id, name, experiment);
  return { owner: { of: 'run', id }, path, kept: inTrash(deleted) };
}

const inTrash = (deleted: boolean) => (deleted ? 'This is deleted. Restore it before you add files to it.' : null);

/** What lies in a folder, told by paths below the owner, or below that folder where `relative` is asked for. */
export async function entriesBelow({ house }: Admitted, owner: FileOwner, folder: string, relative: boolean) {
  const path = checkedFolder(folder);
  return {
    files: (await listFolder(house.sql, owner, path)).map(({ name, isFolder, sizeBytes }) => ({
      path: relative || path === '' ? name : `${path}/${name}`,
      is_dir: isFolder,
      ...(!isFolder && { file_size: sizeBytes }),
    })),
  };
}

export async function download(
  { house }: Admitted,
  { owner, path }: Omit<Place, 'kept'>,
  request: Request,
): Promise<Response> {
  if (path === '') throw invalidValue('Invalid path: it is empty. Name a file.');
  const { sha256, sizeBytes } = await fileAt(house.sql, owner, path);
  const name = path.split('/').at(-1)!;
  return bytesResponse(house.store, { sha256, sizeBytes, headers: headersOf(name) }, request);
}

/** What people look at in a browser is text or a picture; what a browser would carry out is neither. */
function headersOf(name: string): Record<string, string> {
  const plain = /^(MLmodel|MLproject)$|\.(ya?ml|py|log|toml|ini|cfg)$/i.test(name) ? 'text/plain' : mediaTypeOf(name);
  const shown = /html|svg/.test(plain) ? null : previewType(plain);
  return {
    ...inert,
    'content-type': shown ?? 'application/octet-stream',
    'content-disposition': attachment(name),
    'cache-control': 'private, no-cache',
  };
}

/** How the name of an uploaded file is written, and what its bytes go through first. */
export interface Keeping {
  keep(owner: FileOwner, file: KeptFile): Promise<void>;
  through(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/** Takes the body as a file. Nothing of one that breaks off, or that is not what was said of it, is kept. */
export async function upload(
  { house, note }: Admitted,
  { owner, path, kept }: Place,
  request: Request,
  { keep, through }: Keeping = { keep: (whose, file) => keepFile(house.sql, whose, file), through: (bytes) => bytes },
): Promise<Response> {
  if (path === '') throw invalidValue('Invalid path: it is empty. Name a file.');
  if (kept) throw invalidValue(kept);
  const length = request.headers.get('content-length');
  const said = promisedDigest(request.headers.get('content-digest'));
  const body = request.body ? arriving(request.body, house) : nothing();
  const stored = await house.store
    .put(through(body), {
      expected: { ...(length !== null && { sizeBytes: Number(length) }), ...(said !== null && { sha256: said }) },
    })
    .catch((error) => {
      if (request.signal.aborted) throw new WireMistake('BAD_REQUEST', 'The upload broke off. Send it again.');
      throw error instanceof UnfitError ? new WireMistake('BAD_REQUEST', error.message) : error;
    });
  await keep(owner, { path, ...stored });
  note({ path, ...stored });
  return json({});
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

export const json = (body: object): Response =>
  new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } });

const door = {
  read: { name: 'artifacts/read', action: 'data.read', audited: false },
  write: { name: 'artifacts/put', action: 'run.execute', audited: false },
  delete: { name: 'artifacts/delete', action: 'artifact.delete', audited: true },
} as const;

/**
 * What stands after `marker` in the path as it was sent, decoded once. It is read from the request's own line: what reads addresses for
 * us takes `..` away and gives us another path than the one that was meant.
 */
export function pathAfter(context: Context, marker: string): string {
  const { incoming } = (context.env ?? {}) as { incoming?: { url?: string } };
  const sent = (incoming?.url ?? new URL(context.req.url).pathname).split('?')[0]!;
  const at = sent.indexOf(marker);
  if (at < 0) throw invalidValue('Invalid path: it leads out of the artifacts.');
  try {
    return decodeURIComponent(sent.slice(at + marker.length));
  } catch {
    throw invalidValue('Invalid path: it is not UTF-8 in percent encoding.');
  }
}

export const asked = (context: Context, name: string): string => {
  const value = new URL(context.req.url).searchParams.get(name);
  if (value === null) throw invalidValue(`Missing value for required parameter '${name}'.`);
  return value;
};

async function placeInRun({ house, project }: Admitted, uuid: string, path: string): Promise<Place> {
  const { id, deleted } = await ownerOfRun(house.sql, project.id, uuid);
  return { owner: { of: 'run', id }, path: checkedFolder(path), kept: inTrash(deleted) };
}

export function fileRoutes(app: Hono, house: House, prefixes: readonly string[]): void {
  for (const prefix of prefixes) {
    const proxy = `${prefix}/2.0/mlflow-artifacts`;
    const marker = '/2.0/mlflow-artifacts/artifacts/';
    const place = (admitted: Admitted, context: Context) => placeOf(admitted, readPlace(pathAfter(context, marker)));
    app.get(`${proxy}/artifacts`, (context) =>
      admit(house, context, door.read, async (admitted) => {
        const { owner, path } = await placeOf(admitted, readPlace(asked(context, 'path')));
        return json(await entriesBelow(admitted, owner, path, true));
      }),
    );
    app.get(`${proxy}/artifacts/*`, (context) =>
      admit(house, context, door.read, async (admitted) =>
        download(admitted, await place(admitted, context), context.req.raw),
      ),
    );
    app.put(`${proxy}/artifacts/*`, (context) =>
      admit(house, context, door.write, async (admitted) =>
        upload(admitted, await place(admitted, context), context.req.raw),
      ),
    );
    app.delete(`${proxy}/artifacts/*`, (context) =>
      admit(house, context, door.delete, async (admitted) => {
        const { owner, path } = await place(admitted, context);
        if (owner.of === 'version') throw invalidValue('A model version is frozen. Delete the version as a whole.');
        admitted.note({ path, files: await deleteFiles(house.sql, owner, path) });
        return json({});
      }),
    );
    // Clients that were told to upload in parts, or by addresses of a cloud, go on without when they hear this sentence.
    for (const [kind, what, doorway] of [
      ['mpu', 'Multipart upload', door.write],
      ['presigned', 'Presigned download', door.read],
    ] as const)
      app.all(`${proxy}/${kind}/*`, (context) =>
        admit(house, context, doorway, () => {
          throw new WireMistake(
            'NOT_IMPLEMENTED',
            `${what} is not supported for the current artifact repository: files of any size go through this server.`,
          );
        }),
      );
  }
  for (const address of ['/get-artifact', '/ajax-api/2.0/mlflow/get-artifact'])
    app.get(address, (context) =>
      admit(house, context, door.read, async (admitted) =>
        download(
          admitted,
          await placeInRun(admitted, asked(context, 'run_id'), asked(context, 'path')),
          context.req.raw,
        ),
      ),
    );
  for (const address of ['/model-versions/get-artifact', '/ajax-api/2.0/mlflow/model-versions/get-artifact'])
    app.get(address, (context) =>
      admit(house, context, door.read, async (admitted) => {
        const name = checkedModelName(asked(context, 'name'));
        const number = checkedVersion(asked(context, 'version'));
        const { id } = await oneVersion(house.sql, admitted.project.id, name, number);
        const path = checkedFolder(asked(context, 'path'));
        return download(admitted, { owner: { of: 'version', id }, path }, context.req.raw);
      }),
    );
  app.get('/ajax-api/2.0/mlflow/logged-models/:model/artifacts/files', (context) =>
    admit(house, context, door.read, async (admitted) => {
      const { id } = await loggedModelNamed(house.sql, admitted.project.id, context.req.param('model'));
      const path = checkedFolder(asked(context, 'artifact_file_path'));
      return download(admitted, { owner: { of: 'model', id }, path }, context.req.raw);
    }),
  );
  app.post('/ajax-api/2.0/mlflow/upload-artifact', (context) =>
    admit(house, context, door.write, async (admitted) =>
      upload(admitted, await placeInRun(admitted, asked(context, 'run_uuid'), asked(context, 'path')), context.req.raw),
    ),
  );
}

export const fileRpcs: Rpc[] = [
  rpc('GET artifacts/list', {
    action: 'data.read',
    fields: z.object({ run_id: text.optional(), run_uuid: text.optional(), path: text.default('') }),
    work: async (call) => {
      const uuid = call.fields.run_id || call.fields.run_uuid;
      if (!uuid) throw invalidValue("Missing value for required parameter 'run_id'.");
      const { id, experiment } = await ownerOfRun(call.house.sql, call.project.id, uuid);
      return {
        root_uri: runFilesUri(experiment, uuid),
        ...(await entriesBelow(call, { of: 'run', id }, call.fields.path, false)),
      };
    },
  }),
];
