/** Says aloud how the nodes of the watched run come along: a few by name, many at once as numbers. */
import { isRunFinal, type NodeRunStatus } from '@drawloom/shared/run/status.ts';
import { type RefObject, useEffect } from 'react';
import { useCardFacts } from '../../canvas/cardFacts.ts';
import { announceOfRun } from '../../canvas/view.ts';
import type { Drawing } from '../../document/drawing.ts';
import { statusWord } from '../../ui/StatusMark.tsx';
import { t } from '../../words/index.ts';

/** What changes within such a moment is one sentence: a voice that is always behind tells nothing. */
const settleMs = 400;
const byName = 6;

export function useSayStatus(drawing: Drawing, startedHere: RefObject<number | null>): void {
  useEffect(() => {
    const news = new Map<string, NodeRunStatus>();
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const say = () => {
      waiting = undefined;
      announceOfRun(sentenceOf(drawing, news));
      news.clear();
    };
    const ignore = useCardFacts.subscribe(({ run, status, nodes }, before) => {
      if (run === null || status === null) return;
      const first = run !== before.run;
      // a run that had ended when it was first shown tells nothing new, unless it was started here a moment ago
      const over = first ? isRunFinal(status) && run !== startedHere.current : isRunFinal(before.status ?? status);
      if (over || nodes === before.nodes) return;
      for (const [node, fact] of Object.entries(nodes))
        if (fact.status !== 'pending' && fact.status !== (first ? null : before.nodes[node]?.status))
          news.set(node, fact.status);
      if (news.size > 0) waiting ??= setTimeout(say, settleMs);
    });
    return () => {
      ignore();
      clearTimeout(waiting);
    };
  }, [drawing, startedHere]);
}

function sentenceOf({ document }: Drawing, news: ReadonlyMap<string, NodeRunStatus>): string {
  if (news.size <= byName)
    return [...news]
      .map(([node, status]) =>
        t('{name}: {status}.', { name: document.nodes[node]?.name ?? node, status: statusWord(status) }),
      )
      .join(' ');
  const counts = new Map<NodeRunStatus, number>();
  for (const status of news.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts]
    .map(([status, n]) => t('{status}: {n, plural, one {# node} other {# nodes}}.', { status: statusWord(status), n }))
    .join(' ');
}
