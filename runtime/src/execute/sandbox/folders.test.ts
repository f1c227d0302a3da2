import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesBelow } from './disk.ts';
import { linkInput } from './inputs.ts';
import { removeTree } from './removal.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folders-test-'));
});
afterEach(() => removeTree(folder));

const MiB = 1024 ** 2;

/** Folders within each other, deeper than a path can say, and a file of a megabyte in the last. */
function digDeep(): void {
  const code = `const fs = require('node:fs');
    for (let depth = 0; depth < 40; depth++) { fs.mkdirSync('d'.repeat(200)); process.chdir('d'.repeat(200)); }
    fs.writeFileSync('deep', Buffer.alloc(1 << 20, 1));`;
  expect(spawnSync(process.execPath, ['-e', code], { cwd: folder, encoding: 'utf8' })).toMatchObject({ status: 0 });
}
/** A name that is no text in any encoding we read. */
const noText = (name: string) => Buffer.concat([Buffer.from(join(folder, name)), Buffer.from([0xff, 0xfe])]);

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

  test('counts what has a name that is no text, and more than anything what no path leads to', async () => {
    for (let number = 0; number < 80; number++) await writeFile(noText(`${number}`), Buffer.alloc(MiB / 8, 1));
    expect(await bytesBelow(folder)).toBeGreaterThanOrEqual(10 * MiB);
    digDeep();
    expect(await bytesBelow(folder)).toBe(Number.POSITIVE_INFINITY);
    await removeTree(folder);
  });

  test('stops counting when it is enough', async () => {
    for (let number = 0; number < 8; number++) await writeFile(join(folder, `${number}`), Buffer.alloc(MiB, 1));
    const bytes = await bytesBelow(folder, 2 * MiB);
    expect(bytes).toBeGreaterThan(2 * MiB);
    expect(bytes).toBeLessThan(4 * MiB);
  });
});

describe('a folder that is taken away', () => {
  test('goes with all that is in it, however deep, odd or locked', async () => {
    digDeep();
    await mkdir(noText('folder'));
    await writeFile(Buffer.concat([noText('folder'), Buffer.from('/file')]), '');
    for (let number = 0; number < 200; number++) await mkdir(join(folder, `many/${number}/in`), { recursive: true });
    await symlink('/usr', join(folder, 'many/elsewhere'));
    await mkdir(join(folder, 'locked/inner'), { recursive: true });
    await chmod(join(folder, 'locked/inner'), 0);
    await chmod(join(folder, 'locked'), 0);
    await removeTree(folder);
    expect(existsSync(folder)).toBe(false);
    expect(existsSync('/usr/bin')).toBe(true);
    await removeTree(folder); // and may be gone already
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
