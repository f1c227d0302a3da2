/** Instants and lengths of time on screen; what still runs keeps counting, all of them by one clock. */
import { useSyncExternalStore } from 'react';
import { between, formatDuration, formatInstant, formatRelative } from './format.ts';

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const watchers = new Set<() => void>();
function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of watchers) each();
  }, 1000);
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
const still = () => () => {};
/** The time of day by the second, while `ticking`. */
export const useNow = (ticking = true): number => useSyncExternalStore(ticking ? watch : still, () => now);

/** "3 minutes ago", with the exact instant in the tooltip. */
export function Ago({ at }: { at: string }) {
  const moment = useNow();
  return (
    <time dateTime={at} title={formatInstant(at)}>
      {formatRelative(at, Math.max(moment, Date.now() - 1000))}
    </time>
  );
}

/** From `from` to `to`; counts on while `to` is missing. */
export function Elapsed({ from, to }: { from: string | null; to: string | null }) {
  const moment = useNow(from !== null && to === null);
  return <span className="tabular">{formatDuration(between(from, to, moment))}</span>;
}
