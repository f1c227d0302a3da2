/** Decides how a Postgres data folder is made, started, taken over from a dead program, and stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { StartProblem } from '../../startProblem.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { isAlive, processesIn, workingFolder } from './processes.ts';
import { chooseUser, giveTo, type RunAs } from './user.ts';

export interface Cluster {
  url: string;
  /** Resolves when Postgres has ended, asked or not. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

interface Place {
  folder: string;
  data: string;
  output: string;
  log: string;
}

const settings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  // Compiling a plan costs more than our longest ordinary query takes.
  jit: 'off',
  random_page_cost: '1.1',
  wal_compression: 'on',
  max_wal_size: '2GB',
  // Hot rows (ready work, leases) are rewritten all the time; a late vacuum shows as a slow tick.
  autovacuum_naptime: '10s',
  autovacuum_vacuum_scale_factor: '0.05',
  autovacuum_analyze_scale_factor: '0.05',
  autovacuum_vacuum_cost_limit: '2000',
  // A forgotten transaction would hold vacuum back for everybody.
  idle_in_transaction_session_timeout: '30s',
  timezone: 'UTC',
  // One file per day of the week, each begun anew when its day comes round: the log cannot fill the disk over the years.
  logging_collector: 'on',
  log_filename: 'postgres-%a.log',
  log_truncate_on_rotation: 'on',
  log_rotation_age: '1d',
  log_rotation_size: '0',
  log_checkpoints: 'off',
};

/** `port`: the one it must have; without it, the one of last time or any that is free. */
export async function startCluster(
  folder: string,
  { fsync, port: wanted }: { fsync: boolean; port?: number },
): Promise<Cluster> {
  const place: Place = {
    folder,
    data: path.join(folder, 'data'),
    output: path.join(folder, 'output'),
    log: path.join(folder, 'log'),
  };
  const binaries = findBinaries();
  const user = chooseUser(binaries.postgres);
  mkdirSync(place.log, { recursive: true, mode: 0o700 });
  if (!existsSync(place.data)) await create(place, binaries, user, fsync);
  refuseOtherVersion(place, binaries);
  giveTo(user, folder);
  await endOrphan(place);

  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await freePort(attempt === 1 ? rememberedPort(place) : undefined));
    const started = await launch(place, binaries, user, fsync, port);
    if ('child' in started) {
      writeFileSync(path.join(folder, 'port'), `${port}\n`);
      const url = `postgres://drawloom:${password(place)}@127.0.0.1:${port}/drawloom`;
      await ensureDatabase(url);
      return { url, ended: endOf(started.child), stop: () => stop(started.child, place) };
    }
    // Somebody took the port between our look and the start, or the last backends of a killed Postgres still go.
    const passing =
      /Address already in use|could not bind|shared memory block .* still in use|lock file .* already exists/;
    if (attempt < 8 && passing.test(started.said)) {
      await pause(attempt * 100);
      continue;
    }
    throw new StartProblem(
      `Postgres does not start on ${place.data}: ${lastWords(started.said)} ` +
        `The log is in ${place.log}; mend what it names and start again, or set DATABASE_URL to a Postgres of your own.`,
    );
  }
}

async function create(place: Place, { initdb }: Binaries, user: RunAs, fsync: boolean): Promise<void> {
  // Made beside its place and moved there when whole: a start killed in the middle leaves nothing that looks like data.
  const half = path.join(place.folder, 'data.new');
  const secret = path.join(place.folder, 'password');
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { mode: 0o700 });
  writeFileSync(secret, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  giveTo(user, place.folder);
  const args = ['-D', half, '--username=drawloom', `--pwfile=${secret}`, '--auth=scram-sha-256', '--locale=C'];
  args.push('--encoding=UTF8', '--data-checksums', ...(fsync ? [] : ['--no-sync']));
  const { child, output } = run(place, initdb, args, user);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) {
    const said = output();
    rmSync(half, { recursive: true, force: true });
    throw new StartProblem(
      `A Postgres data folder cannot be made in ${place.folder}: ${lastWords(said)} ` +
        'Check free space and rights there, or choose another folder with DRAWLOOM_HOME.',
    );
  }
  renameSync(half, place.data);
}

async function launch(
  place: Place,
  { postgres: program }: Binaries,
  user: RunAs,
  fsync: boolean,
  port: number,
): Promise<{ child: ChildProcess } | { said: string }> {
  const chosen = { ...settings, port: String(port), log_directory: place.log, fsync: fsync ? 'on' : 'off' };
  const extra = fsync ? {} : { synchronous_commit: 'off', full_page_writes: 'off' };
  const args = Object.entries({ ...chosen, ...extra }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const began = new Date();
  const { child, output } = run(place, program, ['-D', place.data, ...args], user);
  const ended = endOf(child).then(() => 'ended' as const);
  // Recovery after a crash can take minutes on a full disk; as long as the process lives, it is at work.
  while ((await Promise.race([ended, pause(10)])) !== 'ended') {
    const note = postmaster(place);
    if (note?.pid === child.pid && note?.state === 'ready') return { child };
  }
  return { said: output() + logSince(place, began) };
}

/** Puts a program on the command line as the chosen user, in a session of its own so that Ctrl-C does not reach it. */
function run(
  place: Place,
  program: string,
  args: string[],
  user: RunAs,
): { child: ChildProcess; output: () => string } {
  const out = openSync(place.output, 'w', 0o600);
  const [command, ...rest] = [...user.prefix, program, ...args] as [string, ...string[]];
  const child = spawn(command, rest, {
    stdio: ['ignore', out, out],
    detached: true,
    cwd: '/',
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    uid: user.uid,
    gid: user.gid,
  });
  closeSync(out);
  return { child, output: () => readFileSync(place.output, 'utf8') };
}

async function stop(child: ChildProcess, { data }: Place): Promise<void> {
  const ended = endOf(child);
  // Fast first (finish, write a checkpoint, go); where that hangs, at once, and the next start recovers.
  for (const [signal, patience] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    child.kill(signal);
    if ((await Promise.race([ended, pause(patience, 'late', { ref: false })])) !== 'late') break;
  }
  // The process that writes the log goes last, a moment after the one that we started.
  for (const until = Date.now() + 3_000; processesIn(data).length > 0 && Date.now() < until; ) await pause(5);
}

function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}

/**
 * Ends a Postgres that outlived its program on this data folder, so that the next one is our child and dies with us.
 * The caller holds the claim on the folder, so no living program owns what is ended here.
 */
async function endOrphan(place: Place): Promise<void> {
  const left = postmaster(place);
  if (!left) return;
  const isOurs = () => isAlive(left.pid) && (workingFolder(left.pid) ?? place.data) === place.data;
  for (const [signal, patience] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!isOurs()) break;
    process.kill(left.pid, signal);
    for (const until = Date.now() + patience; isOurs() && Date.now() < until; ) await pause(20);
  }
  // Its backends notice within moments. While one lives, the note must stay: it is what keeps a second Postgres out.
  for (const until = Date.now() + 10_000; processesIn(place.data).length > 0; ) {
    if (Date.now() > until) {
      throw new StartProblem(
        `Processes of an earlier Postgres still work in ${place.data} (${processesIn(place.data).join(', ')}). ` +
          'End them and start again.',
      );
    }
    await pause(20);
  }
  if (process.platform === 'linux') rmSync(path.join(place.data, 'postmaster.pid'), { force: true });
}

/** What Postgres wrote down about itself: its number on the first line, its state on the eighth. */
function postmaster(place: Place): { pid: number; state: string } | undefined {
  try {
    const lines = readFileSync(path.join(place.data, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), state: lines[7]?.trim() ?? '' };
  } catch {
    return undefined;
  }
}

function refuseOtherVersion(place: Place, { major }: Binaries): void {
  const made = readFileSync(path.join(place.data, 'PG_VERSION'), 'utf8').trim();
  if (made === major) return;
  throw new StartProblem(
    `The data in ${place.data} was written by Postgres ${made}, and this Drawloom brings Postgres ${major}. ` +
      `Start the Drawloom that wrote it and export, or serve that folder with Postgres ${made} and set DATABASE_URL.`,
  );
}

/** The same port as last time where it is free, so that a worker elsewhere finds its database again after a restart. */
function rememberedPort({ folder }: Place): number {
  try {
    return Number(readFileSync(path.join(folder, 'port'), 'utf8')) || 0;
  } catch {
    return 0;
  }
}

async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (cause) {
    if (wanted === 0) throw cause;
    return freePort();
  } finally {
    server.close();
  }
}

function password({ folder }: Place): string {
  return readFileSync(path.join(folder, 'password'), 'utf8').trim();
}

async function ensureDatabase(url: string): Promise<void> {
  const asked = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await asked`select 1`;
  } catch (cause) {
    if ((cause as { code?: string }).code !== '3D000') throw cause;
    const first = postgres(new URL('/postgres', url).href, { max: 1, onnotice: () => {} });
    await first`create database drawloom`.finally(() => first.end());
  } finally {
    await asked.end();
  }
}

/** The last complaint of Postgres, as one sentence. */
function lastWords(said: string): string {
  const lines = said.trim().split('\n');
  const complaint =
    lines.find((line) => /No space left on device|Disk quota exceeded/.test(line)) ?? // what comes after it only follows from it
    lines.findLast((line) => /FATAL|PANIC|error:|could not/i.test(line)) ??
    lines.at(-1) ??
    '';
  const words = complaint.replace(/^.*?(FATAL|PANIC|error):\s*/i, '').trim() || 'it said nothing';
  return words.endsWith('.') ? words : `${words}.`;
}

function logSince({ log }: Place, began: Date): string {
  const recent = readdirSync(log).filter((name) => statSync(path.join(log, name)).mtime >= began);
  return recent.map((name) => readFileSync(path.join(log, name), 'utf8').slice(-8_000)).join('\n');
}
