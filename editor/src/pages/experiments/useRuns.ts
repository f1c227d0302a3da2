/** Decides which runs of an experiment are on screen: pages as far as one scrolled, and what is new when something was logged. */

import type { TrackedRun } from '@drawloom/shared/api/experiments.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import { useCallback, useEffect, useRef, useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { subscribe } from '../../api/subscribe.ts';

const pageSize = 200;

export interface Search {
  experiment: string;
  filter: string;
  orderBy: string[];
  view: 'active' | 'deleted';
}
export interface RunList {
  runs: readonly TrackedRun[] | null;
  /** More follow after the last. */
  more: boolean;
  loading: boolean;
  problem: ProblemError | null;
  loadMore: () => void;
  reload: () => void;
}

export function useRuns(project: string, { experiment, filter, orderBy, view }: Search, ofPipeline: boolean): RunList {
  const [state, setState] = useState<{ runs: TrackedRun[] | null; next: string | null; problem: ProblemError | null }>({
    runs: null,
    next: null,
    problem: null,
  });
  const [loading, setLoading] = useState(true);
  const turn = useRef(0);
  const order = orderBy.join('\n');
  const ask = useCallback(
    async (after: string | null, keep: readonly TrackedRun[]) => {
      const mine = ++turn.current;
      setLoading(true);
      // What is looked at again is as much as was on screen before.
      const limit = after === null ? Math.min(1000, Math.max(pageSize, keep.length)) : pageSize;
      const body = { experiments: [experiment], filter, orderBy: order ? order.split('\n') : [], view, limit };
      try {
        const page = await call(routes.searchTrackedRuns, {
          params: { project },
          body: after === null ? body : { ...body, after },
        });
        if (mine !== turn.current) return;
        setState({ runs: after === null ? page.runs : [...keep, ...page.runs], next: page.next, problem: null });
      } catch (error) {
        if (mine === turn.current) setState((before) => ({ ...before, problem: problemOf(error) }));
      }
      if (mine === turn.current) setLoading(false);
    },
    [project, experiment, filter, order, view],
  );
  const shown = useRef(state);
  shown.current = state;
  const reload = useCallback(() => void ask(null, shown.current.runs ?? []), [ask]);
  useEffect(() => void ask(null, []), [ask]);
  useEffect(() => {
    // A pipeline tells much in a second; the list is looked at anew once for all of it.
    let soon: ReturnType<typeof setTimeout> | undefined;
    const again = () => {
      soon ??= setTimeout(() => {
        soon = undefined;
        reload();
      }, 500);
    };
    const end = subscribe(project, { onReset: again }, (events) => {
      const isNews = events.some(
        (event) =>
          (event.kind === 'tracked' && event.experiment === experiment) ||
          (ofPipeline && (event.kind === 'run' || event.kind === 'nodes' || event.kind === 'metrics')),
      );
      if (isNews) again();
    });
    return () => {
      clearTimeout(soon);
      end();
    };
  }, [project, experiment, ofPipeline, reload]);
  return {
    runs: state.runs,
    more: state.next !== null,
    loading,
    problem: state.problem,
    loadMore: () => {
      if (!loading && state.next !== null) void ask(state.next, state.runs ?? []);
    },
    reload,
  };
}
