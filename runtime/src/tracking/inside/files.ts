/**
 * Decides which files a node's client reaches: those of its own runs and of the models it logged. What it uploads counts against the attempt's
 * disk, holds no secret, and gets its name under the attempt's fence.
 */
import type { Context, Hono } from 'hono';
import { keepFile } from '../files.ts';
import { prefixes } from '../wire/app.ts';
import {
  asked,
  download,
  entriesBelow,
  json,
  type NamedPlace,
  pathAfter,
  placeOf,
  readPlace,
  upload,
} from '../wire/files.ts';
import type { Admitted } from '../wire/gate.ts';
import { WireMistake, wireMistakeFor } from '../wire/mistake.ts';
import { callOf, type Env, type Inside, type InsideParts } from './call.ts';
import type { FencedWrites } from './fence.ts';
import { denied } from './scope.ts';

const marker = '/2.0/mlflow-artifacts/artifacts/';

export function filesInside(app: Hono<Env>, parts: InsideParts, fenced: FencedWrites): void {
  for (const prefix of prefixes) {
    const proxy = `${prefix}/2.0/mlflow-artifacts/artifacts`;
    app.get(proxy, (context) =>
      answered(parts, context, async (admitted, inside) => {
        const { owner, path } = await reached(admitted, inside, readPlace(asked(context, 'path')));
        return json(await entriesBelow(admitted, owner, path, true));
      }),
    );
    app.get(`${proxy}/*`, (context) =>
      answered(parts, context, async (admitted, inside) =>
        download(admitted, await reached(admitted, inside, readPlace(pathAfter(context, marker))), context.req.raw),
      ),
    );
    app.put(`${proxy}/*`, (context) =>
      answered(parts, context, async (admitted, inside) => {
        const place = await reached(admitted, inside, readPlace(pathAfter(context, marker)));
        return upload(admitted, place, context.req.raw, {
          keep: (owner, file) => fenced.write(inside.work, (sql) => keepFile(sql, owner, file)),
          through: (bytes) => bounded(bytes, inside),
        });
      }),
    );
  }
}

async function answered(
  parts: InsideParts,
  context: Context<Env>,
  work: (admitted: Admitted, inside: Inside) => Promise<Response>,
): Promise<Response> {
  try {
    const { inside } = context.env;
    return await work({ ...callOf(parts, inside, parts.sql, {}) }, inside);
  } catch (error) {
    const mistake = wireMistakeFor(error);
    if (mistake.code === 'INTERNAL_ERROR') parts.onError?.(error, 'answering a node about its files');
    return mistake.toResponse();
  }
}

async function reached(admitted: Admitted, { scope }: Inside, place: NamedPlace) {
  if (place.of === 'version') throw denied('A node reads a registered model through the node Load model.');
  if (place.of === 'run') scope.checkRun(place.name);
  else scope.checkModel(place.name);
  await scope.home();
  return placeOf(admitted, place);
}

/** The bytes as they come, as long as the attempt may write so many; a file that holds a secret is not one. */
async function* bounded(bytes: AsyncIterable<Uint8Array>, { means, uploaded }: Inside): AsyncGenerator<Uint8Array> {
  const masked = means.maskStream();
  let shorter = 0;
  for await (const part of bytes) {
    uploaded.bytes += part.length;
    if (uploaded.bytes > means.diskBytes)
      throw new WireMistake(
        'INVALID_PARAMETER_VALUE',
        `The files that this node logs hold more than the ${means.diskBytes} bytes that it may write. Log less, or raise its limit.`,
      );
    shorter += part.length - masked.push(Buffer.from(part.buffer, part.byteOffset, part.length)).length;
    yield part;
  }
  if (shorter - masked.end().length !== 0)
    throw new WireMistake(
      'INVALID_PARAMETER_VALUE',
      'The file holds a secret, and files are kept for everybody to see. Leave it out.',
    );
}
