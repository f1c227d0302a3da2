/** Decides how a test gets the real program: what `npm start` runs, on a home and a port of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { killHard, mentioning, treeOf } from './processes.ts';
import { lendEnvironments } from './warmHome.ts';

const launcher = path.resolve(import.meta.dirname, '../../runtime/bin/drawloom.mjs');

export interface RunningDrawloom {
  url: string;
  home: string;
  adminToken: string;
  /** The link that was printed; it works once. */
  signInLink: string;
  child: ChildProcess;
  /** Everything that was printed so far. */
  output(): string;
  /** A request with the admin token. */
  fetch(route: string, init?: RequestInit): Promise<Response>;
  /** A call of the API below `/api/v1` with the admin token; throws what was answered when that is no success. */
  ask<T>(method: string, route: string, body?: object): Promise<T>;
  /** Asks it to stop, as Ctrl-C does, and removes the home unless it was given. */
  stop(): Promise<void>;
  /** Ends all of its processes at once, without a word. The home stays. */
  kill(): Promise<void>;
}

interface Settings {
  /** Kept after `stop`; without it, a fresh one that is removed. */
  home?: string;
  env?: NodeJS.ProcessEnv;
}

/** Ends when the program says that it is ready; throws with what it said when it ends before. */
export async function startDrawloom({ home: given, env = {} }: Settings = {}): Promise<RunningDrawloom> {
  const home = given ?? (await mkdtemp(path.join(tmpdir(), 'drawloom-home-')));
  await lendEnvironments(home);
  const adminToken = randomBytes(32).toString('hex');
  const { child, output, exited } = runDrawloom(['start'], {
    DRAWLOOM_HOME: home,
    PORT: '0',
    DRAWLOOM_ADMIN_TOKEN: adminToken,
    ...env,
  });
  const ready = new Promise<void>((resolve) => {
    child.stdout!.on('data', () => /Stop {6}Ctrl-C\n/.test(output()) && resolve());
  });
  await Promise.race([ready, exited]);
  const url = output().match(/Drawloom is ready at (\S+)/)?.[1];
  if (!url) throw new Error(`Drawloom did not start:\n${output()}`);
  const request: RunningDrawloom['fetch'] = (route, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${adminToken}`);
    return fetch(new URL(route, url), { ...init, headers });
  };
  return {
    url,
    home,
    adminToken,
    signInLink: output().match(/Sign in +(\S+)/)?.[1] ?? '',
    child,
    output,
    fetch: request,
    async ask<T>(method: string, route: string, body?: object) {
      const answer = await request(`/api/v1${route}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      if (!given) await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
    async kill() {
      killHard([...new Set([...treeOf(child.pid!), ...mentioning(home)])]);
      await exited;
    },
  };
}

/** Runs the launcher with an environment that holds nothing of ours but what is given; `through` is put before it on the command line. */
export function runDrawloom(args: string[], env: NodeJS.ProcessEnv, through: string[] = []) {
  const { DATABASE_URL: _url, DRAWLOOM_HOME: _home, DRAWLOOM_ADMIN_TOKEN: _token, PORT: _port, ...kept } = process.env;
  const [command, ...words] = [...through, process.execPath, launcher, ...args] as [string, ...string[]];
  const child = spawn(command, words, {
    // The channel closes when the test runner dies, however it dies, and the program then stops by itself.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...kept, ...env },
    detached: true, // a session of its own: Ctrl-C reaches the test runner alone
  });
  let said = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const exited = once(child, 'close').then(([code, signal]) => ({ code: code as number | null, signal, output: said }));
  return { child, output: () => said, exited };
}
