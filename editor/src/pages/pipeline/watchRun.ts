/**
 * Keeps the page of a drawing told: of edits that others save, and of the run that it shows, on whose state each card has a line;
 * and of what has changed since that run.
 */
import type { NodeRunSummary, Run } from '@drawloom/shared/api/runs.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { useEffect } from 'react';
import { subscribe } from '../../api/subscribe.ts';
import { type CardFact, noFacts, useCardFacts } from '../../canvas/cardFacts.ts';
import type { Drawing } from '../../document/drawing.ts';
import { staleSince } from '../../document/stale.ts';
import { useRowsBefore } from '../../live/rowChanges.ts';
import { showRun, useShownRun } from '../../live/shownRun.ts';

export function useEvents(drawing: Drawing, run: number | null): void {
  const rowsBefore = useRowsBefore(useShownRun((shown) => shown.run));
  useEffect(() => useCardFacts.setState({ rowsBefore }), [rowsBefore]);
  useEffect(
    () =>
      subscribe(drawing.project, {}, (events) => {
        for (const event of events)
          if (event.kind === 'pipeline' && event.pipeline === drawing.id) drawing.heardOf(event.revision);
      }),
    [drawing],
  );
  useEffect(() => {
    useCardFacts.setState(noFacts, true);
    if (run === null) return;
    const staleIn = (shown: Run) => staleSince(shown.document, drawing.document);
    const ignore = useShownRun.subscribe(({ run: shown }, before) => {
      if (shown === before.run) return;
      if (shown) useCardFacts.setState({ ...factsOf(shown), stale: staleIn(shown) });
      else useCardFacts.setState(noFacts, true);
      if (shown && before.run?.id === shown.id && isRunFinal(shown.status) && !isRunFinal(before.run.status))
        drawing.heardOfRun();
    });
    const heed = drawing.store.subscribe(({ document }, before) => {
      const { run: shown } = useShownRun.getState();
      // most edits, a drag above all, only change looks
      const same = (['nodes', 'edges', 'parameters'] as const).every(
        (part) => document[part] === before.document[part],
      );
      if (shown && !same) useCardFacts.setState({ stale: staleIn(shown) });
    });
    const stop = showRun(drawing.project, run);
    return () => {
      ignore();
      heed();
      stop();
    };
  }, [drawing, run]);
}

/** A node run that did not change gives the same fact again, so that only cards with news are drawn anew. */
const told = new WeakMap<NodeRunSummary, CardFact>();

function factOf(one: NodeRunSummary): CardFact {
  const known = told.get(one);
  if (known) return known;
  const fact = {
    status: one.status,
    startedAt: one.startedAt,
    finishedAt: one.finishedAt,
    message: one.message,
    rowCount: one.outputs.find((output) => output.rowCount !== null)?.rowCount ?? null,
    reusedFrom: one.reusedFrom,
    items: one.items,
  };
  told.set(one, fact);
  return fact;
}

function factsOf(run: Run): Omit<ReturnType<typeof useCardFacts.getState>, 'stale' | 'rowsBefore'> {
  const nodes: Record<string, CardFact> = {};
  const rows: Record<string, number> = {};
  for (const one of run.nodes) {
    if (one.mapIndex !== 0) continue;
    nodes[one.node] = factOf(one);
    for (const output of one.outputs)
      if (output.rowCount !== null) rows[`${one.node}.${output.port}`] = output.rowCount;
  }
  return { run: run.id, status: run.status, nodes, rows };
}
