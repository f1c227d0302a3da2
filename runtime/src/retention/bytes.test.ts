import { mkdtemp, readdir, rename, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { LocalStore } from '../artifacts/localStore.ts';
import type { StoredBytes } from '../artifacts/store.ts';
import { connect, type Database } from '../db/connection.ts';
import { sweepBytes } from './bytes.ts';

let folder: string;
let database: TestDatabase;
let connection: Database;
let store: LocalStore;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drawloom-bytes-'));
  database = await testDatabase();
  connection = connect(database.url, { max: 12 });
  store = new LocalStore(folder);
});
afterEach(async () => {
  await connection.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const put = (text: string) => store.put(chunks(Buffer.from(text)));
async function* chunks(bytes: Buffer) {
  yield bytes;
}
const record = ({ sha256, sizeBytes }: StoredBytes) =>
  connection.sql`insert into drawloom.blob (sha256, size_bytes) values (${sha256}, ${sizeBytes}) on conflict do nothing`;
const age = ({ sha256 }: StoredBytes, hours: number) => {
  const then = new Date(Date.now() - hours * 3_600_000);
  return utimes(store.pathOf(sha256), then, then);
};
const held = async () => {
  const found: string[] = [];
  for await (const { sha256 } of store.list()) found.push(sha256);
  return found.sort();
};
/** An attempt under way, begun so long ago. */
const lease = (fence: number, hours = 0) => connection.sql`
  insert into drawloom.lease (run_id, node, map_index, attempt, fence, worker_id, claimed_at)
  values (${fence}, 0, 0, 1, ${fence}, gen_random_uuid(), clock_timestamp() - make_interval(hours => ${hours}::int))`;

test('bytes that no row names go after a day, and a dry sweep says so beforehand', async () => {
  const [orphan, young, kept, manifest] = [
    await put('orphan'),
    await put('young'),
    await put('kept'),
    await put('manifest'),
  ];
  for (const one of [orphan, kept, manifest]) await age(one, 25);
  await age(young, 23);
  await record(kept);
  const { sql } = connection;
  await sql`insert into drawloom.artifact (project_id, sha256, kind, media_type, size_bytes) values (gen_random_uuid(), ${manifest.sha256}, 'folder', 'x/y', 1)`;
  expect(await sweepBytes(sql, store, { dry: true })).toEqual({ count: 1, sizeBytes: 6 });
  expect(await held()).toHaveLength(4);
  expect(await sweepBytes(sql, store)).toEqual({ count: 1, sizeBytes: 6 });
  expect(await held()).toEqual([young, kept, manifest].map(({ sha256 }) => sha256).sort());
});

test('what was put since the oldest attempt under way began is kept, however long that is ago', async () => {
  const made = await put('made by it');
  await age(made, 40);
  await lease(1, 48);
  expect(await sweepBytes(connection.sql, store)).toMatchObject({ count: 0 });
  await connection.sql`delete from drawloom.lease`;
  expect(await sweepBytes(connection.sql, store)).toMatchObject({ count: 1 });
});

test('bytes that are put again are young again', async () => {
  const big = 'x'.repeat(100_000);
  for (const text of ['small', big]) await age(await put(text), 25);
  await put('small');
  await put(big);
  expect(await sweepBytes(connection.sql, store)).toMatchObject({ count: 0 });
});

test('a sweep that was cut off leaves nothing aside', async () => {
  const one = await put('one');
  await record(one);
  await rename(store.pathOf(one.sha256), path.join(folder, 'leaving', one.sha256));
  await sweepBytes(connection.sql, store);
  expect(await held()).toEqual([one.sha256]);
  expect(await readdir(path.join(folder, 'leaving'))).toEqual([]);
});

test('two sweeps do not meet', async () => {
  for (let index = 0; index < 20; index++) await age(await put(`orphan ${index}`), 25);
  const sweeps = await Promise.all(Array.from({ length: 4 }, () => sweepBytes(connection.sql, store)));
  expect(sweeps.reduce((sum, swept) => sum + (swept?.count ?? 0), 0)).toBe(20);
});

test('whatever the order of puts, records, crashes, forgetting and sweeps: no row is ever without its bytes', {
  timeout: 120_000,
}, async () => {
  const { sql } = connection;
  const contents = Array.from({ length: 5 }, (_, index) => (index < 3 ? `small ${index}` : `${index}`.repeat(80_000)));
  let fence = 0;
  let over = false;
  let recorded = 0;
  let swept = 0;
  const random = seeded(20_261_124);
  const nap = () => new Promise((resolve) => setTimeout(resolve, random() * 8));
  const attempt = async () => {
    const mine = ++fence;
    await lease(mine);
    await nap();
    const stored = await put(contents[Math.floor(random() * contents.length)]!);
    await nap();
    if (random() < 0.3) {
      await sql`delete from drawloom.lease where fence = ${mine}`; // it died, and was reaped
      return;
    }
    await sql.begin(async (tx) => {
      await tx`delete from drawloom.lease where fence = ${mine}`;
      await tx`insert into drawloom.blob (sha256, size_bytes) values (${stored.sha256}, ${stored.sizeBytes}) on conflict do nothing`;
    });
    recorded++;
  };
  /** Retention takes rows away; their bytes are nobody's from then on. */
  const forget = async () => {
    await nap();
    await sql`delete from drawloom.blob where sha256 in (select sha256 from drawloom.blob order by random() limit 2)`;
  };
  const sweeper = async () => {
    while (!over) {
      const done = await sweepBytes(sql, store, { graceMs: 0, skewMs: 20 });
      swept += done?.count ?? 0;
      await nap();
    }
  };
  /** A row that was there before and after the look had its bytes at the look, for whoever reads; retiring takes a moment back. */
  const check = async () => {
    const rows = await sql<{ sha256: string; size_bytes: string }[]>`select sha256, size_bytes from drawloom.blob`;
    for (const { sha256, size_bytes } of rows) {
      if ((await store.verify(sha256, { sizeBytes: Number(size_bytes), digest: true })) === 'whole') continue;
      const still = await sql`select from drawloom.blob where sha256 = ${sha256}`;
      if (still.length > 0 && (await store.verify(sha256, { sizeBytes: Number(size_bytes), digest: true })) !== 'whole')
        throw new Error(`A row without its bytes: ${sha256}`);
    }
  };
  const sweeping = sweeper();
  try {
    // Until the sweeps did meet something to take often enough: what is put since the oldest attempt began is not theirs.
    for (let round = 0; round < 120 || swept <= 10; round++) {
      await Promise.all([attempt(), attempt(), attempt(), ...(random() < 0.5 ? [forget()] : [])]);
      await check();
      await nap();
    }
  } finally {
    over = true;
    await sweeping;
  }
  await check();
  expect(recorded).toBeGreaterThan(100);
  for (const sha256 of await held()) await age({ sha256, sizeBytes: 0 }, 1);
  await sweepBytes(sql, store, { graceMs: 0 });
  const rows = await sql`select sha256 from drawloom.blob order by sha256`;
  expect(await held()).toEqual(rows.map((row) => row.sha256));
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
