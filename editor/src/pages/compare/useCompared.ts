/** Reads everything that a comparison of runs is made of: the runs, and each of them against the first. */
import type { Comparison } from '@drawloom/shared/api/comparison.ts';
import type { Run } from '@drawloom/shared/api/runs.ts';
import { useEffect, useState } from 'react';
import { call, type ProblemError, problemOf, routes } from '../../api/call.ts';

export interface Compared {
  /** The first is what the others are compared with. */
  runs: Run[];
  /** One for each run after the first. */
  comparisons: Comparison[];
}

export function useCompared(ids: readonly number[]): { data: Compared | null; problem: ProblemError | null } {
  const [state, setState] = useState<{ data: Compared | null; problem: ProblemError | null }>({
    data: null,
    problem: null,
  });
  const asked = ids.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the numbers stand for the list
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const [base, ...others] = ids;
    if (base === undefined || others.length === 0) return;
    Promise.all([
      Promise.all(ids.map((run) => call(routes.getRun, { params: { run } }, { signal }))),
      Promise.all(others.map((run) => call(routes.compareRuns, { params: { run, base } }, { signal }))),
    ]).then(
      ([runs, comparisons]) => !signal.aborted && setState({ data: { runs, comparisons }, problem: null }),
      (error) => !signal.aborted && setState({ data: null, problem: problemOf(error) }),
    );
    return () => stop.abort();
  }, [asked]);
  return state;
}
