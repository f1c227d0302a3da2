/** Decides that a worker runs beside the server as a process of its own, and that another follows when one dies or holds too much. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { StartProblem } from '../startProblem.ts';

export interface Supervised {
  pid(): number | undefined;
  stop(): Promise<void>;
}

interface Settings {
  file: string;
  env: NodeJS.ProcessEnv;
  /** Something ended that should not have. */
  onLoss(line: string): void;
  /** How long a process may take to finish what it does once it was asked to stop. */
  patienceMs?: number;
  /** A process that holds too much soon after its start would hold as much after the next: not replaced before this. */
  soonestMs?: number;
}

const quickResolve = import.meta.resolve('../../bin/quickResolve.mjs');

/** What a process says that holds more than it can give back, and what it is told when another has taken its place. */
export const spent = 'spent';
export const finish = 'finish';

/** Starts `file` and waits until it sends `ready`; throws when it ends before that. */
export async function supervise({
  file,
  env,
  onLoss,
  patienceMs = 30_000,
  soonestMs = 600_000,
}: Settings): Promise<Supervised> {
  let stopping = false;
  let renewing = false;
  let restart: NodeJS.Timeout | undefined;
  let tired: NodeJS.Timeout | undefined;
  let losses = 0;
  const living = new Set<ChildProcess>();
  let child = launch();
  await ready(child);
  watch(child);

  return {
    pid: () => child.pid,
    async stop() {
      stopping = true;
      clearTimeout(restart);
      clearTimeout(tired);
      await Promise.all([...living].map(end));
    },
  };

  function launch(): ChildProcess {
    // A session of its own, so that Ctrl-C reaches the server alone, which then ends things in their order. Should the
    // server die without a word, the channel between them closes, and the worker takes that as its wish to stop.
    const process = fork(file, {
      execArgv: ['--import', quickResolve],
      env,
      stdio: ['ignore', 2, 2, 'ipc'], // standard output belongs to the command that may have brought us up,
      detached: true,
    });
    living.add(process);
    process.once('exit', () => living.delete(process));
    return process;
  }

  async function end(process: ChildProcess): Promise<void> {
    if (hasEnded(process)) return;
    const ended = once(process, 'exit');
    process.kill('SIGTERM');
    const last = setTimeout(() => process.kill('SIGKILL'), patienceMs);
    await ended;
    clearTimeout(last);
  }

  /** The next one works before the one before it is told to finish, so that nothing waits for the change. */
  async function renew(before: ChildProcess): Promise<void> {
    if (stopping || renewing || before !== child) return;
    renewing = true;
    const next = launch();
    const came = await ready(next).then(
      () => true,
      () => false, // what it said stands above; the one that is there goes on, and asks again
    );
    renewing = false;
    if (!came || stopping) return;
    clearTimeout(restart);
    const last = child; // another than `before` where that one died meanwhile
    child = next;
    watch(next);
    if (last.connected) last.send(finish);
  }

  function watch(process: ChildProcess): void {
    const began = Date.now();
    process.on('message', (said) => {
      if (said !== spent) return;
      clearTimeout(tired);
      tired = setTimeout(() => void renew(process), Math.max(0, soonestMs - (Date.now() - began)));
    });
    process.once('exit', (code, signal) => {
      if (stopping || process !== child) return;
      // One that held for a minute counts as sound; a quick series of losses is slowed down, not ended.
      losses = Date.now() - began > 60_000 ? 1 : losses + 1;
      const waitMs = losses === 1 ? 0 : Math.min(10_000, 250 * 2 ** losses);
      onLoss(
        `The worker ended (${signal ?? `exit ${code}`}); another takes its place${waitMs ? ` in ${waitMs / 1000} s` : ''}.`,
      );
      restart = setTimeout(() => {
        child = launch();
        watch(child);
      }, waitMs);
    });
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function ready(child: ChildProcess): Promise<void> {
  const [how] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code, signal]) => [{ ended: signal ?? `exit ${code}` }]),
  ]);
  if (typeof how === 'object' && 'ended' in how) {
    throw new StartProblem(
      `The worker did not start (${how.ended}). What it said stands above; mend that, then start again.`,
    );
  }
}
