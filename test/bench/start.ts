/** Decides how long a person waits for `npm start`: on a fresh clone with nothing cached, and every time after that. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from '../../runtime/src/db/postgres.ts';
import { mentioning, treeOf } from '../support/processes.ts';
import { type Bench, checkout, figure, secondsOf, settle } from './frame.ts';

export const bench: Bench = async (tell, { quick }) => {
  const warmRuns = quick ? 1 : 5;
  const place = mkdtempSync(path.join(tmpdir(), 'drawloom-bench-start-'));
  try {
    const clone = path.join(place, 'clone');
    const home = path.join(place, 'home');
    tell('Cloning what is committed, with an empty home: every package is downloaded');
    execFileSync('git', ['clone', '--quiet', checkout, clone]);
    execFileSync('mkdir', [home]);
    const cold = await startOnce(clone, home, tell);
    tell(`start-cold ${cold.seconds.toFixed(1)} s`);
    const packages = secondsOf(() => installOnly(place));
    tell(`npm ci alone ${(await packages).toFixed(1)} s`);
    const [warm, memory]: [number[], number[]] = [[], []];
    const database: { seconds: number[]; memoryMb: number[] } = { seconds: [], memoryMb: [] };
    for (let run = 1; run <= warmRuns; run++) {
      const started = await startOnce(clone, home, () => {});
      warm.push(started.seconds);
      memory.push(started.memoryMb);
      const alone = await databaseAlone(path.join(clone, '.drawloom'));
      database.seconds.push(alone.seconds);
      database.memoryMb.push(alone.memoryMb);
      tell(`start-warm ${started.seconds.toFixed(2)} s, idle memory ${started.memoryMb.toFixed(0)} MB`);
    }
    return [
      figure('start-cold', [cold.seconds], [await packages]),
      figure('start-warm', warm, database.seconds),
      figure('idle-memory', memory, database.memoryMb),
    ];
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
};

/** From the command to the line that says it is ready; then the memory of all its processes at rest, and a stop. */
async function startOnce(clone: string, home: string, tell: (line: string) => void) {
  const env = { PATH: process.env.PATH, HOME: home, PORT: '0', ...certificates() };
  const began = performance.now();
  const child = spawn('npm', ['start'], { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let said = '';
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
        tell(chunk.trimEnd());
        if (said.includes('Drawloom is ready')) resolve();
      });
    }
  });
  const exited = once(child, 'exit');
  await Promise.race([ready, exited]);
  const seconds = (performance.now() - began) / 1000;
  if (!said.includes('Drawloom is ready')) throw new Error(`npm start ended before it was ready:\n${said}`);
  await settle(5_000); // interpreters are parked ahead after the start
  const memoryMb = memoryOf([...new Set([...treeOf(child.pid!), ...mentioning(clone)])]);
  process.kill(-child.pid!, 'SIGINT');
  await exited;
  return { seconds, memoryMb };
}

/** How this machine trusts its registry is no part of what is measured. */
function certificates(): NodeJS.ProcessEnv {
  const named = Object.entries(process.env).filter(([name]) =>
    /CERT|_CA_|CAFILE|_PROXY$|^(HTTP|HTTPS|NO)_PROXY$/i.test(name),
  );
  return Object.fromEntries(named);
}

/** The packages of the lock file into an empty folder, from an empty cache. */
async function installOnly(place: string): Promise<void> {
  const [folder, home] = [path.join(place, 'packages'), path.join(place, 'packages-home')];
  execFileSync('git', ['clone', '--quiet', checkout, folder]);
  const child = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: home, ...certificates() },
    stdio: 'ignore',
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`npm ci by itself ended with ${code}.`);
  rmSync(folder, { recursive: true, force: true });
}

async function databaseAlone(home: string): Promise<{ seconds: number; memoryMb: number }> {
  const began = performance.now();
  const postgres = await startPostgres({ home });
  const seconds = (performance.now() - began) / 1000;
  await settle(2_000);
  const memoryMb = memoryOf([...new Set(mentioning(home).flatMap(treeOf))]);
  await postgres.stop();
  return { seconds, memoryMb };
}

/** Proportional set size: what several processes share is counted once. */
function memoryOf(pids: readonly number[]): number {
  let kilobytes = 0;
  for (const pid of pids) {
    try {
      kilobytes += Number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)?.[1] ?? 0);
    } catch {
      // gone meanwhile
    }
  }
  return kilobytes / 1024;
}
