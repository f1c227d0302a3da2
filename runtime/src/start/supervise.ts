/** Decides that a worker runs beside the server as a process of its own, and that another follows when one dies. */
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
}

const quickResolve = import.meta.resolve('../../bin/quickResolve.mjs');

/** Starts `file` and waits until it sends `ready`; throws when it ends before that. */
export async function supervise({ file, env, onLoss, patienceMs = 30_000 }: Settings): Promise<Supervised> {
  let stopping = false;
  let restart: NodeJS.Timeout | undefined;
  let losses = 0;
  let child = launch();
  await ready(child);
  watch(child);

  return {
    pid: () => child.pid,
    async stop() {
      stopping = true;
      clearTimeout(restart);
      if (hasEnded(child)) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const last = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      await ended;
      clearTimeout(last);
    },
  };

  function launch(): ChildProcess {
    // A session of its own, so that Ctrl-C reaches the server alone, which then ends things in their order. Should the
    // server die without a word, the channel between them closes, and the worker takes that as its wish to stop.
    return fork(file, {
      execArgv: ['--import', quickResolve],
      env,
      stdio: ['ignore', 2, 2, 'ipc'], // standard output belongs to the command that may have brought us up,
      detached: true,
    });
  }

  function watch(process: ChildProcess): void {
    const began = Date.now();
    process.once('exit', (code, signal) => {
      if (stopping) return;
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
