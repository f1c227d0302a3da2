/** Decides how what was begun is ended: in the opposite order, all of it, even when one end fails. */

/** Registers what is to be done at the end; the last registered is done first. */
export type Ends = (end: () => unknown) => void;

/** Runs `work`; when it fails, what it began before is ended again. `stop` ends it later, and can be called twice. */
export async function withEnds<T>(work: (ends: Ends) => Promise<T>): Promise<T & { stop(): Promise<void> }> {
  const toEnd: (() => unknown)[] = [];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= endAll(toEnd);
    return stopped;
  };
  try {
    return { ...(await work((end) => toEnd.push(end))), stop };
  } catch (problem) {
    await stop();
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
