import { link, mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesBelow } from './disk.ts';
import { linkInput } from './inputs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folders-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const MiB = 1024 ** 2;

describe('the size of a folder', () => {
  test('counts what lies below, once', async () => {
    await mkdir(join(folder, 'a/b'), { recursive: true });
    await writeFile(join(folder, 'a/b/two'), Buffer.alloc(2 * MiB, 1));
    await link(join(folder, 'a/b/two'), join(folder, 'again'));
    const bytes = await bytesBelow(folder);
    expect(bytes).toBeGreaterThanOrEqual(2 * MiB);
    expect(bytes).toBeLessThan(2.1 * MiB);
  });

  test('counts a sparse file by what it holds, and follows no link', async () => {
    await writeFile(join(folder, 'sparse'), 'x');
    await truncate(join(folder, 'sparse'), 1024 ** 4);
    await symlink('/usr', join(folder, 'elsewhere'));
    await symlink(folder, join(folder, 'round'));
    expect(await bytesBelow(folder)).toBeLessThan(MiB);
  });

  test('stops counting when it is enough', async () => {
    for (let number = 0; number < 8; number++) await writeFile(join(folder, `${number}`), Buffer.alloc(MiB, 1));
    const bytes = await bytesBelow(folder, 2 * MiB);
    expect(bytes).toBeGreaterThan(2 * MiB);
    expect(bytes).toBeLessThan(4 * MiB);
  });
});

describe('an input', () => {
  const inside = () => join(folder, 'in');
  beforeEach(() => mkdir(inside()));

  test('is the stored file itself, under the name it is given', async () => {
    await writeFile(join(folder, 'stored'), 'rows');
    await linkInput(join(folder, 'stored'), inside(), 'tables/flights.parquet');
    expect((await stat(join(inside(), 'tables/flights.parquet'))).ino).toBe((await stat(join(folder, 'stored'))).ino);
  });

  test('may be a folder', async () => {
    await mkdir(join(folder, 'stored/images'), { recursive: true });
    await writeFile(join(folder, 'stored/images/cat'), 'cat');
    await linkInput(join(folder, 'stored'), inside(), 'dataset');
    expect(await readFile(join(inside(), 'dataset/images/cat'), 'utf8')).toBe('cat');
  });

  test('is copied when it lies on another file system', async () => {
    const other = await mkdtemp('/dev/shm/folders-test-');
    try {
      await writeFile(join(other, 'stored'), 'rows');
      await linkInput(join(other, 'stored'), inside(), 'flights');
      expect(await readFile(join(inside(), 'flights'), 'utf8')).toBe('rows');
      expect((await stat(join(inside(), 'flights'))).mode & 0o777).toBe(0o444);
    } finally {
      await rm(other, { recursive: true });
    }
  });

  test('that only its owner may read is copied for another user', async () => {
    await writeFile(join(folder, 'stored'), 'rows', { mode: 0o600 });
    await linkInput(join(folder, 'stored'), inside(), 'flights', { byOthers: true });
    expect((await stat(join(inside(), 'flights'))).mode & 0o777).toBe(0o444);
    expect((await stat(join(folder, 'stored'))).mode & 0o777).toBe(0o600);
  });

  test('can be reached by another user, however strict the umask of the worker', async () => {
    const before = process.umask(0o077);
    try {
      await writeFile(join(folder, 'stored'), 'rows');
      await linkInput(join(folder, 'stored'), inside(), 'tables/2024/flights');
      expect((await stat(join(inside(), 'tables/2024'))).mode & 0o777).toBe(0o755);
    } finally {
      process.umask(before);
    }
  });

  test.each(['../elsewhere', '/etc/passwd', '', '.', 'a/../../b', 'a\0b'])('is not placed at "%s"', async (as) => {
    await writeFile(join(folder, 'stored'), 'rows');
    await expect(linkInput(join(folder, 'stored'), inside(), as)).rejects.toThrow('Give a relative path below /in');
  });

  test('is not a link to something else', async () => {
    await symlink('/etc/passwd', join(folder, 'stored'));
    await expect(linkInput(join(folder, 'stored'), inside(), 'flights')).rejects.toThrow('neither a file nor a folder');
  });
});
