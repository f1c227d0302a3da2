import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { isOurs, startPostgres } from '../postgres.ts';
import { claimFolder } from './lock.ts';
import { isAlive, processesIn } from './processes.ts';

let home: string;
const programs: ChildProcess[] = [];
let made: string; // a home whose database exists already: a copy is made in a tenth of the time
beforeAll(async () => {
  made = await mkdtemp(path.join(tmpdir(), 'drawloom-pg-made-'));
  await (await startPostgres({ home: made, fsync: false })).stop();
});
afterAll(() => rm(made, { recursive: true, force: true }));
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'drawloom-pg-'));
  await cp(made, home, { recursive: true });
});
afterEach(async () => {
  for (const program of programs.splice(0)) program.kill('SIGKILL');
  await expect.poll(() => processesIn(dataFolder()), { timeout: 10_000 }).toEqual([]);
  await rm(home, { recursive: true, force: true });
});

const dataFolder = () => path.join(home, 'postgres/data');
const postmasterPid = () => Number(readFileSync(path.join(dataFolder(), 'postmaster.pid'), 'utf8').split('\n')[0]);

test('data outlives a stop, and the password is for its owner alone', async () => {
  const first = await startPostgres({ home });
  await withSql(first.url, (sql) => sql`create table kept as select 42 as answer`);
  await first.stop();
  expect(processesIn(dataFolder())).toEqual([]);

  const second = await startPostgres({ home });
  expect(second.url).toBe(first.url);
  expect(await withSql(second.url, (sql) => sql`select answer from kept`)).toMatchObject([{ answer: 42 }]);
  await second.stop();
  expect(statSync(path.join(home, 'postgres/password')).mode & 0o777).toBe(0o600);
  expect(isOurs(home, second.url)).toBe(true);
  expect(isOurs(home, 'postgres://drawloom:another@127.0.0.1:5432/drawloom')).toBe(false);
});

test('only the password opens it', async () => {
  const running = await startPostgres({ home, fsync: false });
  const wrong = new URL(running.url);
  wrong.password = 'guess';
  await expect(withSql(wrong.href, (sql) => sql`select 1`)).rejects.toThrow(/password authentication failed/);
  await running.stop();
});

test('a second start on the same home is told who holds it', async () => {
  const running = await startPostgres({ home, fsync: false });
  await expect(startPostgres({ home })).rejects.toThrow(
    `The database in ${home}/postgres is already in use by process ${process.pid}.`,
  );
  await running.stop();
  await (await startPostgres({ home, fsync: false })).stop();
});

test('when its program is killed, Postgres ends by itself and the next start has what was committed', async () => {
  const program = await startElsewhere();
  await withSql(program.url, (sql) => sql`create table kept as select generate_series(1, 1000) as n`);
  const postmaster = postmasterPid();
  program.child.kill('SIGKILL');
  await expect.poll(() => isAlive(postmaster), { timeout: 10_000 }).toBe(false);

  const next = await startPostgres({ home });
  expect(await withSql(next.url, (sql) => sql`select count(*)::int as n from kept`)).toMatchObject([{ n: 1000 }]);
  await next.stop();
});

test('a start right after the kill waits for the dying Postgres instead of failing', async () => {
  const program = await startElsewhere();
  program.child.kill('SIGKILL');
  await once(program.child, 'exit');
  const next = await startPostgres({ home });
  expect(await withSql(next.url, (sql) => sql`select 1 as one`)).toMatchObject([{ one: 1 }]);
  await next.stop();
});

test('after everything was killed at once, in the middle of writing, the next start recovers', async () => {
  const program = await startElsewhere();
  await withSql(program.url, (sql) => sql`create table kept as select generate_series(1, 5000) as n`);
  const writing = withSql(program.url, (sql) => sql`insert into kept select generate_series(1, 5000000)`).catch(
    () => 'cut',
  );
  await expect
    .poll(() => withSql(program.url, (sql) => sql`select 1 from pg_stat_activity where query like 'insert%'`))
    .toHaveLength(1);
  program.child.kill('SIGSTOP'); // it must not see its Postgres go before it goes itself
  for (const pid of [...processesIn(dataFolder()), program.child.pid!]) kill(pid);
  expect(await writing).toBe('cut');
  expect(existsSync(path.join(dataFolder(), 'postmaster.pid'))).toBe(true);

  const next = await startPostgres({ home });
  expect(await withSql(next.url, (sql) => sql`select count(*)::int as n from kept`)).toMatchObject([{ n: 5000 }]);
  await next.stop();
});

test('a Postgres that dies under a living program comes back at the same address', async () => {
  const said: string[] = [];
  const running = await startPostgres({ home, onLoss: (line) => said.push(line) });
  process.kill(postmasterPid(), 'SIGKILL');
  const back = () => withSql(running.url, (sql) => sql`select 1 as one`).catch(() => 'not yet');
  await expect.poll(back, { timeout: 15_000 }).toMatchObject([{ one: 1 }]);
  expect(said).toEqual(['The embedded Postgres ended unasked; it is started again.']);
  await running.stop();
  expect(said).toHaveLength(1);
});

test('a note that names a process of somebody else stops nobody and harms nobody', async () => {
  const bystander = spawn('sleep', ['60']);
  programs.push(bystander);
  writeFileSync(path.join(dataFolder(), 'postmaster.pid'), `${bystander.pid}\n${dataFolder()}\n1\n5432\n`);
  const running = await startPostgres({ home, fsync: false });
  expect(isAlive(bystander.pid!)).toBe(true);
  await running.stop();
});

test('its port of last time is given up when somebody else has it', async () => {
  const first = await startPostgres({ home, fsync: false });
  await first.stop();
  const taker = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
  await once(taker, 'listening');
  const second = await startPostgres({ home, fsync: false });
  expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
  await second.stop();
  taker.close();
});

test('a first start that was cut short is begun anew', async () => {
  await rm(path.join(home, 'postgres'), { recursive: true });
  mkdirSync(path.join(home, 'postgres/data.new/base'), { recursive: true });
  writeFileSync(path.join(home, 'postgres/data.new/PG_VERSION'), '18\n');
  await (await startPostgres({ home, fsync: false })).stop();
  expect(existsSync(path.join(home, 'postgres/data.new'))).toBe(false);
});

test('data of another Postgres version is left alone, and the message says what to do', async () => {
  writeFileSync(path.join(dataFolder(), 'PG_VERSION'), '15\n');
  await expect(startPostgres({ home })).rejects.toThrow(
    /was written by Postgres 15, and this Drawloom brings Postgres 18\. Start/,
  );
});

test('data that is broken is named, with what Postgres says about it', async () => {
  await rm(path.join(dataFolder(), 'global/pg_control'));
  await expect(startPostgres({ home })).rejects.toThrow(
    /Postgres does not start on .*data: .*pg_control.*DATABASE_URL/,
  );
});

test('a claim ends with its process, however that ends', async () => {
  const folder = path.join(home, 'claimed');
  const code = `const { claimFolder } = await import(${JSON.stringify(import.meta.resolve('./lock.ts'))});
    claimFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  programs.push(holder);
  await once(createInterface(holder.stdout), 'line');
  expect(claimFolder(folder)).toEqual({ heldBy: holder.pid });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const claim = claimFolder(folder);
  expect(claim).toHaveProperty('release');
  if ('release' in claim) claim.release();
});

/** Starts Postgres in a program of its own, as `npm start` would, so that the test can kill that program. */
async function startElsewhere(): Promise<{ child: ChildProcess; url: string }> {
  const code = `const { startPostgres } = await import(${JSON.stringify(import.meta.resolve('../postgres.ts'))});
    const { url } = await startPostgres({ home: ${JSON.stringify(home)} }); console.log(url);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  programs.push(child);
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, url };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // a backend that followed its postmaster before its turn came
  }
}

async function withSql<T>(url: string, work: (sql: postgres.Sql) => PromiseLike<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
