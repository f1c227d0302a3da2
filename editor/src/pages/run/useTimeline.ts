/** The attempts of a run as the timeline shows them, read again while it goes on, though never more than about once a second. */
import type { Run } from '@drawloom/shared/api/runs.ts';
import type { NodeSpans } from '@drawloom/shared/api/timeline.ts';
import { useEffect, useMemo, useRef } from 'react';
import { routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';

const settleMs = 700;

export function useTimeline(run: Run): ReadonlyMap<string, NodeSpans> {
  const { data, reload } = useCall(routes.getTimeline, { params: { run: run.id } });
  const mark = run.nodes.map(({ status, attempts }) => `${status[0]}${attempts}`).join();
  const last = useRef(mark);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (last.current === mark) return;
    last.current = mark;
    // what comes in the meantime is in the same answer
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      reload();
    }, settleMs);
  }, [mark, reload]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useMemo(() => new Map(data?.nodes.map((node) => [node.node, node])), [data]);
}
