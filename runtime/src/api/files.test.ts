import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { DataFile } from '@drawloom/shared/api/artifacts.ts';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, type TestApi, testApi } from '../../../test/support/api.ts';
import { dataFolders, isFileName, pinFile } from '../artifacts/projectFiles.ts';
import { createApp } from './app.ts';
import { arriving } from './arriving.ts';
import { fileName } from './editorFiles.ts';

let api: TestApi;
let maker: Asker;
let data: string;
beforeAll(async () => {
  api = await testApi();
  maker = await api.person({ role: 'data-scientist' });
  data = dataFolders(api.house.config.home, { id: api.project.id, settings: {} })[0]!;
  await mkdir(path.join(data, 'deep/er'), { recursive: true });
  await writeFile(path.join(data, 'plain.csv'), 'a,b\n1,2\n');
  await writeFile(path.join(data, 'deep/er/more.csv'), 'c\n');
  await writeFile(path.join(data, '.hidden'), 'no');
  const outside = await mkdtemp(path.join(tmpdir(), 'drawloom-outside-'));
  await writeFile(path.join(outside, 'secret.txt'), 'secret');
  await symlink(path.join(outside, 'secret.txt'), path.join(data, 'link.txt'));
  await symlink(outside, path.join(data, 'linked'));
});
afterAll(() => api.close());

const put = (name: string, body: string, headers: Record<string, string> = {}) =>
  maker.ask('PUT', `/api/v1/projects/first/files/${encodeURIComponent(name)}`, undefined, { body, headers });
const list = async () =>
  (await maker.json<{ files: DataFile[] }>('GET', '/api/v1/projects/first/files')).files.map((file) => file.name);
const pin = (name: string) =>
  pinFile(api.house.db, api.house.store, api.house.config.home, { id: api.project.id, settings: {} }, name);
const incoming = () => readdir(path.join(api.house.config.home, 'artifacts/incoming'));

test('the data folder shows its files, and neither hidden ones nor what links lead to', async () => {
  const files = await list();
  expect(files.filter((name) => !name.startsWith('up'))).toEqual(['deep/er/more.csv', 'plain.csv']);
});

test('a file is pinned by its bytes, and no name leads out of the folder', async () => {
  const sha256 = createHash('sha256').update('a,b\n1,2\n').digest('hex');
  expect(await pin('plain.csv')).toEqual({ sha256, sizeBytes: 8 });
  for (const name of [
    '../plain.csv',
    'deep/../plain.csv',
    './plain.csv',
    '/etc/passwd',
    'link.txt',
    'linked/secret.txt',
    '.hidden',
    'deep',
    'deep//er/more.csv',
    '..%2fplain.csv',
    '..\\plain.csv',
    'plain.csv\0.txt',
    '',
  ])
    expect([name, await pin(name)]).toEqual([name, null]);
});

test('a changed file is pinned anew', async () => {
  await writeFile(path.join(data, 'up-changing.csv'), 'one');
  const before = await pin('up-changing.csv');
  await writeFile(path.join(data, 'up-changing.csv'), 'two');
  expect((await pin('up-changing.csv'))?.sha256).not.toBe(before?.sha256);
});

test('an upload is kept under its digest, listed, readable by nodes, and downloaded by ranges as an attachment', async () => {
  const text = 'x,y\n3,4\n';
  const digest = createHash('sha256').update(text).digest('base64');
  const file = (await (await put('up ä.csv', text, { 'content-digest': `sha-256=:${digest}:` })).json()) as DataFile;
  expect(file).toMatchObject({ name: 'up ä.csv', sizeBytes: 8, source: 'upload' });
  expect(await list()).toContain('up ä.csv');
  expect(await pin('up ä.csv')).toEqual({ sha256: file.sha256, sizeBytes: 8 });
  const content = `/api/v1/projects/first/artifacts/${file.sha256}/content`;
  const whole = await maker.ask('GET', content);
  expect(await whole.text()).toBe(text);
  expect(whole.headers.get('content-disposition')).toBe(
    'attachment; filename="up _.csv"; filename*=UTF-8\'\'up%20%C3%A4.csv',
  );
  expect(whole.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
  expect(whole.headers.get('x-content-type-options')).toBe('nosniff');
  const part = await maker.ask('GET', content, undefined, { headers: { range: 'bytes=2-4' } });
  expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, 'y\n3', 'bytes 2-4/8']);
  const beyond = await maker.ask('GET', content, undefined, { headers: { range: 'bytes=80-' } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */8']);
  const head = await maker.ask('HEAD', content);
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '8', '']);
});

test('a page that somebody uploaded is a download, and as a preview it can neither run nor act', async () => {
  const page = '<script>fetch("/api/v1/session")</script>';
  const { sha256 } = (await (await put('up.html', page)).json()) as DataFile;
  const preview = await maker.ask('GET', `/api/v1/projects/first/artifacts/${sha256}/content?preview=true`);
  expect(preview.headers.get('content-security-policy')).not.toContain('allow-scripts');
  expect(preview.headers.get('content-security-policy')).toMatch(/^sandbox;/);
  const { sha256: other } = (await (await put('up.exe', 'MZ')).json()) as DataFile;
  const program = await maker.ask('GET', `/api/v1/projects/first/artifacts/${other}/content?preview=true`);
  expect(program.headers.get('content-type')).toBe('application/octet-stream');
  expect(program.headers.get('content-disposition')).toMatch(/^attachment/);
});

test('an upload under another digest, or a name that is none, leaves nothing behind', async () => {
  const digest = createHash('sha256').update('other').digest('base64');
  const wrong = await put('up-wrong.csv', 'these bytes', { 'content-digest': `sha-256=:${digest}:` });
  expect(wrong.status).toBe(422);
  const stored = createHash('sha256').update('these bytes').digest('hex');
  expect(await api.house.store.verify(stored)).toBe('missing');
  for (const name of ['../x', '..', '.x', 'a/b', 'a\\b', 'a\nb', 'x'.repeat(300)])
    expect([name, (await put(name, 'x')).status]).toEqual([name, name.length > 255 || name === '..' ? 404 : 422]);
  expect(await incoming()).toEqual([]);
});

test('an upload that is cut in the middle leaves nothing behind, and the server goes on', async () => {
  const server = createAdaptorServer({ fetch: api.app.fetch });
  await new Promise<void>((resolve) => server.listen(4400, '127.0.0.1', resolve)).catch(() => {});
  const { port } = server.address() as AddressInfo;
  const token = await maker.token(['graph.edit', 'project.view']);
  const before = (await list()).length;
  await new Promise<void>((resolve) => {
    const upload = httpRequest({
      port,
      host: '127.0.0.1',
      method: 'PUT',
      path: '/api/v1/projects/first/files/up-cut.bin',
      headers: { authorization: `Bearer ${token}`, 'content-length': 10_000_000, host: 'localhost:4400' },
    });
    upload.on('error', () => resolve());
    upload.write(Buffer.alloc(200_000), () => setTimeout(() => upload.destroy(), 100));
  });
  await expect.poll(incoming).toEqual([]);
  expect((await list()).length).toBe(before);
  await new Promise((resolve) => server.close(resolve));
});

test('an upload that stalls is given up: neither its connection nor its temporary file stays', async () => {
  const server = createAdaptorServer({ fetch: createApp({ ...api.house, silenceMs: 200 }).fetch });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upload = httpRequest({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    method: 'PUT',
    path: '/api/v1/projects/first/files/up-stalled.bin',
    headers: {
      authorization: `Bearer ${await maker.token(['graph.edit', 'project.view'])}`,
      'content-length': 10_000_000,
      host: 'localhost:4400',
    },
  });
  const closed = new Promise((resolve) => upload.once('close', resolve));
  upload.on('error', () => {}); // the server hangs up in the middle of it, as it should
  upload.write(Buffer.alloc(200_000));
  const [answer] = (await once(upload, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(408);
  expect(JSON.parse(await text(answer))).toMatchObject({ code: 'stalled', message: expect.stringMatching(/Send it/) });
  await closed;
  expect(await incoming()).toEqual([]);
  expect(await list()).not.toContain('up-stalled.bin');
  await new Promise((resolve) => server.close(resolve)); // ends only when no connection is left
});

test('only the sender’s silence counts: what waits because it is stored slowly is not given up', async () => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of [1, 2, 3]) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  const taken: number[] = [];
  for await (const part of arriving(body, { silenceMs: 20 })) {
    taken.push(part[0]!);
    await new Promise((resolve) => setTimeout(resolve, 40)); // a disk that takes its time
  }
  expect(taken).toEqual([1, 2, 3]);
});

test('no spelling of a path leads out of the editor’s folder', async () => {
  for (const spelling of [
    '/../package.json',
    '/%2e%2e/package.json',
    '/%2e%2e%2fpackage.json',
    '/..%2f..%2fetc/passwd',
    '/%252e%252e/package.json',
    '/assets/..%5c..%5cx',
    '/.git/config',
    '/a%00.js',
    '/%ff',
  ])
    expect([spelling, fileName(spelling)]).toEqual([spelling, null]);
  expect(fileName('/assets/app-1a2b.js')).toBe('assets/app-1a2b.js');
  expect(isFileName('a/b.csv')).toBe(true);
  for (const route of ['/%2e%2e/package.json', '/..%2fpackage.json', '/assets/x.js'])
    expect((await api.nobody.ask('GET', route)).status).toBe(404);
});
