/** Decides which text Postgres can keep, and what stands in for what it cannot: a NUL, and half of a surrogate pair. */
import type { Json } from '@drawloom/shared/json.ts';

/** In JSON both are always escaped; what merely looks like one (a backslash, then u0000) costs a second look and no more. */
const perhapsUnstorable = /\\u(0000|[dD][89a-fA-F])/;

/** Whether JSON, given as text and as what it says, can be kept as it is. */
export const isStorable = (text: string, value: Json): boolean => !perhapsUnstorable.test(text) || every(value);

function every(value: Json): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (Array.isArray(value)) return value.every(every);
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).every(([key, member]) => every(key) && every(member));
  return true;
}

/** JSON for a column, whatever text a node, a library or a file put into it: what cannot be kept becomes U+FFFD. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return perhapsUnstorable.test(text) ? JSON.stringify(mended(JSON.parse(text) as Json)) : text;
}

function mended(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd');
  if (Array.isArray(value)) return value.map(mended);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [mended(key) as string, mended(member as Json)]),
    );
  return value;
}
