/** Decides how bytes leave: as a download by default, by ranges where asked, and never in a way that lets them act as one of our pages. */
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ArtifactStore, StoredBytes } from '../artifacts/store.ts';
import { notThere, Refusal } from './refusal.ts';

/** The header for a download; the name in ASCII for old clients, and in full for the others. */
export function attachment(name: string, kind: 'attachment' | 'inline' = 'attachment'): string {
  const tidy = name.replaceAll(/[\p{Cc}"\\/]/gu, '_').slice(-200) || 'file';
  const plain = tidy.replaceAll(/[^\x20-\x7e]/g, '_');
  const full = encodeURIComponent(tidy.toWellFormed()).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${full}`;
}

/** Whatever a file holds, it may not run, load or reach anything when a browser shows it. */
export const inert = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'",
  'cross-origin-resource-policy': 'same-origin',
};

export interface Range {
  start: number;
  /** The first byte after the range. */
  end: number;
}

/** The one range of a Range header; null when there is none, or one that may be ignored (several ranges, another unit). */
export function readRange(header: string | null, size: number): Range | null {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!found || (found[1] === '' && found[2] === '')) return null;
  const [, from, to] = found;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size : Math.min(size, Number(to) + 1);
  if (start >= size || start >= end)
    throw new Refusal(416, 'no_such_range', `There are ${size} bytes. Ask for a range among them.`, {
      headers: { 'content-range': `bytes */${size}` },
    });
  return { start, end };
}

/** Stored bytes as the answer to a request: all of them, the range that was asked for, or that the caller has them already. */
export async function bytesResponse(
  store: Pick<ArtifactStore, 'open'>,
  { sha256, sizeBytes, headers: given }: StoredBytes & { headers: Record<string, string> },
  request: Request,
): Promise<Response> {
  const headers = new Headers({ ...given, 'accept-ranges': 'bytes', etag: `"${sha256}"` });
  if (request.headers.get('if-none-match') === headers.get('etag')) return new Response(null, { status: 304, headers });
  const range = readRange(request.headers.get('range'), sizeBytes);
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  headers.set('content-length', String(end - start));
  if (range) headers.set('content-range', `bytes ${start}-${end - 1}/${sizeBytes}`);
  const empty = start >= end || request.method === 'HEAD';
  const body = empty ? null : Readable.toWeb(await store.open(sha256, { start, end: end - 1 }));
  return new Response(body as ReadableStream<Uint8Array> | null, { status: range ? 206 : 200, headers });
}

/** The SHA-256 of a Content-Digest header (RFC 9530) in hexadecimal; null when there is no such header. */
export function promisedDigest(header: string | null): string | null {
  if (header === null) return null;
  const found = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(header);
  if (!found)
    throw new Refusal(400, 'content_digest', 'Content-Digest has the form sha-256=:…: with the digest in Base64.');
  return Buffer.from(found[1]!, 'base64').toString('hex');
}

/** A file's bytes from `start` to before `end`, read as they are taken; the file is closed however that ends. */
export async function streamFile(path: string, { start, end }: Range): Promise<ReadableStream<Uint8Array>> {
  if (start >= end) return new Blob([]).stream();
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? notThere() : error;
  });
  const stream = file.createReadStream({ start, end: end - 1, highWaterMark: 256 * 1024 });
  return Readable.toWeb(stream) as ReadableStream<Uint8Array>;
}

const extensions: Record<string, string> = {
  parquet: 'application/vnd.apache.parquet',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
  zip: 'application/zip',
  gz: 'application/gzip',
};
/** By the name's ending; a guess for people, never for what may run. */
export const mediaTypeOf = (name: string): string =>
  extensions[name.split('.').at(-1)!.toLowerCase()] ?? 'application/octet-stream';

/** The ending that goes with a media type, dot included: the first that is named above. */
export const endings: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(extensions)
    .reverse()
    .map(([ending, type]) => [type, `.${ending}`]),
);
/** Empty when none is customary. */
export const endingOf = (mediaType: string): string => endings[mediaType.split(';')[0]!.trim()] ?? '';

/** What a browser may show in place, and as which type; everything else is a download, whatever was asked for. */
export function previewType(mediaType: string): string | null {
  const plain = mediaType.split(';')[0]!.trim().toLowerCase();
  if (/^image\/(png|jpeg|gif|webp|svg\+xml)$/.test(plain) || plain === 'text/html')
    return plain === 'text/html' ? 'text/html; charset=utf-8' : plain;
  if (/^text\/|^application\/(json|x-ndjson)$/.test(plain)) return 'text/plain; charset=utf-8';
  return null;
}
