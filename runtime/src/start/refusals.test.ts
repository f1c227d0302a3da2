import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testDatabase } from '../../../test/support/database.ts';
import { runDrawloom } from '../../../test/support/server.ts';
import { claimFolder } from '../db/embedded/lock.ts';
import { migrate } from '../db/migrate.ts';
import { ownHome, runningServer } from './home.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'drawloom-refused-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Starts the program as `npm start` does; it must end by itself, with one sentence and no stack trace. */
async function refusal(env: NodeJS.ProcessEnv, through: string[] = []): Promise<string> {
  const { exited } = runDrawloom(['start'], { DRAWLOOM_HOME: home, PORT: '0', ...env }, through);
  const { code, output } = await exited;
  expect(output).not.toMatch(/\n\s+at /);
  expect(code).toBe(1);
  const said = output.split('\n').filter((line) => line !== '' && !line.startsWith('✓'));
  expect(said).toHaveLength(1);
  return said[0]!;
}

test('an admin token that is too short is refused', async () => {
  expect(await refusal({ DRAWLOOM_ADMIN_TOKEN: 'short' })).toMatch(
    /^DRAWLOOM_ADMIN_TOKEN is shorter than 32 characters, .* make one with/,
  );
});

test.each(['start', 'dev', 'worker'])(
  '%s: an option that does not exist is a wrong call, and --help starts nothing and tells what the environment may set',
  async (program) => {
    expect(await runDrawloom([program, '--port', '1'], { DRAWLOOM_HOME: home }).exited).toMatchObject({
      code: 2,
      output: expect.stringMatching(/^There is no option "--port"/),
    });
    for (const words of [
      [program, '--help'],
      ['help', program],
    ])
      expect(await runDrawloom(words, { DRAWLOOM_HOME: home }).exited).toMatchObject({
        code: 0,
        output: expect.stringMatching(/^(npm (start|run dev), or )?drawloom \w+\n[\s\S]*the\s+environment/),
      });
    expect(readdirSync(home)).toEqual([]);
  },
);

test('a port that is taken is named, with another one to try', async () => {
  const taker = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taker.once('listening', resolve));
  const { port } = taker.address() as { port: number };
  expect(await refusal({ PORT: String(port) })).toBe(
    `Port ${port} on 127.0.0.1 is taken by another program. End that one, or choose another port: PORT=${port + 1} npm start.`,
  );
  taker.close();
});

test('an address that is not of this machine is refused', async () => {
  expect(await refusal({ HOST: '192.0.2.1' })).toBe(
    'HOST is 192.0.2.1, which is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all of them.',
  );
});

test('a second start on the same home is told where the first one answers', async () => {
  const first = ownHome(home);
  first.publish('http://127.0.0.1:4400');
  expect(await refusal({})).toBe(
    `Drawloom already runs on ${home} (process ${process.pid}, at http://127.0.0.1:4400). ` +
      'Use that one, end it, or give this one a folder of its own with DRAWLOOM_HOME.',
  );
  first.release();
});

test('a home that cannot be made is named', async () => {
  writeFileSync(path.join(home, 'file'), '');
  expect(await refusal({ DRAWLOOM_HOME: path.join(home, 'file/home') })).toMatch(
    /^The home folder .*file\/home cannot be made .*DRAWLOOM_HOME/,
  );
});

test('a home where nothing can be made is named, and the start does not try for ever', async () => {
  expect(await refusal({ DRAWLOOM_HOME: '/proc/no-such-place/home' })).toMatch(
    /^The home folder \/proc\/no-such-place\/home cannot be made .*ENOENT.*DRAWLOOM_HOME/,
  );
});

/** Everything of the command line that follows runs with a disk of its own, so small, at `home`. */
const onDiskOf = (size: string) => [
  ...['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'],
  `mount -t tmpfs -o size=${size} tmpfs '${home}' && exec "$@"`,
  'sh',
];

test('a disk that is full before anything begins is named', async () => {
  expect(await refusal({}, onDiskOf('4k'))).toBe(
    `The disk of ${home} is full. Free some space there, or choose a folder on another disk with DRAWLOOM_HOME, then start again.`,
  );
});

test('a disk too small for a database says so, in the words that tell it', async () => {
  expect(await refusal({}, onDiskOf('20m'))).toMatch(
    /^A Postgres data folder cannot be made in .*No space left on device\. Check free space .*DRAWLOOM_HOME\.$/,
  );
});

test('a home that another user began is named, with what to do', async () => {
  mkdirSync(path.join(home, 'program'), { mode: 0o500 });
  // As root everything may be written to; as whom the process is mapped to, not.
  const asOrdinaryUser = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'];
  expect(await refusal({}, asOrdinaryUser)).toMatch(
    /^This user may not write to .*, which another one made\. Start as that user, .*chown -R .*DRAWLOOM_HOME\.$/,
  );
});

test('a home that a start has taken and that answers nowhere yet is told as such', async () => {
  const first = ownHome(home);
  expect(await refusal({})).toMatch(
    /^Drawloom is being started or stopped on .* \(process \d+\)\. Wait for that one, end it, or /,
  );
  first.release();
});

test('without Python it says which Python to install', async () => {
  expect(await refusal({ PATH: path.join(home, 'nothing') })).toMatch(
    /^No Python was found on the PATH\. Install Python 3\.10 or newer .* and start again\.$/,
  );
});

test('a Python that is too old is named, with its place', async () => {
  const old = path.join(home, 'python3');
  const answer = { path: old, version: [3, 8, 20], platform: '3.8', prefix: home, modules: ['venv'], ordinary: true };
  writeFileSync(old, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
  expect(await refusal({ PATH: home })).toMatch(
    /^No Python on the PATH can run Python nodes: Python 3\.8\.20 at .* is too old\. Install Python 3\.10 or newer/,
  );
});

test('a database that does not answer is named', async () => {
  expect(await refusal({ DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/mine' })).toBe(
    'No database answers at 127.0.0.1:1: the connection was refused. Correct DATABASE_URL or start that database, ' +
      'or unset DATABASE_URL to use the one that comes with Drawloom.',
  );
});

test('a database that refuses the password, or lacks the database, says so without the password', async () => {
  const { url, drop } = await testDatabase();
  const wrong = new URL(url);
  wrong.password = 'not-the-password';
  const refused = await refusal({ DATABASE_URL: wrong.href });
  expect(refused).toMatch(/^The database at 127\.0\.0\.1:\d+ refuses the user drawloom with this password\./);
  expect(refused).not.toContain('not-the-password');
  const lacking = new URL(url);
  lacking.pathname = '/not_there';
  expect(await refusal({ DATABASE_URL: lacking.href })).toMatch(
    / has no database named not_there\. Correct DATABASE_URL/,
  );
  await drop();
});

test('a database that a newer Drawloom made is left alone', async () => {
  const { url, sql, drop } = await testDatabase();
  await migrate(url);
  await sql`insert into drawloom_migrations.applied (hash, created_at) values ('of tomorrow', ${Date.UTC(2100, 0)})`;
  expect(await refusal({ DATABASE_URL: url })).toMatch(
    /^The database was made by a newer Drawloom than this one\. Start that version/,
  );
  await drop();
});

test('whoever asks for the running server gets its address only while it lives', () => {
  expect(runningServer(home)).toBe(undefined);
  const owned = ownHome(home);
  expect(runningServer(home)).toBe(undefined);
  owned.publish('http://127.0.0.1:4400');
  expect(runningServer(home)).toBe('http://127.0.0.1:4400');
  owned.release();
  expect(runningServer(home)).toBe(undefined);
  // Looking must not take the home from the next start.
  const next = claimFolder(path.join(home, 'program'));
  expect(next).toHaveProperty('release');
  if ('release' in next) next.release();
});
