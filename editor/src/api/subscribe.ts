/**
 * Decides how the editor listens. One stream per subscription, resumed where it broke: the browser sends the last id itself
 * after a short break, and a stream that ended for good is opened again with it.
 */
import { routes } from '@drawloom/shared/api/index.ts';
import type { HouseEvent } from '@drawloom/shared/run/events.ts';
import { approvalsChanged } from './approvals.ts';
import { addressOf } from './call.ts';
import { reachable, unreachable } from './line.ts';

export interface Subscription {
  /** Only events of this run. */
  run?: number | undefined;
  /** Start after this event (`Run.lastEvent`); without it the stream starts now. */
  after?: string | undefined;
  /** Told each time the stream opens; after a break, what was missed has been or will be delivered. */
  onOpen?: () => void;
  /** So much was missed that the server will not tell it one by one: read everything anew. */
  onReset?: () => void;
}

const kinds: readonly HouseEvent['kind'][] = [
  'run',
  'nodes',
  'log',
  'metrics',
  'tracked',
  'approval',
  'pipeline',
  'environment',
];

/** Calls `onEvents` at most once per frame with what arrived. Returns what ends it. */
export function subscribe(
  project: string,
  options: Subscription,
  onEvents: (events: readonly HouseEvent[]) => void,
): () => void {
  let last = options.after;
  let source: EventSource | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let pending: HouseEvent[] = [];
  let frame: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    if (frame !== undefined) cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = undefined;
    timer = undefined;
    const events = pending;
    pending = [];
    if (events.length > 0) onEvents(events);
  };
  const take = (message: MessageEvent<string>) => {
    if (message.lastEventId) last = message.lastEventId;
    let event: HouseEvent;
    try {
      event = JSON.parse(message.data) as HouseEvent;
    } catch {
      return; // a heartbeat
    }
    if (event.kind === 'approval') approvalsChanged();
    pending.push(event);
    frame ??= requestAnimationFrame(flush);
    timer ??= setTimeout(flush, 200); // a hidden tab draws no frames
  };
  const open = () => {
    source = new EventSource(
      addressOf(routes.streamEvents, { params: { project }, query: { run: options.run, after: last } }),
    );
    source.onopen = () => {
      failures = 0;
      reachable();
      options.onOpen?.();
    };
    source.onmessage = take;
    for (const kind of kinds) source.addEventListener(kind, take);
    source.addEventListener('reset', (message: MessageEvent<string>) => {
      if (message.lastEventId) last = message.lastEventId;
      options.onReset?.();
    });
    source.onerror = () => {
      failures++;
      if (failures > 1) unreachable();
      if (source?.readyState !== EventSource.CLOSED) return; // it tries again by itself
      source.close();
      clearTimeout(again);
      again = setTimeout(open, Math.min(10_000, 500 * 2 ** Math.min(failures, 5)));
    };
  };
  open();
  return () => {
    clearTimeout(again);
    clearTimeout(timer);
    if (frame !== undefined) cancelAnimationFrame(frame);
    source?.close();
  };
}
