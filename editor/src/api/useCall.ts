/**
 * A reading call as a component sees it: the answer when there is one, the problem when there is one, and a way to ask again.
 * Answers are kept by address, so that going back shows the last one at once while a newer one is fetched.
 */
import type { Route } from '@drawloom/shared/api/contract.ts';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type Answered, type Asked, addressOf, call, type ProblemError, problemOf } from './call.ts';
import { useLine } from './line.ts';

// biome-ignore lint/suspicious/noExplicitAny: the shape is inferred from the declaration
type AnyRoute = Route<any, any, any, any>;

const kept = new Map<string, unknown>();
const keepAtMost = 200;

export interface Called<T> {
  data: T | undefined;
  problem: ProblemError | null;
  loading: boolean;
  reload: () => void;
  /** Replaces the answer on screen, after a write whose answer is already known. */
  put: (change: (data: T) => T) => void;
}

/** `asked` may be null while there is nothing to ask yet. */
export function useCall<R extends AnyRoute>(route: R, asked: Asked<R> | null): Called<Answered<R>> {
  const address = asked ? `${route.method} ${addressOf(route, asked as never)} ${bodyOf(asked)}` : null;
  const [state, setState] = useState<{
    address: string | null;
    data: unknown;
    problem: ProblemError | null;
    loading: boolean;
  }>(() => ({ address, data: address ? kept.get(address) : undefined, problem: null, loading: address !== null }));
  const [turn, setTurn] = useState(0);
  const returns = useLine((line) => line.returns);
  const latest = useRef(asked);
  latest.current = asked;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the address stands for what is asked; turn and returns ask again
  useEffect(() => {
    if (!address) return;
    const stop = new AbortController();
    setState((before) =>
      before.address === address
        ? { ...before, loading: true }
        : { address, data: kept.get(address), problem: null, loading: true },
    );
    call(route, latest.current as never, { signal: stop.signal }).then(
      (data) => {
        if (stop.signal.aborted) return;
        if (kept.size >= keepAtMost) kept.delete(kept.keys().next().value!);
        kept.set(address, data);
        setState({ address, data, problem: null, loading: false });
      },
      (error) => {
        if (!stop.signal.aborted) setState((before) => ({ ...before, problem: problemOf(error), loading: false }));
      },
    );
    return () => stop.abort();
  }, [address, turn, returns]);

  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const put = useCallback(
    (change: (data: Answered<R>) => Answered<R>) =>
      setState((before) => {
        if (before.data === undefined) return before;
        const data = change(before.data as Answered<R>);
        if (before.address) kept.set(before.address, data);
        return { ...before, data };
      }),
    [],
  );
  const current = state.address === address;
  return {
    data: (current ? state.data : address ? kept.get(address) : undefined) as Answered<R> | undefined,
    problem: current ? state.problem : null,
    loading: current ? state.loading : address !== null,
    reload,
    put,
  };
}

const bodyOf = (asked: object): string =>
  'body' in asked && asked.body !== undefined ? JSON.stringify(asked.body) : '';

/** Forgets what was read, for instance when another person signs in. */
export const forgetAnswers = (): void => kept.clear();
