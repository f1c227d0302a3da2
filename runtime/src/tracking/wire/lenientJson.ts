/** Reads bodies as MLflow's clients send them: NaN and Infinity may stand as bare words, which JSON does not have. */
import { type Json, type JsonLimits, parseJson } from '@drawloom/shared/json.ts';
import { readBytes } from '../../api/body.ts';
import { isStorable } from '../../db/storable.ts';
import { WireMistake } from './mistake.ts';

const limits = { maxLength: 8 * 2 ** 20, maxDepth: 40, maxValues: 400_000 };
const textOrBareWord = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/** The body as JSON, in which those words are texts, which is how the official client writes them. Undefined when there is none. */
export async function readLenientJson(request: Request, silenceMs: number): Promise<Json | undefined> {
  const bytes = await readBytes(request, limits.maxLength, { silenceMs });
  const text = bytes.toString('utf8');
  return text.trim() === '' ? undefined : lenientJson(text);
}

export function lenientJson(text: string, most: JsonLimits = limits): Json {
  const strict = /NaN|Infinity/.test(text)
    ? text.replaceAll(textOrBareWord, (found) => (found.startsWith('"') ? found : `"${found}"`))
    : text;
  const read = parseJson(strict, most);
  if (!('value' in read)) throw new WireMistake('BAD_REQUEST', read.problem.message);
  if (!isStorable(strict, read.value))
    throw new WireMistake(
      'INVALID_PARAMETER_VALUE',
      'The JSON holds a NUL character or half of a surrogate pair. Take it out.',
    );
  return read.value;
}
