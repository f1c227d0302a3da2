import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { testDatabase } from '../../../test/support/database.ts';
import { connect, type Sql } from './connection.ts';

test('a connection that the server ended in the middle of a query is good again at once', async () => {
  const { url, sql: other, drop } = await testDatabase();
  const { sql, db, close } = connect(url, { max: 1, name: 'ended' });
  for (const next of [
    () => sql`select 1 as one`,
    () => sql.begin((tx) => tx`select 1 as one`),
    () => db.execute('select 1 as one'),
  ]) {
    const cut = expect(sql`select pg_sleep(60)`).rejects.toMatchObject({ code: '57P01' });
    await endWhileAsleep(other, 'ended');
    await cut;
    await expect.poll(() => next().then((rows) => [...rows], String)).toEqual([{ one: 1 }]);
  }
  await close();
  await drop();
});

test('a transaction that is cut off ends with the reason, and the process lives', async () => {
  const { url, sql: other, drop } = await testDatabase();
  const { sql, close } = connect(url, { max: 1, name: 'cut off' });
  for (let round = 0; round < 5; round++) {
    const cut = expect(sql.begin((tx) => tx`select pg_sleep(60)`)).rejects.toMatchObject({
      code: expect.stringMatching(/^(57P01|CONNECTION_CLOSED)$/),
    });
    await endWhileAsleep(other, 'cut off');
    await cut;
    await expect.poll(() => sql`select 1 as one`.then((rows) => [...rows], String)).toEqual([{ one: 1 }]);
  }
  await close();
  await drop();
});

test('who asks in any moment of a loss is answered or refused with its reason, and the next finds a good connection', async () => {
  const { url, sql: other, drop } = await testDatabase();
  const { sql, close } = connect(url, { max: 1, name: 'asked to the last' });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const reasons: unknown[] = [];
  const ask = () =>
    sql`select 1 as one`.then(
      () => true,
      (problem) => {
        reasons.push(problem.code);
        return false;
      },
    );
  for (let turns = 0; turns < 12; turns++) {
    const cut = sql`select pg_sleep(60)`.catch(async () => {
      const asked = [];
      for (let turnsGone = 0; turnsGone < turns; turnsGone++) {
        await turn();
        // From one question in the last turn to one in every turn.
        if (turnsGone >= turns % 4) asked.push(ask());
      }
      await Promise.all(asked);
    });
    await endWhileAsleep(other, 'asked to the last');
    await cut;
    while (!(await ask()));
  }
  // Above all not that a connection could not be made: the server was there all the time.
  expect(new Set(reasons)).toEqual(new Set(['57P01']));
  await close();
  await drop();
});

test('a transaction that loses its connection while it does something else, and then asks on, is refused', async () => {
  const { url, sql: other, drop } = await testDatabase();
  const { sql, db, close } = connect(url, { max: 1, name: 'elsewhere' });
  for (const raw of [true, false]) {
    const begun = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const refused = Promise.withResolvers<unknown>();
    const elsewhere = async (ask: () => PromiseLike<unknown>) => {
      await ask();
      begun.resolve();
      await done.promise;
      await ask().then(undefined, refused.resolve);
      throw new Error('After that it gives up.');
    };
    const cut = (
      raw
        ? sql.begin((tx) => elsewhere(() => tx`select 1`))
        : db.transaction((tx) => elsewhere(() => tx.execute('select 1')))
    ).catch((problem) => problem);
    await begun.promise;
    await other`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'elsewhere'`;
    expect(await cut).toMatchObject({ code: 'CONNECTION_CLOSED' });
    done.resolve();
    const problem = (await refused.promise) as Error;
    expect(String(problem.cause ?? problem)).toMatch(/lost while the transaction did something else/);
    await expect.poll(() => sql`select 1 as one`.then((rows) => [...rows], String)).toEqual([{ one: 1 }]);
  }
  await close();
  await drop();
});

test('a server that is gone without a word cuts off a transaction, and the process lives', async () => {
  const { url, drop } = await testDatabase();
  const lines = new Set<Socket>();
  const silent = createServer((line) => {
    const { hostname, port } = new URL(url);
    const onward = createConnection(Number(port), hostname);
    for (const end of [line, onward]) end.on('error', () => {});
    line.pipe(onward).pipe(line);
    lines.add(line);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const through = new URL(url);
  through.host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { sql, close } = connect(through.href, { max: 1 });
  for (let round = 0; round < 10; round++) {
    const cut = expect(
      sql.begin(async (tx) => {
        await tx`select 1`;
        for (const line of lines) line.unpipe().end();
        lines.clear();
        await tx`select pg_sleep(60)`;
      }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^(CONNECTION_CLOSED|EPIPE|ECONNRESET)$/) });
    await cut;
    await expect.poll(() => sql`select 1 as one`.then((rows) => [...rows], String)).toEqual([{ one: 1 }]);
  }
  await close();
  for (const line of lines) line.destroy();
  silent.close();
  await drop();
});

test('a server that refuses a connection says why', async () => {
  const { url, drop } = await testDatabase();
  const { sql, close } = connect(new URL('/no_such_database', url).href, { max: 1 });
  await expect(sql`select 1`).rejects.toMatchObject({ code: '3D000' });
  await close();
  await drop();
});

/** Ends the server's side of the connection of that name, once its query is under way. */
async function endWhileAsleep(other: Sql, name: string): Promise<void> {
  let ended: readonly unknown[] = [];
  while (ended.length === 0)
    ended = await other`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = ${name} and query like '%pg_sleep(60)%' and state = 'active'`;
}
