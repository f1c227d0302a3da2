/** Keeps one run on screen true: reads it, folds its events into it, and reads it again when something ended that has more to tell. */
import type { Run } from '@drawloom/shared/api/runs.ts';
import { foldRun, type HouseEvent, type LiveRun } from '@drawloom/shared/run/events.ts';
import { isFinal, isRunFinal } from '@drawloom/shared/run/status.ts';
import { useEffect, useState } from 'react';
import { call, type ProblemError, problemOf, routes } from '../api/call.ts';
import { subscribe } from '../api/subscribe.ts';

interface Listener {
  /** The whole run, read anew. */
  run: (run: Run) => void;
  /** States of nodes as events tell them, between two readings. */
  live?: (live: LiveRun) => void;
  /** Every event of the run as it comes: logs and metrics among them. */
  events?: (events: readonly HouseEvent[]) => void;
  problem?: (problem: ProblemError) => void;
}

/** Several nodes often end within a moment; one reading tells of them all. */
const settleMs = 350;

function followRun(project: string, id: number, listener: Listener): () => void {
  let live: LiveRun | null = null;
  let stopped = false;
  let unsubscribe: (() => void) | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  /** What events told while an answer was on its way, which may be older than they are. */
  let told = { nodes: new Set<string>(), run: false };

  /** One at a time, so that an older answer never comes after a newer one. */
  let reading: 'no' | 'yes' | 'and once more' = 'no';
  const read = async (): Promise<void> => {
    if (reading !== 'no') {
      reading = 'and once more';
      return;
    }
    reading = 'yes';
    await readOnce();
    const more = (reading as string) === 'and once more';
    reading = 'no';
    if (more && !stopped) await read();
  };
  const readOnce = async (): Promise<void> => {
    told = { nodes: new Set(), run: false };
    try {
      const run = await call(routes.getRun, { params: { run: id } });
      if (stopped) return;
      live = newest(liveOf(run));
      listener.run(withLive(run, live));
      if (unsubscribe || isRunFinal(run.status)) return;
      unsubscribe = subscribe(project, { run: id, after: run.lastEvent, onReset: later }, take);
    } catch (error) {
      if (!stopped) listener.problem?.(problemOf(error));
    }
  };
  /** An answer never takes back what was told after it was asked for. */
  const newest = (read: LiveRun): LiveRun => {
    if (!live) return read;
    const nodes = { ...read.nodes };
    for (const node of told.nodes) if (live.nodes[node]) nodes[node] = live.nodes[node];
    return { ...read, status: told.run ? live.status : read.status, nodes };
  };
  const later = () => {
    clearTimeout(again);
    again = setTimeout(() => void read(), settleMs);
  };
  const take = (events: readonly HouseEvent[]) => {
    let news = false;
    const before = live;
    for (const event of events) {
      if (!live) continue;
      live = foldRun(live, event);
      if (event.kind === 'run' && event.run === id) told.run = true;
      if (event.kind === 'nodes' && event.run === id)
        for (const { node, mapIndex } of event.changes) if (mapIndex === 0) told.nodes.add(node);
      if (event.kind === 'run') news = true; // it began, was paused, goes on, is being stopped, or ended
      if (event.kind === 'nodes') news ||= event.changes.some((change) => isFinal(change.status));
    }
    listener.events?.(events);
    if (live && live !== before) listener.live?.(live);
    if (news) later();
  };
  void read();
  return () => {
    stopped = true;
    clearTimeout(again);
    unsubscribe?.();
  };
}

const liveOf = (run: Run): LiveRun => ({
  run: run.id,
  status: run.status,
  nodes: Object.fromEntries(
    run.nodes
      .filter((node) => node.mapIndex === 0)
      .map(({ node, status, attempts, reason, startedAt, finishedAt }) => [
        node,
        { status, attempt: attempts, reason, startedAt, finishedAt },
      ]),
  ),
});

/** The run with what was told since it was read. */
function withLive(run: Run, live: LiveRun): Run {
  return {
    ...run,
    status: live.status,
    nodes: run.nodes.map((node) => {
      const told = node.mapIndex === 0 ? live.nodes[node.node] : undefined;
      if (!told || (told.status === node.status && told.attempt === node.attempts)) return node;
      const { status, attempt, reason, startedAt, finishedAt } = told;
      return { ...node, status, attempts: attempt, reason, startedAt, finishedAt, message: null };
    }),
  };
}

export interface FollowedRun {
  run: Run | null;
  problem: ProblemError | null;
  /** Grows with every event about a node's log, by `node.mapIndex.attempt`. */
  logSizes: Readonly<Record<string, number>>;
}
export const nothingFollowed: FollowedRun = { run: null, problem: null, logSizes: {} };

/** Follows a run into a state that somebody else holds: a component, or a store. */
export function keepRun(
  project: string,
  id: number,
  change: (next: (before: FollowedRun) => FollowedRun) => void,
): () => void {
  change(() => nothingFollowed);
  return followRun(project, id, {
    run: (run) => change((before) => ({ ...before, run, problem: null })),
    live: (live) => change((before) => (before.run ? { ...before, run: withLive(before.run, live) } : before)),
    problem: (problem) => change((before) => ({ ...before, problem })),
    events: (events) => {
      const sizes: Record<string, number> = {};
      for (const event of events)
        if (event.kind === 'log') sizes[`${event.node}.${event.mapIndex}.${event.attempt}`] = event.sizeBytes;
      if (Object.keys(sizes).length > 0)
        change((before) => ({ ...before, logSizes: { ...before.logSizes, ...sizes } }));
    },
  });
}

export function useRun(project: string, id: number): FollowedRun {
  const [state, setState] = useState(nothingFollowed);
  useEffect(() => keepRun(project, id, setState), [project, id]);
  return state;
}
