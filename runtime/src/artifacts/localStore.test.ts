import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LocalStore } from './localStore.ts';
import { ArtifactMissingError, StorageFullError } from './store.ts';

let place: string;
let store: LocalStore;
beforeEach(async () => {
  place = await mkdtemp(path.join(tmpdir(), 'drawloom-store-'));
  store = new LocalStore(path.join(place, 'artifacts'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

const digest = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const stream = (content: string | Buffer) => Readable.from([Buffer.from(content)]);
const written = async (name: string, content: string) => {
  const file = path.join(place, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
};
const everything = async () => {
  const found = [];
  for await (const stored of store.list()) found.push(stored);
  return found;
};
const leftBehind = () => readdir(path.join(place, 'artifacts/incoming'));

describe('what is put', () => {
  test('is named by its hash, read-only, and given back whole or in part', async () => {
    const stored = await store.put(stream('hello world'));
    expect(stored).toEqual({ sha256: digest('hello world'), sizeBytes: 11 });
    expect((await stat(store.pathOf(stored.sha256))).mode & 0o777).toBe(0o444);
    expect(await text(await store.open(stored.sha256))).toBe('hello world');
    expect(await text(await store.open(stored.sha256, { start: 6, end: 8 }))).toBe('wor');
    expect(await leftBehind()).toEqual([]);
  });

  test('as text is kept as its bytes, and bounded by them', async () => {
    expect(await store.put(Readable.from(['grö', 'ßer']))).toEqual({ sha256: digest('größer'), sizeBytes: 8 });
    await expect(store.put(Readable.from(['größer']), { maxBytes: 7 })).rejects.toMatchObject({ code: 'too_big' });
    expect(await leftBehind()).toEqual([]);
  });

  test('twice at once is kept once', async () => {
    const content = Buffer.alloc(3_000_000, 'x');
    const stored = await Promise.all(Array.from({ length: 8 }, () => store.put(stream(content))));
    expect(new Set(stored.map(({ sha256 }) => sha256))).toEqual(new Set([digest(content)]));
    expect(await everything()).toEqual([{ sha256: digest(content), sizeBytes: 3_000_000 }]);
    expect(await leftBehind()).toEqual([]);
  });

  test('and breaks off leaves nothing', async () => {
    const breaking = async function* () {
      yield Buffer.from('half');
      throw new Error('the line went dead');
    };
    await expect(store.put(breaking())).rejects.toThrow('the line went dead');
    expect(await everything()).toEqual([]);
    expect(await leftBehind()).toEqual([]);
  });

  test('beyond the limit is refused while it arrives', async () => {
    await expect(store.put(stream('123456'), { maxBytes: 5 })).rejects.toMatchObject({ code: 'too_big' });
    expect(await leftBehind()).toEqual([]);
  });

  test('heals what was damaged', async () => {
    const { sha256 } = await store.put(stream('content'));
    await chmod(store.pathOf(sha256), 0o644);
    await truncate(store.pathOf(sha256), 3);
    expect(await store.verify(sha256, { sizeBytes: 7 })).toBe('damaged');
    await store.put(stream('content'));
    expect(await store.verify(sha256, { sizeBytes: 7, digest: true })).toBe('whole');
  });
});

describe('what is adopted', () => {
  test('moves without a second copy, unless it is so small that a copy is quicker', async () => {
    const large = 'rows '.repeat(20_000);
    for (const [content, moves] of [
      [large, true],
      ['rows', false],
    ] as const) {
      const file = await written('job/table.parquet', content);
      const { ino } = await stat(file);
      const stored = await store.adopt(file);
      expect(stored).toEqual({ sha256: digest(content), sizeBytes: content.length });
      expect((await stat(store.pathOf(stored.sha256))).ino === ino).toBe(moves);
      await expect(stat(file)).rejects.toThrow('ENOENT');
    }
  });

  test('with a second name is copied, so that nobody holds a way to change it', async () => {
    const file = await written('job/a', 'rows '.repeat(20_000));
    await link(file, path.join(place, 'job/b'));
    const stored = await store.adopt(file);
    expect((await stat(store.pathOf(stored.sha256))).nlink).toBe(1);
  });

  test.runIf(process.getuid?.() === 0)('from another user becomes ours', async () => {
    const file = await written('job/a', 'rows '.repeat(20_000));
    execFileSync('chown', ['65534', file]);
    await chmod(file, 0o000);
    const stored = await store.adopt(file);
    expect(await stat(store.pathOf(stored.sha256))).toMatchObject({ uid: 0, mode: 0o100444 });
  });

  test('may be no link, pipe or folder', async () => {
    const file = await written('job/a', 'secret');
    await symlink(file, path.join(place, 'job/link'));
    execFileSync('mkfifo', [path.join(place, 'job/pipe')]);
    for (const name of ['link', 'pipe', 'gone', '.'])
      await expect(store.adopt(path.join(place, 'job', name))).rejects.toMatchObject({ code: 'not_a_file' });
    expect(await readFile(file, 'utf8')).toBe('secret');
  });

  test('beyond the limit stays where it is', async () => {
    const file = await written('job/a', '123456');
    await expect(store.adopt(file, { maxBytes: 5 })).rejects.toMatchObject({ code: 'too_big' });
    expect(await readFile(file, 'utf8')).toBe('123456');
  });

  test('as a folder is known by its manifest, whatever the order of its files', async () => {
    await written('one/b/c.txt', 'c');
    await written('one/a.txt', 'a');
    await written('two/a.txt', 'a');
    await written('two/b/c.txt', 'c');
    const one = await store.adoptFolder(path.join(place, 'one'));
    const two = await store.adoptFolder(path.join(place, 'two'));
    expect(one).toEqual(two);
    expect(one.members.map((member) => member.path)).toEqual(['a.txt', 'b/c.txt']);
    expect(one.sizeBytes).toBe(2);
    expect(digest(await text(await store.open(one.sha256)))).toBe(one.sha256);
  });

  test('as a folder may hold no links and not too much', async () => {
    await written('many/a', 'a');
    await written('many/b', 'b');
    await expect(store.adoptFolder(path.join(place, 'many'), { maxFiles: 1 })).rejects.toMatchObject({
      code: 'too_many',
    });
    await expect(store.adoptFolder(path.join(place, 'many'), { maxBytes: 1 })).rejects.toMatchObject({
      code: 'too_big',
    });
    await symlink('/etc', path.join(place, 'elsewhere'));
    await expect(store.adoptFolder(path.join(place, 'elsewhere'))).rejects.toMatchObject({ code: 'not_a_file' });
    await symlink('/etc/passwd', path.join(place, 'many/link'));
    await expect(store.adoptFolder(path.join(place, 'many'))).rejects.toMatchObject({ code: 'not_a_file' });
  });
});

describe('what is asked for', () => {
  test('and is not there is missing', async () => {
    const sha256 = digest('nothing');
    expect(await store.verify(sha256)).toBe('missing');
    await expect(store.open(sha256)).rejects.toBeInstanceOf(ArtifactMissingError);
    await expect(store.localFile(sha256)).rejects.toBeInstanceOf(ArtifactMissingError);
  });

  test('by anything but a hash is refused', () => {
    for (const name of ['../../etc/passwd', 'ABC', '', `${'a'.repeat(63)}/`])
      expect(() => store.pathOf(name)).toThrow('names no artifact');
  });

  test('with its digest is read to the last byte', async () => {
    const { sha256 } = await store.put(stream('content'));
    await chmod(store.pathOf(sha256), 0o644);
    await writeFile(store.pathOf(sha256), 'CONTENT');
    expect(await store.verify(sha256, { sizeBytes: 7 })).toBe('whole');
    expect(await store.verify(sha256, { digest: true })).toBe('damaged');
  });
});

test('a sweep takes away what an interrupted put left', async () => {
  await writeFile(path.join(place, 'artifacts/incoming/half'), 'half');
  expect(await store.sweepTemp(60_000)).toBe(0);
  expect(await store.sweepTemp()).toBe(1);
  expect(await leftBehind()).toEqual([]);
});

const mayMount = () => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

test('a full disk is told as such, loses nothing, and is over when there is room again', async ({ skip }) => {
  if (process.getuid?.() !== 0 || !mayMount()) skip('needs the right to mount a small file system');
  try {
    const small = new LocalStore(path.join(place, 'artifacts'));
    const kept = await small.put(stream('kept'));
    const large = Buffer.alloc(2_000_000);
    await expect(small.put(stream(large))).rejects.toBeInstanceOf(StorageFullError);
    expect(await leftBehind()).toEqual([]);
    expect(await small.verify(kept.sha256, { digest: true })).toBe('whole');
    await small.put(stream('room again'));
  } finally {
    execFileSync('umount', [place]);
  }
});
