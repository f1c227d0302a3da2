/**
 * Decides when a list of approvals is read anew: when any stream of this page tells of one, when the page changes, and when the window is
 * looked at again. A stream of its own in every tab would cost each browser one of the few connections that it has.
 */
import { useEffect } from 'react';
import { create } from 'zustand';
import { routes } from './call.ts';
import { useCall } from './useCall.ts';

const useHeard = create<{ turn: number }>(() => ({ turn: 0 }));
/** Said by whatever heard of a change. */
export const approvalsChanged = (): void => useHeard.setState(({ turn }) => ({ turn: turn + 1 }));

/** Calls `reload` after every change that is heard of. */
export function useApprovalChanges(reload: () => void): void {
  useEffect(() => useHeard.subscribe(reload), [reload]);
}

/** So many are counted; of more it is said that there are more. */
const mostCounted = 99;

/** How many approvals wait for whoever is signed in; `place` is where they are. */
export function useWaitingForMe(project: string, place: string): { count: number; more: boolean } {
  const { data, reload } = useCall(routes.listApprovals, {
    params: { project },
    query: { mine: 'true', limit: mostCounted },
  });
  useApprovalChanges(reload);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another place is a reason to look again
  useEffect(() => reload(), [place, reload]);
  useEffect(() => {
    window.addEventListener('focus', reload);
    return () => window.removeEventListener('focus', reload);
  }, [reload]);
  return { count: data?.items.length ?? 0, more: data?.next != null };
}
