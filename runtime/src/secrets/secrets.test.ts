import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { connect, type Database } from '../db/connection.ts';
import { projects } from '../db/tables/projects.ts';
import { seal, unseal } from './envelope.ts';
import { masterKey } from './masterKey.ts';
import { resolveSecrets, setSecret } from './store.ts';

let home: string;
let database: TestDatabase;
let connection: Database;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'drawloom-secrets-'));
  database = await testDatabase();
  connection = connect(database.url, { max: 5 });
});
afterAll(async () => {
  await connection.close();
  await database.drop();
  await rm(home, { recursive: true, force: true });
});

test('many who need the master key first agree on one, which only its owner can read', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => masterKey(home)));
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
  const file = path.join(home, 'master-key');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await chmod(file, 0o644);
  await expect(masterKey(home)).rejects.toThrow(/can be read by other users/);
  await chmod(file, 0o600);
});

test('an envelope opens in its own place only, and under its own key only', async () => {
  const key = Buffer.alloc(32, 1);
  const place = { projectId: 'p', name: 'TOKEN', version: 1 };
  const sealed = seal(key, place, 'välue');
  expect(unseal(key, place, sealed)).toBe('välue');
  for (const other of [{ projectId: 'q' }, { name: 'OTHER' }, { version: 2 }])
    expect(() => unseal(key, { ...place, ...other }, sealed)).toThrow(/cannot be read/);
  expect(() => unseal(Buffer.alloc(32, 2), place, sealed)).toThrow(/master key/);
  expect(() => unseal(key, place, `${sealed.slice(0, -2)}xx`)).toThrow(/cannot be read/);
});

test('the worker is given the values it names, of its own project, as last set', async () => {
  const { db } = connection;
  const [one, other] = await db
    .insert(projects)
    .values([
      { slug: 'one', name: 'One' },
      { slug: 'other', name: 'Other' },
    ])
    .returning();
  const set = (projectId: string, name: string, value: string) =>
    setSecret(db, home, { projectId, name, value, by: 'somebody' });
  await Promise.all([set(one!.id, 'KEY', 'a'), set(one!.id, 'KEY', 'a')]);
  await set(one!.id, 'KEY', 'last');
  await set(other!.id, 'KEY', 'not yours');
  const given = await resolveSecrets(db, home, one!.id, ['KEY', 'MISSING']);
  expect([...given]).toEqual([['KEY', 'last']]);
});
