/** Decides how the built editor reaches browsers: compressed once and kept, cached for good where its name is its hash, and strict. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { Hono } from 'hono';

/**
 * Scripts only from here, none inline, no eval. Styles set by scripts (editor and canvas do that) count as inline, hence the one
 * exception. Nothing may frame these pages, and nothing reaches out.
 */
export const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const mediaTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};
const compressible = /^(text\/|application\/(json|wasm|manifest)|image\/svg)/;

interface Kept {
  etag: string;
  encodings: Map<'br' | 'gzip', Promise<Buffer>>;
}

export function editorFiles(folder: string): Hono {
  const kept = new Map<string, Kept>();

  async function send(name: string, request: Request): Promise<Response | null> {
    const bytes = await readFile(path.join(folder, name)).catch(() => null);
    if (!bytes) return null;
    const type = mediaTypes[path.extname(name)] ?? 'application/octet-stream';
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    const headers = new Headers({
      'content-type': type,
      'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': contentSecurityPolicy,
      etag,
      vary: 'accept-encoding',
    });
    if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers });
    const accepted = request.headers.get('accept-encoding') ?? '';
    const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : null;
    if (!encoding || !compressible.test(type) || bytes.length < 1024)
      return new Response(new Uint8Array(bytes), { headers });
    let entry = kept.get(name);
    if (entry?.etag !== etag) {
      entry = { etag, encodings: new Map() };
      kept.set(name, entry);
    }
    const body = entry.encodings.get(encoding) ?? compress(bytes, encoding);
    entry.encodings.set(encoding, body);
    headers.set('content-encoding', encoding);
    return new Response(new Uint8Array(await body), { headers });
  }

  return new Hono().get('*', async (context) => {
    const name = fileName(context.req.path);
    const found = name === null ? null : await send(name || 'index.html', context.req.raw);
    if (found) return found;
    // The editor's own addresses are pages of one document; what looks like a file is not there.
    if (name === null || path.extname(name) !== '') return context.notFound();
    const page = await send('index.html', context.req.raw);
    return page ?? context.text('The editor is not built yet. Start with `npm start`, which builds it.\n', 503);
  });
}

/** A name below the folder; null for anything that could lead out of it, by whatever spelling. */
export function fileName(urlPath: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(urlPath);
  } catch {
    return null;
  }
  const parts = decoded.split('/').slice(1);
  const odd = (part: string) =>
    part.startsWith('.') || part.includes('\\') || part.includes('\0') || part.includes('%');
  return parts.some(odd) ? null : parts.filter((part) => part !== '').join('/');
}

const brotli = promisify(brotliCompress);
const gz = promisify(gzip);
const compress = (bytes: Buffer, encoding: 'br' | 'gzip'): Promise<Buffer> =>
  encoding === 'gzip'
    ? (gz(bytes) as Promise<Buffer>)
    : (brotli(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      }) as Promise<Buffer>);
