/** Decides how what was begun is ended: in the opposite order, all of it, even when one end fails. */
import { within } from '../within.ts';

/** Registers what is to be done at the end; the last registered is done first. */
export type Ends = (end: () => unknown) => void;

/** What is on its way when the work is given up has this long to come, so that it can be ended. */
const lastMomentMs = 5_000;

/**
 * Runs `work`; when it fails, or `signal` says to give it up, what it began before is ended again. `stop` ends it later, and can be
 * called twice.
 */
export async function withEnds<T>(
  work: (ends: Ends) => Promise<T>,
  signal?: AbortSignal,
): Promise<T & { stop(): Promise<void> }> {
  const toEnd: (() => unknown)[] = [];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= endAll(toEnd);
    return stopped;
  };
  const ends: Ends = (end) => {
    if (stopped) stopped = stopped.then(() => endAll([end]));
    else toEnd.push(end);
  };
  const working = work(ends);
  const givenUp = new Promise<never>((_, reject) => {
    const giveUp = () => reject(signal?.reason);
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return { ...(await Promise.race([working, givenUp])), stop };
  } catch (problem) {
    await stop();
    if (signal?.aborted) await within(lastMomentMs, working).catch(() => {});
    await stopped;
    throw problem;
  }
}

async function endAll(toEnd: (() => unknown)[]): Promise<void> {
  for (const end of toEnd.reverse()) {
    try {
      await end();
    } catch (problem) {
      // One part that does not end well must not keep the others running.
      console.error(problem);
    }
  }
}
