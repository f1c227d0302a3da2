import { createHash } from 'node:crypto';
import { connect as dial } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type WireHouse, wireHouse } from '../../../../test/support/wireHouse.ts';
import { sweepBytes } from '../../retention/bytes.ts';

let house: WireHouse;
let api: WireHouse['api'];
let calls: WireHouse['calls'];
let ask: WireHouse['ask'];

beforeAll(async () => {
  house = await wireHouse();
  ({ api, calls, ask } = house);
}, 900_000);
afterAll(() => house?.close());

/** A request line as nobody's library would let it through. */
async function raw(method: string, target: string, body = '', length = body.length): Promise<string> {
  const { hostname, port } = new URL(house.url);
  const socket = dial(Number(port), hostname);
  socket.write(
    `${method} ${target} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${house.token}\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`,
  );
  if (length > body.length) socket.end();
  return text(socket).catch(() => '');
}

async function newRun(): Promise<string> {
  const answer = await ask('POST', '/api/2.0/mlflow/runs/create', { body: '{}' });
  return ((await answer.json()) as { run: { info: { run_id: string } } }).run.info.run_id;
}
const place = (run: string, path = '') => `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/${path}`;
const rows = () =>
  api.house.sql<{ path: string }[]>`select path from drawloom.tracked_file order by path`.then((all) =>
    all.map(({ path }) => path),
  );

test('files go up and come back by every call that the client has for them', { timeout: 300_000 }, async () => {
  const answer = (await calls('files')) as { id: string };
  expect(answer).toMatchObject({
    listed: expect.arrayContaining([
      ['one.txt', 3],
      ['sub/folder/one.txt', 3],
      ['tree/two words.txt', 3],
      ['tree/deep/100% ä.bin', 5],
      ['tree/deep/er/empty', 0],
      ['page.html', 14],
    ]),
    top: expect.arrayContaining([
      ['d', true],
      ['one.txt', false],
      ['tree', true],
    ]),
    file: [],
    back: {
      'one.txt': 'one',
      'tree/two words.txt': 'two',
      'tree/deep/100% ä.bin': 'three',
      'tree/deep/er/empty': '',
      'page.html': '<h1>hello</h1>',
    },
    same: true,
    dict: { a: [1, 2] },
    text: 'two',
    image: [
      [4, 3],
      [255, 0, 0],
    ],
    figure: 'PNG',
    table: ['a', 'b'],
    one: 'one',
  });
  const listed = await ask('GET', `/api/2.0/mlflow/artifacts/list?run_id=${answer.id}&path=tree`);
  expect(await listed.json()).toEqual({
    root_uri: `mlflow-artifacts:/0/${answer.id}/artifacts`,
    files: [
      { path: 'tree/deep', is_dir: true },
      { path: 'tree/two words.txt', is_dir: false, file_size: 3 },
    ],
  });
  const older = await ask('GET', `/get-artifact?run_id=${answer.id}&path=one.txt`);
  expect(await older.text()).toBe('one');
});

test('a client that was told to upload in parts goes on without', async () => {
  expect(await calls('in_parts', { text: 'whole all the same' })).toBe('whole all the same');
});

test('deleting takes a file or a folder, nothing of a like name, and the right to delete', async () => {
  expect(await calls('removed')).toEqual(['bc.txt']);
  const run = (await calls('logged_text', { path: 'keep.txt', text: 'mine' })) as string;
  const as = await house.person.token(['project.view', 'data.read', 'run.execute']);
  const refused = await ask('DELETE', place(run, 'keep.txt'), { as });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ error_code: 'PERMISSION_DENIED' });
  expect((await ask('GET', place(run, 'keep.txt'))).status).toBe(200);
  const viewer = await house.person.token(['project.view']);
  expect((await ask('GET', place(run, 'keep.txt'), { as: viewer })).status).toBe(403);
  expect((await ask('PUT', place(run, 'more.txt'), { as: viewer, body: 'x' })).status).toBe(403);
});

test('a file of 256 MiB goes up and comes back through a few blocks of memory', { timeout: 900_000 }, async () => {
  const held = () => process.memoryUsage().arrayBuffers;
  const before = held();
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, held() - before);
  }, 20);
  try {
    expect(await calls('large', { megabytes: 256 })).toMatchObject({ same: true, size: 256 * 2 ** 20 });
  } finally {
    clearInterval(watch);
  }
  expect(most).toBeLessThan(128 * 2 ** 20);
});

test('a part of a file is read by its range, and what is beyond its end is said so', async () => {
  const run = (await calls('logged_text', { path: 'letters.txt', text: 'abcdefghij' })) as string;
  const part = await ask('GET', place(run, 'letters.txt'), { headers: { range: 'bytes=2-4' } });
  expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, 'cde', 'bytes 2-4/10']);
  const tail = await ask('GET', place(run, 'letters.txt'), { headers: { range: 'bytes=-3' } });
  expect(await tail.text()).toBe('hij');
  expect((await ask('GET', place(run, 'letters.txt'), { headers: { range: 'bytes=10-' } })).status).toBe(416);
});

test('no file is anything that a browser would carry out', async () => {
  const run = await newRun();
  for (const [name, type] of [
    ['page.html', 'application/octet-stream'],
    ['page.xhtml', 'application/octet-stream'],
    ['drawing.svg', 'application/octet-stream'],
    ['code.js', 'application/octet-stream'],
    ['MLmodel', 'text/plain; charset=utf-8'],
    ['conda.yaml', 'text/plain; charset=utf-8'],
    ['picture.png', 'image/png'],
  ] as const) {
    const put = await ask('PUT', place(run, name), {
      body: '<script>alert(1)</script>',
      headers: { 'content-type': 'text/html' },
    });
    expect(put.status).toBe(200);
    const { headers } = await ask('GET', place(run, name));
    expect(headers.get('content-type'), name).toBe(type);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="/);
    expect(headers.get('content-security-policy')).toMatch(/^sandbox/);
  }
});

test('no spelling of a path leads out of the run, to read, to write or to delete', async () => {
  const mine = await newRun();
  const theirs = (await calls('logged_text', { path: 'secret.txt', text: 'secret' })) as string;
  const before = await rows();
  const out = `${theirs}/artifacts/secret.txt`;
  const spellings = [
    `../../${out}`,
    `%2e%2e/%2e%2e/${out}`,
    `.%2e/%2E./${out}`,
    `%252e%252e/%252e%252e/${out}`,
    `%25252e%25252e/${out}`,
    `..%2f..%2f${out}`,
    `..%252f..%252f${out}`,
    `..%5c..%5c${out}`,
    `..%255c..%255c${out}`,
    `a\\..\\..\\${out}`,
    `%2fetc%2fpasswd`,
    `/etc/passwd`,
    `%252fetc%252fpasswd`,
    `C:%5cWindows%5cwin.ini`,
    `c:/windows/win.ini`,
    `a%00.txt`,
    `a%2500.txt`,
    `a%0d%0aSet-Cookie:%20x`,
    `%c0%ae%c0%ae/${out}`,
    `%e0%80%ae%e0%80%ae/${out}`,
    `%ef%bc%8e%ef%bc%8e/${out}`, // full-width dots
    `..%ef%bc%8f..%ef%bc%8f${out}`, // a full-width slash
    `%e2%80%a5/${out}`, // two dots in one sign
    `.%e2%80%8b./${out}`, // an invisible sign between dots
    `a/./b`,
    `a//b`,
    `%20../b`,
    `x%23y`,
    `${'d/'.repeat(80)}x`,
    `${'n'.repeat(300)}`,
  ];
  for (const method of ['GET', 'PUT', 'DELETE'])
    for (const spelling of spellings) {
      const answer = await raw(method, place(mine, spelling), method === 'PUT' ? 'evil' : '');
      const status = Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]);
      expect([400, 404], `${method} ${spelling}: ${answer.slice(0, 200)}`).toContain(status);
      expect(answer).not.toContain('secret\r\n');
    }
  for (const spelling of spellings) {
    const listed = await ask('GET', `/api/2.0/mlflow-artifacts/artifacts?path=0/${mine}/artifacts/${spelling}`);
    if (listed.status === 200) expect(await listed.json(), spelling).toEqual({ files: [] });
    else expect([400, 404], spelling).toContain(listed.status);
    const older = await ask('GET', `/get-artifact?run_id=${mine}&path=${spelling}`);
    expect([400, 404], spelling).toContain(older.status);
  }
  expect(await rows()).toEqual(before);
  expect(await (await ask('GET', place(theirs, 'secret.txt'))).text()).toBe('secret');
});

test('a file and a folder do not share a name', async () => {
  const run = await newRun();
  expect((await ask('PUT', place(run, 'a/b'), { body: '1' })).status).toBe(200);
  for (const path of ['a', 'a/b/c']) {
    const refused = await ask('PUT', place(run, path), { body: '2' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
  }
});

test('an upload that is not what was said of it leaves nothing', async () => {
  const run = await newRun();
  const digest = (content: string) => `sha-256=:${createHash('sha256').update(content).digest('base64')}:`;
  const lie = await ask('PUT', place(run, 'lie.txt'), { body: 'truth', headers: { 'content-digest': digest('lie') } });
  expect(lie.status).toBe(400);
  const honest = { body: 'truth', headers: { 'content-digest': digest('truth') } };
  expect((await ask('PUT', place(run, 'honest.txt'), honest)).status).toBe(200);
  await raw('PUT', place(run, 'short.txt'), 'half of', 1000);
  await raw('PUT', place(run, 'long.txt'), 'more than was said', 4);
  const kept = await ask('GET', `/api/2.0/mlflow/artifacts/list?run_id=${run}`);
  const { files } = (await kept.json()) as { files: { path: string; file_size: number }[] };
  expect(files.filter(({ path }) => path !== 'long.txt')).toEqual([
    { path: 'honest.txt', is_dir: false, file_size: 5 },
  ]);
  // What comes after the end that was told belongs to no file: either it was cut there, or all of it was refused.
  for (const { file_size } of files.filter(({ path }) => path === 'long.txt')) expect(file_size).toBe(4);
});

test('bytes that a file of a run names are kept, and go once it names them no more', async () => {
  const run = await newRun();
  await ask('PUT', place(run, 'kept.txt'), { body: 'kept by its name' });
  const [row] = await api.house.sql<{ sha256: string }[]>`
    select sha256 from drawloom.tracked_file where path = 'kept.txt' order by kept_at desc limit 1`;
  // So that all that is in the store has been untouched for long.
  const soon = { graceMs: -60_000 };
  await sweepBytes(api.house.sql, api.house.store, soon);
  expect(await (await ask('GET', place(run, 'kept.txt'))).text()).toBe('kept by its name');
  expect((await ask('DELETE', place(run, 'kept.txt'))).status).toBe(200);
  await sweepBytes(api.house.sql, api.house.store, soon);
  expect(await api.house.store.verify(row!.sha256)).toBe('missing');
});

test('a deleted run takes no files, and a stranger finds none', async () => {
  const run = (await calls('logged_text', { path: 'a.txt', text: 'a' })) as string;
  const theirs = await house.stranger();
  for (const method of ['GET', 'PUT', 'DELETE'])
    expect((await ask(method, place(run, 'a.txt'), { as: theirs })).status).toBe(404);
  expect((await ask('GET', place(run, 'a.txt'), { as: 'dlm_wrong' })).status).toBe(401);
  await ask('POST', '/api/2.0/mlflow/runs/delete', { body: JSON.stringify({ run_id: run }) });
  expect((await ask('PUT', place(run, 'b.txt'), { body: 'b' })).status).toBe(400);
  expect((await ask('GET', place(run, 'a.txt'))).status).toBe(200);
});
