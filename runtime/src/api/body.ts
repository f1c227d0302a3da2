/** Decides how much of a request's body is read, and what of it counts as JSON. */
import { type Json, type JsonLimits, parseJson } from '@drawloom/shared/json.ts';
import { documentLimits } from '@drawloom/shared/pipeline/upgrade/index.ts';
import { isStorable } from '../db/storable.ts';
import { arriving, type Patience } from './arriving.ts';
import { Refusal } from './refusal.ts';

/** The largest document, wrapped in a request; an import carries it as text, whose escapes take space of their own. */
const jsonLimits: JsonLimits = {
  maxLength: 2 * documentLimits.maxLength,
  maxDepth: documentLimits.maxDepth + 4,
  maxValues: documentLimits.maxValues + 1000,
};

/** The body as JSON; undefined when there is none. */
export async function readJson(request: Request, silenceMs: number): Promise<Json | undefined> {
  const bytes = await readBytes(request, jsonLimits.maxLength, { silenceMs });
  if (bytes.length === 0) return undefined;
  if (!/^application\/json\s*(;\s*charset="?utf-8"?)?$/i.test(request.headers.get('content-type') ?? ''))
    throw new Refusal(415, 'wrong_type', 'Send the body as application/json.');
  return jsonOf(bytes, jsonLimits);
}

/** JSON that can be stored. Refuses with the place of what is wrong. */
export function jsonOf(bytes: Buffer, limits: JsonLimits): Json {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal(400, 'json_encoding', 'The body is not UTF-8.');
  }
  const read = parseJson(text, limits);
  if ('value' in read) {
    if (!isStorable(text, read.value))
      throw new Refusal(
        400,
        'json_character',
        'The body holds a NUL character or half of a surrogate pair, which cannot be stored. Take it out.',
      );
    return read.value;
  }
  const { code, message, at } = read.problem;
  throw new Refusal(400, code, message, { at });
}

/** The whole body. */
export async function readBytes(request: Request, limit: number, patience: Patience): Promise<Buffer> {
  const tooBig = () =>
    new Refusal(413, 'too_big', `The body has more than ${sizeText(limit)}. Send less.`, {
      headers: { connection: 'close' },
    });
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooBig();
  if (!request.body) return Buffer.alloc(0);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of arriving(request.body, patience)) {
    size += part.length;
    if (size > limit) throw tooBig();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const sizeText = (bytes: number): string =>
  bytes < 2 ** 20 ? `${Math.floor(bytes / 2 ** 10)} KiB` : `${Math.floor(bytes / 2 ** 20)} MiB`;
