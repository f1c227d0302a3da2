/**
 * Decides when a process that has come to rest gives back the memory that it no longer needs. The engine keeps the pages that a
 * burst of work or the start made it ask for, two thirds of what it holds, and lets go of them only in the collection that it
 * makes before it gives up.
 */
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface RestOptions {
  /** How often it is looked. */
  everyMs?: number;
  /** Looks in a row that found next to nothing going on. */
  quietLooks?: number;
  /** The collection holds everything up for a tenth of a second: not again before this. */
  atMostEveryMs?: number;
  /** Told, after the collection, when the process holds more than this all the same. */
  spentBytes?: number;
  onSpent?: () => void;
}

/** Of the time between two looks; what beats, polls and answers health checks is at rest. */
const busyShare = 0.1;
/** Less than this, gathered since the last time, is not worth a pause. */
const worthBytes = 16 * 2 ** 20;

type Collect = (how: { type: 'major'; flavor: 'last-resort' }) => void;

/** Goes on until it is called off; keeps no process alive. */
export function giveBackAtRest({
  everyMs = 2000,
  quietLooks = 2,
  atMostEveryMs = 30_000,
  spentBytes = Number.POSITIVE_INFINITY,
  onSpent,
}: RestOptions = {}): () => void {
  // The engine hands its collector only to contexts that are made after it was asked to.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  let before = performance.eventLoopUtilization();
  let quiet = 0;
  let heldBytes = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  const look = () => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    quiet = utilization < busyShare ? quiet + 1 : 0;
    const now = performance.now();
    if (quiet < quietLooks || now - lastAt < atMostEveryMs) return;
    if (process.memoryUsage.rss() - heldBytes < worthBytes) return;
    collect({ type: 'major', flavor: 'last-resort' });
    lastAt = now;
    heldBytes = process.memoryUsage.rss();
    if (heldBytes > spentBytes) onSpent?.();
    before = performance.eventLoopUtilization();
  };
  const looking = setInterval(look, everyMs);
  looking.unref();
  return () => clearInterval(looking);
}
